//! Years, closings and what was frozen.

use std::borrow::Cow;

use entity::id::UnitId;
use poem_openapi::Object;
use poem_openapi::registry::{MetaSchemaRef, Registry};
use poem_openapi::types::{ParseFromJSON, ParseResult, ToJSON, Type};
use serde_json::Value;

use super::RatesDto;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::report::model::{Closing, Snapshot, Year};

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
    /// SHA-256, hex, of `report` as canonical JSON (RFC 8785). It stands in the log too.
    digest: String,
    /// The account that froze it.
    created_by: String,
    /// When.
    created_at: String,
    /// The rates as they stood, down to six levels below the unit.
    report: FrozenDto,
}

impl From<Snapshot> for SnapshotDto {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            id: snapshot.id.to_string(),
            year: snapshot.year,
            unit_id: snapshot.unit_id.to_string(),
            unit_name: snapshot.unit_name,
            digest: snapshot.digest,
            created_by: snapshot.created_by.to_string(),
            created_at: snapshot.created_at.to_string(),
            report: FrozenDto(snapshot.report),
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
