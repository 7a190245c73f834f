//! Closing years, opening them again, and what was frozen.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use entity::id::{ExamId, ProgrammeId, SnapshotId, SubjectId, UnitId};
use entity::log::Outcome;
use entity::org::roster_row::SubjectKind;
use entity::report::snapshot::SnapshotKind;
use entity::report::{closing, snapshot};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::rates::subjects;
use super::snapshots::{Taking, take};
use super::{AUDITORS, FIRST_YEAR, ReportError, Reports};
use crate::auth::{Caller, Denied, READERS, authorise};
use crate::db::Fault;
use crate::exam;
use crate::kernel::field::Fields;
use crate::log::{self, Entry};
use crate::report::model::{Closing, Filter, Snapshot, Subjects, Year};
use crate::report::store;
use crate::study::{self, ProgrammeStatus};
use crate::tally::{self, Figure, Subject};
use crate::tree;

impl Reports {
    /// The years of a unit, the newest first: those in which it has figures, those that were ever closed, and the present
    /// one. By coordinators and auditors.
    pub async fn years(&self, caller: &Caller, unit: Option<UnitId>) -> Result<(UnitId, Vec<Year>), ReportError> {
        let unit = self.top(caller, unit).await?;
        let (conn, now) = (self.core.db.read(), self.core.today().year());
        let (_, of_years) = subjects(conn, &Filter::of_year(now, unit)).await?;
        let known: Vec<Subject> = of_years.values().flat_map(Subjects::all).collect();
        let touched = touched(conn, &known, unit).await?;
        let mut years: BTreeMap<i32, Vec<Closing>> = of_years
            .iter()
            .filter(|(_, subjects)| subjects.all().iter().any(|s| touched.contains(&s.id)))
            .map(|(year, _)| (*year, Vec::new()))
            .collect();
        years.entry(now).or_default();
        let above = tree::path_of(conn, unit).await?;
        let names: HashMap<UnitId, String> = above.into_iter().map(|unit| (unit.id, unit.name)).collect();
        for row in store::closings_over(conn, unit).await? {
            years.entry(row.year).or_default().push(closing_of(row, &names));
        }
        let year = |(year, closings): (i32, Vec<Closing>)| Year {
            year,
            closed: closings.iter().any(|closing| closing.reopened_at.is_none()),
            closings,
        };
        Ok((unit, years.into_iter().rev().map(year).collect()))
    }

    /// The titles of what keeps a year from being closed for a unit: annual exams and make-ups that are not closed,
    /// programmes of units outside that are not closed, sessions published or running. By coordinators and auditors.
    pub async fn still_open(&self, caller: &Caller, year: i32, unit: UnitId) -> Result<Vec<String>, ReportError> {
        let conn = self.core.db.read();
        authorise::<ReportError>(conn, caller, READERS, unit, self.core.now()).await?;
        open(conn, year, unit).await
    }

    /// Closes a year for a unit with its subtree and freezes its figures. By an auditor of the unit or above.
    ///
    /// It is refused while an annual exam or make-up with people of the subtree is not closed, while a session that the
    /// subtree holds or attends is published or running, and while a programme of a unit outside the subtree, with people
    /// of it, is not closed. The subtree's own programmes are closed with the year. Drafts bind nobody and keep nothing open.
    pub async fn close_year(
        &self,
        caller: &Caller,
        year: i32,
        unit: UnitId,
        reason: &str,
    ) -> Result<Snapshot, ReportError> {
        let (now, today) = (self.core.now(), self.core.today());
        authorise::<ReportError>(self.core.db.read(), caller, AUDITORS, unit, now).await?;
        let mut fields = Fields::new();
        fields.within("year", year, FIRST_YEAR, today.year());
        fields.check()?;
        let by = caller.account.id;
        let (closing_id, snapshot_id, entry) = (self.core.id(), self.core.id(), self.core.uuid());
        let taken = self.core.uuid();
        let closed = self
            .core
            .db
            .tx("report.close_year", |tx| {
                let (actor, reason) = (caller.actor(), reason.to_owned());
                Box::pin(async move {
                    if store::closing_over(tx, unit, year).await?.is_some() {
                        return Err(ReportError::AlreadyClosed);
                    }
                    let titles = open(tx, year, unit).await?;
                    if !titles.is_empty() {
                        return Err(ReportError::StillOpen(titles));
                    }
                    let programmes = study::close_with_year(tx, year, unit, now, today).await?;
                    let taking = Taking {
                        id: snapshot_id,
                        entry: taken,
                        kind: SnapshotKind::Closing,
                        note: reason.clone(),
                        month_key: None,
                        by: Some(by),
                        actor: actor.clone(),
                    };
                    let frozen = take(tx, taking, (year, unit), &[year], now).await?;
                    let digest = frozen.digest.clone();
                    let closing = closing::Model {
                        id: closing_id,
                        year,
                        unit_id: unit,
                        snapshot_id,
                        closed_by: by,
                        closed_at: now,
                        reason: reason.clone(),
                        open_key: Some(store::open_key(year, unit)),
                        reopened_at: None,
                        reopened_by: None,
                        reopen_reason: None,
                    };
                    store::insert_closing(tx, closing).await?;
                    let entry = Entry {
                        id: entry,
                        at: now,
                        actor,
                        action: "report.close_year",
                        subject: format!("closing:{closing_id}"),
                        unit: Some(unit),
                        data: json!({
                            "year": year, "reason": reason, "snapshot": snapshot_id, "digest": digest,
                            "programmes": programmes,
                        }),
                        outcome: Outcome::Done,
                    };
                    log::append(tx, entry).await?;
                    Ok(frozen)
                })
            })
            .await;
        match closed {
            // Somebody else closed it between the look and the commit.
            Err(ReportError::Fault(fault)) if fault.breaks_unique("year_closings", "open_key") => {
                Err(ReportError::AlreadyClosed)
            }
            other => self.with_name(other?).await,
        }
    }

