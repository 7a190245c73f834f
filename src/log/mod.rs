//! Floor 4: the log. An entry is a row in the transaction of the act that it tells of; a sequencer gives it its place
//! later, grows a Merkle tree (RFC 9162) over the entries and signs its head.
//!
//! Never read here but to prove and to verify (searching is evidence's), never changed by anybody, and nothing waits for
//! the sequencer.

mod checker;
mod entry;
mod export;
mod head;
mod proof;
mod sequencer;
mod store;
mod verify;

pub use checker::{Finding, Trust, Verdict};
pub use entry::{Actor, Entry, Written};
pub use export::{ExportError, Line, lines, verify_export};
pub use head::SignedHead;
pub use proof::{Consistency, Inclusion, consistency, head, head_at, inclusion};
pub use sequencer::{sequence, waiting};
pub use store::{append, append_all, append_part};
pub use verify::{Verification, verify};
