//! What the tests of this room share: the worked examples, typed, and a small manifest.

use serde::Deserialize;

use super::feasibility::Stock;
use super::manifest::{Algorithm, Manifest, PoolItem, Secret, Section};
use super::paper::{Paper, PaperItem};
use crate::bank::{Difficulty, Kind};
use crate::kernel::digest::Digest;

/// `draw_vectors.json`, but for the Merkle tree (the kernel's), the content (the bank's) and sampling (a later release).
#[derive(Deserialize)]
pub(super) struct Vectors {
    pub(super) words: WordsExample,
    pub(super) cases: Vec<Case>,
    pub(super) feasibility: Vec<FeasibilityExample>,
}

#[derive(Deserialize)]
pub(super) struct WordsExample {
    pub(super) key: Digest,
    pub(super) labels: Vec<String>,
    pub(super) first: Vec<String>,
    pub(super) below: Vec<(String, String)>,
}

#[derive(Deserialize)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) manifest: Manifest,
    pub(super) manifest_digest: Digest,
    pub(super) secret: Secret,
    pub(super) beacon: Option<String>,
    pub(super) seed: Digest,
    pub(super) papers: Vec<PaperExample>,
}

#[derive(Deserialize)]
pub(super) struct PaperExample {
    pub(super) person: String,
    pub(super) candidate: Digest,
    pub(super) attempt: u32,
    pub(super) k: u32,
    pub(super) items: Vec<PaperItem>,
    pub(super) digest: Digest,
}

impl PaperExample {
    pub(super) fn paper(&self) -> Paper {
        Paper { candidate: self.candidate, attempt: self.attempt, k: self.k, items: self.items.clone() }
    }
}

#[derive(Deserialize)]
pub(super) struct FeasibilityExample {
    pub(super) name: String,
    pub(super) sections: Vec<Section>,
    pub(super) pool: Vec<StockExample>,
    pub(super) room: Vec<RoomExample>,
}

#[derive(Deserialize)]
pub(super) struct StockExample {
    kind: Kind,
    topic: String,
    difficulty: Difficulty,
    group: Option<String>,
}

impl StockExample {
    pub(super) fn stock(&self) -> Stock<'_> {
        Stock { kind: self.kind, topic: &self.topic, difficulty: self.difficulty, group: self.group.as_deref() }
    }
}

#[derive(Deserialize)]
pub(super) struct RoomExample {
    pub(super) section: String,
    pub(super) room: i64,
    pub(super) lacks: u64,
}

pub(super) fn vectors() -> Vectors {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/draw_vectors.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

pub(super) const SECRET: Secret = Secret::from_bytes([42; 32]);

/// A pool of `items` alike (single choice, four options, no groups) and sections of these counts over all of it.
pub(super) fn manifest(items: u32, counts: &[u32]) -> Manifest {
    let pool_item = |n: u32| PoolItem {
        item: format!("q{n:06}@1"),
        digest: Digest::from_bytes([9; 32]),
        kind: Kind::Single,
        topic: "宪法".into(),
        difficulty: Difficulty::Easy,
        facility_permille: 800,
        options: ["x1", "x2", "x3", "x4"].map(str::to_owned).into(),
        pinned: Vec::new(),
        group: None,
    };
    let section = |(place, count): (u32, &u32)| Section {
        section: place.to_string(),
        kind: Kind::Single,
        topics: Vec::new(),
        difficulties: Vec::new(),
        count: *count,
        points_each_hundredths: 200,
    };
    Manifest {
        algorithm: Algorithm::Draw1,
        exam: "0193a1f0-0000-7000-8000-000000000001".into(),
        sealed_at: "2026-12-01T01:00:00.000Z".into(),
        commitment: SECRET.commitment(),
        beacon_rule: None,
        balance: None,
        sections: (1..).zip(counts).map(section).collect(),
        pool: (0..items).map(pool_item).collect(),
    }
}
