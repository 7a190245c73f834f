//! Reading what somebody wrote into a question, with every fault named at once.
//!
//! [`NewQuestion`] has no other door than this one: whoever holds one holds a question that can be asked.

use std::collections::{BTreeSet, HashSet};

use entity::instant::Day;

use super::content::{Answer, Choice, Content, Difficulty, Kind, Salt};
use super::model::{Citation, QuestionVersion};
use crate::kernel::entropy::Entropy;
use crate::kernel::field::{FieldCode, Fields, Invalid};

/// The longest stem, option, explanation and the longest topic, group or name of a law, in characters.
const MAX_STEM: usize = 2000;
const MAX_OPTION: usize = 500;
const MAX_EXPLANATION: usize = 4000;
const MAX_TOPIC: usize = 60;
const MAX_LAW: usize = 100;
/// How many options a choice has.
const MIN_OPTIONS: usize = 2;
const MAX_OPTIONS: usize = 8;

/// A question as it was written, nothing checked: from a request, a form or a file.
#[derive(Debug, Clone, Default)]
pub struct QuestionInput {
    /// `single`, `multiple` or `judgement`.
    pub kind: String,
    /// What it is about.
    pub topic: String,
    /// `easy`, `medium` or `hard`.
    pub difficulty: String,
    /// What is asked.
    pub stem: String,
    /// The options in order; none for a judgement.
    pub options: Vec<NewOption>,
    /// Whether a judgement's sentence is true; nothing for other kinds.
    pub answer: Option<bool>,
    /// Why the key is right; may be empty.
    pub explanation: String,
    /// The law that it cites.
    pub law: String,
    /// The article of the law.
    pub article: String,
    /// Which version of the law.
    pub law_version: String,
    /// When the citation was last checked, `YYYY-MM-DD`.
    pub verified_on: String,
    /// A paper takes at most one question of a group.
    pub group: Option<String>,
}

/// An option to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewOption {
    /// What it says.
    pub text: String,
    /// Whether it is right.
    pub correct: bool,
    /// Whether it keeps its place on every paper ("以上都对").
    pub pinned: bool,
}

impl From<&QuestionVersion> for QuestionInput {
    /// A version as it could be written again.
    fn from(version: &QuestionVersion) -> Self {
        let (right, answer) = match &version.content.answer {
            Answer::Judgement(truth) => (None, Some(*truth)),
            Answer::Options(right) => (Some(right), None),
        };
        let option = |o: &Choice| NewOption {
            text: o.text.clone(),
            correct: right.is_some_and(|right| right.contains(&o.id)),
            pinned: o.pinned,
        };
        let citation = &version.citation;
        Self {
            kind: version.content.kind.to_string(),
            topic: version.topic.clone(),
            difficulty: version.difficulty.to_string(),
            stem: version.content.stem.clone(),
            options: version.content.options.iter().map(option).collect(),
            answer,
            explanation: version.explanation.clone(),
            law: citation.law.clone(),
            article: citation.article.clone(),
            law_version: citation.law_version.clone(),
            verified_on: citation.verified_on.to_string(),
            group: version.group.clone(),
        }
    }
}

/// A version of a question to be made, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewQuestion {
    pub(super) kind: Kind,
    pub(super) topic: String,
    pub(super) difficulty: Difficulty,
    pub(super) group: Option<String>,
    stem: String,
    key: Key,
    pub(super) explanation: String,
    pub(super) citation: Citation,
}

/// The options with their key, or the truth of a judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Options(Vec<NewOption>),
    Judgement(bool),
}

impl NewQuestion {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What it is about.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// What is asked.
    #[must_use]
    pub fn stem(&self) -> &str {
        &self.stem
    }

    /// What was written, as it could be written again.
    #[must_use]
    pub fn input(&self) -> QuestionInput {
        let (options, answer) = match &self.key {
            Key::Options(options) => (options.clone(), None),
            Key::Judgement(truth) => (Vec::new(), Some(*truth)),
        };
        QuestionInput {
            kind: self.kind.to_string(),
            topic: self.topic.clone(),
            difficulty: self.difficulty.to_string(),
            stem: self.stem.clone(),
            options,
            answer,
            explanation: self.explanation.clone(),
            law: self.citation.law.clone(),
            article: self.citation.article.clone(),
            law_version: self.citation.law_version.clone(),
            verified_on: self.citation.verified_on.to_string(),
            group: self.group.clone(),
        }
    }

    /// The group of which a paper takes at most one.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// What it rests on.
    #[must_use]
    pub fn citation(&self) -> &Citation {
        &self.citation
    }

