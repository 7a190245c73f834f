//! Errors that name a field, gathered all at once.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What is wrong with a field. A closed list, part of the contract; its text is in `http/locales`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldCode {
    /// Missing or empty.
    Required,
    /// Not of the right form.
    Invalid,
    /// Longer than allowed, in characters or elements.
    TooLong,
    /// Shorter than allowed.
    TooShort,
    /// Not between its bounds.
    OutOfRange,
    /// Not one of the words allowed.
    UnknownValue,
    /// Refers to something that does not exist or lies outside the caller's reach.
    UnknownReference,
    /// Taken already, or twice in one list.
    Duplicate,
    /// A rule of recurrence without an end.
    Endless,
    /// More meetings than a series may have.
    TooMany,
    /// Meetings that would lie upon each other.
    Overlapping,
    /// Must be after another moment.
    NotAfter,
    /// Not a field of this request.
    UnknownField,
    /// Holds control characters.
    ControlCharacters,
    /// A multiple choice with only one right option.
    WrongKey,
    /// A password that is found by trying common ones.
    TooEasy,
    /// A question without a right option.
    NoKey,
    /// A single choice with several right options.
    SeveralKeys,
    /// A question in a file that has no answer.
    NoAnswer,
    /// A line of a text that belongs to nothing.
    Misplaced,
    /// An option whose letter does not follow that of the one before.
    OutOfOrder,
    /// Does not fit another field.
    Conflict,
    /// A cell holds a formula, or the error that one gave.
    Formula,
    /// A number with more digits than a spreadsheet keeps.
    Imprecise,
    /// Holds bytes that are no character.
    Encoding,
    /// Cells were joined where each needs its own value.
    MergedCells,
    /// The table lacks a column that is needed.
    MissingColumn,
    /// A column that is not known.
    UnknownColumn,
    /// The table has more rows than are taken.
    TooManyRows,
    /// The table has more columns than are taken.
    TooManyColumns,
    /// The file unpacks to more than is taken.
    TooLarge,
    /// The file is damaged, or of a kind that is not read.
    Damaged,
    /// May mean several things that exist.
    Ambiguous,
    /// Is already there, but outside the caller's reach.
    Elsewhere,
    /// A unit would lie below itself.
    Cycle,
    /// A make-up of itself.
    MakesUpItself,
    /// A make-up of a make-up.
    MakesUpMakeUp,
}

impl FieldCode {
    /// The word on the wire and the name of its text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Invalid => "invalid",
            Self::TooLong => "too_long",
            Self::TooShort => "too_short",
            Self::OutOfRange => "out_of_range",
            Self::UnknownValue => "unknown_value",
            Self::UnknownReference => "unknown_reference",
            Self::Duplicate => "duplicate",
            Self::Endless => "endless",
            Self::TooMany => "too_many",
            Self::Overlapping => "overlapping",
            Self::NotAfter => "not_after",
            Self::UnknownField => "unknown_field",
            Self::ControlCharacters => "control_characters",
            Self::WrongKey => "wrong_key",
            Self::TooEasy => "too_easy",
            Self::NoKey => "no_key",
            Self::SeveralKeys => "several_keys",
            Self::NoAnswer => "no_answer",
            Self::Misplaced => "misplaced",
            Self::OutOfOrder => "out_of_order",
            Self::Conflict => "conflict",
            Self::Formula => "formula",
            Self::Imprecise => "imprecise",
            Self::Encoding => "encoding",
            Self::MergedCells => "merged_cells",
            Self::MissingColumn => "missing_column",
            Self::UnknownColumn => "unknown_column",
            Self::TooManyRows => "too_many_rows",
            Self::TooManyColumns => "too_many_columns",
            Self::TooLarge => "too_large",
            Self::Damaged => "damaged",
            Self::Ambiguous => "ambiguous",
            Self::Elsewhere => "elsewhere",
            Self::Cycle => "cycle",
            Self::MakesUpItself => "makes_up_itself",
            Self::MakesUpMakeUp => "makes_up_make_up",
        }
    }
}

