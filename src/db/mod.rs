//! Floor 2: the database. Opening it, the two doors to write (`Db::tx` and [`Writer`]), and faults classified.
//!
//! Never a table and never a rule: those are the slices'.

mod alone;
mod backup;
mod bulk;
mod fault;
mod gather;
mod open;
mod tx;
mod writer;

pub use alone::alone;
pub use backup::{check_sqlite, copy_sqlite};
pub use bulk::{insert_all, upsert_all};
pub use fault::{Fault, Faulty, faulty};
pub use gather::{Gather, Read};
pub use open::{Db, OpenError, redacted};
pub use tx::Work;
pub use writer::{Apply, Key, Rejected, Writer};
