//! What the bank hands out and is asked with.

use entity::bank::key_view::SeenHow;
use entity::bank::question::QuestionStatus;
use entity::id::{AccountId, BankId, QuestionId, UnitId};
use entity::instant::{Day, Instant};

use super::content::{Content, Difficulty, Kind, Salt};

/// A bank to be made.
#[derive(Debug, Clone)]
pub struct NewBank {
    /// Whose it is.
    pub unit_id: UnitId,
    /// Its title, checked by whoever made this.
    pub title: String,
    /// A question is approved by somebody other than its author.
    pub review_required: bool,
}

/// What is to be changed of a bank; the rest stays.
#[derive(Debug, Clone, Default)]
pub struct BankChanges {
    /// Its title, checked by whoever made this.
    pub title: Option<String>,
    /// A question is approved by somebody other than its author.
    pub review_required: Option<bool>,
}

/// Which banks are asked for; nothing said means any.
#[derive(Debug, Clone, Default)]
pub struct BankFilter {
    /// Of this very unit.
    pub unit_id: Option<UnitId>,
    /// With this text in the title.
    pub q: Option<String>,
}

/// A bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankRow {
    /// Its identifier.
    pub id: BankId,
    /// Whose it is.
    pub unit_id: UnitId,
    /// Its title.
    pub title: String,
    /// A question is approved by somebody other than its author.
    pub review_required: bool,
    /// Counts its changes.
    pub version: i32,
    /// When it was made.
    pub created_at: Instant,
    /// How many questions it holds.
    pub questions: QuestionCounts,
}

/// How many questions of a bank stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuestionCounts {
    /// Being written.
    pub draft: u64,
    /// Waiting for review.
    pub submitted: u64,
    /// In use.
    pub approved: u64,
    /// Out of use.
    pub retired: u64,
}

/// What a question rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// The law's name.
    pub law: String,
    /// Its article.
    pub article: String,
    /// Which version of the law.
    pub law_version: String,
    /// When somebody last looked it up.
    pub verified_on: Day,
}

/// One version of a question, key and salt included: never on its way to a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionVersion {
    /// The question.
    pub question_id: QuestionId,
    /// Its number, from 1.
    pub version: i32,
    /// What it is about.
    pub topic: String,
    /// How hard it is thought to be.
    pub difficulty: Difficulty,
    /// A paper takes at most one question of a group.
    pub group: Option<String>,
    /// Kind, stem, options and key.
    pub content: Content,
    /// Goes into the digest; disclosed only together with the answer. The digest is `content.digest(&salt)`.
    pub salt: Salt,
    /// Why the key is right; may be empty.
    pub explanation: String,
    /// What it rests on.
    pub citation: Citation,
    /// Who wrote it.
    pub author_id: AccountId,
    /// When it was written.
    pub created_at: Instant,
}

impl QuestionVersion {
    /// Its name in a pool: `question_id@version`.
    #[must_use]
    pub fn item(&self) -> String {
        format!("{}@{}", self.question_id, self.version)
    }
}

/// A question as coordinators see it, key included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionView {
    /// Its bank.
    pub bank_id: BankId,
    /// How far it has come.
    pub status: QuestionStatus,
    /// The version that counts.
    pub newest: QuestionVersion,
}

/// A question in a list, without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionSummary {
    /// Its identifier.
    pub id: QuestionId,
    /// Its bank.
    pub bank_id: BankId,
    /// How far it has come.
    pub status: QuestionStatus,
    /// The number of its newest version; all that follows is of that.
    pub version: i32,
    /// Its kind.
    pub kind: Kind,
    /// What it is about.
    pub topic: String,
    /// How hard it is thought to be.
    pub difficulty: Difficulty,
    /// A paper takes at most one question of a group.
    pub group: Option<String>,
    /// What is asked.
    pub stem: String,
    /// The law that it cites.
    pub law: String,
    /// Which version of the law.
    pub law_version: String,
    /// The article of the law.
    pub article: String,
    /// Who wrote it.
    pub author_id: AccountId,
}

/// Where an act left a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuestionState {
    /// The question.
    pub id: QuestionId,
    /// The number of its newest version.
    pub version: i32,
    /// How far it has come.
    pub status: QuestionStatus,
}

/// Which questions are asked for; nothing said means any.
#[derive(Debug, Clone, Default)]
pub struct QuestionFilter {
    /// In this bank.
    pub bank_id: Option<BankId>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// On this topic.
    pub topic: Option<String>,
    /// This far.
    pub status: Option<QuestionStatus>,
    /// With this text in the stem or an option; wide and narrow characters, capitals and blanks make no difference.
    pub q: Option<String>,
    /// On this law, whether or not the state's name stands before it.
    pub law: Option<String>,
    /// With this text in the article.
    pub article: Option<String>,
    /// Of this group.
    pub group: Option<String>,
}

/// A law in a version, and how many questions that are not retired rest on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LawCount {
    /// The law's name as the questions write it.
    pub law: String,
    /// Which version of it.
    pub law_version: String,
    /// How many questions.
    pub questions: u64,
}

/// Which questions a changed law leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LawChange {
    /// In this bank.
    pub bank_id: BankId,
    /// On this law.
    pub law: String,
    /// In versions before this one: `2021年修订`, `2021-01-22`.
    pub before: String,
    /// Those of them that are meant; all if empty.
    pub question_ids: Vec<QuestionId>,
    /// Why; the log keeps it.
    pub reason: String,
}

/// What a changed law leaves behind.
#[derive(Debug, Clone, Default)]
pub struct Outdated {
    /// Nothing was meant to be written.
    pub dry_run: bool,
    /// The questions on earlier versions that are, or would be, retired.
    pub questions: Vec<QuestionSummary>,
    /// Those on versions of which it cannot be told whether they are earlier. They stay unless they are named.
    pub undetermined: Vec<QuestionSummary>,
}

/// Questions that say nearly the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearDuplicates {
    /// The questions, oldest first.
    pub questions: Vec<QuestionSummary>,
    /// How alike the two of them are that are least alike of those that brought them together, in percent.
    pub percent: u32,
    /// The group that some of them are in already.
    pub group: Option<String>,
}

/// Somebody who has seen a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySeen {
    /// Which version of the question.
    pub version: i32,
    /// Whose account.
    pub account_id: AccountId,
    /// Their name.
    pub name: String,
    /// How.
    pub how: SeenHow,
    /// When first.
    pub at: Instant,
}

/// What feasibility asks of an approved question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockItem {
    /// Its kind.
    pub kind: Kind,
    /// What it is about.
    pub topic: String,
    /// How hard it is thought to be.
    pub difficulty: Difficulty,
    /// A paper takes at most one question of a group.
    pub group: Option<String>,
}

/// How many approved questions there are of a topic, kind and difficulty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicCount {
    /// The topic.
    pub topic: String,
    /// The kind.
    pub kind: Kind,
    /// The declared difficulty.
    pub difficulty: Difficulty,
    /// How many.
    pub count: u64,
}
