//! Answers as the database keeps them: encrypted, each bound to its key.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use poem::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use poem::{Body, Response};

use super::REPLAYED;
use crate::kernel::entropy::Entropy;

/// The length of a nonce, of which `XChaCha20` takes any random one (draft-irtf-cfrg-xchacha, section 3).
const NONCE: usize = 24;

pub(super) struct Cipher(XChaCha20Poly1305);

impl Cipher {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    pub(super) fn seal(&self, rng: &dyn Entropy, id: &str, headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
        let shown: Vec<(&str, &str)> =
            headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
        let head = serde_json::to_vec(&shown).expect("pairs of texts are JSON");
        // The headers are one line of JSON; the body follows it.
        let text = [head.as_slice(), b"\n", body].concat();
        let nonce = rng.bytes::<NONCE>();
        let payload = Payload { msg: &text, aad: id.as_bytes() };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).expect("an answer is shorter than 256 GiB");
        [nonce.as_slice(), &sealed].concat()
    }

    /// The answer again; nothing if the installation's key is another now.
    pub(super) fn open(&self, id: &str, status: i32, answer: &[u8]) -> Option<Response> {
        let (nonce, sealed) = answer.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: sealed, aad: id.as_bytes() };
        let text = self.0.decrypt(&XNonce::from(*nonce), payload).ok()?;
        let at = text.iter().position(|byte| *byte == b'\n')?;
        let (head, body) = text.split_at(at);
        let shown: Vec<(String, String)> = serde_json::from_slice(head).ok()?;
        let status = StatusCode::from_u16(u16::try_from(status).ok()?).ok()?;
        let mut response = Response::builder().status(status).body(Body::from_vec(body.get(1..)?.to_vec()));
        for (name, value) in shown {
            let (name, value) = (name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?);
            if name != header::CONTENT_LENGTH {
                response.headers_mut().append(name, value);
            }
        }
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        Some(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::entropy::SeededEntropy;

    #[tokio::test]
    async fn an_answer_is_opened_under_its_own_key_alone() {
        let (cipher, rng) = (Cipher::new(&[7; 32]), SeededEntropy::new(1));
        let mut headers = HeaderMap::new();
        headers.insert("etag", HeaderValue::from_static("\"1\""));
        let sealed = cipher.seal(&rng, "a", &headers, b"{\"code\":\"secret\"}\n");
        assert!(!sealed.windows(6).any(|w| w == b"secret"));
        let mut opened = cipher.open("a", 201, &sealed).unwrap();
        assert_eq!((opened.status().as_u16(), opened.header("etag")), (201, Some("\"1\"")));
        assert_eq!(opened.header(REPLAYED), Some("true"));
        assert_eq!(opened.take_body().into_vec().await.unwrap(), b"{\"code\":\"secret\"}\n");
        assert!(cipher.open("b", 201, &sealed).is_none());
        assert!(Cipher::new(&[8; 32]).open("a", 201, &sealed).is_none());
        assert!(cipher.open("a", 201, &sealed[..10]).is_none());
    }
}
