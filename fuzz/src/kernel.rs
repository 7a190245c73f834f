//! As much of floor 1 as those rooms know.

#[path = "../../src/kernel/digest.rs"]
pub mod digest;
#[path = "../../src/kernel/entropy.rs"]
pub mod entropy;
#[path = "../../src/kernel/field.rs"]
pub mod field;
#[path = "../../src/kernel/jcs.rs"]
pub mod jcs;
