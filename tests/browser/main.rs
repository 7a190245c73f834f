//! The pages in a real browser.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "../it/harness/mod.rs"]
#[macro_use]
#[allow(dead_code, unused_macros, reason = "what the tests over HTTP need is not all needed here")]
mod harness;

mod cable;
mod chrome;
mod day;
mod demo;
mod keyboard;
mod pages;
mod path;
mod program;
mod room;
mod scan;
