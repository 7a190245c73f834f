//! Questions from files: what would come of one, and doing it.

use std::collections::{HashMap, HashSet};

use entity::bank::bank;
use entity::id::{BankId, QuestionId};
use serde_json::json;

use super::super::content::{Answer, Content};
use super::super::draft::NewQuestion;
use super::super::import::{Defaults, Found, ImportFault, QuestionImport, Reading, read_text, sheet};
use super::super::search::{ALIKE, likeness, stem_of, text_of};
use super::{Bank, BankError, managed, named, store};
use crate::auth::Caller;
use crate::files::{self, Limits, Unreadable};
use crate::kernel::digest::sha256;
use crate::kernel::entropy::Entropy;
use crate::kernel::field::FieldCode;
use crate::log::{self, Entry};

/// How many questions one file may bring, and how many faults and likenesses are told.
const MOST_QUESTIONS: usize = 5_000;
const MOST_TOLD: usize = 1_000;
/// With how many questions of the bank, the newest, a file is compared.
const MOST_KEPT: u64 = 1_000_000;

/// Where questions come from.
#[derive(Debug, Clone)]
pub enum ImportSource {
    /// An xlsx or csv file, a row a question.
    Table(Vec<u8>),
    /// A Word file (docx) or a plain text in UTF-8, UTF-16 or GB18030.
    Document(Vec<u8>),
    /// What somebody pasted.
    Pasted(String),
}

/// Questions that are to be brought in.
#[derive(Debug, Clone)]
pub struct QuestionFile {
    /// Into this bank.
    pub bank_id: BankId,
    /// From where.
    pub source: ImportSource,
    /// What is taken where the file does not say it.
    pub defaults: Defaults,
    /// Whether they are submitted at once.
    pub submit: bool,
}

/// The bounds of a file: a line or cell holds at most what a question may.
fn limits() -> Limits {
    Limits { rows: 100_000, cell: 8_000, unpacked: 64 << 20, ..Limits::default() }
}

impl Bank {
    /// Brings questions in from a file: all that stand in it and not in the bank yet, as drafts, or nothing if anything in
    /// it is wrong. A dry run tells what would come of it. By a coordinator of the bank's unit or above.
    pub async fn import(
        &self,
        caller: &Caller,
        file: QuestionFile,
        dry_run: bool,
    ) -> Result<QuestionImport, BankError> {
        let conn = self.core.db.read();
        let home = named("bank_id", managed(conn, caller, file.bank_id, self.core.now()).await)?;
        let _permit = self.files.acquire().await.expect("the semaphore is never closed");
        let digest = match &file.source {
            ImportSource::Table(bytes) | ImportSource::Document(bytes) => sha256(&[bytes]),
            ImportSource::Pasted(text) => sha256(&[text.as_bytes()]),
        };
        let (source, defaults) = (file.source, file.defaults);
        let reading = files::elsewhere(move || read(&source, &defaults)).await??;
        let mut report = self.compared(&home, reading).await?;
        report.dry_run = dry_run;
        if dry_run || !report.faults.is_empty() {
            return Ok(report);
        }
        let new: Vec<NewQuestion> = report.created.iter().map(|(_, question, _)| question.clone()).collect();
        if !new.is_empty() {
            let ids = self.create_questions(caller, home.id, new, file.submit).await?;
            for ((_, _, place), id) in report.created.iter_mut().zip(ids) {
                *place = Some(id);
            }
        }
        self.told_of_import(caller, &home, &report, &digest.to_string()).await?;
        report.applied = true;
        Ok(report)
    }

