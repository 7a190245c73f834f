//! Years before Kaofa: brought in person by person with their source, closed and frozen at once, taken back if they were wrong.

mod plan;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use entity::id::{AccountId, PastYearId, PersonId, SubjectId, UnitId};
use entity::instant::Instant;
use entity::log::Outcome;
use entity::org::roster_row::SubjectKind;
use entity::report::snapshot::SnapshotKind;
use entity::report::{closing, past_row, past_year};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::json;

use super::snapshots::{Taking, take};
use super::years::touched;
use super::{ReportError, Reports};
use crate::auth::{Caller, Denied, MANAGERS, READERS, authorise, meant_unit};
use crate::db::Fault;
use crate::exam;
use crate::files;
use crate::kernel::digest::sha256;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::log::{self, Actor, Entry};
use crate::org::{self, ImportReport, RosterMember};
use crate::report::model::PastYear;
use crate::report::past::{self, COLUMNS, EXAMS, STUDIES};
use crate::report::store;
use crate::study;
use crate::tally::{self, Figures, Standing, Subject};

/// A file of years that is to be brought in.
#[derive(Debug, Clone)]
pub struct PastFile {
    /// Of which unit with its subtree; the top of the caller's reach if none.
    pub unit_id: Option<UnitId>,
    /// Where the figures come from: printed wherever they count.
    pub source: String,
    /// The file.
    pub bytes: Vec<u8>,
}

impl Reports {
    /// Brings years before Kaofa in: all of the file, or nothing if anything in it is wrong. Each year is closed for the unit
    /// with it, and frozen. A dry run tells what would come of it. By a coordinator of the unit.
    ///
    /// Whoever is not known in the unit is entered as somebody who left with that year.
    pub async fn import_past_years(
        &self,
        caller: &Caller,
        file: PastFile,
        dry_run: bool,
    ) -> Result<ImportReport, ReportError> {
        let top =
            meant_unit::<ReportError>(self.core.db.read(), caller, MANAGERS, file.unit_id, self.core.now()).await?;
        let mut fields = Fields::new();
        let source = fields.line("source", &file.source, 200);
        fields.check()?;
        let digest = sha256(&[&file.bytes]).to_string();
        let plan = self.plan_past(top, file.bytes).await?;
        let report = ImportReport { dry_run, ..plan.report.clone() };
        if dry_run || !report.errors.is_empty() {
            return Ok(report);
        }
        let ids: BTreeMap<i32, Ids> = plan.years.keys().map(|year| (*year, Ids::new(self))).collect();
        let bringing = Bringing {
            top,
            source,
            digest,
            entered: plan.former.len(),
            by: caller.account.id,
            actor: caller.actor(),
            now: self.core.now(),
        };
        let plan = Arc::new(plan);
        let written = self
            .core
            .db
            .tx("report.import_past_years", |tx| {
                let (plan, ids, bringing) = (Arc::clone(&plan), ids.clone(), bringing.clone());
                Box::pin(async move {
                    org::enter_former(tx, &plan.former).await?;
                    for (year, rows) in &plan.years {
                        if let Some(ids) = ids.get(year) {
                            bringing.bring(tx, *year, rows, ids).await?;
                        }
                    }
                    Ok(())
                })
            })
            .await;
        match written {
            // Somebody else brought the same year in, or closed it, between the look and the commit.
            Err(ReportError::Fault(fault))
                if fault.breaks_unique("year_closings", "open_key")
                    || fault.breaks_unique("past_years", "open_key") =>
            {
                Err(ReportError::AlreadyClosed)
            }
            Err(ReportError::Fault(fault)) if fault.breaks_unique("people", "staff_no") => {
                Err(Invalid::one("file", FieldCode::Duplicate).into())
            }
            other => {
                other?;
                Ok(ImportReport { applied: true, ..report })
            }
        }
    }

    /// The years before Kaofa that tell of a unit, those taken back too. By coordinators and auditors.
    pub async fn past_years(&self, caller: &Caller, unit: Option<UnitId>) -> Result<Vec<PastYear>, ReportError> {
        let unit = self.top(caller, unit).await?;
        let conn = self.core.db.read();
        let rows = store::past_years_about(conn, unit).await?;
        let units: Vec<UnitId> = rows.iter().map(|row| row.unit_id).collect();
        let names = self.org.unit_names(&units).await?;
        let shown = |row: past_year::Model| PastYear {
            id: row.id,
            year: row.year,
            unit_name: names.get(&row.unit_id).cloned().unwrap_or_default(),
            unit_id: row.unit_id,
            source: row.source,
            imported_by: row.imported_by,
            imported_at: row.imported_at,
            withdrawn_at: row.withdrawn_at,
            withdraw_reason: row.withdraw_reason,
        };
        Ok(rows.into_iter().map(shown).collect())
    }

