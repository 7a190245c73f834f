//! The tables of Kaofa, one file a table, grouped by the slice that owns them,
//! and the newtypes that every floor shares.
//!
//! Only a slice's `store.rs` sees an entity. This crate knows no rule and no SQL.

#[macro_use]
mod text;

pub mod auth;
pub mod bank;
pub mod demonstration;
pub mod desk;
pub mod exam;
pub mod http;
pub mod id;
pub mod instant;
pub mod jobs;
pub mod log;
pub mod org;
pub mod points;
pub mod report;
pub mod study;
pub mod tally;

pub use text::{List, ParseTextError};
