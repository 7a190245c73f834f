//! A sealed exam, ready to draw: manifest, secret and beacon brought together once, papers drawn from it many times.

use std::collections::HashSet;

use super::feasibility::{Room, Stock, groups, rooms};
use super::manifest::{Balance, Manifest, ManifestError, Secret};
use super::paper::{Paper, PaperItem};
use super::words::Words;
use crate::kernel::digest::{Digest, Mac, lp, sha256};

/// Why nothing can be drawn from a manifest with this secret and this beacon.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// The manifest breaks a rule of its own.
    #[error("the manifest is not well formed")]
    Manifest(#[from] ManifestError),
    /// The manifest commits to another secret.
    #[error("the secret is not the one committed to")]
    Commitment,
    /// The manifest has a beacon rule, and there is no beacon.
    #[error("the manifest has a beacon rule, but no beacon is recorded")]
    BeaconMissing,
    /// The manifest has no beacon rule: a value chosen after sealing would steer the draw.
    #[error("a beacon is recorded, but the manifest has no rule for one")]
    BeaconUnruled,
    /// Sections that could not be filled, and what they lack.
    #[error("section {} lacks {} questions", .0.section, .0.lacks)]
    Lacks(Room),
}

/// What is worked out once an exam, so that a paper costs as many hashes as it has items and not as the pool has.
#[derive(Debug)]
pub struct Sealed {
    manifest: Manifest,
    manifest_digest: Digest,
    /// Keyed with the seed, `LP("paper")` absorbed. As good as the secret; its `Debug` hides it.
    paper_key: Mac,
    /// For each section the eligible items, as places in the pool, in its order.
    eligible: Vec<Vec<usize>>,
    /// For each item of the pool its group.
    groups: Vec<usize>,
    /// For each item of the pool the places of its options that are not pinned.
    loose: Vec<Vec<usize>>,
}

/// An item taken for a paper: the place of its section among the sections, and its own in the pool.
type Taken = (usize, usize);

impl Sealed {
    /// Brings the three together: checks the manifest, its commitment, that a beacon is there if and only if there is
    /// a rule for it, and that every section has room.
    pub fn new(manifest: Manifest, secret: &Secret, beacon: Option<&str>) -> Result<Self, SealedError> {
        manifest.check()?;
        if secret.commitment() != manifest.commitment {
            return Err(SealedError::Commitment);
        }
        match (manifest.beacon_rule.is_some(), beacon) {
            (true, None | Some("")) => return Err(SealedError::BeaconMissing),
            (false, Some(_)) => return Err(SealedError::BeaconUnruled),
            _ => {}
        }
        let stock: Vec<_> = manifest.pool.iter().map(Stock::from).collect();
        if let Some(short) = rooms(&manifest.sections, &stock).into_iter().find(|room| room.lacks > 0) {
            return Err(SealedError::Lacks(short));
        }
        let manifest_digest = manifest.digest();
        let seed = seed(secret, &manifest_digest, beacon);
        let eligible = |takes: &dyn Fn(&Stock<'_>) -> bool| -> Vec<usize> {
            stock.iter().enumerate().filter(|(_, item)| takes(item)).map(|(place, _)| place).collect()
        };
        let eligible = (manifest.sections.iter())
            .map(|section| eligible(&|item| section.takes(item.kind, item.topic, item.difficulty)))
            .collect();
        let loose = (manifest.pool.iter())
            .map(|item| {
                (0..).zip(&item.options).filter(|(_, id)| !item.pinned.contains(id)).map(|(at, _)| at).collect()
            })
            .collect();
        let groups = groups(stock.iter().map(|item| item.group));
        let paper_key = Mac::new(seed.as_bytes()).lp(b"paper");
        Ok(Self { manifest, manifest_digest, paper_key, eligible, groups, loose })
    }

    /// The manifest drawn from.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The manifest's digest.
    #[must_use]
    pub fn manifest_digest(&self) -> Digest {
        self.manifest_digest
    }

    /// The paper of an attempt (numbered from 1) of a candidate (draw.md, a paper). It always is the same one.
    #[must_use]
    pub fn paper(&self, candidate: &Digest, attempt: u32) -> Paper {
        let person = self.paper_key.clone().lp(candidate.to_string().as_bytes()).lp(attempt.to_string().as_bytes());
        let key = |k: u32| person.clone().lp(k.to_string().as_bytes()).finish();
        let (k, taken) = match self.manifest.balance {
            None => (0, self.take(&key(0))),
            Some(balance) => self.balanced(balance, key),
        };
        Paper { candidate: *candidate, attempt, k, items: self.set_out(&key(k), &taken) }
    }