    /// Its content, with new ids for its options that tell neither their order nor which of them are right.
    pub(super) fn content(&self, rng: &dyn Entropy) -> Content {
        let (kind, stem) = (self.kind, self.stem.clone());
        let written = match &self.key {
            Key::Judgement(truth) => {
                return Content { kind, stem, options: Vec::new(), answer: Answer::Judgement(*truth) };
            }
            Key::Options(written) => written,
        };
        let mut taken = HashSet::new();
        let mut options = Vec::new();
        let mut right = BTreeSet::new();
        for option in written {
            let id = std::iter::repeat_with(|| hex::encode(rng.bytes::<4>()))
                .find(|id| taken.insert(id.clone()))
                .expect("the iterator has no end");
            if option.correct {
                right.insert(id.clone());
            }
            options.push(Choice { id, text: option.text.clone(), pinned: option.pinned });
        }
        Content { kind, stem, options, answer: Answer::Options(right) }
    }

    /// A new salt for a version.
    pub(super) fn salt(rng: &dyn Entropy) -> Salt {
        Salt::from_bytes(rng.bytes())
    }
}

impl TryFrom<QuestionInput> for NewQuestion {
    type Error = Invalid;

    fn try_from(input: QuestionInput) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let question = input.read(&mut fields);
        fields.finish(question)
    }
}

impl QuestionInput {
    /// The question, or nothing and why; for a request that holds more than the question.
    pub(super) fn read(self, fields: &mut Fields) -> Option<NewQuestion> {
        let kind = fields.parse("kind", &self.kind, FieldCode::UnknownValue);
        let topic = fields.line("topic", &self.topic, MAX_TOPIC);
        let difficulty = fields.parse("difficulty", &self.difficulty, FieldCode::UnknownValue);
        let stem = fields.text("stem", &self.stem, MAX_STEM);
        let options = options(fields, self.options);
        let key = kind.and_then(|kind| key(fields, kind, options, self.answer));
        let explanation = match self.explanation.trim() {
            "" => String::new(),
            text => fields.text("explanation", text, MAX_EXPLANATION),
        };
        let law = fields.line("citation.law", &self.law, MAX_LAW);
        let article = fields.line("citation.article", &self.article, MAX_LAW);
        let law_version = fields.line("citation.law_version", &self.law_version, MAX_LAW);
        let verified_on: Option<Day> = fields.parse("citation.verified_on", &self.verified_on, FieldCode::Invalid);
        let group = self.group.map(|g| fields.optional_line("group", &g, MAX_TOPIC)).filter(|g| !g.is_empty());
        Some(NewQuestion {
            kind: kind?,
            topic,
            difficulty: difficulty?,
            group,
            stem,
            key: key?,
            explanation,
            citation: Citation { law, article, law_version, verified_on: verified_on? },
        })
    }
}

/// The options, trimmed; a text that stands there already is refused where it stands again.
fn options(fields: &mut Fields, options: Vec<NewOption>) -> Vec<NewOption> {
    let mut seen = HashSet::new();
    let read = |(place, option): (usize, NewOption)| {
        let field = format!("options[{place}].text");
        let text = fields.line(&field, &option.text, MAX_OPTION);
        if !text.is_empty() && !seen.insert(text.clone()) {
            fields.reject(field, FieldCode::Duplicate);
        }
        NewOption { text, ..option }
    };
    options.into_iter().enumerate().map(read).collect()
}

