//! Snapshots by hand and each month, and what has become of their figures since.

use std::collections::{BTreeMap, HashMap};

use chrono::Datelike;
use entity::id::{AccountId, PersonId, SnapshotId, SubjectId, UnitId};
use entity::instant::{Day, Instant};
use entity::log::Outcome;
use entity::report::snapshot::{self, SnapshotKind};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::{Value, json};
use uuid::Uuid;

use super::rates::{rates, subjects};
use super::{AUDITORS, FIRST_YEAR, ReportError, Reports, files, sheets};
use crate::auth::{Caller, Denied, READERS, account_names, authorise};
use crate::db::Fault;
use crate::kernel::digest::sha256;
use crate::kernel::field::Fields;
use crate::kernel::jcs;
use crate::log::{self, Actor, Entry};
use crate::report::dto;
use crate::report::model::{
    FigureChange, Filter, MAX_DEPTH, PersonChange, Snapshot, SnapshotBrief, Subjects, Telling, Today,
};
use crate::report::sheet::{Difference, Differs, Sheet, differences, digest_of};
use crate::report::store;
use crate::tally::Subject;
use crate::tree;

/// How many people who changed are told of at most.
const MOST: usize = 500;
/// Acts that move nobody's figures nor the rows behind them: they explain no change.
const IDLE: [&str; 6] =
    ["exam.release", "exam.beacon", "exam.pause", "exam.unpause", "exam.ask_exemption", "study.ask_leave"];

/// A snapshot to be taken.
#[derive(Debug, Clone)]
pub(super) struct Taking {
    pub(super) id: SnapshotId,
    pub(super) entry: Uuid,
    pub(super) kind: SnapshotKind,
    pub(super) note: String,
    pub(super) month_key: Option<String>,
    pub(super) by: Option<AccountId>,
    pub(super) actor: Actor,
}

/// Freezes the figures of a year and unit with the sheets behind them, and tells the log of both digests.
pub(super) async fn take(
    tx: &DatabaseTransaction,
    taking: Taking,
    (year, unit): (i32, UnitId),
    about_to_close: &[i32],
    now: Instant,
) -> Result<snapshot::Model, ReportError> {
    let filter = Filter::of_year(year, unit);
    let report = rates(tx, &filter, (unit, MAX_DEPTH), about_to_close, None, now).await?;
    let counted = annual(tx, &filter).await?;
    let written = sheets::written(sheets::standing(tx, year, &counted, unit).await?);
    let body = jcs::canonical(&dto::body(report)).map_err(|error| bad(&error))?;
    let digest = sha256(&[&body]).to_string();
    let body = String::from_utf8(body).map_err(|error| bad(&error))?;
    let places: Vec<(Subject, UnitId, String)> =
        written.iter().map(|(sheet, _, digest)| (sheet.subject, sheet.unit, digest.clone())).collect();
    let row = snapshot::Model {
        id: taking.id,
        year,
        unit_id: unit,
        kind: taking.kind,
        note: taking.note,
        month_key: taking.month_key,
        body,
        digest,
        facts_digest: digest_of(&places),
        created_by: taking.by,
        created_at: now,
    };
    store::insert_snapshot(tx, row.clone()).await?;
    sheets::keep(tx, taking.id, &written).await?;
    let entry = Entry {
        id: taking.entry,
        at: now,
        actor: taking.actor,
        action: "report.freeze",
        subject: format!("snapshot:{}", row.id),
        unit: Some(unit),
        data: json!({
            "year": year, "kind": row.kind, "reason": row.note, "digest": row.digest, "facts": row.facts_digest,
        }),
        outcome: Outcome::Done,
    };
    log::append(tx, entry).await?;
    Ok(row)
}

fn bad(error: &dyn std::error::Error) -> Fault {
    sea_orm::DbErr::Type(format!("a report: {error}")).into()
}

/// What makes up the rates of a year.
pub(super) async fn annual(conn: &impl ConnectionTrait, filter: &Filter) -> Result<Subjects, ReportError> {
    Ok(subjects(conn, filter).await?.1.remove(&filter.year).unwrap_or_default())
}

