//! The manifest: all that fixes a draw except the secret and the beacon, hashed and logged before the exam opens.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::bank::{Difficulty, Kind};
use crate::kernel::digest::{Digest, sha256};
use crate::kernel::jcs;

/// The name of the algorithm; a manifest of another one is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// `kaofa-draw/1`.
    #[serde(rename = "kaofa-draw/1")]
    Draw1,
}

/// From so many sittings on, a question's facility is the observed one (draw.md, seal).
pub const OBSERVED_FROM: i64 = 30;

/// The facility, in thousandths, taken for a question with fewer than 30 sittings (draw.md, seal).
#[must_use]
pub const fn declared_facility_permille(difficulty: Difficulty) -> u32 {
    match difficulty {
        Difficulty::Easy => 800,
        Difficulty::Medium => 650,
        Difficulty::Hard => 500,
    }
}

/// What is sealed (draw.md, seal). Its digest is over the canonical JSON of exactly these fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Which algorithm draws from it.
    pub algorithm: Algorithm,
    /// The exam's id.
    pub exam: String,
    /// When it was sealed, RFC 3339.
    pub sealed_at: String,
    /// The secret's commitment; see [`Secret::commitment`].
    pub commitment: Digest,
    /// The public randomness that will go into the seed and does not exist yet; `None` if the secret alone decides.
    #[serde(deserialize_with = "present")]
    pub beacon_rule: Option<String>,
    /// How near to a mean facility papers are brought; `None` if they are not.
    #[serde(deserialize_with = "present")]
    pub balance: Option<Balance>,
    /// The sections of every paper, in order.
    pub sections: Vec<Section>,
    /// The questions papers are drawn from, sorted by `item`, bytewise.
    pub pool: Vec<PoolItem>,
}

/// The mean facility papers are brought near to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    /// The mean aimed at, in thousandths.
    pub target_permille: u32,
    /// How far off a mean may be, in thousandths; exactly so far will do.
    pub tolerance_permille: u32,
    /// How many papers are tried at most, 1 to [`Manifest::MAX_TRIES`].
    pub tries: u32,
}

/// A section of the blueprint: which questions, and how many of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its place as text, from "1".
    pub section: String,
    /// The kind of its questions.
    pub kind: Kind,
    /// Topics its questions may have; none named means any.
    pub topics: Vec<String>,
    /// Difficulties its questions may have; none named means any.
    pub difficulties: Vec<Difficulty>,
    /// How many questions it has.
    pub count: u32,
    /// Points for each question, in hundredths of a point.
    pub points_each_hundredths: u32,
}

impl Section {
    /// Whether a question of this kind, topic and difficulty may stand in the section.
    #[must_use]
    pub fn takes(&self, kind: Kind, topic: &str, difficulty: Difficulty) -> bool {
        self.kind == kind
            && (self.topics.is_empty() || self.topics.iter().any(|t| t == topic))
            && (self.difficulties.is_empty() || self.difficulties.contains(&difficulty))
    }
}

/// One question of the pool, in one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolItem {
    /// `question id@version`.
    pub item: String,
    /// The salted digest of its content; see [`Content::digest`](super::Content::digest).
    pub digest: Digest,
    /// Its kind.
    pub kind: Kind,
    /// Its topic.
    pub topic: String,
    /// Its declared difficulty.
    pub difficulty: Difficulty,
    /// Observed facility over at least 30 sittings, else the declared one, in thousandths.
    pub facility_permille: u32,
    /// The ids of its options in stored order; none for a judgement.
    pub options: Vec<String>,
    /// The ids of the options that keep their places.
    pub pinned: Vec<String>,
    /// The group of which a paper takes one question at most; `None` if it is in no group.
    #[serde(deserialize_with = "present")]
    pub group: Option<String>,
}

