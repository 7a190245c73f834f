//! The pages, one file an area: structs for the templates and the handlers that fill them.
//!
//! A page is made of: a struct with `v: View` (and `f: Form` where something is typed) and its template, which begins with
//! `{% extends "base.html" %}` and builds from `macros.html`; a handler that takes a `Visitor`, asks
//! `visitor.services`, and answers `page(&Struct { … })`, or takes a `Sent` too, and answers `go_to("/…?done=saved")` or the
//! form again by `Form::refuse`; its texts in both files of `locales/`; a line in `router.rs`, and one in `nav.rs` if an
//! area begins there.

#![allow(clippy::needless_pass_by_value, reason = "a handler takes what the framework hands it")]

pub(super) mod activation;
pub(super) mod admin;
pub(super) mod amendments;
pub(super) mod audit;
pub(super) mod codes;
pub(super) mod compat;
pub(super) mod coordinator;
pub(super) mod exam;
pub(super) mod exemptions;
pub(super) mod home;
pub(super) mod import;
pub(super) mod language;
pub(super) mod liaison;
pub(super) mod login;
pub(super) mod official;
pub(super) mod password;
pub(super) mod styleguide;
