//! Questions from files on the wire.

use entity::id::BankId;
use poem_openapi::types::multipart::Upload;
use poem_openapi::{Multipart, Object};

use crate::bank::import::{Defaults, ImportFault, QuestionImport};
use crate::bank::service::{ImportSource, QuestionFile};
use crate::files::letters;
use crate::http::{Code, Problem};
use crate::kernel::field::{FieldCode, FieldError, Fields};
use crate::kernel::texts::Lang;

/// How many lines each list of an answer holds at most; their numbers are always given.
const MOST_LINES: usize = 1_000;

/// A file of questions or a text that was pasted, and what is taken where it does not say it.
#[derive(Debug, Multipart)]
#[oai(deny_unknown_fields)]
pub(in crate::bank) struct QuestionForm {
    /// For `xlsx` a workbook, or csv in UTF-8 or GB18030; for `text` a Word file (docx) or a plain text in UTF-8, UTF-16 or
    /// GB18030. At most 20 MB and 5,000 questions.
    file: Option<Upload>,
    /// For `text` instead of a file: what was pasted.
    text: Option<String>,
    /// What the questions are about; else the law that they cite.
    topic: Option<String>,
    /// `easy`, `medium` or `hard`; else `medium`.
    difficulty: Option<String>,
    /// The law that they cite.
    law: Option<String>,
    /// Which version of the law.
    law_version: Option<String>,
    /// When the citations were last checked, `YYYY-MM-DD`.
    verified_on: Option<String>,
}

impl QuestionForm {
    /// The file for a bank; `format` is `xlsx` or `text`.
    pub(in crate::bank) async fn read(self, bank: &str, format: &str, submit: bool) -> Result<QuestionFile, Problem> {
        let mut fields = Fields::new();
        let bank: Option<BankId> = fields.parse("bank_id", bank, FieldCode::UnknownReference);
        let table = match format {
            "xlsx" => true,
            "text" => false,
            other => {
                fields.reject_with("format", FieldCode::UnknownValue, other);
                false
            }
        };
        let text = self.text.filter(|text| !text.trim().is_empty());
        if self.file.is_none() && (table || text.is_none()) {
            fields.reject("file", FieldCode::Required);
        } else if self.file.is_some() && text.is_some() || table && text.is_some() {
            fields.reject_with("text", FieldCode::Conflict, "file");
        }
        let bank_id = fields.finish(bank)?;
        let source = match (self.file, text) {
            (Some(file), _) => {
                let bytes = file.into_vec().await.map_err(|error| {
                    tracing::error!(%error, "a file that was sent cannot be read again");
                    Problem::new(Code::Internal)
                })?;
                if table { ImportSource::Table(bytes) } else { ImportSource::Document(bytes) }
            }
            (None, text) => ImportSource::Pasted(text.unwrap_or_default()),
        };
        let defaults = Defaults {
            topic: self.topic.unwrap_or_default(),
            difficulty: self.difficulty.unwrap_or_default(),
            law: self.law.unwrap_or_default(),
            law_version: self.law_version.unwrap_or_default(),
            verified_on: self.verified_on.unwrap_or_default(),
        };
        Ok(QuestionFile { bank_id, source, defaults, submit })
    }
}

/// Something wrong at a place of a file.
#[derive(Debug, Object)]
#[oai(rename = "QuestionImportError")]
struct FaultDto {
    /// The line of a text or the row of a workbook, from 1.
    row: u32,
    /// The column of a workbook by its letters; null in a text, or where the whole row is meant.
    column: Option<String>,
    /// Which field of the question; empty where the whole line is meant.
    field: String,
    /// What is wrong.
    code: String,
    /// The same in words.
    message: String,
    /// How the line begins.
    line: String,
}

/// A question of a file.
#[derive(Debug, Object)]
#[oai(rename = "ImportedQuestion")]
struct QuestionLine {
    /// Where it begins.
    row: u32,
    /// What is asked.
    stem: String,
    /// The new question; of a similar one that of the bank. Null before it is written.
    id: Option<String>,
}

/// What bringing questions in did, or would do. Every list holds its first 1,000 lines.
#[derive(Debug, Object)]
#[oai(rename = "QuestionImport")]
pub(in crate::bank) struct QuestionImportDto {
    /// Nothing was meant to be written.
    dry_run: bool,
    /// It was written. Otherwise the numbers below tell what would have come of it.
    applied: bool,
    /// How many questions the file holds.
    rows: usize,
    /// How many of them are new.
    created: usize,
    /// How many the bank holds already, word for word and with the same key.
    unchanged: usize,
    /// The new ones.
    added: Vec<QuestionLine>,
    /// Those of the new ones that nearly say what one in the bank says, with that one's id.
    similar: Vec<QuestionLine>,
    /// What is wrong. Nothing is written while anything is.
    errors: Vec<FaultDto>,
}

impl QuestionImportDto {
    /// In a language.
    pub(in crate::bank) fn new(report: QuestionImport, lang: Lang) -> Self {
        let fault = |fault: ImportFault| FaultDto {
            message: fault_words(&fault, lang),
            row: fault.row,
            column: fault.column.map(letters),
            field: fault.field,
            code: fault.code.as_str().to_owned(),
            line: fault.line,
        };
        let created = report.created.len();
        let added = report.created.into_iter().take(MOST_LINES).map(|(row, question, id)| QuestionLine {
            row,
            stem: question.stem().to_owned(),
            id: id.map(|id| id.to_string()),
        });
        let similar = report.similar.into_iter().take(MOST_LINES);
        Self {
            dry_run: report.dry_run,
            applied: report.applied,
            rows: report.rows,
            created,
            unchanged: report.unchanged.len(),
            added: added.collect(),
            similar: similar.map(|(row, id, stem)| QuestionLine { row, stem, id: Some(id.to_string()) }).collect(),
            errors: report.faults.into_iter().map(fault).collect(),
        }
    }
}

/// A fault in the words of a language.
pub(in crate::bank) fn fault_words(fault: &ImportFault, lang: Lang) -> String {
    let error = FieldError { field: fault.field.clone(), code: fault.code, detail: fault.detail.clone() };
    Problem::field_words(&error, lang)
}
