//! The pages, as a browser without script meets them.

mod browser;
mod coordinator;
mod login;
