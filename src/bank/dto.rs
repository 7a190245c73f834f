//! Wire types.

use entity::bank::question::QuestionStatus;
use poem_openapi::{Enum, Object};

use super::content::{Answer, Content, Difficulty, Kind};
use super::model::{
    BankFilter, BankRow, NewBank, QuestionFilter, QuestionState, QuestionSummary, QuestionVersion, QuestionView,
};
use crate::kernel::field::{FieldCode, Fields, Invalid};

mod bulk;
mod file;
mod request;

pub(super) use bulk::{
    KeysSeenDto, LawChangeRequest, LawsDto, NearDuplicatesDto, OutdatedDto, RegroupRequest, ReturnRequest,
    ReviewRequest, StatesDto, SummariesDto,
};
pub(super) use file::{QuestionForm, QuestionImportDto};
pub(super) use request::{BankPatch, QuestionPatch, QuestionRequest, VersionRequest};

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "QuestionKind", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the words are those of `Kind`")]
pub enum KindDto {
    Single,
    Multiple,
    Judgement,
}

impl From<Kind> for KindDto {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Single => Self::Single,
            Kind::Multiple => Self::Multiple,
            Kind::Judgement => Self::Judgement,
        }
    }
}

/// How hard a question is thought to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "Difficulty", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the words are those of `Difficulty`")]
pub enum DifficultyDto {
    Easy,
    Medium,
    Hard,
}

impl From<Difficulty> for DifficultyDto {
    fn from(difficulty: Difficulty) -> Self {
        match difficulty {
            Difficulty::Easy => Self::Easy,
            Difficulty::Medium => Self::Medium,
            Difficulty::Hard => Self::Hard,
        }
    }
}

/// How far a question has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "QuestionStatus", rename_all = "snake_case")]
pub(super) enum StatusDto {
    /// Being written.
    Draft,
    /// Waiting for review.
    Submitted,
    /// In use.
    Approved,
    /// Out of use.
    Retired,
}

impl From<QuestionStatus> for StatusDto {
    fn from(status: QuestionStatus) -> Self {
        match status {
            QuestionStatus::Draft => Self::Draft,
            QuestionStatus::Submitted => Self::Submitted,
            QuestionStatus::Approved => Self::Approved,
            QuestionStatus::Retired => Self::Retired,
        }
    }
}

/// A bank to be made.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct BankRequest {
    /// The unit it belongs to.
    pub unit_id: String,
    /// Its title, up to 80 characters.
    pub title: String,
    /// A question is approved by somebody other than its author.
    pub review_required: bool,
}

impl TryFrom<BankRequest> for NewBank {
    type Error = Invalid;
    fn try_from(dto: BankRequest) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let unit_id = fields.parse("unit_id", &dto.unit_id, FieldCode::UnknownReference);
        let title = fields.line("title", &dto.title, 80);
        fields.finish(unit_id.map(|unit_id| Self { unit_id, title, review_required: dto.review_required }))
    }
}

/// A bank.
#[derive(Debug, Object)]
#[oai(rename = "Bank")]
pub(super) struct BankDto {
    /// Its identifier.
    id: String,
    /// The unit it belongs to.
    unit_id: String,
    /// Its title.
    title: String,
    /// A question is approved by somebody other than its author.
    review_required: bool,
    /// When it was made.
    created_at: String,
    /// How many questions it holds.
    questions: CountsDto,
}

/// How many questions stand where.
#[derive(Debug, Object)]
#[oai(rename = "QuestionCounts")]
struct CountsDto {
    /// Being written.
    draft: u64,
    /// Waiting for review.
    submitted: u64,
    /// In use.
    approved: u64,
    /// Out of use.
    retired: u64,
}

impl From<BankRow> for BankDto {
    fn from(bank: BankRow) -> Self {
        let counts = bank.questions;
        Self {
            id: bank.id.to_string(),
            unit_id: bank.unit_id.to_string(),
            title: bank.title,
            review_required: bank.review_required,
            created_at: bank.created_at.to_string(),
            questions: CountsDto {
                draft: counts.draft,
                submitted: counts.submitted,
                approved: counts.approved,
                retired: counts.retired,
            },
        }
    }
}

/// What a question rests on.
#[derive(Debug, Object)]
#[oai(rename = "Citation", deny_unknown_fields)]
struct CitationDto {
    /// The law's name.
    law: String,
    /// Its article.
    article: String,
    /// Which version of the law.
    law_version: String,
    /// When it was last looked up, `YYYY-MM-DD`.
    verified_on: String,
}

/// An option with its key.
#[derive(Debug, Object)]
#[oai(rename = "QuestionOption")]
struct OptionDto {
    /// Given by the server; it tells neither its place nor whether it is right.
    id: String,
    /// What it says.
    text: String,
    /// Whether it is right.
    correct: bool,
    /// Whether it keeps its place on every paper.
    pinned: bool,
}

/// A question in its newest version, with its key.
#[derive(Debug, Object)]
#[oai(rename = "Question")]
pub(super) struct QuestionDto {
    /// Its identifier.
    id: String,
    /// Its bank.
    bank_id: String,
    /// The number of its newest version.
    version: i32,
    /// How far it has come.
    status: StatusDto,
    /// How it is answered.
    kind: KindDto,
    /// What it is about.
    topic: String,
    /// How hard it is thought to be.
    difficulty: DifficultyDto,
    /// What is asked.
    stem: String,
    /// Its options in stored order; none for a judgement.
    options: Vec<OptionDto>,
    /// Whether a judgement's sentence is true; null for other kinds.
    answer: Option<bool>,
    /// Why the key is right.
    explanation: String,
    /// What it rests on.
    citation: CitationDto,
    /// A paper takes at most one question of a group.
    group: Option<String>,
    /// The account that wrote this version.
    author_id: String,
    /// When this version was written.
    created_at: String,
}

