//! Verifying a draw file while it is read: what was sealed is checked before the first paper, each paper as it comes by,
//! and memory holds the manifest and one paper however many there are.

use std::fmt;
use std::io::{BufReader, Read};

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, Serialize};

use super::file::{FilePaper, Head, LogProof};
use super::manifest::{Manifest, Secret};
use super::sealed::{Sealed, SealedError};
use crate::kernel::digest::Digest;
use crate::kernel::jcs::{self, JcsError};
use crate::kernel::merkle::{self, ProofError};
use crate::keys::SignatureError;
use crate::log::SignedHead;

/// What a draw file that holds was found to be. It is proved for this log root; whether the root is the one the server
/// signed is asked of the signed head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The exam's id.
    pub exam: String,
    /// When it was sealed, RFC 3339, as the manifest says.
    pub sealed_at: String,
    /// The manifest's digest.
    pub manifest_digest: Digest,
    /// The rule for the beacon; without one, whoever sealed could have chosen among secrets.
    pub beacon_rule: Option<String>,
    /// The beacon.
    pub beacon: Option<String>,
    /// The place of the seal's entry in the log, from 0.
    pub log_index: u64,
    /// How many entries the log had.
    pub log_size: u64,
    /// The log's root at that size.
    pub log_root: Digest,
    /// How many candidates have papers.
    pub candidates: u64,
    /// How many papers were drawn anew, all alike.
    pub papers: u64,
}

/// Why a draw file does not hold: the first thing that is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It cannot be read, is not JSON, or has not the keys of a draw file in their order.
    #[error("not a draw file: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// The stated manifest digest is not that of the manifest.
    #[error("the manifest's digest is {computed}, the file states {stated}")]
    ManifestDigest {
        /// What the file says.
        stated: Digest,
        /// What the manifest gives.
        computed: Digest,
    },
    /// Nothing can be drawn from this manifest with this secret and this beacon.
    #[error(transparent)]
    Sealed(#[from] SealedError),
    /// The log's entry has no canonical form.
    #[error("the log entry cannot be hashed: {0}")]
    EntryForm(#[from] JcsError),
    /// The log's entry names another manifest, or none.
    #[error("the log entry's data.manifest_digest is not the manifest's")]
    EntryManifest,
    /// The entry was not in the log with this root.
    #[error("the seal's entry is not proved to be in the log: {0}")]
    Log(#[from] ProofError),
    /// The signature of the head at hand does not hold.
    #[error("the signed head: {0}")]
    Signature(#[from] SignatureError),
    /// The head at hand is of another size, or of the same size with another root.
    #[error("the head was signed for {signed} entries, the file is about {stated}, or their roots differ")]
    OtherHead {
        /// How many entries the head is for.
        signed: u64,
        /// How many the file speaks of.
        stated: u64,
    },
    /// A paper is not the one the algorithm draws.
    #[error("paper {position}, attempt {attempt} of candidate {candidate}: {difference}")]
    Paper {
        /// Its place in the file, from 1.
        position: u64,
        /// Whose paper.
        candidate: Digest,
        /// Which attempt.
        attempt: u32,
        /// In what it differs.
        difference: Difference,
    },
}

/// In what a paper differs from the one the algorithm draws.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// It is not after the one before it, or is there twice.
    #[error("not sorted by candidate and attempt, or there twice")]
    Order,
    /// Attempts count from 1.
    #[error("attempts count from 1")]
    Attempt,
    /// Another try of the balance was taken.
    #[error("try {stated} was given, {drawn} is drawn")]
    Try {
        /// The file's k.
        stated: u32,
        /// The k of the draw.
        drawn: u32,
    },
    /// It has more or fewer questions.
    #[error("{stated} questions were given, {drawn} are drawn")]
    Count {
        /// How many the file has.
        stated: usize,
        /// How many are drawn.
        drawn: usize,
    },
    /// A question, its section or the order of its options is another one.
    #[error("question {0} is not the one drawn, or its options stand in another order")]
    Item(usize),
    /// All is as drawn but the digest stated for it.
    #[error("the paper is the one drawn, its digest is not")]
    Digest,
}

/// A check that held, told as soon as it did (draw.md, what a verifier checks).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// The manifest has the digest that the file states.
    Manifest {
        /// The exam's id.
        exam: String,
        /// When it was sealed, as the manifest says.
        sealed_at: String,
        /// The digest.
        digest: Digest,
        /// How many sections a paper has.
        sections: usize,
        /// How many questions could be drawn.
        pool: usize,
    },
    /// The seal's entry was in the log with that root.
    Log {
        /// What the entry calls the act, where it says so.
        action: Option<String>,
        /// When that was, where it says so.
        at: Option<String>,
        /// Its place, from 0.
        index: u64,
        /// How many entries the log had.
        size: u64,
        /// The root over them.
        root: Digest,
    },
    /// The signed head at hand is of that size and root, and its signature holds.
    Head(SignedHead),
    /// The secret is the one committed to, the beacon is as its rule wants it, and every section has room.
    Seal {
        /// The rule for the beacon; without one, whoever sealed could have chosen among secrets.
        beacon_rule: Option<String>,
        /// The beacon.
        beacon: Option<String>,
    },
    /// Every paper is the one that is drawn.
    Papers {
        /// How many.
        papers: u64,
        /// Of how many candidates.
        candidates: u64,
    },
}

/// Reads a draw file to its end and checks all of it (draw.md, the draw file): the manifest's digest, the log, the
/// commitment, the beacon, and every paper. It stops at the first thing that differs.
pub fn verify(reader: impl Read) -> Result<Verified, VerifyError> {
    verify_telling(reader, None, &mut |_| {})
}

/// The same, with the signed head at hand, and telling of every check that held, in order, as soon as it did.
pub fn verify_telling(
    reader: impl Read,
    signed: Option<&SignedHead>,
    tell: &mut dyn FnMut(Held),
) -> Result<Verified, VerifyError> {
    let mut fault = None;
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 16, reader));
    let verified = json.deserialize_map(FileVisitor { fault: &mut fault, signed, tell }).and_then(|verified| {
        json.end()?;
        Ok(verified)
    });
    // A finding travels beside serde's error type, which could carry it as text only.
    let verified = match fault {
        Some(fault) => return Err(fault),
        None => verified?,
    };
    tell(Held::Papers { papers: verified.papers, candidates: verified.candidates });
    Ok(verified)
}

