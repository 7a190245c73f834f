//! The pages, one file an area: structs for the templates and the handlers that fill them.

pub(super) mod compat;
pub(super) mod coordinator;
pub(super) mod exam;
pub(super) mod home;
pub(super) mod language;
pub(super) mod login;
pub(super) mod password;