    /// The mean facility of a paper's items, in thousandths, rounded down. Items that are not in the pool count for nothing.
    #[must_use]
    pub fn facility_permille(&self, paper: &Paper) -> u32 {
        let place = |item: &PaperItem| self.manifest.pool.binary_search_by(|other| other.item.cmp(&item.item)).ok();
        self.mean_permille(&paper.items.iter().filter_map(place).map(|at| (0, at)).collect::<Vec<_>>())
    }

    /// Tries k = 0, 1, 2 … and settles on the first within the tolerance, else on the nearest, the first of equals.
    fn balanced(&self, balance: Balance, key: impl Fn(u32) -> Digest) -> (u32, Vec<Taken>) {
        let mut nearest: Option<(u32, u32, Vec<Taken>)> = None;
        for k in 0..balance.tries {
            let taken = self.take(&key(k));
            let distance = self.mean_permille(&taken).abs_diff(balance.target_permille);
            if distance <= balance.tolerance_permille {
                return (k, taken);
            }
            if nearest.as_ref().is_none_or(|(least, ..)| distance < *least) {
                nearest = Some((distance, k, taken));
            }
        }
        let (_, k, taken) = nearest.expect("a checked manifest has one try at least");
        (k, taken)
    }

    /// The mean facility of the items, in thousandths, rounded down.
    fn mean_permille(&self, taken: &[Taken]) -> u32 {
        let facility = |&(_, item): &Taken| self.manifest.pool.get(item).map(|item| u64::from(item.facility_permille));
        let sum: u64 = taken.iter().filter_map(facility).sum();
        let count = u64::try_from(taken.len()).expect("a length fits 64 bits");
        u32::try_from(sum / count.max(1)).expect("no facility is more than 1000")
    }

    /// Step 1: the items, section by section, none of a group that is on the paper already.
    fn take(&self, key: &Digest) -> Vec<Taken> {
        let mut taken = Vec::new();
        let mut seen = HashSet::new();
        for (place, (section, eligible)) in self.manifest.sections.iter().zip(&self.eligible).enumerate() {
            let mut words = Words::new(key, &["items", &section.section]);
            let mut wanted = section.count;
            let mut deal = words.deal(eligible.len());
            while wanted > 0 {
                let item = deal.next().and_then(|at| eligible.get(at)).expect("a seal leaves every section room");
                // An item is its own group where it has none, so the group speaks for the item too.
                if seen.insert(self.groups.get(*item)) {
                    taken.push((place, *item));
                    wanted -= 1;
                }
            }
        }
        taken
    }

    /// Step 2: the order of the options, all of them from one stream.
    fn set_out(&self, key: &Digest, taken: &[Taken]) -> Vec<PaperItem> {
        let mut words = Words::new(key, &["options"]);
        let mut shuffled = Vec::new();
        let set_out = |&(section, place): &Taken| {
            let section = self.manifest.sections.get(section)?.section.clone();
            let (item, loose) = (self.manifest.pool.get(place)?, self.loose.get(place)?);
            shuffled.clone_from(loose);
            words.shuffle(&mut shuffled);
            let mut options = item.options.clone();
            // The options that move fill the places they left, in order; pinned ones were never touched.
            for (to, from) in loose.iter().zip(&shuffled) {
                options.get_mut(*to)?.clone_from(item.options.get(*from)?);
            }
            Some(PaperItem { section, item: item.item.clone(), options })
        };
        taken.iter().map(set_out).collect::<Option<_>>().expect("what was taken is in the manifest")
    }
}

/// `H("kaofa-draw/1 seed" || 0x00 || secret || manifest_digest || LP(beacon or ""))`.
fn seed(secret: &Secret, manifest_digest: &Digest, beacon: Option<&str>) -> Digest {
    let beacon = lp(beacon.unwrap_or_default().as_bytes());
    sha256(&[b"kaofa-draw/1 seed\0", secret.as_bytes(), manifest_digest.as_bytes(), &beacon])
}

#[cfg(test)]
mod tests;
