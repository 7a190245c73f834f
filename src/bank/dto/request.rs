//! What is sent to write a question.

use entity::id::BankId;
use poem_openapi::Object;

use super::super::draft::{NewOption, NewQuestion, QuestionInput};
use super::CitationDto;
use crate::bank::model::BankChanges;
use crate::kernel::field::{FieldCode, Fields, Invalid};

/// An option to be made; its id is given by the server.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
struct OptionRequest {
    /// What it says; no two options say the same.
    text: String,
    /// Whether it is right.
    correct: bool,
    /// Whether it keeps its place on every paper.
    #[oai(default)]
    pinned: bool,
}

/// A new version of a question.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in crate::bank) struct VersionRequest {
    /// `single`, `multiple` or `judgement`; the same in every version.
    kind: String,
    /// What it is about, up to 60 characters.
    topic: String,
    /// `easy`, `medium` or `hard`.
    difficulty: String,
    /// What is asked, up to 2000 characters.
    stem: String,
    /// 2–8 options of a choice, exactly one right in a single one and at least two in a multiple one; none for a judgement.
    #[oai(default)]
    options: Vec<OptionRequest>,
    /// Whether a judgement's sentence is true; only for a judgement.
    answer: Option<bool>,
    /// Why the key is right.
    #[oai(default)]
    explanation: String,
    /// What it rests on.
    citation: CitationDto,
    /// A paper takes at most one question of a group.
    group: Option<String>,
}

impl From<VersionRequest> for QuestionInput {
    fn from(dto: VersionRequest) -> Self {
        let option = |o: OptionRequest| NewOption { text: o.text, correct: o.correct, pinned: o.pinned };
        Self {
            kind: dto.kind,
            topic: dto.topic,
            difficulty: dto.difficulty,
            stem: dto.stem,
            options: dto.options.into_iter().map(option).collect(),
            answer: dto.answer,
            explanation: dto.explanation,
            law: dto.citation.law,
            article: dto.citation.article,
            law_version: dto.citation.law_version,
            verified_on: dto.citation.verified_on,
            group: dto.group,
        }
    }
}

impl TryFrom<VersionRequest> for NewQuestion {
    type Error = Invalid;
    fn try_from(dto: VersionRequest) -> Result<Self, Invalid> {
        QuestionInput::from(dto).try_into()
    }
}

/// A question to be made.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in crate::bank) struct QuestionRequest {
    /// The bank.
    bank_id: String,
    /// `single`, `multiple` or `judgement`.
    kind: String,
    /// What it is about, up to 60 characters.
    topic: String,
    /// `easy`, `medium` or `hard`.
    difficulty: String,
    /// What is asked, up to 2000 characters.
    stem: String,
    /// 2–8 options of a choice, exactly one right in a single one and at least two in a multiple one; none for a judgement.
    #[oai(default)]
    options: Vec<OptionRequest>,
    /// Whether a judgement's sentence is true; only for a judgement.
    answer: Option<bool>,
    /// Why the key is right.
    #[oai(default)]
    explanation: String,
    /// What it rests on.
    citation: CitationDto,
    /// A paper takes at most one question of a group.
    group: Option<String>,
}

impl QuestionRequest {
    /// The bank and the question.
    pub(in crate::bank) fn read(self) -> Result<(BankId, NewQuestion), Invalid> {
        let mut fields = Fields::new();
        let bank = fields.parse("bank_id", &self.bank_id, FieldCode::UnknownReference);
        let input = QuestionInput::from(VersionRequest {
            kind: self.kind,
            topic: self.topic,
            difficulty: self.difficulty,
            stem: self.stem,
            options: self.options,
            answer: self.answer,
            explanation: self.explanation,
            citation: self.citation,
            group: self.group,
        });
        let question = input.read(&mut fields);
        fields.finish(bank.zip(question))
    }
}

/// What is to be changed of a bank; what is left out stays.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in crate::bank) struct BankPatch {
    /// Its title, up to 80 characters.
    title: Option<String>,
    /// A question is approved by somebody other than its author.
    review_required: Option<bool>,
}

impl TryFrom<BankPatch> for BankChanges {
    type Error = Invalid;
    fn try_from(dto: BankPatch) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let title = dto.title.map(|title| fields.line("title", &title, 80));
        fields.finish(Some(Self { title, review_required: dto.review_required }))
    }
}

/// What is to be changed of a draft; what is left out stays. An empty text takes the group away.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in crate::bank) struct QuestionPatch {
    /// What it is about, up to 60 characters.
    topic: Option<String>,
    /// `easy`, `medium` or `hard`.
    difficulty: Option<String>,
    /// What is asked, up to 2000 characters.
    stem: Option<String>,
    /// All options, with their key.
    options: Option<Vec<OptionRequest>>,
    /// Whether a judgement's sentence is true.
    answer: Option<bool>,
    /// Why the key is right.
    explanation: Option<String>,
    /// What it rests on.
    citation: Option<CitationDto>,
    /// A paper takes at most one question of a group.
    group: Option<String>,
}

impl QuestionPatch {
    /// Changes what was written.
    pub(in crate::bank) fn apply(self, input: &mut QuestionInput) {
        let set = |place: &mut String, text: Option<String>| {
            if let Some(text) = text {
                *place = text;
            }
        };
        set(&mut input.topic, self.topic);
        set(&mut input.difficulty, self.difficulty);
        set(&mut input.stem, self.stem);
        set(&mut input.explanation, self.explanation);
        if let Some(options) = self.options {
            let option = |o: OptionRequest| NewOption { text: o.text, correct: o.correct, pinned: o.pinned };
            input.options = options.into_iter().map(option).collect();
        }
        if self.answer.is_some() {
            input.answer = self.answer;
        }
        if let Some(citation) = self.citation {
            input.law = citation.law;
            input.article = citation.article;
            input.law_version = citation.law_version;
            input.verified_on = citation.verified_on;
        }
        if let Some(group) = self.group {
            input.group = Some(group).filter(|group| !group.trim().is_empty());
        }
    }
}
