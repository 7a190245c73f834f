//! The demonstration district. It goes through the services, as anybody else does.

mod questions;

pub use questions::questions;
