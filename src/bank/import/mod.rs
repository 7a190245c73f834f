//! Questions from files: what stands in a workbook or in a text as offices keep it, each fault with its place.
//!
//! It reads and never writes; whether anything is taken is the service's affair.

pub(in crate::bank) mod fold;
mod report;
pub(in crate::bank) mod sheet;
mod text;
mod words;

pub use report::{Defaults, Found, ImportFault, QuestionImport, Reading};
pub use text::read as read_text;
