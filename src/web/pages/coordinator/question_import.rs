//! Questions from a file or from a text that was pasted: looked through first, and mended on the page.

use askama::Template;
use entity::id::BankId;
use poem::handler;

use super::parts::words;
use super::questions::banks;
use crate::bank::{Defaults, Difficulty, ImportFault, ImportSource, QuestionFile, QuestionImport};
use crate::files::{Limits, read_document};
use crate::http::{Code, Problem};
use crate::kernel::field::{FieldCode, FieldError, Invalid};
use crate::web::form::{Form, Options, Sent, SentFile};
use crate::web::view::{Page, View, page, page_with};
use crate::web::visitor::Visitor;

/// How many faults and questions the page shows.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "coordinator/question_import.html")]
struct ImportPage {
    v: View,
    f: Form,
    banks: Options,
    formats: Options,
    difficulties: Options,
    report: Option<QuestionImport>,
    /// A workbook that was looked through, hex, to be taken without being chosen again.
    table: String,
    bank: Option<BankId>,
}

impl ImportPage {
    async fn new(visitor: &Visitor, f: Form) -> Result<Self, Problem> {
        let v = visitor.view.clone();
        let choices = banks(visitor).await?;
        Ok(Self {
            banks: choices.into_iter().map(|bank| (bank.id.to_string(), bank.title)).collect(),
            formats: words(&v, "question-import-format-", &["text", "xlsx"]),
            difficulties: words(&v, "questions-difficulty-", Difficulty::ALL),
            report: None,
            table: String::new(),
            bank: f.value("bank_id").parse().ok(),
            f,
            v,
        })
    }

    fn words(&self, fault: &ImportFault) -> String {
        let error = FieldError { field: String::new(), code: fault.code, detail: fault.detail.clone() };
        Problem::field_words(&error, self.v.lang)
    }

    fn faults<'a>(&self, report: &'a QuestionImport) -> &'a [ImportFault] {
        report.faults.get(..SHOWN.min(report.faults.len())).unwrap_or_default()
    }

    /// Nothing stands in the way, and there is something to take.
    fn can_be_taken(&self) -> bool {
        self.report.as_ref().is_some_and(|r| r.dry_run && r.faults.is_empty() && !r.created.is_empty())
    }
}

/// The form.
#[handler]
pub(in crate::web) async fn blank(visitor: Visitor) -> Page {
    let v = &visitor.view;
    let form = Form::new("question-import-", v)
        .set("bank_id", v.query("bank_id").unwrap_or_default())
        .set("format", "text")
        .set("difficulty", Difficulty::Medium)
        .set("verified_on", v.calendar.day(v.now));
    page(&ImportPage::new(&visitor, form).await?)
}

/// Looks a file through, or takes it.
#[handler]
pub(in crate::web) async fn take(visitor: Visitor, sent: SentFile) -> Page {
    let SentFile { sent, file } = sent;
    let dry_run = sent.value("take") != "yes";
    let read = source(&sent, Some(file)).and_then(|(source, text, table)| Ok((request(&sent, source)?, text, table)));
    let (file, text, table) = match read {
        Ok(read) => read,
        Err(invalid) => return refused(&visitor, &sent, &invalid.into()).await,
    };
    match visitor.services.bank.import(&visitor.caller, file, dry_run).await {
        Ok(report) => {
            let form = Form::new("question-import-", &visitor.view).keep(&sent).set_to("text", text);
            page(&ImportPage { report: Some(report), table, ..ImportPage::new(&visitor, form).await? })
        }
        Err(error) => refused(&visitor, &sent, &error.into()).await,
    }
}

async fn refused(visitor: &Visitor, sent: &Sent, problem: &Problem) -> Page {
    if problem.code != Code::InvalidFields {
        return Err(problem.clone());
    }
    let form = Form::new("question-import-", &visitor.view).refuse(sent, problem);
    page_with(problem.code.status(), &ImportPage::new(visitor, form).await?)
}

/// Where the questions come from, the text that the page shows to be mended, and a workbook to be kept in it.
fn source(sent: &Sent, file: Option<Vec<u8>>) -> Result<(ImportSource, String, String), Invalid> {
    let file = file.filter(|bytes| !bytes.is_empty());
    if sent.value("format") == "xlsx" {
        let kept = hex::decode(sent.value("table")).ok().filter(|bytes| !bytes.is_empty());
        let bytes = file.or(kept).ok_or_else(|| Invalid::one("file", FieldCode::Required))?;
        let table = hex::encode(&bytes);
        return Ok((ImportSource::Table(bytes), String::new(), table));
    }
    let text = match file {
        None => sent.value("text").to_owned(),
        Some(bytes) => {
            let document = read_document(&bytes, Limits::default()).map_err(Invalid::from)?;
            if let Some(mistake) = document.mistakes.first() {
                let detail = mistake.detail.clone();
                return Err(Invalid(vec![FieldError { field: "file".to_owned(), code: mistake.code, detail }]));
            }
            document.lines.into_iter().map(|line| line.text).collect::<Vec<_>>().join("\n")
        }
    };
    if text.trim().is_empty() {
        return Err(Invalid::one("text", FieldCode::Required));
    }
    Ok((ImportSource::Pasted(text.clone()), text, String::new()))
}

fn request(sent: &Sent, source: ImportSource) -> Result<QuestionFile, Invalid> {
    let bank_id = sent.value("bank_id").parse().map_err(|_none| Invalid::one("bank_id", FieldCode::Required))?;
    let text = |name: &str| sent.value(name).to_owned();
    let defaults = Defaults {
        topic: text("topic"),
        difficulty: text("difficulty"),
        law: text("law"),
        law_version: text("law_version"),
        verified_on: text("verified_on"),
    };
    Ok(QuestionFile { bank_id, source, defaults, submit: sent.ticked("submit") })
}
