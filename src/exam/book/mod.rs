//! An exam on paper: the roster to sign (名册) and the book of results (成绩册), by unit, as pages print them and as files.
//!
//! It shows what `Exams` lets its reader see, in the order of an office: units as they stand in the tree, people by pinyin.

mod api;
mod file;
mod service;

pub use api::BookApi;
pub use service::{Books, Entered, Group, Scored};
