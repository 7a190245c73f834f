//! What a question says, and the salted digest that stands for it where its answer must not be found out.
//!
//! The bank keeps it, the draw seals it: `openapi/draw.md` fixes the form, so a change here breaks every sealed exam.

use std::collections::BTreeSet;
use std::str::FromStr;

pub use entity::bank::question_version::{Difficulty, QuestionKind as Kind};
use serde::{Deserialize, Serialize};

use crate::kernel::digest::{Digest, DigestError, lp, sha256};
use crate::kernel::jcs;

/// The content of one version of a question, as it is hashed: `{"kind","stem","options","answer"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// The kind of question.
    pub kind: Kind,
    /// What is asked.
    pub stem: String,
    /// The options in stored order; none for a judgement.
    pub options: Vec<Choice>,
    /// The right answer.
    pub answer: Answer,
}

/// An option of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Given by the server; it tells neither the place nor whether the option is right.
    pub id: String,
    /// What it says.
    pub text: String,
    /// Whether it keeps its place on every paper ("all of the above").
    pub pinned: bool,
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// Of a judgement.
    Judgement(bool),
    /// The ids of the right options: a set, so that the hashed list is sorted (bytewise) and has none twice.
    Options(BTreeSet<String>),
}

/// The 32 random bytes of one version of a question, disclosed only with its answer: without them the key could be
/// found by hashing the question with every possible answer.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Salt(Digest);

impl Salt {
    /// A salt from 32 bytes of the operating system's randomness.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Digest::from_bytes(bytes))
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The bytes in hex, as they are kept. Only together with the answer may they be shown.
    #[must_use]
    pub fn to_hex(&self) -> String {
        self.0.to_string()
    }
}

impl FromStr for Salt {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        text.parse().map(Self)
    }
}

/// Salts are secrets until the answers are out: they are kept out of logs.
impl std::fmt::Debug for Salt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salt(…)")
    }
}

impl Content {
    /// `H(LP(salt) || JCS(content))` (draw.md, seal).
    #[must_use]
    pub fn digest(&self, salt: &Salt) -> Digest {
        sha256(&[&lp(salt.as_bytes()), &self.canonical()])
    }

    fn canonical(&self) -> Vec<u8> {
        jcs::canonical(self).expect("a content holds no numbers")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of `draw_vectors.json`.
    #[derive(Deserialize)]
    struct Example {
        content: Content,
        salt: Salt,
        jcs: String,
        digest: Digest,
    }

    fn example() -> Example {
        #[derive(Deserialize)]
        struct Vectors {
            content: Example,
        }
        let text = include_str!("../../tests/data/draw_vectors.json");
        serde_json::from_str::<Vectors>(text).unwrap().content
    }

    #[test]
    fn worked_example() {
        let example = example();
        assert_eq!(String::from_utf8(example.content.canonical()).unwrap(), example.jcs);
        assert_eq!(example.content.digest(&example.salt), example.digest);
        assert_eq!(example.salt.to_hex().parse(), Ok(example.salt));
    }

    #[test]
    fn a_judgement_answers_with_a_truth() {
        let text = r#"{"answer":false,"kind":"judgement","options":[],"stem":"行政处罚由违法行为发生地的机关管辖。"}"#;
        let content: Content = serde_json::from_str(text).unwrap();
        assert_eq!(content.answer, Answer::Judgement(false));
        assert_eq!(String::from_utf8(content.canonical()).unwrap(), text);
    }

    #[test]
    fn the_salt_and_the_answer_change_the_digest() {
        let example = example();
        assert_ne!(example.content.digest(&Salt::from_bytes([0; 32])), example.digest);
        let mut other = example.content;
        other.answer = Answer::Options(["x2".to_owned()].into());
        assert_ne!(other.digest(&example.salt), example.digest);
    }
}