    /// Takes a year back that was brought in and is open again: nobody of it counts any more. What was frozen stays. By a
    /// coordinator of its unit, which is given.
    pub async fn withdraw_past_year(
        &self,
        caller: &Caller,
        id: PastYearId,
        reason: &str,
    ) -> Result<UnitId, ReportError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let row = store::past_year(conn, id).await?.ok_or(Denied::NotFound)?;
        authorise::<ReportError>(conn, caller, READERS, row.unit_id, now).await?;
        authorise::<ReportError>(conn, caller, MANAGERS, row.unit_id, now).await?;
        let (by, entry) = (caller.account.id, self.core.uuid());
        self.core
            .db
            .tx("report.withdraw_past_year", |tx| {
                let (row, actor, reason) = (row.clone(), caller.actor(), reason.to_owned());
                Box::pin(async move {
                    if store::closing_over(tx, row.unit_id, row.year).await?.is_some()
                        || !store::withdraw_past_year(tx, id, (by, now, reason.clone())).await?
                    {
                        return Err(ReportError::NotClosed);
                    }
                    for subject in subjects_of(&row) {
                        let people = tally::standings(tx, subject, None).await?;
                        let none: HashMap<PersonId, Figures> =
                            people.into_iter().map(|p| (p.person_id, Figures::none())).collect();
                        tally::restate(tx, subject, &none).await?;
                    }
                    let entry = Entry {
                        id: entry,
                        at: now,
                        actor,
                        action: "report.withdraw_past_year",
                        subject: format!("past_year:{id}"),
                        unit: Some(row.unit_id),
                        data: json!({ "year": row.year, "reason": reason }),
                        outcome: Outcome::Done,
                    };
                    log::append(tx, entry).await?;
                    Ok(row.unit_id)
                })
            })
            .await
    }

    /// The file to fill in. For coordinators.
    pub async fn past_years_template(&self, caller: &Caller) -> Result<Vec<u8>, ReportError> {
        caller.scope(MANAGERS, self.core.now())?;
        let words = |words: Vec<&str>| words.join("、");
        let studies = words(STUDIES.iter().filter_map(|(_, words)| words.first().copied()).collect());
        let exams = words(EXAMS.iter().filter_map(|(_, words)| words.first().copied()).collect());
        let make = move || {
            let notes = [
                "年份：四位数字，早于本年。",
                "单位、单位编码：填一项即可；同名单位须填编码。",
                "工号：可留空；留空时按姓名和单位对应，对应不到的登记为已离岗人员。",
                &format!("学法情况：{studies}；未列入学法名册的留空。"),
                &format!("考试情况：{exams}；未列入考试名册的留空。"),
                "成绩：可留空；至多两位小数。",
            ];
            files::write_template("补录", COLUMNS, &[8, 26, 12, 12, 12, 24, 14, 14, 10], &notes)
        };
        Ok(files::elsewhere(make).await.map_err(|_panic| ReportError::Abandoned)??)
    }
}

/// The identifiers of all that a year brings with it.
#[derive(Debug, Clone)]
struct Ids {
    year: PastYearId,
    study: SubjectId,
    exam: SubjectId,
    entry: uuid::Uuid,
    taken: uuid::Uuid,
    snapshot: entity::id::SnapshotId,
    closing: entity::id::ClosingId,
}

impl Ids {
    fn new(reports: &Reports) -> Self {
        let core = &reports.core;
        Self {
            year: core.id(),
            study: core.id(),
            exam: core.id(),
            entry: core.uuid(),
            taken: core.uuid(),
            snapshot: core.id(),
            closing: core.id(),
        }
    }
}

/// What all years of a file have in common.
#[derive(Debug, Clone)]
struct Bringing {
    top: UnitId,
    source: String,
    digest: String,
    /// How many people were not known.
    entered: usize,
    by: AccountId,
    actor: Actor,
    now: Instant,
}