/// Makes a key mandatory that may be `null`: left out, other verifiers would hash another document than we do.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// What is wrong with a manifest before any question of room.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// A paper would be empty.
    #[error("there are no sections")]
    NoSections,
    /// A section's name is not its place.
    #[error("section {0:?} is not named by its place")]
    SectionName(String),
    /// A section wants no questions.
    #[error("section {0} wants no questions")]
    EmptySection(String),
    /// `tries` is zero, or past what a paper may reasonably cost.
    #[error("a balance takes 1 to {max} tries, not {0}", max = Manifest::MAX_TRIES)]
    Tries(u32),
    /// An item is not `question id@version` with a version from 1.
    #[error("{0:?} is not a question's id and version")]
    ItemName(String),
    /// The item is not after the one before it.
    #[error("the pool is not sorted at {0}")]
    PoolOrder(String),
    /// The item's question is in the pool in another version too.
    #[error("the question of {0} is in the pool twice")]
    TwoVersions(String),
    /// A judgement with options, or another question with none.
    #[error("{0} has options its kind does not have, or has none")]
    Options(String),
    /// An option id is there twice, or a pinned one is none of the options.
    #[error("the options of {0} are ambiguous")]
    OptionIds(String),
    /// A facility past 1000.
    #[error("the facility of {0} is more than 1000 ‰")]
    Facility(String),
}

impl Manifest {
    /// The most tries a balance may have; it bounds what a paper, and a stranger's draw file, can cost.
    pub const MAX_TRIES: u32 = 10_000;

    /// `H(JCS(manifest))`.
    #[must_use]
    pub fn digest(&self) -> Digest {
        sha256(&[&self.canonical()])
    }

    fn canonical(&self) -> Vec<u8> {
        jcs::canonical(self).expect("a manifest's numbers are 32-bit integers")
    }

    /// Checks all that draw.md lays down about the manifest itself. Whether its sections have room is asked of
    /// [`rooms`](super::rooms).
    pub fn check(&self) -> Result<(), ManifestError> {
        if self.sections.is_empty() {
            return Err(ManifestError::NoSections);
        }
        for (place, section) in (1_u32..).zip(&self.sections) {
            if section.section != place.to_string() {
                return Err(ManifestError::SectionName(section.section.clone()));
            }
            if section.count == 0 {
                return Err(ManifestError::EmptySection(section.section.clone()));
            }
        }
        if let Some(Balance { tries, .. }) = self.balance
            && !(1..=Self::MAX_TRIES).contains(&tries)
        {
            return Err(ManifestError::Tries(tries));
        }
        let mut questions = HashSet::new();
        let mut before = "";
        for item in &self.pool {
            let name = || item.item.clone();
            if item.item.as_str() <= before {
                return Err(ManifestError::PoolOrder(name()));
            }
            before = &item.item;
            let question = question_of(&item.item).ok_or_else(|| ManifestError::ItemName(name()))?;
            if !questions.insert(question) {
                return Err(ManifestError::TwoVersions(name()));
            }
            item.check()?;
        }
        Ok(())
    }
}

impl PoolItem {
    fn check(&self) -> Result<(), ManifestError> {
        let name = || self.item.clone();
        if (self.kind == Kind::Judgement) != self.options.is_empty() {
            return Err(ManifestError::Options(name()));
        }
        let options: HashSet<_> = self.options.iter().collect();
        let pinned: HashSet<_> = self.pinned.iter().collect();
        let once = options.len() == self.options.len() && pinned.len() == self.pinned.len();
        if !once || !pinned.is_subset(&options) {
            return Err(ManifestError::OptionIds(name()));
        }
        if self.facility_permille > 1000 {
            return Err(ManifestError::Facility(name()));
        }
        Ok(())
    }
}

/// The question's id in `id@version`, if the version is a decimal number from 1 in its shortest form.
fn question_of(item: &str) -> Option<&str> {
    let (question, version) = item.rsplit_once('@')?;
    let number: u32 = version.parse().ok()?;
    (!question.is_empty() && number > 0 && number.to_string() == version).then_some(question)
}

/// The exam's secret: 32 bytes of the operating system's randomness, 64 lower-case hex digits as text. Who has it can
/// foresee every paper, so it shows itself in the draw file only.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(Digest);

impl Secret {
    /// A secret from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Digest::from_bytes(bytes))
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// What is published in its place when sealing: `H("kaofa-draw/1 commit" || 0x00 || secret)`.
    #[must_use]
    pub fn commitment(&self) -> Digest {
        sha256(&[b"kaofa-draw/1 commit\0", self.as_bytes()])
    }
}

/// Kept out of logs.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests;
