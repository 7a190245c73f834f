//! Years, closings and what was frozen.

use std::borrow::Cow;

use entity::id::UnitId;
use poem_openapi::Object;
use poem_openapi::registry::{MetaSchemaRef, Registry};
use poem_openapi::types::{ParseFromJSON, ParseResult, ToJSON, Type};
use serde_json::Value;

use super::RatesDto;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::report::model::{Closing, FigureChange, PersonChange, Snapshot, SnapshotBrief, Telling, Today, Year};

/// A report that was frozen: sent as it was stored, whatever reports look like by then.
#[derive(Debug)]
pub(in crate::report) struct FrozenDto(Value);

impl Type for FrozenDto {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        RatesDto::name()
    }

    fn schema_ref() -> MetaSchemaRef {
        RatesDto::schema_ref()
    }

    fn register(registry: &mut Registry) {
        RatesDto::register(registry);
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self::RawElementValueType> + 'a> {
        Box::new(self.as_raw_value().into_iter())
    }
}

impl ParseFromJSON for FrozenDto {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        Ok(Self(value.unwrap_or_default()))
    }
}

impl ToJSON for FrozenDto {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.clone())
    }
}

/// A frozen report.
#[derive(Debug, Object)]
#[oai(rename = "Snapshot")]
pub(in crate::report) struct SnapshotDto {
    /// Its identifier.
    id: String,
    /// The year.
    year: i32,
    /// The unit, with its subtree.
    unit_id: String,
    /// Its name today.
    unit_name: String,
    /// How it came about: `closing`, `manual`, `monthly` or `imported`.
    kind: String,
    /// Why it was taken; empty for what is taken by itself.
    note: String,
    /// SHA-256, hex, of `report` as canonical JSON (RFC 8785). It stands in the log too.
    digest: String,
    /// SHA-256, hex, over the people behind it, each with a digest of the rows on which their figures rest. It stands in the
    /// log too.
    facts_digest: String,
    /// The account that froze it; null if it was taken by itself.
    created_by: Option<String>,
    /// When.
    created_at: String,
    /// The rates as they stood, down to six levels below the unit.
    report: FrozenDto,
    /// Whether today's records still give it; null in the answer to what has just been frozen.
    today: Option<TodayDto>,
}

impl SnapshotDto {
    /// With what has become of its figures.
    pub(in crate::report) fn with(mut self, today: Today) -> Self {
        self.today = Some(today.into());
        self
    }
}

/// What has become of a snapshot's figures.
#[derive(Debug, Object)]
#[oai(rename = "SnapshotToday")]
struct TodayDto {
    /// What is kept of it is what its digests say.
    sound: bool,
    /// The log knows these digests.
    logged: bool,
    /// Today's records give the same figures, of the same people by the same rows.
    same: bool,
    /// The counts that are others now.
    figures: Vec<FigureChangeDto>,
    /// Who stands otherwise than they did, or the rows behind whose figures are others; 500 at most.
    people: Vec<PersonChangeDto>,
    /// How many more there are.
    more: u64,
}

/// A count that is another now.
#[derive(Debug, Object)]
#[oai(rename = "FigureChange")]
struct FigureChangeDto {
    /// The unit.
    unit_id: String,
    /// Its name then.
    unit_name: String,
    /// The figure, such as `exam.sat`.
    figure: String,
    /// What it was.
    then: Value,
    /// What it is; null if the unit is in the report no more.
    now: Value,
}

/// Somebody who stands otherwise than they did.
#[derive(Debug, Object)]
#[oai(rename = "PersonStandingChange")]
struct PersonChangeDto {
    /// Who.
    person_id: String,
    /// Their name.
    name: String,
    /// Their unit on the roster.
    unit_id: String,
    /// Its name.
    unit_name: String,
    /// The programme or main exam.
    subject_id: String,
    /// Its title.
    title: String,
    /// `added`, `removed`, `figures` or `facts` (a row behind the figures, though they are the same).
    differs: String,
    /// Only what is due by now differs, as it does with every day.
    by_time: bool,
    /// Something was changed of which the log tells nothing.
    untold: bool,
    /// What the log tells of it since, the newest first.
    entries: Vec<TellingDto>,
}

/// An act that the log tells of.
#[derive(Debug, Object)]
#[oai(rename = "Telling")]
struct TellingDto {
    /// Its place in the log; null while it is new.
    index: Option<i64>,
    /// When.
    at: String,
    /// Who, by name.
    actor: String,
    /// What was done.
    action: String,
    /// To what.
    subject: String,
    /// Why, if they said.
    reason: String,
}

impl From<Today> for TodayDto {
    fn from(today: Today) -> Self {
        let figure = |f: FigureChange| FigureChangeDto {
            unit_id: f.unit_id,
            unit_name: f.unit_name,
            figure: f.figure,
            then: f.then,
            now: f.now,
        };
        Self {
            sound: today.sound,
            logged: today.logged,
            same: today.same,
            figures: today.figures.into_iter().map(figure).collect(),
            people: today.people.into_iter().map(PersonChangeDto::from).collect(),
            more: u64::try_from(today.more).unwrap_or(u64::MAX),
        }
    }
}

impl From<PersonChange> for PersonChangeDto {
    fn from(change: PersonChange) -> Self {
        let telling = |t: Telling| TellingDto {
            index: t.index,
            at: t.at.to_string(),
            actor: t.actor,
            action: t.action,
            subject: t.subject,
            reason: t.reason,
        };
        Self {
            untold: change.is_untold(),
            person_id: change.person_id.to_string(),
            name: change.name,
            unit_id: change.unit_id.to_string(),
            unit_name: change.unit_name,
            subject_id: change.subject.id.to_string(),
            title: change.title,
            differs: change.differs.as_str().to_owned(),
            by_time: change.by_time,
            entries: change.tellings.into_iter().map(telling).collect(),
        }
    }
}

