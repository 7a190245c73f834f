//! Questions and their versions.

pub mod bank;
pub mod key_view;
pub mod question;
pub mod question_version;
