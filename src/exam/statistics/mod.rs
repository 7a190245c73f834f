//! Item statistics: how hard each question was, how well it tells people apart, and how reliable an exam is as a whole.
//!
//! It counts what closed exams came to and keeps each question's facility, which the next draw balances by. It must never
//! change a mark, nor be asked about an exam that is still being sat.

mod api;
mod collect;
mod dto;
mod measure;
mod report;
mod service;
mod store;
mod table;

pub use api::StatisticsApi;
pub use measure::{ExamMeasures, ItemMeasures, Measure, Report, Sums, Tally, measure};
pub use report::{Bar, ChoiceCount, ExamStatistics, Flag, ItemStatistics};
pub use service::Statistics;
pub use table::{TableError, read};