/// Checks what stands before the papers and makes ready to draw from it.
fn check_head(head: Head, signed: Option<&SignedHead>, tell: &mut dyn FnMut(Held)) -> Result<Sealed, VerifyError> {
    let Head { manifest, manifest_digest: stated, secret, beacon, log } = head;
    let computed = manifest.digest();
    if stated != computed {
        return Err(VerifyError::ManifestDigest { stated, computed });
    }
    tell(Held::Manifest {
        exam: manifest.exam.clone(),
        sealed_at: manifest.sealed_at.clone(),
        digest: computed,
        sections: manifest.sections.len(),
        pool: manifest.pool.len(),
    });
    let said = |pointer: &str| log.entry.pointer(pointer).and_then(|text| text.as_str()).map(str::to_owned);
    if said("/data/manifest_digest") != Some(computed.to_string()) {
        return Err(VerifyError::EntryManifest);
    }
    let leaf = merkle::leaf(&jcs::canonical(&log.entry)?);
    merkle::verify_inclusion(leaf, log.index, log.size, &log.path, log.root)?;
    let (action, at) = (said("/action"), said("/at"));
    tell(Held::Log { action, at, index: log.index, size: log.size, root: log.root });
    if let Some(signed) = signed {
        signed.check()?;
        if (signed.size, signed.root) != (log.size, log.root) {
            return Err(VerifyError::OtherHead { signed: signed.size, stated: log.size });
        }
        tell(Held::Head(signed.clone()));
    }
    let beacon_rule = manifest.beacon_rule.clone();
    let sealed = Sealed::new(manifest, &secret, beacon.as_deref())?;
    tell(Held::Seal { beacon_rule, beacon });
    Ok(sealed)
}

