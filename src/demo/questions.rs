//! The demonstration's bank: the files in `bank/`, one a law, read as if somebody had typed them in.

use rust_embed::RustEmbed;
use serde::Deserialize;

use crate::bank::{NewOption, NewQuestion, QuestionInput};

#[derive(RustEmbed)]
#[folder = "src/demo/bank"]
struct Files;

/// A file: a law and the questions on it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    law: String,
    law_version: String,
    /// When the facts that the questions were written from were last compared with the law.
    verified_on: String,
    questions: Vec<Question>,
}

/// A question in a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    /// Which line of the list of facts (`tests/data/law_facts.md`) it was written from.
    fact: String,
    article: String,
    kind: String,
    difficulty: String,
    group: Option<String>,
    stem: String,
    #[serde(default)]
    options: Vec<Choice>,
    answer: Option<bool>,
    explanation: String,
}

/// An option in a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    text: String,
    correct: bool,
    #[serde(default)]
    pinned: bool,
}

/// The questions in the order of files and lines; their topic is the law that they are on.
///
/// # Panics
/// If a file is malformed or holds a question that the bank would refuse: a mistake of whoever wrote it that a test
/// shows.
#[must_use]
pub fn questions() -> Vec<NewQuestion> {
    let read = |(_, question): (String, QuestionInput)| {
        let stem = question.stem.clone();
        NewQuestion::try_from(question).unwrap_or_else(|invalid| panic!("{stem}: {invalid}"))
    };
    inputs().into_iter().map(read).collect()
}

/// The questions as they are written, each with the fact that it rests on.
fn inputs() -> Vec<(String, QuestionInput)> {
    let mut names: Vec<_> = Files::iter().collect();
    names.sort();
    let mut inputs = Vec::new();
    for name in names {
        let bytes = Files::get(&name).expect("the files are part of the program").data;
        let File { law, law_version, verified_on, questions } =
            serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let of_law = QuestionInput { topic: law.clone(), law, law_version, verified_on, ..QuestionInput::default() };
        inputs.extend(questions.into_iter().map(|q| (q.fact.clone(), input(&of_law, q))));
    }
    inputs
}

fn input(of_law: &QuestionInput, question: Question) -> QuestionInput {
    let option = |o: Choice| NewOption { text: o.text, correct: o.correct, pinned: o.pinned };
    QuestionInput {
        kind: question.kind,
        difficulty: question.difficulty,
        stem: question.stem,
        options: question.options.into_iter().map(option).collect(),
        answer: question.answer,
        explanation: question.explanation,
        article: question.article,
        group: question.group,
        ..of_law.clone()
    }
}

#[cfg(test)]
mod tests;
