//! Years before Kaofa.

use poem_openapi::Object;

use crate::kernel::field::{Fields, Invalid};
use crate::report::model::PastYear;

/// Years before Kaofa that were brought in.
#[derive(Debug, Object)]
#[oai(rename = "PastYears")]
pub(in crate::report) struct PastYearsDto {
    /// The newest first.
    items: Vec<PastYearDto>,
}

/// A year before Kaofa that was brought in person by person (补录).
#[derive(Debug, Object)]
#[oai(rename = "PastYear")]
struct PastYearDto {
    /// Its identifier.
    id: String,
    /// The year.
    year: i32,
    /// Of which unit, with its subtree.
    unit_id: String,
    /// Its name.
    unit_name: String,
    /// Where the figures come from.
    source: String,
    /// The account that brought it in.
    imported_by: String,
    /// When.
    imported_at: String,
    /// When it was taken back; it counts no more since.
    withdrawn_at: Option<String>,
    /// Why.
    withdraw_reason: Option<String>,
}

impl From<Vec<PastYear>> for PastYearsDto {
    fn from(years: Vec<PastYear>) -> Self {
        let one = |year: PastYear| PastYearDto {
            id: year.id.to_string(),
            year: year.year,
            unit_id: year.unit_id.to_string(),
            unit_name: year.unit_name,
            source: year.source,
            imported_by: year.imported_by.to_string(),
            imported_at: year.imported_at.to_string(),
            withdrawn_at: year.withdrawn_at.map(|at| at.to_string()),
            withdraw_reason: year.withdraw_reason,
        };
        Self { items: years.into_iter().map(one).collect() }
    }
}

/// Why a year is taken back.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in crate::report) struct WithdrawRequest {
    /// Why, at most 400 characters; the log keeps it.
    reason: String,
}

impl WithdrawRequest {
    pub(in crate::report) fn read(self) -> Result<String, Invalid> {
        let mut fields = Fields::new();
        let reason = fields.line("reason", &self.reason, 400);
        fields.finish(Some(reason))
    }
}
