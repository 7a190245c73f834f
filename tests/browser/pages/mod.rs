//! Every page of the demonstration, as every role meets it. Pages are found as people find them, by links, so that a new
//! one is looked at without being named here; an address that nothing leads to fails the test.

mod crawl;
mod forms;
mod look;
mod pictures;
mod script;
mod walk;

use crate::demo::{Demo, PASSWORD};

/// The demonstration's accounts, in the order in which their pages are looked at.
const ROLES: [&str; 7] = ["official", "liaison", "coordinator", "auditor", "sysadmin", "secadmin", "logadmin"];

/// A file that `npm` has put beside these tests.
fn package(path: &str) -> String {
    let file = format!("{}/tests/browser/node_modules/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}; scripts/test-env.sh installs it"))
}
