//! The service from outside: over real HTTP, on both databases, with a clock that stands still until it is set.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[macro_use]
#[allow(dead_code, reason = "a handle that one slice's tests need may wait for them")]
mod harness;

mod api;
mod cli;
mod db;
mod demo;
mod draw_file;
mod no_key;
mod openapi;
mod operation;
mod path;
mod tidy;
mod verify;
mod walk;
mod web;