impl From<QuestionView> for QuestionDto {
    fn from(view: QuestionView) -> Self {
        let QuestionVersion { question_id, version, topic, difficulty, group, content, .. } = view.newest;
        let (kind, stem) = (content.kind, content.stem.clone());
        let (options, answer) = key(content);
        let citation = view.newest.citation;
        Self {
            id: question_id.to_string(),
            bank_id: view.bank_id.to_string(),
            version,
            status: view.status.into(),
            kind: kind.into(),
            topic,
            difficulty: difficulty.into(),
            stem,
            options,
            answer,
            explanation: view.newest.explanation,
            citation: CitationDto {
                law: citation.law,
                article: citation.article,
                law_version: citation.law_version,
                verified_on: citation.verified_on.to_string(),
            },
            group,
            author_id: view.newest.author_id.to_string(),
            created_at: view.newest.created_at.to_string(),
        }
    }
}

fn key(content: Content) -> (Vec<OptionDto>, Option<bool>) {
    let right = match content.answer {
        Answer::Judgement(truth) => return (Vec::new(), Some(truth)),
        Answer::Options(right) => right,
    };
    let option = |o: super::content::Choice| OptionDto {
        correct: right.contains(&o.id),
        id: o.id,
        text: o.text,
        pinned: o.pinned,
    };
    (content.options.into_iter().map(option).collect(), None)
}

/// A question in a list, without its key.
#[derive(Debug, Object)]
#[oai(rename = "QuestionSummary")]
pub(super) struct SummaryDto {
    /// Its identifier.
    id: String,
    /// Its bank.
    bank_id: String,
    /// The number of its newest version.
    version: i32,
    /// How far it has come.
    status: StatusDto,
    /// How it is answered.
    kind: KindDto,
    /// What it is about.
    topic: String,
    /// How hard it is thought to be.
    difficulty: DifficultyDto,
    /// What is asked.
    stem: String,
    /// The law that it cites.
    law: String,
    /// Which version of the law.
    law_version: String,
    /// The article of the law.
    article: String,
    /// A paper takes at most one question of a group.
    group: Option<String>,
    /// The account that wrote the newest version.
    author_id: String,
}

impl From<QuestionSummary> for SummaryDto {
    fn from(question: QuestionSummary) -> Self {
        Self {
            id: question.id.to_string(),
            bank_id: question.bank_id.to_string(),
            version: question.version,
            status: question.status.into(),
            kind: question.kind.into(),
            topic: question.topic,
            difficulty: question.difficulty.into(),
            stem: question.stem,
            law: question.law,
            law_version: question.law_version,
            article: question.article,
            group: question.group,
            author_id: question.author_id.to_string(),
        }
    }
}

/// Where an act left a question.
#[derive(Debug, Object)]
#[oai(rename = "QuestionState")]
pub(super) struct StateDto {
    /// Its identifier.
    id: String,
    /// The number of its newest version.
    version: i32,
    /// How far it has come.
    status: StatusDto,
}

impl From<QuestionState> for StateDto {
    fn from(state: QuestionState) -> Self {
        Self { id: state.id.to_string(), version: state.version, status: state.status.into() }
    }
}

/// Reads the query of a list of banks.
pub(super) fn bank_filter(unit_id: Option<&str>, q: Option<&str>) -> Result<BankFilter, Invalid> {
    let mut fields = Fields::new();
    let unit_id = fields.parse_optional("unit_id", unit_id, FieldCode::UnknownReference);
    let q = q.map(|q| fields.optional_line("q", q, 200)).filter(|q| !q.is_empty());
    fields.finish(Some(BankFilter { unit_id, q }))
}

/// The query of a list of questions.
#[derive(Debug, Default)]
pub(super) struct QuestionQuery {
    pub(super) bank_id: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) topic: Option<String>,
    pub(super) status: Option<String>,
    pub(super) q: Option<String>,
    pub(super) law: Option<String>,
    pub(super) article: Option<String>,
    pub(super) group: Option<String>,
}

impl TryFrom<QuestionQuery> for QuestionFilter {
    type Error = Invalid;
    fn try_from(query: QuestionQuery) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let mut line = |field, text: Option<String>| {
            text.map(|t| fields.optional_line(field, &t, 200)).filter(|t: &String| !t.is_empty())
        };
        let (topic, q) = (line("topic", query.topic), line("q", query.q));
        let (law, article, group) =
            (line("law", query.law), line("article", query.article), line("group", query.group));
        let filter = Self {
            bank_id: fields.parse_optional("bank_id", query.bank_id.as_deref(), FieldCode::UnknownReference),
            kind: fields.parse_optional("kind", query.kind.as_deref(), FieldCode::UnknownValue),
            topic,
            status: fields.parse_optional("status", query.status.as_deref(), FieldCode::UnknownValue),
            q,
            law,
            article,
            group,
        };
        fields.finish(Some(filter))
    }
}
