//! As much of floor 1 as those rooms know.

#[path = "../../src/kernel/field.rs"]
pub mod field;