/// The key, if options and answer are such as the kind wants.
fn key(fields: &mut Fields, kind: Kind, options: Vec<NewOption>, answer: Option<bool>) -> Option<Key> {
    if kind == Kind::Judgement {
        if !options.is_empty() {
            fields.reject_with("options", FieldCode::Conflict, "kind");
        }
        if answer.is_none() {
            fields.reject("answer", FieldCode::Required);
        }
        return answer.map(Key::Judgement);
    }
    if answer.is_some() {
        fields.reject_with("answer", FieldCode::Conflict, "kind");
    }
    if options.len() < MIN_OPTIONS {
        fields.reject_with("options", FieldCode::TooShort, MIN_OPTIONS);
    } else if options.len() > MAX_OPTIONS {
        fields.reject_with("options", FieldCode::TooLong, MAX_OPTIONS);
    }
    let right = options.iter().filter(|o| o.correct).count();
    let wrong = match (kind, right) {
        (_, 0) => Some(FieldCode::NoKey),
        (Kind::Single, 2..) => Some(FieldCode::SeveralKeys),
        (Kind::Multiple, 1) => Some(FieldCode::WrongKey),
        _ => None,
    };
    if let Some(code) = wrong.filter(|_| !fields.has("options")) {
        fields.reject("options", code);
    }
    Some(Key::Options(options))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::kernel::entropy::SeededEntropy;

    /// A single choice that is right in everything.
    pub(in crate::bank) fn single() -> QuestionInput {
        let option = |text: &str, correct| NewOption { text: text.into(), correct, pinned: false };
        QuestionInput {
            kind: "single".into(),
            topic: "行政处罚法".into(),
            difficulty: "easy".into(),
            stem: "行政处罚的追责时效一般为几年？".into(),
            options: vec![option("1年", false), option("2年", true), option("3年", false), option("5年", false)],
            explanation: "第36条。".into(),
            law: "行政处罚法".into(),
            article: "第36条".into(),
            law_version: "2021年修订".into(),
            verified_on: "2025-04-19".into(),
            ..QuestionInput::default()
        }
    }

    /// A judgement that is right in everything.
    pub(in crate::bank) fn judgement() -> QuestionInput {
        let stem = "限制人身自由的行政处罚只能由法律设定。".to_owned();
        QuestionInput { kind: "judgement".into(), options: Vec::new(), answer: Some(true), stem, ..single() }
    }

    fn faults(input: QuestionInput) -> Vec<(String, FieldCode)> {
        let invalid = NewQuestion::try_from(input).expect_err("it should be refused");
        invalid.0.into_iter().map(|e| (e.field, e.code)).collect()
    }

    fn fault(spoil: fn(&mut QuestionInput)) -> (String, FieldCode) {
        let mut input = single();
        spoil(&mut input);
        let mut faults = faults(input);
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.remove(0)
    }

    #[test]
    fn every_fault_is_named_at_once() {
        use FieldCode::{ControlCharacters, Duplicate, Invalid, NoKey, Required, TooLong, UnknownValue};
        let option = |text: &str| NewOption { text: text.into(), ..NewOption::default() };
        let input = QuestionInput {
            kind: "multiple".into(),
            options: vec![option("罚款"), option(" "), option(" 罚款 ")],
            group: Some("一".repeat(61)),
            explanation: "\u{7}".into(),
            ..QuestionInput::default()
        };
        let expected = [
            ("topic", Required),
            ("difficulty", UnknownValue),
            ("stem", Required),
            ("options[1].text", Required),
            ("options[2].text", Duplicate),
            ("options", NoKey),
            ("explanation", ControlCharacters),
            ("citation.law", Required),
            ("citation.article", Required),
            ("citation.law_version", Required),
            ("citation.verified_on", Invalid),
            ("group", TooLong),
        ];
        assert_eq!(faults(input), expected.map(|(field, code)| (field.to_owned(), code)));
    }

    #[test]
    fn a_key_fits_its_kind() {
        let options = |code| ("options".to_owned(), code);
        assert_eq!(fault(|q| q.options[1].correct = false), options(FieldCode::NoKey));
        assert_eq!(fault(|q| q.options[0].correct = true), options(FieldCode::SeveralKeys));
        assert_eq!(fault(|q| q.kind = "multiple".into()), options(FieldCode::WrongKey));
        assert_eq!(fault(|q| q.options.truncate(0)), options(FieldCode::TooShort));
        let more = |q: &mut QuestionInput| {
            q.options.extend(
                ["6年", "7年", "8年", "9年", "10年"].map(|t| NewOption { text: t.into(), ..NewOption::default() }),
            );
        };
        assert_eq!(fault(more), options(FieldCode::TooLong));
        assert_eq!(fault(|q| q.answer = Some(true)), ("answer".to_owned(), FieldCode::Conflict));
        assert_eq!(faults(QuestionInput { answer: None, ..judgement() }), [("answer".to_owned(), FieldCode::Required)],);
        assert_eq!(
            faults(QuestionInput { kind: "judgement".into(), answer: Some(false), ..single() }),
            [options(FieldCode::Conflict)],
        );
    }

    #[test]
    fn bounds_are_in_characters() {
        assert!(NewQuestion::try_from(QuestionInput { stem: "法".repeat(2000), ..single() }).is_ok());
        assert_eq!(fault(|q| q.stem = "法".repeat(2001)), ("stem".to_owned(), FieldCode::TooLong));
        assert_eq!(fault(|q| q.topic = "法".repeat(61)), ("topic".to_owned(), FieldCode::TooLong));
    }

    #[test]
    fn option_ids_tell_nothing() {
        let question = NewQuestion::try_from(single()).unwrap();
        let rng: &dyn Entropy = &SeededEntropy::new(7);
        let (one, two) = (question.content(rng), question.content(rng));
        let ids = |c: &Content| c.options.iter().map(|o| o.id.clone()).collect::<Vec<_>>();
        assert_ne!(ids(&one), ids(&two));
        assert!(ids(&one).iter().all(|id| id.len() == 8));
        assert_eq!(one.answer, Answer::Options([one.options[1].id.clone()].into()));
        let truth = NewQuestion::try_from(judgement()).unwrap().content(rng);
        assert_eq!((truth.options, truth.answer), (Vec::new(), Answer::Judgement(true)));
    }
}
