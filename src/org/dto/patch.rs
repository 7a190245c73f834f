//! What is to be changed of people and units, and their moves.

use entity::instant::Day;
use poem_openapi::Object;

use super::{categories, secret};
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::org::model::{Departure, PersonChange, Transfer, UnitChange};

/// What is to be changed of a person. A field that is null or left out stays as it is.
#[derive(Debug, Default, Object)]
#[oai(deny_unknown_fields)]
pub struct PersonPatch {
    /// Unique, at most 40 characters.
    pub staff_no: Option<String>,
    /// Their name, at most 80 characters.
    pub name: Option<String>,
    /// All their categories from `categories_from` on; what was held until then is kept.
    pub categories: Option<Vec<String>>,
    /// From which day on they hold these categories; today if null.
    pub categories_from: Option<String>,
    /// Their post, at most 80 characters; may be empty.
    pub post: Option<String>,
    /// Their unit as it is. Another one takes a transfer.
    pub unit_id: Option<String>,
    /// National ID, 18 characters (GB 11643); empty if it is to be forgotten.
    pub id_number: Option<String>,
    /// Phone number, 7 to 15 digits; empty if it is to be forgotten.
    pub phone: Option<String>,
}

impl TryFrom<PersonPatch> for PersonChange {
    type Error = Invalid;
    fn try_from(dto: PersonPatch) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let change = Self {
            staff_no: dto.staff_no.as_deref().map(|text| fields.line("staff_no", text, 40)),
            name: dto.name.as_deref().map(|text| fields.line("name", text, 80)),
            post: dto.post.as_deref().map(|text| fields.optional_line("post", text, 80)),
            categories: dto.categories.as_deref().map(|words| categories(&mut fields, words)),
            categories_from: fields.parse_optional(
                "categories_from",
                dto.categories_from.as_deref(),
                FieldCode::Invalid,
            ),
            unit_id: fields.parse_optional("unit_id", dto.unit_id.as_deref(), FieldCode::UnknownReference),
            id_number: dto.id_number.as_deref().map(|text| secret(&mut fields, "id_number", Some(text))),
            phone: dto.phone.as_deref().map(|text| secret(&mut fields, "phone", Some(text))),
        };
        fields.finish(Some(change))
    }
}

/// What is to be changed of a unit. A field that is null or left out stays as it is.
#[derive(Debug, Default, Object)]
#[oai(deny_unknown_fields)]
pub struct UnitPatch {
    /// Another node above; not itself and none below it.
    pub parent_id: Option<String>,
    /// Unique, at most 40 characters.
    pub code: Option<String>,
    /// Its name, at most 80 characters.
    pub name: Option<String>,
    /// `group` or `unit`. A unit with people on its roster cannot become a group.
    pub kind: Option<String>,
    /// Its place among its siblings, 0 to 9999; siblings of the same place are in the order of their names.
    pub position: Option<i32>,
    /// The last day it exists, by when nobody may be on its roster and no unit below it; empty if it is to go on.
    pub active_to: Option<String>,
    /// The unit that it becomes part of: everybody on its roster moves there on the day after `active_to` (today if
    /// that is null).
    pub merged_into_id: Option<String>,
}

impl TryFrom<UnitPatch> for UnitChange {
    type Error = Invalid;
    fn try_from(dto: UnitPatch) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let active_to = dto.active_to.as_deref().map(str::trim);
        let change = Self {
            parent_id: fields.parse_optional("parent_id", dto.parent_id.as_deref(), FieldCode::UnknownReference),
            code: dto.code.as_deref().map(|text| fields.line("code", text, 40)),
            name: dto.name.as_deref().map(|text| fields.line("name", text, 80)),
            kind: fields.parse_optional("kind", dto.kind.as_deref(), FieldCode::UnknownValue),
            position: dto.position.map(|place| fields.within("position", place, 0, 9999)),
            active_to: active_to.map(|day| fields.parse_optional("active_to", Some(day), FieldCode::Invalid)),
            merged_into_id: fields.parse_optional(
                "merged_into_id",
                dto.merged_into_id.as_deref(),
                FieldCode::UnknownReference,
            ),
        };
        if change.active_to == Some(None) && change.merged_into_id.is_some() && !fields.has("active_to") {
            fields.reject("active_to", FieldCode::Conflict);
        }
        fields.finish(Some(change))
    }
}

/// A move to another unit.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct TransferRequest {
    /// Where to; not a group.
    pub unit_id: String,
    /// The first day there. It may lie ahead, and not before the last move.
    pub effective_on: String,
    /// Why, at most 200 characters.
    pub reason: String,
}

impl TryFrom<TransferRequest> for Transfer {
    type Error = Invalid;
    fn try_from(dto: TransferRequest) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let unit_id = fields.parse("unit_id", &dto.unit_id, FieldCode::UnknownReference);
        let effective_on: Option<Day> = fields.parse("effective_on", &dto.effective_on, FieldCode::Invalid);
        let reason = fields.line("reason", &dto.reason, 200);
        let transfer = unit_id.zip(effective_on);
        fields.finish(transfer.map(|(unit_id, effective_on)| Self { unit_id, effective_on, reason }))
    }
}

/// A leaving.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct DepartureRequest {
    /// `retired`, `resigned`, `died`, `seconded`.
    pub kind: String,
    /// The first day that they are gone. It may lie ahead, and not before the last move.
    pub effective_on: String,
    /// What is to be known about it, at most 200 characters.
    pub reason: String,
    /// Only with `seconded`: the unit on whose roster they count meanwhile, which may be their own; null if on none of
    /// the district.
    pub counted_unit_id: Option<String>,
}

impl TryFrom<DepartureRequest> for Departure {
    type Error = Invalid;
    fn try_from(dto: DepartureRequest) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let kind = fields.parse("kind", &dto.kind, FieldCode::UnknownValue);
        let effective_on: Option<Day> = fields.parse("effective_on", &dto.effective_on, FieldCode::Invalid);
        let reason = fields.line("reason", &dto.reason, 200);
        let counted = dto.counted_unit_id.as_deref();
        let counted_unit_id = fields.parse_optional("counted_unit_id", counted, FieldCode::UnknownReference);
        let read = kind.zip(effective_on);
        fields.finish(read.map(|(kind, effective_on)| Self { kind, effective_on, counted_unit_id, reason }))
    }
}

/// Why something is asked for.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in crate::org) struct ReasonRequest {
    /// Why, at most 200 characters. It is kept in the log.
    reason: String,
}

impl ReasonRequest {
    pub(in crate::org) fn read(&self) -> Result<String, Invalid> {
        let mut fields = Fields::new();
        let reason = fields.line("reason", &self.reason, 200);
        fields.finish(Some(reason))
    }
}

/// A national ID in full.
#[derive(Debug, Object)]
pub(in crate::org) struct IdNumber {
    /// 18 characters; null if it is not known.
    pub(in crate::org) id_number: Option<String>,
}