    /// Opens a closed year again, for the very unit for which it was closed. By an auditor of the unit or above. What was
    /// frozen stays, and programmes that were closed with the year stay closed.
    pub async fn reopen_year(&self, caller: &Caller, year: i32, unit: UnitId, reason: &str) -> Result<(), ReportError> {
        let now = self.core.now();
        authorise::<ReportError>(self.core.db.read(), caller, AUDITORS, unit, now).await?;
        let (by, entry) = (caller.account.id, self.core.uuid());
        self.core
            .db
            .tx("report.reopen_year", |tx| {
                let (actor, reason) = (caller.actor(), reason.to_owned());
                Box::pin(async move {
                    let reopened = store::reopen(tx, year, unit, (by, now, reason.clone())).await?;
                    let id = reopened.ok_or(ReportError::NotClosed)?;
                    let entry = Entry {
                        id: entry,
                        at: now,
                        actor,
                        action: "report.reopen_year",
                        subject: format!("closing:{id}"),
                        unit: Some(unit),
                        data: json!({ "year": year, "reason": reason }),
                        outcome: Outcome::Done,
                    };
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await
    }

    /// A frozen report. By coordinators and auditors of its unit or above.
    pub async fn snapshot(&self, caller: &Caller, id: SnapshotId) -> Result<Snapshot, ReportError> {
        let conn = self.core.db.read();
        let row = store::snapshot(conn, id).await?.ok_or(Denied::NotFound)?;
        authorise::<ReportError>(conn, caller, READERS, row.unit_id, self.core.now()).await?;
        self.with_name(row).await
    }

    pub(super) async fn with_name(&self, row: snapshot::Model) -> Result<Snapshot, ReportError> {
        let mut names = self.org.unit_names(&[row.unit_id]).await?;
        let report = serde_json::from_str(&row.body).map_err(|error| bad("a snapshot", &error))?;
        Ok(Snapshot {
            id: row.id,
            year: row.year,
            unit_name: names.remove(&row.unit_id).unwrap_or_default(),
            unit_id: row.unit_id,
            kind: row.kind,
            note: row.note,
            digest: row.digest,
            facts_digest: row.facts_digest,
            created_by: row.created_by,
            created_at: row.created_at,
            report,
        })
    }
}

fn bad(what: &str, error: &dyn std::error::Error) -> Fault {
    sea_orm::DbErr::Type(format!("{what}: {error}")).into()
}

/// The titles of what keeps a year open; what the unit and those below it plan themselves is closed with it.
async fn open(conn: &impl ConnectionTrait, year: i32, unit: UnitId) -> Result<Vec<String>, ReportError> {
    let exams = exam::still_open(conn, year).await?;
    let own: HashSet<ProgrammeId> = study::open_programmes(conn, year, unit).await?.into_iter().map(|p| p.id).collect();
    let mut others = study::programmes_in(conn, year).await?;
    others.retain(|p| p.status == ProgrammeStatus::Published && !own.contains(&p.id));
    let main = |id: ExamId| Subject { kind: SubjectKind::Exam, id: id.into() };
    let mut subjects: Vec<Subject> = exams.iter().map(|(id, _)| main(*id)).collect();
    subjects.extend(others.iter().map(|p| p.subject));
    let touched = touched(conn, &subjects, unit).await?;
    let exams = exams.into_iter().filter(|(main, _)| touched.contains(&(*main).into())).map(|(_, title)| title);
    let others = others.into_iter().filter(|p| touched.contains(&p.id.into())).map(|p| p.title);
    let sessions = study::open_sessions(conn, year, unit).await?.into_iter().map(|(_, title)| title);
    Ok(exams.chain(others).chain(sessions).collect())
}

/// Which of these have anybody of the subtree on their rosters.
pub(super) async fn touched(
    conn: &impl ConnectionTrait,
    subjects: &[Subject],
    top: UnitId,
) -> Result<BTreeSet<SubjectId>, ReportError> {
    let sums = tally::below(conn, subjects, (top, 0), None, &[Figure::OnRoster]).await?;
    Ok(sums.into_iter().filter(|(.., figures)| figures.on_roster > 0).map(|(subject, ..)| subject).collect())
}

fn closing_of(row: closing::Model, names: &HashMap<UnitId, String>) -> Closing {
    Closing {
        id: row.id,
        year: row.year,
        unit_name: names.get(&row.unit_id).cloned().unwrap_or_default(),
        unit_id: row.unit_id,
        snapshot_id: row.snapshot_id,
        closed_by: row.closed_by,
        closed_at: row.closed_at,
        reason: row.reason,
        reopened_at: row.reopened_at,
        reopened_by: row.reopened_by,
        reopen_reason: row.reopen_reason,
    }
}
