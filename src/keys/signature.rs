//! Ed25519 signatures (RFC 8032) and the keys that check them, written as lower-case hex.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Why a signature is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not that many hex digits.
    #[error("{0} digits of lower-case hex are wanted")]
    Text(usize),
    /// The bytes are no point of the curve.
    #[error("these bytes are no Ed25519 public key")]
    Key,
    /// The signature was made of something else, or with another key.
    #[error("the signature does not fit")]
    Mismatch,
}

/// Checks signatures; 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(pub(super) [u8; 32]);

/// A signature; 128 hex digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub(super) [u8; 64]);

impl PublicKey {
    /// Ok if `signature` was made of `message` with the secret half of this key. Strict, so that nobody can find a second
    /// message or key for a signature.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), SignatureError> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_no_point| SignatureError::Key)?;
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(message, &signature).map_err(|_opaque| SignatureError::Mismatch)
    }
}

macro_rules! hex_text {
    ($name:ident, $bytes:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = SignatureError;
            fn from_str(text: &str) -> Result<Self, SignatureError> {
                let wrong = SignatureError::Text(2 * $bytes);
                // One spelling only: capitals are refused.
                if text.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(wrong);
                }
                let mut bytes = [0; $bytes];
                hex::decode_to_slice(text, &mut bytes).map_err(|_bad| wrong)?;
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

hex_text!(PublicKey, 32);
hex_text!(Signature, 64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_scheme_of_rfc_8032() {
        // Section 7.1, test 2.
        let key: PublicKey = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c".parse().unwrap();
        let signature: Signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                                    085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            .parse()
            .unwrap();
        assert_eq!(key.verify(&[0x72], &signature), Ok(()));
        assert_eq!(key.verify(&[0x73], &signature), Err(SignatureError::Mismatch));
    }

    #[test]
    fn a_key_has_one_spelling() {
        let text = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        let key: PublicKey = serde_json::from_str(&format!("\"{text}\"")).unwrap();
        assert_eq!(key.to_string(), text);
        assert_eq!(text.to_uppercase().parse::<PublicKey>(), Err(SignatureError::Text(64)));
        assert_eq!(text[2..].parse::<PublicKey>(), Err(SignatureError::Text(64)));
        assert_eq!("é".repeat(32).parse::<PublicKey>(), Err(SignatureError::Text(64)));
    }
}
