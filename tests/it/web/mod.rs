//! The pages, as a browser without script meets them.

mod audit;
mod login;