/// Draws the paper anew and compares.
fn check_paper(sealed: &Sealed, given: &FilePaper) -> Result<(), Difference> {
    if given.attempt == 0 {
        return Err(Difference::Attempt);
    }
    let drawn = sealed.paper(&given.candidate, given.attempt);
    if given.k != drawn.k {
        return Err(Difference::Try { stated: given.k, drawn: drawn.k });
    }
    if given.items.len() != drawn.items.len() {
        return Err(Difference::Count { stated: given.items.len(), drawn: drawn.items.len() });
    }
    if let Some(place) = given.items.iter().zip(&drawn.items).position(|(given, drawn)| given != drawn) {
        return Err(Difference::Item(place + 1));
    }
    if given.digest != drawn.digest() {
        return Err(Difference::Digest);
    }
    Ok(())
}

/// The document. Its keys come in a fixed order, the papers last, or they could not be checked while streaming.
struct FileVisitor<'f> {
    fault: &'f mut Option<VerifyError>,
    signed: Option<&'f SignedHead>,
    tell: &'f mut dyn FnMut(Held),
}

impl<'de> Visitor<'de> for FileVisitor<'_> {
    type Value = Verified;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a draw file")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Verified, A::Error> {
        key(&mut map, "manifest")?;
        let manifest: Manifest = map.next_value()?;
        key(&mut map, "manifest_digest")?;
        let manifest_digest: Digest = map.next_value()?;
        key(&mut map, "secret")?;
        let secret: Secret = map.next_value()?;
        key(&mut map, "beacon")?;
        let beacon: Option<String> = map.next_value()?;
        key(&mut map, "log")?;
        let log: LogProof = map.next_value()?;
        let mut verified = Verified {
            exam: manifest.exam.clone(),
            sealed_at: manifest.sealed_at.clone(),
            manifest_digest,
            beacon_rule: manifest.beacon_rule.clone(),
            beacon: beacon.clone(),
            log_index: log.index,
            log_size: log.size,
            log_root: log.root,
            candidates: 0,
            papers: 0,
        };
        let head = Head { manifest, manifest_digest, secret, beacon, log };
        let sealed = check_head(head, self.signed, self.tell).map_err(|fault| stop(self.fault, fault))?;
        key(&mut map, "papers")?;
        map.next_value_seed(Papers { sealed: &sealed, verified: &mut verified, fault: self.fault })?;
        match map.next_key::<String>()? {
            None => Ok(verified),
            Some(more) => Err(de::Error::custom(format_args!("unexpected key {more:?} after the papers"))),
        }
    }
}

/// The list of papers, checked one by one and dropped.
struct Papers<'a> {
    sealed: &'a Sealed,
    verified: &'a mut Verified,
    fault: &'a mut Option<VerifyError>,
}

impl<'de> DeserializeSeed<'de> for Papers<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Papers<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of papers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut last: Option<(Digest, u32)> = None;
        while let Some(paper) = seq.next_element::<FilePaper>()? {
            let (candidate, attempt) = (paper.candidate, paper.attempt);
            self.verified.papers += 1;
            let sorted = last < Some((candidate, attempt));
            let outcome = if sorted { check_paper(self.sealed, &paper) } else { Err(Difference::Order) };
            outcome.map_err(|difference| {
                let position = self.verified.papers;
                stop(self.fault, VerifyError::Paper { position, candidate, attempt, difference })
            })?;
            if last.is_none_or(|(before, _)| before != candidate) {
                self.verified.candidates += 1;
            }
            last = Some((candidate, attempt));
        }
        Ok(())
    }
}

/// Reads the next key, which must be this one.
fn key<'de, A: MapAccess<'de>>(map: &mut A, expected: &str) -> Result<(), A::Error> {
    match map.next_key::<String>()? {
        Some(found) if found == expected => Ok(()),
        Some(found) => Err(de::Error::custom(format_args!("expected the key {expected:?}, found {found:?}"))),
        None => Err(de::Error::custom(format_args!("the key {expected:?} is missing"))),
    }
}

/// Puts a finding aside and makes the error that ends the reading.
fn stop<E: de::Error>(place: &mut Option<VerifyError>, fault: VerifyError) -> E {
    let error = E::custom(&fault);
    *place = Some(fault);
    error
}

#[cfg(test)]
mod tests;
