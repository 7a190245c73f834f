//! What a page of figures is about: unit, year, category and kind of exam, as they stand in its address.

use std::fmt::Display;

use entity::exam::exam::ExamKind;
use entity::id::UnitId;
use entity::org::person::Category;

use crate::http::Problem;
use crate::kernel::field::{FieldCode, Fields};
use crate::org::Unit;
use crate::report::Filter;
use crate::web::visitor::Visitor;

/// The unit, year, category and kind of exam that a page shows.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The unit, with its subtree.
    pub(super) unit: Unit,
    /// The units above it that the reader may see, from the top down.
    pub(super) above: Vec<Unit>,
    /// Every top of the reader's reach, where they have several.
    pub(super) tops: Vec<(UnitId, String)>,
    /// The year.
    pub(super) year: i32,
    /// Only people of this category.
    pub(super) category: Option<Category>,
    /// The kind of exams.
    pub(super) kind: ExamKind,
}

impl Asked {
    /// From the address of a page; the present year and the first top of the reader's reach where it says nothing.
    pub(super) async fn read(visitor: &Visitor) -> Result<Self, Problem> {
        let (view, services, caller) = (&visitor.view, &visitor.services, &visitor.caller);
        let mut fields = Fields::new();
        let query = |name: &str| view.query(name);
        let unit = fields.parse_optional("unit", query("unit").as_deref(), FieldCode::UnknownReference);
        let year = fields.parse_optional("year", query("year").as_deref(), FieldCode::Invalid);
        let category = fields.parse_optional("category", query("category").as_deref(), FieldCode::UnknownValue);
        let kind = fields.parse_optional("kind", query("kind").as_deref(), FieldCode::UnknownValue);
        fields.check()?;
        let ids = services.reports.tops(caller).await?;
        let names = services.org.unit_names(&ids).await?;
        let tops: Vec<(UnitId, String)> =
            ids.iter().map(|id| (*id, names.get(id).cloned().unwrap_or_default())).collect();
        let id = unit.or_else(|| ids.first().copied()).ok_or(crate::auth::Denied::NotFound)?;
        let unit = services.org.unit(caller, id).await?;
        let mut above = Vec::new();
        let mut at = if ids.contains(&id) { None } else { unit.parent_id };
        while let Some(id) = at {
            let node = services.org.unit(caller, id).await?;
            at = if ids.contains(&id) { None } else { node.parent_id };
            above.insert(0, node);
        }
        Ok(Self {
            unit,
            above,
            tops: if tops.len() > 1 { tops } else { Vec::new() },
            year: year.unwrap_or_else(|| view.calendar.year(view.now)),
            category,
            kind: kind.unwrap_or(ExamKind::Annual),
        })
    }

    /// What the service is asked.
    pub(super) fn filter(&self) -> Filter {
        Filter { category: self.category, exam_kind: Some(self.kind), ..Filter::of_year(self.year, self.unit.id) }
    }

    /// Whether the rates of the year itself are asked for, and not those of other exams.
    pub(super) fn is_annual(&self) -> bool {
        self.kind == ExamKind::Annual
    }

    /// The address of a page about the same, of a unit, with a parameter of its own if it is named.
    pub(super) fn address(&self, path: &str, unit: UnitId, name: &str, value: impl Display) -> String {
        let mut query = vec![("year", self.year.to_string()), ("unit", unit.to_string())];
        if let Some(category) = self.category {
            query.push(("category", category.to_string()));
        }
        if !self.is_annual() {
            query.push(("kind", self.kind.to_string()));
        }
        if !name.is_empty() {
            query.push((name, value.to_string()));
        }
        format!("{path}?{}", serde_urlencoded::to_string(query).unwrap_or_default())
    }

    /// The people behind a figure of a unit.
    pub(super) fn people(&self, unit: UnitId, figure: &str) -> String {
        self.address("/rates/people", unit, "figure", figure)
    }

    /// The address of a file about the same: `rates`, `rates_people` or `missing`.
    pub(super) fn file(&self, what: &str, format: &str) -> String {
        let mut query = vec![("year", self.year.to_string()), ("unit_id", self.unit.id.to_string())];
        if let Some(category) = self.category {
            query.push(("category", category.to_string()));
        }
        if !self.is_annual() {
            query.push(("exam_kind", self.kind.to_string()));
        }
        let path = if what == "missing" {
            query.push(("format", format.to_owned()));
            "missing/file".to_owned()
        } else {
            query.push(("depth", "6".to_owned()));
            format!("rates.{format}")
        };
        if what == "rates_people" {
            query.push(("people", "true".to_owned()));
        }
        format!("/api/v1/reports/{path}?{}", serde_urlencoded::to_string(query).unwrap_or_default())
    }

    /// The rates of a unit.
    pub(super) fn rates(&self, unit: UnitId) -> String {
        self.address("/rates", unit, "", "")
    }
}
