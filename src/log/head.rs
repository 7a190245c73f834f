//! The head of the log: how many entries it has, the root over them, and the installation's signature.

use entity::instant::Instant;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::kernel::digest::Digest;
use crate::kernel::jcs;
use crate::keys::{Keys, PublicKey, Signature, SignatureError};

/// What is signed begins with this, so that the signature means nothing elsewhere.
const ALGORITHM: &str = "kaofa-log/1";

/// A signed head. Who keeps one can later show that the log was not rewritten since, or that it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedHead {
    /// How many entries the log had.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// When it was signed.
    pub at: Instant,
    /// The key that checks the signature.
    pub public_key: PublicKey,
    /// Ed25519 over the JCS of `{algorithm, at, public_key, root, size}`.
    pub signature: Signature,
}

impl SignedHead {
    /// Signs a head.
    #[must_use]
    pub fn sign(keys: &Keys, size: u64, root: Digest, at: Instant) -> Self {
        let public_key = keys.log_public();
        let signature = keys.sign_log(&message(size, root, at, public_key));
        Self { size, root, at, public_key, signature }
    }

    /// Ok if it was signed with the secret half of its key. Whether that key is the installation's, the reader knows.
    pub fn check(&self) -> Result<(), SignatureError> {
        self.public_key.verify(&message(self.size, self.root, self.at, self.public_key), &self.signature)
    }
}

fn message(size: u64, root: Digest, at: Instant, public_key: PublicKey) -> Vec<u8> {
    let head = json!({"algorithm": ALGORITHM, "size": size, "root": root, "at": at, "public_key": public_key});
    jcs::canonical(&head).expect("a log of 2^53 entries does not fit a disk")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::digest::sha256;

    #[test]
    fn every_field_is_signed() {
        let keys = Keys::new([1; 32]);
        let head = SignedHead::sign(&keys, 7, sha256(&[b"root"]), Instant(1_796_086_800_000));
        assert_eq!(head.check(), Ok(()));
        let read: SignedHead = serde_json::from_str(&serde_json::to_string(&head).unwrap()).unwrap();
        assert_eq!(read, head);
        for spoiled in [
            SignedHead { size: 8, ..head.clone() },
            SignedHead { root: sha256(&[b"other"]), ..head.clone() },
            SignedHead { at: Instant(0), ..head.clone() },
            SignedHead { public_key: Keys::new([2; 32]).log_public(), ..head.clone() },
        ] {
            assert_eq!(spoiled.check(), Err(SignatureError::Mismatch), "{spoiled:?}");
        }
    }
}
