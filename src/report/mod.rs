//! Floor 11: reports: rates of units with their subtrees, the people behind every figure, streaks, and years that are
//! closed and frozen.
//!
//! It sums what the tally holds and never counts attendance or attempts by itself; whoever may not read a unit's figures
//! learns nothing here. Of the lower slices it changes one thing: closing a year closes its programmes.

mod api;
mod count;
mod dto;
mod file;
mod model;
mod past;
mod service;
mod sheet;
mod store;
mod streak;

pub use api::{FilesApi, PastApi, ReportApi};
pub use entity::report::snapshot::SnapshotKind;
pub use model::{
    Closing, Compared, ComparedYear, Comparison, DEFINITION, FigureChange, FigureName, Filter, MAX_DEPTH, PastYear,
    PersonChange, PersonRow, Report, Row, Side, Snapshot, SnapshotBrief, Telling, Today, UnitFigures, UnknownFigure,
    Year,
};
pub use service::{
    Fails, FileOrder, Paragraph, Part, PastFile, RecordFinding, ReportError, ReportFile, Reports, What, verify_records,
};
pub use sheet::Differs;
pub use streak::{Run, Streak};
