//! Floor 2: what is secret to an installation. One file of 32 random bytes, from which every key is derived by its
//! purpose, and the signatures made with one of them.
//!
//! It must never know what is encrypted, hashed or signed, and never hand the file's own bytes to anybody.

mod file;
mod signature;
mod subkeys;

pub use file::{KeyFileError, open, read};
pub use signature::{PublicKey, Signature, SignatureError};
pub use subkeys::Keys;
