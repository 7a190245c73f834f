//! The coordinator's pages: what is to be done today, people and units, programmes, sessions, banks and exams.

#![allow(clippy::trivially_copy_pass_by_ref, reason = "templates hand references to what they call")]

pub(in crate::web) mod attendance_list;
pub(in crate::web) mod bank_work;
pub(in crate::web) mod banks;
pub(in crate::web) mod book;
pub(in crate::web) mod candidate;
pub(in crate::web) mod changes;
pub(in crate::web) mod composer;
pub(in crate::web) mod exam_day;
pub(in crate::web) mod exams;
pub(in crate::web) mod hall;
pub(in crate::web) mod monitor;
pub(in crate::web) mod objections;
mod parts;
pub(in crate::web) mod people;
pub(in crate::web) mod people_files;
pub(in crate::web) mod person;
pub(in crate::web) mod programmes;
pub(in crate::web) mod question_import;
pub(in crate::web) mod questions;
pub(in crate::web) mod regrade;
pub(in crate::web) mod roll;
pub(in crate::web) mod session_form;
pub(in crate::web) mod sessions;
pub(in crate::web) mod statistics;
pub(in crate::web) mod today;
pub(in crate::web) mod units;
