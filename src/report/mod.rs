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
mod service;
mod store;
mod streak;

pub use api::{FilesApi, ReportApi};
pub use model::{
    Closing, DEFINITION, FigureName, Filter, MAX_DEPTH, PersonRow, Report, Row, Side, Snapshot, UnitFigures,
    UnknownFigure, Year,
};
pub use service::{FileOrder, Paragraph, Part, ReportError, ReportFile, Reports, What};
pub use streak::{Run, Streak};
