//! Floor 11: what somebody finds on their desk: the calendar of their sessions and exams, under an address of its own.
//!
//! It must never decide anything: it asks the slices below what concerns its reader, and puts that in order.

mod api;
mod calendar;
mod dto;
mod service;
mod store;

pub use api::DeskApi;
pub use service::{Desk, DeskError, Feed, NewFeed, Record};