impl Reports {
    /// Freezes the figures of a year and unit as they stand. By an auditor of the unit or above.
    pub async fn freeze(&self, caller: &Caller, year: i32, unit: UnitId, note: &str) -> Result<Snapshot, ReportError> {
        let now = self.core.now();
        authorise::<ReportError>(self.core.db.read(), caller, AUDITORS, unit, now).await?;
        let mut fields = Fields::new();
        fields.within("year", year, FIRST_YEAR, self.core.today().year());
        fields.check()?;
        let taking = Taking {
            id: self.core.id(),
            entry: self.core.uuid(),
            kind: SnapshotKind::Manual,
            note: note.to_owned(),
            month_key: None,
            by: Some(caller.account.id),
            actor: caller.actor(),
        };
        let row = self
            .core
            .db
            .tx("report.freeze", |tx| {
                let taking = taking.clone();
                Box::pin(async move { take(tx, taking, (year, unit), &[], now).await })
            })
            .await?;
        self.with_name(row).await
    }

    /// The snapshots of a unit, of one year or all, the newest first. By coordinators and auditors.
    pub async fn snapshots(
        &self,
        caller: &Caller,
        unit: Option<UnitId>,
        year: Option<i32>,
    ) -> Result<Vec<SnapshotBrief>, ReportError> {
        let unit = self.top(caller, unit).await?;
        let rows = store::snapshots(self.core.db.read(), unit, year).await?;
        let brief = |row: snapshot::Model| SnapshotBrief {
            id: row.id,
            year: row.year,
            kind: row.kind,
            note: row.note,
            digest: row.digest,
            created_at: row.created_at,
        };
        Ok(rows.into_iter().map(brief).collect())
    }

