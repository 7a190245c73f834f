//! What the imports of people and of units share: the file, what would come of it, and the answers to what is asked.

use std::collections::HashMap;

use askama::Template;

use crate::http::Problem;
use crate::kernel::field::{FieldCode, Invalid};
use crate::kernel::texts::Lang;
use crate::org::{Ambiguous, Choice, ImportFile, ImportReport, Lines};
use crate::web::form::{Form, Options, SentFile};
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
    /// Years before Kaofa.
    PastYears,
}

impl Of {
    fn area(self) -> &'static str {
        match self {
            Self::People => "/people",
            Self::Units => "/units",
            Self::PastYears => "/years/past",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Units => "units",
            Self::PastYears => "past-years",
        }
    }

    /// It is not compared with what is there: there must be nothing.
    fn is_past(self) -> bool {
        self == Self::PastYears
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
    /// What is typed with the file, and sent again with it.
    f: Form,
    /// The units of which it may be.
    tops: Options,
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
        let f = Form::new("past-", &v);
        Self { v, of, report: None, bytes: String::new(), f, tops: Vec::new(), refused: String::new() }
    }

    /// With what is typed beside the file.
    pub(super) fn typed(self, f: Form, tops: Options) -> Self {
        Self { f, tops, ..self }
    }

    /// With what would come of the file.
    pub(super) fn with(self, file: &[u8], report: ImportReport) -> Self {
        Self { bytes: hex::encode(file), report: Some(report), ..self }
    }

    /// With what would come of the file, or what is wrong with it as a whole.
    pub(super) fn told(v: View, of: Of, file: &[u8], told: Result<ImportReport, Problem>) -> Page {
        match told {
            Ok(report) => page_with(poem::http::StatusCode::OK, &Self::blank(v, of).with(file, report)),
            Err(problem) => {
                let refused = refusal(&problem, v.lang);
                page_with(problem.code.status(), &Self { refused, ..Self::blank(v, of) })
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

    fn fields(&self, fields: &[&'static str]) -> String {
        let words: Vec<String> = fields.iter().map(|field| self.v.word("import-field-", field).to_string()).collect();
        words.join(&self.v.t("parts-comma").to_string())
    }

    fn choice(&self, asked: &Ambiguous) -> String {
        format!("choice-{}", asked.row)
    }
}

/// Why a file was refused as a whole.
pub(super) fn refusal(problem: &Problem, lang: Lang) -> String {
    match problem.errors.iter().find(|error| error.field == "file") {
        Some(error) => Problem::field_words(error, lang),
        None => crate::web::form::words(problem, lang),
    }
}

/// The file of a form, with the answers that were given.
pub(super) fn file_of(sent: &SentFile) -> Result<ImportFile, Problem> {
    Ok(ImportFile { bytes: bytes_of(sent)?, choices: choices(sent) })
}

/// What a form brought as a file, chosen just now or carried along.
pub(super) fn bytes_of(sent: &SentFile) -> Result<Vec<u8>, Problem> {
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
    Ok(bytes)
}

fn choices(sent: &SentFile) -> HashMap<u32, Choice> {
    let answered = sent.sent.starting("choice-").filter_map(|(row, answer)| {
        let row = row.parse().ok()?;
        let choice = if answer == "new" { Choice::New } else { Choice::Person(answer.parse().ok()?) };
        Some((row, choice))
    });
    answered.collect()
}
