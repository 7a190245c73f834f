//! The demonstration district: eight years of a district's study and exams, lived through the services under a clock that
//! the demonstration sets. Rows are never inserted past the rules; what the rules refuse does not happen here either.
//!
//! Every step looks first whether it was done before, so a filling that was broken off goes on where it stopped.

mod district;
mod doubt;
mod excuses;
mod fill;
mod ground;

mod people;
mod present;
mod questions;
mod sitting;
mod store;
mod study;
mod year;

pub use fill::{DemoError, Progress, SHOWN, fill};
pub use questions::questions;
