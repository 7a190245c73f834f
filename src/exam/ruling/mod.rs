//! What was ruled about faulty items after an exam, and what each response is worth under it.
//!
//! A ruling changes no paper and no save: what an attempt scores follows from its saves, the sealed key and the rulings in
//! their order, so it can be worked out again at any time. Who may rule is decided by `regrade`.

mod model;
mod store;

pub use entity::exam::regrade::RegradeAction;
pub use model::{Course, Ruling, Rulings, Scored, Valid};
pub(in crate::exam) use store::rulings;
