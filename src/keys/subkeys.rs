//! Keys by purpose.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};

use super::signature::{PublicKey, Signature};
use crate::kernel::digest::Mac;

/// The keys of an installation. All instances that serve one database have the same.
pub struct Keys {
    secret: [u8; 32],
    log: SigningKey,
}

/// Keys are secrets: they are not for logs.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// The keys that derive from these bytes.
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        let log = SigningKey::from_bytes(&derive(&secret, "log.sign"));
        Self { secret, log }
    }

    /// The key for a purpose, such as `person.id_number.hash`. Who knows one of them knows nothing of the others.
    #[must_use]
    pub fn subkey(&self, purpose: &str) -> [u8; 32] {
        derive(&self.secret, purpose)
    }

    /// Signs a head of the log.
    #[must_use]
    pub fn sign_log(&self, message: &[u8]) -> Signature {
        Signature(self.log.sign(message).to_bytes())
    }

    /// The key by which anybody checks what [`Keys::sign_log`] gave.
    #[must_use]
    pub fn log_public(&self) -> PublicKey {
        PublicKey(self.log.verifying_key().to_bytes())
    }
}

/// One block of a key derivation from a secret that is random throughout (NIST SP 800-108, 4.1, with HMAC-SHA-256): the
/// lengths before the labels keep any two purposes apart.
fn derive(secret: &[u8; 32], purpose: &str) -> [u8; 32] {
    *Mac::new(secret).lp(b"kaofa key").lp(purpose.as_bytes()).finish().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_have_keys_of_their_own() {
        let keys = Keys::new([7; 32]);
        assert_eq!(keys.subkey("a"), Keys::new([7; 32]).subkey("a"));
        assert_ne!(keys.subkey("a"), keys.subkey("b"));
        assert_ne!(keys.subkey("a"), Keys::new([8; 32]).subkey("a"));
        assert_eq!(format!("{keys:?}"), "Keys(…)");
    }

    #[test]
    fn what_is_signed_is_checked_with_the_public_key_alone() {
        let keys = Keys::new([7; 32]);
        let (public, signature) = (keys.log_public(), keys.sign_log(b"head"));
        assert_eq!(public.verify(b"head", &signature), Ok(()));
        assert!(public.verify(b"heads", &signature).is_err());
        assert!(Keys::new([8; 32]).log_public().verify(b"head", &signature).is_err());
    }
}