impl Bringing {
    /// Writes a year, closes and freezes it.
    async fn bring(
        &self,
        tx: &DatabaseTransaction,
        year: i32,
        rows: &[past_row::Model],
        ids: &Ids,
    ) -> Result<(), ReportError> {
        if let Some(code) = hindered(tx, self.top, year).await? {
            return Err(Invalid::one("file", code).into());
        }
        let entry = Entry {
            id: ids.entry,
            at: self.now,
            actor: self.actor.clone(),
            action: "report.import_past_year",
            subject: format!("past_year:{}", ids.year),
            unit: Some(self.top),
            data: json!({
                "year": year, "source": self.source, "people": rows.len(), "file": self.digest, "entered": self.entered,
            }),
            outcome: Outcome::Done,
        };
        log::append(tx, entry).await?;
        let head = past_year::Model {
            id: ids.year,
            year,
            unit_id: self.top,
            study_id: ids.study,
            exam_id: ids.exam,
            source: self.source.clone(),
            file_digest: self.digest.clone(),
            imported_by: self.by,
            imported_at: self.now,
            open_key: Some(store::open_key(year, self.top)),
            withdrawn_at: None,
            withdrawn_by: None,
            withdraw_reason: None,
        };
        write_year(tx, &head, rows, self.now).await?;
        let taking = Taking {
            id: ids.snapshot,
            entry: ids.taken,
            kind: SnapshotKind::Imported,
            note: self.source.clone(),
            month_key: None,
            by: Some(self.by),
            actor: self.actor.clone(),
        };
        take(tx, taking, (year, self.top), &[year], self.now).await?;
        let closing = closing::Model {
            id: ids.closing,
            year,
            unit_id: self.top,
            snapshot_id: ids.snapshot,
            closed_by: self.by,
            closed_at: self.now,
            reason: self.source.clone(),
            open_key: Some(store::open_key(year, self.top)),
            reopened_at: None,
            reopened_by: None,
            reopen_reason: None,
        };
        Ok(store::insert_closing(tx, closing).await?)
    }
}

/// Its study and its exam, as the tally knows them.
pub(super) fn subjects_of(row: &past_year::Model) -> [Subject; 2] {
    [Subject { kind: SubjectKind::Programme, id: row.study_id }, Subject { kind: SubjectKind::Exam, id: row.exam_id }]
}

/// The figures of a row toward one of them.
pub(super) fn figures_of(row: &past_row::Model, kind: SubjectKind) -> Option<Figures> {
    if kind == SubjectKind::Exam { past::exam_figures(row) } else { past::study_figures(row) }
}

/// Why a year cannot be brought in for a unit: it is closed there, above or below, or Kaofa has records of it.
async fn hindered(conn: &impl ConnectionTrait, top: UnitId, year: i32) -> Result<Option<FieldCode>, ReportError> {
    if store::standing(conn, top, year).await?.iter().any(|closing| closing.year == year) {
        return Ok(Some(FieldCode::Duplicate));
    }
    let mut known: Vec<Subject> = study::programmes_in(conn, year).await?.into_iter().map(|p| p.subject).collect();
    let exams = exam::mains(conn, year).await?.into_iter().filter(|exam| exam.year == year);
    known.extend(exams.map(|exam| Subject { kind: SubjectKind::Exam, id: exam.id.into() }));
    known.extend(store::past_years(conn, year).await?.iter().filter(|row| row.year == year).flat_map(subjects_of));
    Ok((!touched(conn, &known, top).await?.is_empty()).then_some(FieldCode::Conflict))
}

async fn write_year(
    tx: &DatabaseTransaction,
    head: &past_year::Model,
    rows: &[past_row::Model],
    now: Instant,
) -> Result<(), Fault> {
    let rows: Vec<past_row::Model> =
        rows.iter().map(|row| past_row::Model { past_year_id: head.id, ..row.clone() }).collect();
    for subject in subjects_of(head) {
        let mut members = Vec::new();
        let mut standings = Vec::new();
        for row in &rows {
            let Some(figures) = figures_of(row, subject.kind) else { continue };
            members.push(RosterMember {
                person_id: row.person_id,
                person_name: row.name.clone(),
                unit_id: row.unit_id,
                post: String::new(),
                categories: row.categories.0.clone(),
            });
            standings.push(Standing {
                person_id: row.person_id,
                unit_id: row.unit_id,
                categories: row.categories.0.clone(),
                figures,
            });
        }
        org::freeze_members(tx, subject.kind, subject.id, &members, now).await?;
        tally::owe(tx, subject, standings).await?;
    }
    store::insert_past_year(tx, head.clone(), rows).await
}
