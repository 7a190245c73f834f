//! The pages, as a browser without script meets them.

mod activation;
mod audit;
mod bank;
mod browser;
mod coordinator;
mod lists;
mod login;
mod official;
mod people;
mod problems;
