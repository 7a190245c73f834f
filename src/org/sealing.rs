//! Personal numbers as the database keeps them: encrypted, with a keyed hash by which they are found again.

use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use entity::id::PersonId;

use crate::kernel::digest::Mac;
use crate::kernel::entropy::Entropy;
use crate::keys::Keys;

/// Which number of a person it is. Each has keys of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secret {
    /// The national ID.
    IdNumber,
    /// The phone number.
    Phone,
}

impl Secret {
    fn name(self) -> &'static str {
        match self {
            Self::IdNumber => "person.id_number",
            Self::Phone => "person.phone",
        }
    }
}

/// A kept number cannot be opened: the key is another one, or somebody put it beside another person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a kept number cannot be opened with this installation's key")]
pub(super) struct Unsealable;

struct Pair {
    cipher: XChaCha20Poly1305,
    hash: Mac,
}

impl Pair {
    fn new(keys: &Keys, secret: Secret) -> Self {
        let key = |use_| keys.subkey(&format!("{}.{use_}", secret.name()));
        Self { cipher: XChaCha20Poly1305::new((&key("encrypt")).into()), hash: Mac::new(&key("hash")) }
    }
}

/// Encrypts and hashes.
pub(super) struct Sealing {
    id_number: Pair,
    phone: Pair,
}

impl fmt::Debug for Sealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealing(…)")
    }
}

/// The length of a nonce, of which `XChaCha20` takes any random one (draft-irtf-cfrg-xchacha, section 3).
const NONCE: usize = 24;

impl Sealing {
    pub(super) fn new(keys: &Keys) -> Self {
        Self { id_number: Pair::new(keys, Secret::IdNumber), phone: Pair::new(keys, Secret::Phone) }
    }

    fn pair(&self, secret: Secret) -> &Pair {
        match secret {
            Secret::IdNumber => &self.id_number,
            Secret::Phone => &self.phone,
        }
    }

    /// What the database keeps, in hex: a nonce and the text under it, bound to the person, so that it is worth nothing
    /// beside another.
    pub(super) fn seal(&self, rng: &dyn Entropy, secret: Secret, person: PersonId, text: &str) -> String {
        let nonce = rng.bytes::<NONCE>();
        let payload = Payload { msg: text.as_bytes(), aad: person.0.as_bytes() };
        let sealed = self.pair(secret).cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.expect("a number is far shorter than what the cipher takes");
        format!("{}{}", hex::encode(nonce), hex::encode(sealed))
    }

    /// The text that was sealed.
    pub(super) fn open(&self, secret: Secret, person: PersonId, kept: &str) -> Result<String, Unsealable> {
        let bytes = hex::decode(kept).map_err(|_bad| Unsealable)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(Unsealable)?;
        let payload = Payload { msg: sealed, aad: person.0.as_bytes() };
        let opened = self.pair(secret).cipher.decrypt(&XNonce::from(*nonce), payload);
        String::from_utf8(opened.map_err(|_opaque| Unsealable)?).map_err(|_bad| Unsealable)
    }

    /// What finds it again: the same for the same text, and without the key no way back.
    pub(super) fn hash(&self, secret: Secret, text: &str) -> String {
        self.pair(secret).hash.clone().lp(text.as_bytes()).finish().to_string()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::kernel::entropy::SeededEntropy;

    #[test]
    fn a_number_is_opened_beside_its_person_alone() {
        let sealing = Sealing::new(&Keys::new([7; 32]));
        let (anna, bert) = (PersonId(Uuid::from_u128(1)), PersonId(Uuid::from_u128(2)));
        let rng = SeededEntropy::new(1);
        let kept = sealing.seal(&rng, Secret::IdNumber, anna, "990000199003078795");
        assert!(!kept.contains("9900"));
        assert_ne!(kept, sealing.seal(&rng, Secret::IdNumber, anna, "990000199003078795"));
        assert_eq!(sealing.open(Secret::IdNumber, anna, &kept).as_deref(), Ok("990000199003078795"));
        assert_eq!(sealing.open(Secret::IdNumber, bert, &kept), Err(Unsealable));
        assert_eq!(sealing.open(Secret::Phone, anna, &kept), Err(Unsealable));
        assert_eq!(sealing.open(Secret::IdNumber, anna, &kept[..20]), Err(Unsealable));
        let other = Sealing::new(&Keys::new([8; 32]));
        assert_eq!(other.open(Secret::IdNumber, anna, &kept), Err(Unsealable));
    }

    #[test]
    fn hashes_find_and_tell_nothing_else() {
        let sealing = Sealing::new(&Keys::new([7; 32]));
        let hash = |text| sealing.hash(Secret::IdNumber, text);
        assert_eq!(hash("990000199003078795"), hash("990000199003078795"));
        assert_ne!(hash("990000199003078795"), sealing.hash(Secret::Phone, "990000199003078795"));
        let other = Sealing::new(&Keys::new([8; 32]));
        assert_ne!(hash("990000199003078795"), other.hash(Secret::IdNumber, "990000199003078795"));
    }
}
