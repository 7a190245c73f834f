//! What the imports of people and of units share: the file, what would come of it, and the answers to what is asked.

use std::collections::HashMap;

use askama::Template;

use crate::http::Problem;
use crate::kernel::field::{FieldCode, Invalid};
use crate::org::{Ambiguous, Choice, ImportFile, ImportReport, Lines, mistake_words};
use crate::web::form::SentFile;
use crate::web::texts::Text;
use crate::web::view::{Page, View, page_with};

/// How large a file may be to travel within the page that asks whether to go on, in bytes.
const TRAVELS: usize = 8 << 20;

/// Where an import begins and what it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// People.
    People,
    /// Units.
    Units,
}

impl Of {
    fn area(self) -> &'static str {
        match self {
            Self::People => "/people",
            Self::Units => "/units",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Units => "units",
        }
    }
}

/// The form for the file; with a report, what would come of it.
#[derive(Template)]
#[template(path = "import.html")]
pub(super) struct ImportPage {
    v: View,
    of: Of,
    report: Option<ImportReport>,
    /// The file in hex, to be sent again when it is gone on with.
    bytes: String,
    refused: String,
}

/// One of the lists of a report.
struct Shown<'a> {
    word: &'static str,
    lines: &'a Lines,
    open: bool,
}

impl ImportPage {
    /// Nothing chosen yet.
    pub(super) fn blank(v: View, of: Of) -> Self {
        Self { v, of, report: None, bytes: String::new(), refused: String::new() }
    }

    /// With what would come of the file, or what is wrong with it as a whole.
    pub(super) fn told(v: View, of: Of, file: &[u8], told: Result<ImportReport, Problem>) -> Page {
        let mut this = Self::blank(v, of);
        match told {
            Ok(report) => {
                this.bytes = hex::encode(file);
                this.report = Some(report);
                page_with(poem::http::StatusCode::OK, &this)
            }
            Err(problem) => {
                let of_file = problem.errors.iter().find(|error| error.field == "file");
                this.refused = match of_file {
                    Some(error) => Problem::field_words(error, this.v.lang),
                    None => crate::web::form::words(&problem, this.v.lang),
                };
                page_with(problem.code.status(), &this)
            }
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("{}/import{rest}", self.of.area())
    }

    fn text(&self, name: &str) -> Text {
        self.v.word("import-", format!("{name}-{}", self.of.word()))
    }

    fn is_clean(&self, report: &ImportReport) -> bool {
        report.errors.is_empty() && report.ambiguous.is_empty() && report.created + report.updated > 0
    }

    fn may_go_on(&self, report: &ImportReport) -> bool {
        report.errors.is_empty() && (report.created + report.updated > 0 || !report.ambiguous.is_empty())
    }

    fn lists<'a>(&self, report: &'a ImportReport) -> Vec<Shown<'a>> {
        let all = [
            ("added", &report.added, false),
            ("changed", &report.changed, true),
            ("moved", &report.moved, true),
            ("missing", &report.missing, true),
        ];
        let shown = all.into_iter().filter(|(_, lines, _)| lines.count > 0);
        shown.map(|(word, lines, open)| Shown { word, lines, open }).collect()
    }

    fn place(&self, mistake: &crate::files::Mistake) -> String {
        match mistake.column {
            Some(column) => format!("{}{}", crate::files::letters(column), mistake.row),
            None => mistake.row.to_string(),
        }
    }

    fn said(&self, mistake: &crate::files::Mistake) -> String {
        mistake_words(mistake, self.v.lang)
    }

    fn fields(&self, fields: &[&'static str]) -> String {
        let words: Vec<String> = fields.iter().map(|field| self.v.word("import-field-", field).to_string()).collect();
        words.join(&self.v.t("parts-comma").to_string())
    }

    fn choice(&self, asked: &Ambiguous) -> String {
        format!("choice-{}", asked.row)
    }
}

/// The file of a form, chosen just now or carried along, with the answers that were given.
pub(super) fn file_of(sent: &SentFile) -> Result<ImportFile, Problem> {
    let wrong = |code| Problem::from(Invalid::one("file", code));
    let bytes = if sent.file.is_empty() {
        hex::decode(sent.sent.value("bytes")).map_err(|_bad| wrong(FieldCode::Damaged))?
    } else {
        sent.file.clone()
    };
    if bytes.is_empty() {
        return Err(wrong(FieldCode::Required));
    }
    if bytes.len() > TRAVELS {
        let detail = format!("{} MB", TRAVELS >> 20);
        let error = crate::kernel::field::FieldError { field: "file".to_owned(), code: FieldCode::TooLarge, detail };
        return Err(Invalid(vec![error]).into());
    }
    Ok(ImportFile { bytes, choices: choices(sent) })
}

fn choices(sent: &SentFile) -> HashMap<u32, Choice> {
    let answered = sent.sent.starting("choice-").filter_map(|(row, answer)| {
        let row = row.parse().ok()?;
        let choice = if answer == "new" { Choice::New } else { Choice::Person(answer.parse().ok()?) };
        Some((row, choice))
    });
    answered.collect()
}
