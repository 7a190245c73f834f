//! Questions and their versions.

pub mod bank;
pub mod question;
pub mod question_version;
