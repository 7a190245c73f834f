//! SHA-256 and HMAC-SHA-256, and the one way digests are written: 64 characters of lower-case hex.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

/// 32 bytes, as SHA-256 and HMAC-SHA-256 give them. As text and in JSON: 64 lower-case hex digits, nothing else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// Why a text is not a [`Digest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// The text has another length, given in bytes.
    #[error("a digest is 64 hex digits, this has {0} bytes")]
    Length(usize),
    /// A character other than `0`–`9` and `a`–`f`; capitals are refused, so a digest has one spelling only.
    #[error("a digest is written in lower-case hex")]
    NotLowerHex,
}

impl Digest {
    /// A digest from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 64];
        hex::encode_to_slice(self.0, &mut text).expect("64 digits hold 32 bytes");
        f.pad(std::str::from_utf8(&text).expect("hex is ASCII"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        if text.len() != 64 {
            return Err(DigestError::Length(text.len()));
        }
        if !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(DigestError::NotLowerHex);
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).expect("length and digits were checked");
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(HexVisitor)
    }
}

/// Reads the text without owning it, since a reader lends it only for the call.
struct HexVisitor;

impl de::Visitor<'_> for HexVisitor {
    type Value = Digest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("64 digits of lower-case hex")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Digest, E> {
        text.parse().map_err(E::custom)
    }
}

/// SHA-256 over the parts laid end to end (FIPS 180-4).
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Digest {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    Digest(hash.finalize().into())
}

/// SHA-256 over what is written to it, for what is too long to be in memory.
#[derive(Debug, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// The digest of all that was written.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl std::io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// `LP(x)`: the length of `x` in bytes as four bytes, big-endian, then `x` (draw.md, building blocks).
#[must_use]
pub fn lp(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(4 + bytes.len());
    out.extend_from_slice(&length(bytes));
    out.extend_from_slice(bytes);
    out
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).expect("labels, salts and contents are far below 4 GiB").to_be_bytes()
}

/// HMAC-SHA-256 in progress (RFC 2104). A clone keeps what was absorbed, so a key or a common beginning is paid for once.
#[derive(Clone)]
pub struct Mac(Hmac<Sha256>);

impl Mac {
    /// A MAC under `key`, nothing absorbed yet.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self(keyed(key))
    }

    /// Absorbs `LP(bytes)`.
    #[must_use]
    pub fn lp(mut self, bytes: &[u8]) -> Self {
        self.0.update(&length(bytes));
        self.0.update(bytes);
        self
    }

    /// The MAC over all that was absorbed.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into_bytes().into())
    }
}

/// Keys are secrets: what a MAC holds is not for logs.
impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac(…)")
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of every length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_of_abc_is_the_standard_one() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&[b"a", b"", b"bc"]).to_string(), abc);
        assert_eq!(sha256(&[b"abc"]), abc.parse().unwrap());
    }

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        // Test case 2 begins where LP cannot; the keyed state is checked directly.
        let mut mac = Mac::new(b"Jefe");
        mac.0.update(b"what do ya want for nothing?");
        let known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(mac.finish().to_string(), known);
    }

    #[test]
    fn lp_puts_the_length_first() {
        assert_eq!(lp(b""), [0, 0, 0, 0]);
        assert_eq!(lp("题".as_bytes()), [0, 0, 0, 3, 0xe9, 0xa2, 0x98]);
        let mut plain = Mac::new(b"k");
        plain.0.update(&lp(b"items"));
        assert_eq!(Mac::new(b"k").lp(b"items").finish(), plain.finish());
    }

    #[test]
    fn a_digest_has_one_spelling() {
        let text = "0f".repeat(32);
        let digest: Digest = serde_json::from_str(&format!("\"{text}\"")).unwrap();
        assert_eq!(serde_json::to_string(&digest).unwrap(), format!("\"{text}\""));
        assert_eq!("0F".repeat(32).parse::<Digest>(), Err(DigestError::NotLowerHex));
        assert_eq!("0f".parse::<Digest>(), Err(DigestError::Length(2)));
        assert_eq!("é".repeat(32).parse::<Digest>(), Err(DigestError::NotLowerHex));
    }
}
