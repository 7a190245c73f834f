//! Kaofa 考法: law study and law exams of a district's officials.
//!
//! The rooms are described in `ARCHITECTURE.md`; a room imports the floors below it only.

pub mod auth;
pub mod bank;
pub mod boot;
pub mod cli;
pub mod config;
pub mod core;
pub mod db;
pub mod demo;
pub mod desk;
pub mod evidence;
pub mod exam;
pub mod files;
pub mod http;
pub mod jobs;
pub mod kernel;
pub mod keys;
pub mod log;
pub mod openapi;
pub mod org;
pub mod report;
pub mod router;
pub mod study;
pub mod tally;
pub mod tree;
pub mod web;