/// One field and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The path of the field: `sections[0].count`.
    pub field: String,
    /// What is wrong.
    pub code: FieldCode,
    /// A bound or a value that the text mentions; empty where it mentions none.
    pub detail: String,
}

/// Gathers the errors of a request while its fields are read.
#[derive(Debug, Default)]
pub struct Fields {
    errors: Vec<FieldError>,
}

impl Fields {
    /// Nothing wrong yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes an error.
    pub fn reject(&mut self, field: impl Into<String>, code: FieldCode) {
        self.reject_with(field, code, "");
    }

    /// Notes an error whose text mentions a bound or value.
    pub fn reject_with(&mut self, field: impl Into<String>, code: FieldCode, detail: impl Display) {
        self.errors.push(FieldError { field: field.into(), code, detail: detail.to_string() });
    }

    /// A line of text: trimmed, without control characters, of `1..=max` characters.
    pub fn line(&mut self, field: &str, value: &str, max: usize) -> String {
        let value = self.optional_line(field, value, max);
        if value.is_empty() && !self.has(field) {
            self.reject(field, FieldCode::Required);
        }
        value
    }

    /// A line of text that may be empty.
    pub fn optional_line(&mut self, field: &str, value: &str, max: usize) -> String {
        let value = value.trim();
        if value.chars().any(char::is_control) {
            self.reject(field, FieldCode::ControlCharacters);
        } else if value.chars().count() > max {
            self.reject_with(field, FieldCode::TooLong, max);
        }
        value.to_owned()
    }

    /// Several lines of text, `1..=max` characters; line breaks are the only control characters allowed.
    pub fn text(&mut self, field: &str, value: &str, max: usize) -> String {
        let value = value.trim();
        if value.is_empty() {
            self.reject(field, FieldCode::Required);
        } else if value.chars().any(|c| c.is_control() && c != '\n' && c != '\r') {
            self.reject(field, FieldCode::ControlCharacters);
        } else if value.chars().count() > max {
            self.reject_with(field, FieldCode::TooLong, max);
        }
        value.to_owned()
    }

    /// A number between two bounds, both included.
    pub fn within<N: PartialOrd + Display + Copy>(&mut self, field: &str, value: N, low: N, high: N) -> N {
        if value < low || value > high {
            self.reject_with(field, FieldCode::OutOfRange, format!("{low}–{high}"));
        }
        value
    }

    /// A value read from its text.
    pub fn parse<T: FromStr>(&mut self, field: &str, value: &str, code: FieldCode) -> Option<T> {
        let parsed = value.trim().parse().ok();
        if parsed.is_none() {
            self.reject_with(field, code, value);
        }
        parsed
    }

    /// A value read from its text, where there is one.
    pub fn parse_optional<T: FromStr>(&mut self, field: &str, value: Option<&str>, code: FieldCode) -> Option<T> {
        value.filter(|v| !v.trim().is_empty()).and_then(|v| self.parse(field, v, code))
    }

    /// Values read from their texts, each named by its place.
    pub fn parse_all<T: FromStr>(&mut self, field: &str, values: &[String], code: FieldCode) -> Vec<T> {
        values.iter().enumerate().filter_map(|(i, v)| self.parse(&format!("{field}[{i}]"), v, code)).collect()
    }

    /// Takes over what was found elsewhere.
    pub fn absorb(&mut self, found: Invalid) {
        self.errors.extend(found.0);
    }

    /// Whether this field was rejected already.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.errors.iter().any(|e| e.field == field)
    }

    /// The value, unless anything was rejected. `value` is `None` only after a rejection.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Invalid> {
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(Invalid(self.errors)),
        }
    }

    /// Ok, unless anything was rejected.
    pub fn check(self) -> Result<(), Invalid> {
        self.finish(Some(()))
    }
}

/// A request with bad fields, all of them named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bad fields: {}", .0.iter().map(|e| e.field.as_str()).collect::<Vec<_>>().join(", "))]
pub struct Invalid(pub Vec<FieldError>);

impl Invalid {
    /// One bad field.
    #[must_use]
    pub fn one(field: impl Into<String>, code: FieldCode) -> Self {
        Self(vec![FieldError { field: field.into(), code, detail: String::new() }])
    }
}
