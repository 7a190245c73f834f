//! Wire types.

use entity::instant::Day;
use entity::org::person::Category;
use poem_openapi::{Enum, Object};

use super::audience::Audience;
use super::model::{NewPerson, NewUnit, Person, Unit};
use super::national_id::NationalId;
use super::phone::Phone;
use crate::kernel::field::{FieldCode, Fields, Invalid};

mod changes;
mod history;
mod import;
mod patch;

pub(super) use changes::{ChangeDto, ChangeStateDto, DecisionRequest};
pub(super) use history::HistoryDto;
pub(crate) use import::ImportReportDto;
pub use patch::{DepartureRequest, PersonPatch, TransferRequest, UnitPatch};
pub(super) use patch::{IdNumber, ReasonRequest};

/// What a person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "Category", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the words are those of `Category`")]
pub enum CategoryDto {
    LeadingOfficial,
    CivilServant,
    EnforcementOfficer,
    EnforcementAuxiliary,
    Other,
}

impl From<Category> for CategoryDto {
    fn from(category: Category) -> Self {
        match category {
            Category::LeadingOfficial => Self::LeadingOfficial,
            Category::CivilServant => Self::CivilServant,
            Category::EnforcementOfficer => Self::EnforcementOfficer,
            Category::EnforcementAuxiliary => Self::EnforcementAuxiliary,
            Category::Other => Self::Other,
        }
    }
}

impl From<CategoryDto> for Category {
    fn from(category: CategoryDto) -> Self {
        match category {
            CategoryDto::LeadingOfficial => Self::LeadingOfficial,
            CategoryDto::CivilServant => Self::CivilServant,
            CategoryDto::EnforcementOfficer => Self::EnforcementOfficer,
            CategoryDto::EnforcementAuxiliary => Self::EnforcementAuxiliary,
            CategoryDto::Other => Self::Other,
        }
    }
}

/// A node of the tree.
#[derive(Debug, Object)]
#[oai(rename = "Unit")]
pub(super) struct UnitDto {
    /// Its identifier.
    id: String,
    /// The node above; null at the top.
    parent_id: Option<String>,
    /// The code by which offices know it.
    code: String,
    /// Its name.
    name: String,
    /// `group` or `unit`.
    kind: String,
    /// The names from the top down to itself.
    path: Vec<String>,
    /// The first day it exists.
    active_from: String,
    /// The last day it existed; null while it does.
    active_to: Option<String>,
    /// The unit that it became part of.
    merged_into_id: Option<String>,
    /// Its place among its siblings, where the office wants another order than that of names; else 0.
    position: i32,
}

impl From<Unit> for UnitDto {
    fn from(unit: Unit) -> Self {
        Self {
            id: unit.id.to_string(),
            parent_id: unit.parent_id.map(|id| id.to_string()),
            code: unit.code,
            name: unit.name,
            kind: unit.kind.to_string(),
            path: unit.path,
            active_from: unit.active_from.to_string(),
            active_to: unit.active_to.map(|day| day.to_string()),
            merged_into_id: unit.merged_into_id.map(|id| id.to_string()),
            position: unit.position,
        }
    }
}

/// Units, in their order.
#[derive(Debug, Object)]
pub(super) struct UnitList {
    /// The units.
    pub items: Vec<UnitDto>,
}

/// A unit to be made.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct UnitRequest {
    /// The node above.
    pub parent_id: Option<String>,
    /// The code by which offices know it; unique, at most 40 characters.
    pub code: String,
    /// Its name, at most 80 characters.
    pub name: String,
    /// `group` or `unit`.
    pub kind: String,
}

impl TryFrom<UnitRequest> for NewUnit {
    type Error = Invalid;
    fn try_from(dto: UnitRequest) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let parent_id = fields.parse_optional("parent_id", dto.parent_id.as_deref(), FieldCode::UnknownReference);
        let code = fields.line("code", &dto.code, 40);
        let name = fields.line("name", &dto.name, 80);
        let kind = fields.parse("kind", &dto.kind, FieldCode::UnknownValue);
        fields.finish(kind.map(|kind| Self { parent_id, code, name, kind, active_from: None }))
    }
}

/// Somebody on a roster.
#[derive(Debug, Object)]
#[oai(rename = "Person")]
pub(super) struct PersonDto {
    /// Their identifier.
    id: String,
    /// The number by which the offices know them.
    staff_no: String,
    /// Their name.
    name: String,
    /// Their categories today.
    categories: Vec<CategoryDto>,
    /// Their post; empty if unknown.
    post: String,
    /// Their unit today.
    unit_id: String,
    /// Its name.
    unit_name: String,
    /// Whether they are on a roster today.
    in_post: bool,
    /// The first day on a roster.
    joined_on: String,
    /// The first day they were, or will be, on none; null while none is known.
    departed_on: Option<String>,
    /// National ID, only its first and last characters; null if it is not known.
    id_number_masked: Option<String>,
    /// Phone number, only its first and last digits; null if it is not known.
    phone_masked: Option<String>,
}

