//! What HTTP itself keeps.

pub mod idempotency_key;
