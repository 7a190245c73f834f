//! A sealed exam: how its papers are drawn, what stands on them and what each item is worth.

use std::collections::HashMap;

use entity::exam::section::Scoring;
use entity::id::{ExamId, PersonId};
use entity::points::Points;

use crate::bank::{Choice, Content, QuestionVersion};
use crate::exam::draw::{Paper, Sealed, candidate};

/// A sealed exam with the content of its pool. It never changes.
#[derive(Debug)]
pub struct SealedExam {
    id: ExamId,
    draw: Sealed,
    sections: Vec<SealedSection>,
    /// In the order of the manifest's pool.
    items: Vec<SealedItem>,
    /// Where an item stands in `items`.
    places: HashMap<String, usize>,
}

/// A section of every paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSection {
    /// Its title.
    pub title: String,
    /// What each of its items is worth.
    pub points_each: Points,
    /// How a multiple choice in it is scored.
    pub scoring: Scoring,
    /// `"title":…,"points_each":…`
    pub(super) json: String,
}

/// A question in the version that was sealed, its key included.
#[derive(Debug)]
pub struct SealedItem {
    /// `question id@version`.
    pub item: String,
    /// What it says, and its key.
    pub content: Content,
    /// `"item":…,"kind":…,"stem":…`
    pub(super) json: String,
    /// `{"id":…,"text":…}` for each option in stored order.
    pub(super) options: Vec<String>,
}

/// Why an exam's manifest, sections and questions are not of one piece.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The sections are not those of the manifest.
    #[error("its sections are not those of its manifest")]
    Sections,
    /// The question is not there, or is not the one that was sealed.
    #[error("the item {0} is not the one that was sealed")]
    Item(String),
}

impl SealedSection {
    /// With its JSON made ready.
    #[must_use]
    pub fn new(title: String, points_each: Points, scoring: Scoring) -> Self {
        let json = format!("\"title\":{},\"points_each\":{points_each}", quoted(&title));
        Self { title, points_each, scoring, json }
    }
}

impl SealedItem {
    fn new(item: String, content: Content) -> Self {
        let json = format!(
            "\"item\":{},\"kind\":\"{}\",\"stem\":{}",
            quoted(&item),
            content.kind.as_str(),
            quoted(&content.stem)
        );
        let option = |o: &Choice| format!("{{\"id\":{},\"text\":{}}}", quoted(&o.id), quoted(&o.text));
        let options = content.options.iter().map(option).collect();
        Self { item, content, json, options }
    }
}

impl SealedExam {
    /// Brings a draw together with the titles and scorings of its sections and the content of its pool. Every content
    /// must have the digest that was sealed: a question that was changed since is found out here.
    pub fn new(
        id: ExamId,
        draw: Sealed,
        sections: Vec<SealedSection>,
        versions: Vec<QuestionVersion>,
    ) -> Result<Self, Mismatch> {
        let manifest = draw.manifest();
        let worth = |points: Points| u32::try_from(points.0).ok();
        let alike = manifest.sections.len() == sections.len()
            && (manifest.sections.iter().zip(&sections))
                .all(|(sealed, section)| worth(section.points_each) == Some(sealed.points_each_hundredths));
        if !alike {
            return Err(Mismatch::Sections);
        }
        let mut versions: HashMap<String, QuestionVersion> = versions.into_iter().map(|v| (v.item(), v)).collect();
        let mut items = Vec::with_capacity(manifest.pool.len());
        let mut places = HashMap::with_capacity(manifest.pool.len());
        for (place, sealed) in manifest.pool.iter().enumerate() {
            let version = versions.remove(&sealed.item).filter(|v| v.content.digest(&v.salt) == sealed.digest);
            let version = version.ok_or_else(|| Mismatch::Item(sealed.item.clone()))?;
            items.push(SealedItem::new(sealed.item.clone(), version.content));
            places.insert(sealed.item.clone(), place);
        }
        Ok(Self { id, draw, sections, items, places })
    }

    /// Which exam it is.
    #[must_use]
    pub fn id(&self) -> ExamId {
        self.id
    }

    /// The digest of the manifest, hex.
    #[must_use]
    pub fn manifest_digest(&self) -> String {
        self.draw.manifest_digest().to_string()
    }

    /// The paper of somebody's attempt, numbered from 1.
    #[must_use]
    pub fn paper(&self, person: PersonId, number: u32) -> Paper {
        self.draw.paper(&candidate(&self.id.to_string(), &person.to_string()), number)
    }

    /// The sections in order.
    #[must_use]
    pub fn sections(&self) -> &[SealedSection] {
        &self.sections
    }

    /// What an item says, its key included.
    #[must_use]
    pub fn content(&self, item: &str) -> Option<&Content> {
        self.place_of(item).and_then(|place| self.item_at(place)).map(|item| &item.content)
    }

    /// The names of all items of the pool, in its order.
    pub fn items(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(|item| item.item.as_str())
    }

    /// An item by its place in the pool.
    pub(in super::super) fn item_at(&self, place: usize) -> Option<&SealedItem> {
        self.items.get(place)
    }

    /// The place of an item in the pool.
    pub(in super::super) fn place_of(&self, item: &str) -> Option<usize> {
        self.places.get(item).copied()
    }
}

/// As a JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
