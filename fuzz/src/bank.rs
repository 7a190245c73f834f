//! As much of the bank as its reader of files knows.

#[path = "../../src/bank/content.rs"]
pub mod content;
#[path = "../../src/bank/draft.rs"]
pub mod draft;
#[path = "../../src/bank/import/mod.rs"]
pub mod import;
#[path = "../../src/bank/model.rs"]
pub mod model;