/// The snapshots of a unit.
#[derive(Debug, Object)]
#[oai(rename = "Snapshots")]
pub(in crate::report) struct SnapshotsDto {
    /// The newest first.
    items: Vec<SnapshotBriefDto>,
}

/// A snapshot in a list.
#[derive(Debug, Object)]
#[oai(rename = "SnapshotBrief")]
struct SnapshotBriefDto {
    /// Its identifier.
    id: String,
    /// The year.
    year: i32,
    /// How it came about.
    kind: String,
    /// Why it was taken.
    note: String,
    /// The report's digest.
    digest: String,
    /// When.
    created_at: String,
}

impl From<Vec<SnapshotBrief>> for SnapshotsDto {
    fn from(snapshots: Vec<SnapshotBrief>) -> Self {
        let brief = |s: SnapshotBrief| SnapshotBriefDto {
            id: s.id.to_string(),
            year: s.year,
            kind: s.kind.to_string(),
            note: s.note,
            digest: s.digest,
            created_at: s.created_at.to_string(),
        };
        Self { items: snapshots.into_iter().map(brief).collect() }
    }
}

/// A snapshot to be taken.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in crate::report) struct SnapshotRequest {
    /// The year.
    year: i32,
    /// The unit, with its subtree.
    unit_id: String,
    /// Why, at most 400 characters; the log keeps it.
    reason: String,
}

impl SnapshotRequest {
    pub(in crate::report) fn read(self) -> Result<(i32, UnitId, String), Invalid> {
        let year = self.year;
        let (unit, reason) = YearRequest { unit_id: self.unit_id, reason: self.reason }.read()?;
        Ok((year, unit, reason))
    }
}

impl From<Snapshot> for SnapshotDto {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            id: snapshot.id.to_string(),
            year: snapshot.year,
            unit_id: snapshot.unit_id.to_string(),
            unit_name: snapshot.unit_name,
            kind: snapshot.kind.to_string(),
            note: snapshot.note,
            digest: snapshot.digest,
            facts_digest: snapshot.facts_digest,
            created_by: snapshot.created_by.map(|id| id.to_string()),
            created_at: snapshot.created_at.to_string(),
            report: FrozenDto(snapshot.report),
            today: None,
        }
    }
}

/// The years of a unit.
#[derive(Debug, Object)]
#[oai(rename = "Years")]
pub(in crate::report) struct YearsDto {
    /// The unit.
    unit_id: String,
    /// Its years, the newest first.
    items: Vec<YearDto>,
}

impl From<(UnitId, Vec<Year>)> for YearsDto {
    fn from((unit, years): (UnitId, Vec<Year>)) -> Self {
        Self { unit_id: unit.to_string(), items: years.into_iter().map(YearDto::from).collect() }
    }
}

/// A year as it stands for a unit.
#[derive(Debug, Object)]
#[oai(rename = "Year")]
struct YearDto {
    /// The year.
    year: i32,
    /// It is closed, for the unit itself or with one above it.
    closed: bool,
    /// Every act of closing it for the unit or one above it, the newest first.
    closings: Vec<ClosingDto>,
}

impl From<Year> for YearDto {
    fn from(year: Year) -> Self {
        Self {
            year: year.year,
            closed: year.closed,
            closings: year.closings.into_iter().map(ClosingDto::from).collect(),
        }
    }
}

/// An act of closing a year.
#[derive(Debug, Object)]
#[oai(rename = "YearClosing")]
struct ClosingDto {
    /// Its identifier.
    id: String,
    /// For which unit, with its subtree.
    unit_id: String,
    /// Its name.
    unit_name: String,
    /// What was frozen.
    snapshot_id: String,
    /// The account that closed it.
    closed_by: String,
    /// When.
    closed_at: String,
    /// Why.
    reason: String,
    /// When it was opened again; null while it is closed.
    reopened_at: Option<String>,
    /// The account that opened it again.
    reopened_by: Option<String>,
    /// Why it was opened again.
    reopen_reason: Option<String>,
}

impl From<Closing> for ClosingDto {
    fn from(closing: Closing) -> Self {
        Self {
            id: closing.id.to_string(),
            unit_id: closing.unit_id.to_string(),
            unit_name: closing.unit_name,
            snapshot_id: closing.snapshot_id.to_string(),
            closed_by: closing.closed_by.to_string(),
            closed_at: closing.closed_at.to_string(),
            reason: closing.reason,
            reopened_at: closing.reopened_at.map(|at| at.to_string()),
            reopened_by: closing.reopened_by.map(|id| id.to_string()),
            reopen_reason: closing.reopen_reason,
        }
    }
}

/// Closing a year for a unit, or opening it again.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in crate::report) struct YearRequest {
    /// The unit, with its subtree.
    unit_id: String,
    /// Why, at most 400 characters; the log keeps it.
    reason: String,
}

impl YearRequest {
    /// The unit and the reason.
    pub(in crate::report) fn read(self) -> Result<(UnitId, String), Invalid> {
        let mut fields = Fields::new();
        let unit = fields.parse("unit_id", &self.unit_id, FieldCode::UnknownReference);
        let reason = fields.text("reason", &self.reason, 400);
        fields.finish(unit.map(|unit| (unit, reason)))
    }
}