    /// Takes the snapshot of the month that has ended, for the tops of the tree, once. What came only this month is in the
    /// next one. A year's last is taken in January.
    pub async fn freeze_month(&self) -> Result<(), ReportError> {
        let (now, today) = (self.core.now(), self.core.today());
        let month = today.0.year() * 100 + i32::try_from(today.0.month()).unwrap_or(1);
        if self.month.load(std::sync::atomic::Ordering::Relaxed) == month {
            return Ok(());
        }
        let begun = today.0.with_day(1).map_or(today, Day);
        let begun = self.core.settings.calendar.at(begun, chrono::NaiveTime::MIN);
        let year = if today.0.month() == 1 { today.year() - 1 } else { today.year() };
        for top in tree::children(self.core.db.read(), None).await? {
            let counted = annual(self.core.db.read(), &Filter::of_year(year, top.id)).await?;
            if counted.all().iter().any(|subject| since(subject.id) < begun) {
                self.freeze_month_of(year, top.id, month, now).await?;
            }
        }
        self.month.store(month, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }

    async fn freeze_month_of(&self, year: i32, unit: UnitId, month: i32, now: Instant) -> Result<(), ReportError> {
        let key = format!("{month} {unit}");
        if store::month_is_taken(self.core.db.read(), &key).await? {
            return Ok(());
        }
        let taking = Taking {
            id: self.core.id(),
            entry: self.core.uuid(),
            kind: SnapshotKind::Monthly,
            note: String::new(),
            month_key: Some(key),
            by: None,
            actor: Actor::SYSTEM,
        };
        let taken = self
            .core
            .db
            .tx("report.freeze_month", |tx| {
                let taking = taking.clone();
                Box::pin(async move { take(tx, taking, (year, unit), &[], now).await })
            })
            .await;
        match taken {
            // Another instance took it.
            Err(ReportError::Fault(fault)) if fault.breaks_unique("snapshots", "month_key") => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// Whether today's records still give what was frozen, and what has changed since, by whom and why. By coordinators and
    /// auditors of its unit or above.
    pub async fn today(&self, caller: &Caller, id: SnapshotId) -> Result<Today, ReportError> {
        let conn = self.core.db.read();
        let row = store::snapshot(conn, id).await?.ok_or(Denied::NotFound)?;
        authorise::<ReportError>(conn, caller, READERS, row.unit_id, self.core.now()).await?;
        compare(conn, &row, self.core.now()).await
    }
}

/// When a programme or exam was made: its id tells.
fn since(subject: SubjectId) -> Instant {
    let seconds = subject.0.get_timestamp().map_or(0, |at| at.to_unix().0);
    Instant(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000))
}

/// Holds a snapshot against its own digests, the log, and today's records.
pub(super) async fn compare(
    conn: &impl ConnectionTrait,
    row: &snapshot::Model,
    now: Instant,
) -> Result<Today, ReportError> {
    let kept = store::sheets_of(conn, row.id).await?;
    let places: Vec<(Subject, UnitId, String)> =
        kept.iter().map(|(subject, unit, digest, _)| (*subject, *unit, digest.clone())).collect();
    let sound = sha256(&[row.body.as_bytes()]).to_string() == row.digest
        && digest_of(&places) == row.facts_digest
        && kept.iter().all(|(_, _, digest, text)| text.as_deref().is_some_and(|t| Sheet::digest(t) == *digest));
    let told = store::entries_about(conn, &[format!("snapshot:{}", row.id)], 0).await?;
    let logged = told.iter().any(|entry| {
        let data: Value = serde_json::from_str(&entry.data).unwrap_or_default();
        is(&data, "digest", &row.digest) && is(&data, "facts", &row.facts_digest)
    });
    // What was written before the snapshot explains nothing of what came after it. Moments can be the same; places cannot.
    let place = told.iter().map(|entry| entry.seq).min().unwrap_or_default();
    let filter = Filter::of_year(row.year, row.unit_id);
    let closing =
        if matches!(row.kind, SnapshotKind::Closing | SnapshotKind::Imported) { vec![row.year] } else { Vec::new() };
    let report = rates(conn, &filter, (row.unit_id, MAX_DEPTH), &closing, None, now).await?;
    let then: Value = serde_json::from_str(&row.body).unwrap_or_default();
    let figures = figures(&then, &dto::body(report));
    let (people, more) = people(conn, row, place, kept).await?;
    Ok(Today { sound, logged, same: figures.is_empty() && people.is_empty(), figures, people, more })
}

fn is(data: &Value, name: &str, text: &str) -> bool {
    data.get(name).and_then(Value::as_str) == Some(text)
}

/// Which figures differ, unit by unit.
fn figures(then: &Value, now: &Value) -> Vec<FigureChange> {
    let (before, after) = (flat(then), flat(now));
    let mut changes = Vec::new();
    for (unit, (name, figures)) in &before {
        let current = after.get(unit).map(|(_, figures)| figures);
        for (figure, was) in figures {
            let is = current.and_then(|figures| figures.get(figure)).cloned().unwrap_or(Value::Null);
            if *was != is {
                let (then, now) = (was.clone(), is);
                let unit_name = name.clone();
                changes.push(FigureChange { unit_id: unit.clone(), unit_name, figure: figure.clone(), then, now });
            }
        }
    }
    changes
}

/// Figures by their names.
type Flat = BTreeMap<String, Value>;

/// The counts of every unit in a report, by the unit's id. Rates follow from counts.
fn flat(report: &Value) -> BTreeMap<String, (String, Flat)> {
    let rows = report["rows"].as_array().into_iter().flatten().chain([&report["total"]]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row = |row: &Value| {
        let mut figures = Flat::new();
        for (name, value) in row["figures"].as_object().into_iter().flatten() {
            match value {
                Value::Object(side) if name == "study" || name == "exam" => {
                    let counts = side.iter().filter(|(_, value)| !value.is_object());
                    figures.extend(counts.map(|(figure, value)| (format!("{name}.{figure}"), value.clone())));
                }
                other => {
                    figures.insert(name.clone(), other.clone());
                }
            }
        }
        (text(&row["unit_id"]), (text(&row["unit_name"]), figures))
    };
    rows.map(row).collect()
}

/// A sheet as it is kept: of what, of which unit, its digest and its text.
type Kept = (Subject, UnitId, String, Option<String>);

/// Who stands otherwise than on the sheets, with what the log tells of it; and how many more there are.
async fn people(
    conn: &impl ConnectionTrait,
    row: &snapshot::Model,
    place: i64,
    kept: Vec<Kept>,
) -> Result<(Vec<PersonChange>, usize), ReportError> {
    let counted = annual(conn, &Filter::of_year(row.year, row.unit_id)).await?;
    let now = sheets::written(sheets::standing(conn, row.year, &counted, row.unit_id).await?);
    let mut now: HashMap<(Subject, UnitId), (Sheet, String)> =
        now.into_iter().map(|(sheet, _, digest)| ((sheet.subject, sheet.unit), (sheet, digest))).collect();
    let mut found: Vec<(Subject, UnitId, Difference)> = Vec::new();
    for (subject, unit, digest, text) in kept {
        let current = now.remove(&(subject, unit));
        if current.as_ref().is_some_and(|(_, now)| *now == digest) {
            continue;
        }
        let then = text.and_then(|text| Sheet::read(subject, unit, &text)).map_or_else(Vec::new, |s| s.lines);
        let lines = current.map_or_else(Vec::new, |(sheet, _)| sheet.lines);
        found.extend(differences(&then, &lines).into_iter().map(|d| (subject, unit, d)));
    }
    for ((subject, unit), (sheet, _)) in now {
        found.extend(differences(&[], &sheet.lines).into_iter().map(|d| (subject, unit, d)));
    }
    found.sort_by_key(|(subject, unit, difference)| (*subject, *unit, difference.person));
    let more = found.len().saturating_sub(MOST);
    found.truncate(MOST);
    let titles = files::titles(conn, row.year).await?;
    let units: Vec<UnitId> = found.iter().map(|(_, unit, _)| *unit).collect();
    let units = tree::unit_names(conn, &units).await?;
    let mut changes = Vec::with_capacity(found.len());
    let mut grounds: HashMap<Subject, Vec<String>> = HashMap::new();
    for (subject, unit, difference) in found {
        if let std::collections::hash_map::Entry::Vacant(vacant) = grounds.entry(subject) {
            let ground = sheets::ground(conn, subject).await?;
            vacant.insert(ground.into_iter().map(|(name, _)| name).collect());
        }
        let mut about = grounds.get(&subject).cloned().unwrap_or_default();
        let own = sheets::facts(conn, row.year, subject, &[difference.person]).await?;
        about.extend(own.into_values().flatten().map(|(name, _)| name));
        about.sort();
        about.dedup();
        let entries = store::entries_about(conn, &about, place).await?;
        let tellings = tellings(conn, entries, difference.person).await?;
        let by_time = difference.differs == Differs::Figures
            && difference.then.zip(difference.now).is_some_and(|(mut then, now)| {
                then.completed_due = now.completed_due;
                then == now
            });
        changes.push(PersonChange {
            person_id: difference.person,
            name: difference.name,
            unit_id: unit,
            unit_name: units.get(&unit).cloned().unwrap_or_default(),
            subject,
            title: titles.get(&subject.id).cloned().unwrap_or_default(),
            differs: difference.differs,
            then: difference.then,
            now: difference.now,
            by_time,
            tellings,
        });
    }
    Ok((changes, more))
}

/// Whether an act can be why somebody stands otherwise: it was done, it moves figures or the rows behind them, and if it
/// says whom it concerned, it concerned them.
fn explains(entry: &entity::log::Model, person: PersonId) -> bool {
    let data: Value = serde_json::from_str(&entry.data).unwrap_or_default();
    let looks = entry.action.contains(".view_") || entry.action.contains("export");
    let named = data.get("person").and_then(Value::as_str).is_none_or(|named| named == person.to_string());
    entry.outcome == Outcome::Done && !looks && named && !IDLE.contains(&entry.action.as_str())
}

/// What the log tells: who did what, when and why.
async fn tellings(
    conn: &impl ConnectionTrait,
    entries: Vec<entity::log::Model>,
    person: PersonId,
) -> Result<Vec<Telling>, ReportError> {
    let accounts: Vec<AccountId> = entries.iter().filter_map(|e| e.actor.parse().ok()).collect();
    let names = account_names(conn, &accounts).await?;
    let telling = |entry: entity::log::Model| {
        let data: Value = serde_json::from_str(&entry.data).unwrap_or_default();
        Telling {
            index: entry.idx,
            at: entry.at,
            actor: entry
                .actor
                .parse()
                .ok()
                .and_then(|id| names.get(&id))
                .cloned()
                .unwrap_or_else(|| entry.actor.clone()),
            reason: data.get("reason").and_then(Value::as_str).unwrap_or_default().to_owned(),
            subject: entry.subject,
            action: entry.action,
        }
    };
    let told = entries.into_iter().filter(|entry| explains(entry, person));
    Ok(told.map(telling).take(5).collect())
}
