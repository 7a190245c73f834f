//! The verifiable draw, `kaofa-draw/1`: what is sealed, which paper it gives to whom, and how anybody checks that.
//!
//! This room is arithmetic on what it is handed: a manifest, a secret, a beacon, a candidate. It reads no clock, no
//! database and no randomness, and must never do so: the same input gives the same paper on every machine for as long
//! as a draw file is kept. The algorithm is told in `openapi/draw.md`; a change to it is a new name, never an edit.

mod feasibility;
mod file;
mod manifest;
mod paper;
mod sealed;
mod verify;
mod words;

pub use crate::bank::{Answer, Choice, Content, Difficulty, Kind, Salt};
pub use feasibility::{Room, Stock, Supply, rooms, supplies};
pub use file::{DrawFileWriter, FilePaper, Head, LogProof, WriteError, write};
pub use manifest::{
    Algorithm, Balance, Manifest, ManifestError, OBSERVED_FROM, PoolItem, Secret, Section, declared_facility_permille,
};
pub use paper::{Paper, PaperItem, candidate};
pub use sealed::{Sealed, SealedError};
pub use verify::{Difference, Held, Verified, VerifyError, verify, verify_telling};
pub use words::{Deal, Words};

#[cfg(test)]
mod fixtures;