    /// What of a file is new to the bank.
    async fn compared(&self, home: &bank::Model, reading: Reading) -> Result<QuestionImport, BankError> {
        let conn = self.core.db.read();
        let mut report = QuestionImport { rows: reading.count, faults: reading.faults, ..QuestionImport::default() };
        if reading.count == 0 && report.faults.is_empty() {
            report.faults.push(ImportFault::of(1, "", FieldCode::Required));
        }
        if reading.count > MOST_QUESTIONS {
            report.faults.push(ImportFault::of(1, "", FieldCode::TooManyRows).with(MOST_QUESTIONS));
        }
        // Compared by what is asked, whatever the ids of the options.
        let texts: Vec<String> = reading.found.iter().map(|found| text_of(&self.content_of(&found.question))).collect();
        let kept = store::stems(conn, home.id, MOST_KEPT).await?;
        let mut by_text: HashMap<&str, Vec<(QuestionId, i32)>> = HashMap::new();
        let mut by_start: HashMap<String, Vec<&store::Texted>> = HashMap::new();
        for row in &kept {
            by_text.entry(&row.search).or_default().push((row.id, row.version));
            by_start.entry(start(stem_of(&row.search))).or_default().push(row);
        }
        let wanted: Vec<(QuestionId, i32)> =
            texts.iter().filter_map(|text| by_text.get(text.as_str())).flatten().copied().collect();
        let versions = store::versions(conn, &wanted).await?;
        let mut here: HashSet<&str> = HashSet::new();
        for (found, text) in reading.found.into_iter().zip(&texts) {
            let Found { row, question } = found;
            if !here.insert(text) {
                report.faults.push(ImportFault::of(row, "stem", FieldCode::Duplicate).with(question.stem()));
                continue;
            }
            let same = by_text.get(text.as_str()).into_iter().flatten().any(|known| {
                let version = versions.iter().find(|v| (v.question_id, v.version) == *known);
                version.is_some_and(|v| same_key(&v.content, &self.content_of(&question)))
            });
            if same {
                report.unchanged.push(row);
                continue;
            }
            let stem = stem_of(text);
            let alike = by_start.get(&start(stem)).into_iter().flatten();
            if report.similar.len() < MOST_TOLD
                && let Some(other) = alike.into_iter().find(|other| likeness(stem_of(&other.search), stem) >= ALIKE)
            {
                report.similar.push((row, other.id, question.stem().to_owned()));
            }
            report.created.push((row, question, None));
        }
        report.faults.sort_by_key(|fault| (fault.row, fault.column));
        report.faults.truncate(MOST_TOLD);
        Ok(report)
    }

    fn content_of(&self, question: &NewQuestion) -> Content {
        let rng: &dyn Entropy = &*self.core.rng;
        question.content(rng)
    }

    async fn told_of_import(
        &self,
        caller: &Caller,
        home: &bank::Model,
        report: &QuestionImport,
        digest: &str,
    ) -> Result<(), BankError> {
        let entry = Entry {
            id: self.core.uuid(),
            at: self.core.now(),
            actor: caller.actor(),
            action: "question.import",
            subject: format!("bank:{}", home.id),
            unit: Some(home.unit_id),
            data: json!({
                "file": digest, "rows": report.rows, "created": report.created.len(), "unchanged": report.unchanged.len(),
            }),
            outcome: entity::log::Outcome::Done,
        };
        self.core
            .db
            .tx("question.import", |tx| {
                let entry = entry.clone();
                Box::pin(async move { Ok::<_, BankError>(log::append(tx, entry).await?) })
            })
            .await
    }
}

fn read(source: &ImportSource, defaults: &Defaults) -> Result<Reading, Unreadable> {
    Ok(match source {
        ImportSource::Table(bytes) => sheet::read(&files::read(bytes, limits())?, defaults),
        ImportSource::Document(bytes) => read_text(&files::read_document(bytes, limits())?, defaults),
        ImportSource::Pasted(text) => read_text(&files::pasted(text, limits()), defaults),
    })
}

/// How a stem begins: those that say nearly the same are looked for among those that begin alike.
fn start(stem: &str) -> String {
    stem.chars().filter(|c| c.is_alphanumeric()).take(4).collect()
}

/// Whether two questions with the same texts have the same key.
fn same_key(one: &Content, other: &Content) -> bool {
    let right = |content: &Content| -> Vec<bool> {
        match &content.answer {
            Answer::Judgement(truth) => vec![*truth],
            Answer::Options(ids) => content.options.iter().map(|option| ids.contains(&option.id)).collect(),
        }
    };
    one.kind == other.kind && right(one) == right(other)
}
