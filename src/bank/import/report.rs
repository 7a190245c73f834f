//! What reading a file came to.

use std::collections::HashMap;

use entity::id::QuestionId;

use crate::bank::draft::{NewQuestion, QuestionInput};
use crate::kernel::field::{FieldCode, FieldError, Fields};

/// What is taken where a file does not say it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defaults {
    /// What the questions are about; else the law that they cite.
    pub topic: String,
    /// `easy`, `medium` or `hard`; else `medium`.
    pub difficulty: String,
    /// The law that they cite.
    pub law: String,
    /// Which version of the law.
    pub law_version: String,
    /// When the citations were last checked, `YYYY-MM-DD`.
    pub verified_on: String,
}

/// Something wrong in a file of questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFault {
    /// The line of a text or the row of a workbook, from 1.
    pub row: u32,
    /// The column of a workbook, from 0.
    pub column: Option<u32>,
    /// Which field of the question; empty where the whole line is meant.
    pub field: String,
    /// What is wrong.
    pub code: FieldCode,
    /// A bound or value that its text mentions.
    pub detail: String,
    /// How the line begins, so that it is found again.
    pub line: String,
}

impl ImportFault {
    /// Of a line.
    pub(in crate::bank) fn of(row: u32, field: &str, code: FieldCode) -> Self {
        Self { row, column: None, field: field.to_owned(), code, detail: String::new(), line: String::new() }
    }

    /// With what its text mentions.
    pub(in crate::bank) fn with(mut self, detail: impl std::fmt::Display) -> Self {
        self.detail = detail.to_string();
        self
    }
}

/// A question that was found in a file.
#[derive(Debug, Clone)]
pub struct Found {
    /// Where it begins.
    pub row: u32,
    /// What it says.
    pub question: NewQuestion,
}

/// What a file holds.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// How many questions stand in it, right ones and others.
    pub count: usize,
    /// The right ones.
    pub found: Vec<Found>,
    /// What is wrong, from the top.
    pub faults: Vec<ImportFault>,
}

/// Where the fields of a question stand.
#[derive(Debug, Clone, Default)]
pub(in crate::bank) struct Places {
    /// Where it begins.
    pub(in crate::bank) row: u32,
    /// The row and column of each field that stands elsewhere.
    pub(in crate::bank) fields: HashMap<String, (u32, Option<u32>)>,
}

impl Places {
    pub(in crate::bank) fn at(row: u32) -> Self {
        Self { row, fields: HashMap::new() }
    }

    pub(in crate::bank) fn put(&mut self, field: &str, row: u32, column: Option<u32>) {
        self.fields.insert(field.to_owned(), (row, column));
    }

    /// The place of a field, of the whole that it is part of, or of the question.
    fn of(&self, field: &str) -> (u32, Option<u32>) {
        let whole = field.split(['[', '.']).next().unwrap_or_default();
        let place = self.fields.get(field).or_else(|| self.fields.get(whole)).or_else(|| self.fields.get("answer"));
        let known = self.fields.contains_key(field) || self.fields.contains_key(whole);
        match (place, known, whole) {
            (Some(place), true, _) | (Some(place), false, "options") => *place,
            _ => (self.row, None),
        }
    }
}

impl Reading {
    /// Takes a question if it is one that can be asked, or notes what is wrong with it. `told`: something was found wrong
    /// already, so that what follows from it need not be told again.
    pub(in crate::bank) fn take(&mut self, input: QuestionInput, places: &Places, told: bool) {
        self.count += 1;
        let mut fields = Fields::new();
        let question = input.read(&mut fields);
        match fields.finish(question) {
            Ok(question) if !told => self.found.push(Found { row: places.row, question }),
            Ok(_) => {}
            Err(invalid) => {
                let follows = |e: &FieldError| told && matches!(e.field.as_str(), "options" | "answer" | "kind");
                for error in invalid.0.into_iter().filter(|e| !follows(e)) {
                    let (row, column) = places.of(&error.field);
                    let fault = ImportFault { column, ..ImportFault::of(row, &error.field, error.code) };
                    self.faults.push(fault.with(error.detail));
                }
            }
        }
    }
}

/// What bringing questions in did, or would do.
#[derive(Debug, Clone, Default)]
pub struct QuestionImport {
    /// Nothing was meant to be written.
    pub dry_run: bool,
    /// It was written.
    pub applied: bool,
    /// How many questions the file holds.
    pub rows: usize,
    /// The new ones with their places, and after an import their ids.
    pub created: Vec<(u32, NewQuestion, Option<QuestionId>)>,
    /// The places of those that the bank holds already, word for word.
    pub unchanged: Vec<u32>,
    /// The places of those whose stem nearly is that of one in the bank, and which.
    pub similar: Vec<(u32, QuestionId, String)>,
    /// What is wrong. Nothing is written while anything is.
    pub faults: Vec<ImportFault>,
}