impl From<Person> for PersonDto {
    fn from(person: Person) -> Self {
        Self {
            id: person.id.to_string(),
            staff_no: person.staff_no,
            name: person.name,
            categories: person.categories.into_iter().map(CategoryDto::from).collect(),
            post: person.post,
            unit_id: person.unit_id.to_string(),
            unit_name: person.unit_name,
            in_post: person.in_post,
            joined_on: person.joined_on.to_string(),
            departed_on: person.departed_on.map(|day| day.to_string()),
            id_number_masked: person.id_number_masked,
            phone_masked: person.phone_masked,
        }
    }
}

/// A person to be entered.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct PersonRequest {
    /// Unique, at most 40 characters; made if null.
    pub staff_no: Option<String>,
    /// Their name, at most 80 characters.
    pub name: String,
    /// `leading_official`, `civil_servant`, `enforcement_officer`, `enforcement_auxiliary`, `other`.
    pub categories: Vec<String>,
    /// Their post, at most 80 characters; may be empty.
    #[oai(default)]
    pub post: String,
    /// Their unit; not a group.
    pub unit_id: String,
    /// The first day on the roster; today if null.
    pub joined_on: Option<String>,
    /// National ID, 18 characters (GB 11643); nobody else's.
    pub id_number: Option<String>,
    /// Phone number, 7 to 15 digits.
    pub phone: Option<String>,
}

impl TryFrom<PersonRequest> for NewPerson {
    type Error = Invalid;
    fn try_from(dto: PersonRequest) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let staff_no = dto.staff_no.as_deref().map(|n| fields.optional_line("staff_no", n, 40));
        let name = fields.line("name", &dto.name, 80);
        let post = fields.optional_line("post", &dto.post, 80);
        let categories = categories(&mut fields, &dto.categories);
        let unit_id = fields.parse("unit_id", &dto.unit_id, FieldCode::UnknownReference);
        let joined_on: Option<Day> = fields.parse_optional("joined_on", dto.joined_on.as_deref(), FieldCode::Invalid);
        let staff_no = staff_no.filter(|n| !n.is_empty());
        let id_number: Option<NationalId> = secret(&mut fields, "id_number", dto.id_number.as_deref());
        let phone: Option<Phone> = secret(&mut fields, "phone", dto.phone.as_deref());
        fields.finish(unit_id.map(|unit_id| Self {
            staff_no,
            name,
            post,
            categories,
            unit_id,
            joined_on,
            id_number,
            phone,
        }))
    }
}

/// Categories, each once and at least one.
fn categories(fields: &mut Fields, words: &[String]) -> Vec<Category> {
    let mut categories: Vec<Category> = fields.parse_all("categories", words, FieldCode::UnknownValue);
    categories.sort_unstable();
    categories.dedup();
    if words.is_empty() {
        fields.reject("categories", FieldCode::Required);
    }
    categories
}

/// A personal number, which no error repeats.
fn secret<T: std::str::FromStr>(fields: &mut Fields, field: &str, text: Option<&str>) -> Option<T> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    let parsed = text.parse().ok();
    if parsed.is_none() {
        fields.reject(field, FieldCode::Invalid);
    }
    parsed
}

/// Whom a programme, a session or an exam concerns.
#[derive(Debug, Clone, Default, Object)]
#[oai(rename = "Audience", deny_unknown_fields)]
pub struct AudienceDto {
    /// Units, each with its subtree.
    #[oai(default)]
    pub unit_ids: Vec<String>,
    /// One of these categories; any if empty.
    #[oai(default)]
    pub categories: Vec<String>,
    /// People besides, whatever their unit and category.
    #[oai(default)]
    pub person_ids: Vec<String>,
}

impl AudienceDto {
    /// Reads it; bad values are named below `audience`.
    pub fn read(&self, fields: &mut Fields) -> Audience {
        Audience {
            unit_ids: fields.parse_all("audience.unit_ids", &self.unit_ids, FieldCode::UnknownReference),
            categories: fields.parse_all("audience.categories", &self.categories, FieldCode::UnknownValue),
            person_ids: fields.parse_all("audience.person_ids", &self.person_ids, FieldCode::UnknownReference),
        }
    }
}

impl From<Audience> for AudienceDto {
    fn from(audience: Audience) -> Self {
        Self {
            unit_ids: audience.unit_ids.iter().map(ToString::to_string).collect(),
            categories: audience.categories.iter().map(ToString::to_string).collect(),
            person_ids: audience.person_ids.iter().map(ToString::to_string).collect(),
        }
    }
}
