//! Years and units side by side.

use poem_openapi::Object;

use super::FiguresDto;
use crate::report::model::{Compared, ComparedYear, Comparison, DEFINITION};

/// Years and units side by side.
#[derive(Debug, Object)]
#[oai(rename = "Comparison")]
pub(in crate::report) struct ComparisonDto {
    /// The formulas after which everything here is counted: `rates/1`.
    definition: String,
    /// The moment at which it was counted.
    as_of: String,
    /// The years, the earliest first.
    years: Vec<ComparedYearDto>,
    /// The unit asked for with its subtree.
    total: ComparedDto,
    /// The units directly below it, each with its subtree.
    units: Vec<ComparedDto>,
}

/// A year that is compared.
#[derive(Debug, Object)]
#[oai(rename = "ComparedYear")]
struct ComparedYearDto {
    /// The year.
    year: i32,
    /// Whether it is closed for the unit asked for.
    closed: bool,
    /// Where the figures come from that were brought in for a year before Kaofa (补录); empty otherwise.
    sources: Vec<String>,
}

/// A unit that is compared.
#[derive(Debug, Object)]
#[oai(rename = "ComparedUnit")]
struct ComparedDto {
    /// The unit.
    unit_id: String,
    /// Its name.
    unit_name: String,
    /// Its figures in the order of `years`; null for a year in which it was not there.
    figures: Vec<Option<FiguresDto>>,
}

impl From<Comparison> for ComparisonDto {
    fn from(comparison: Comparison) -> Self {
        let year = |y: ComparedYear| ComparedYearDto { year: y.year, closed: y.closed, sources: y.sources };
        Self {
            definition: DEFINITION.to_owned(),
            as_of: comparison.as_of.to_string(),
            years: comparison.years.into_iter().map(year).collect(),
            total: comparison.total.into(),
            units: comparison.units.into_iter().map(ComparedDto::from).collect(),
        }
    }
}

impl From<Compared> for ComparedDto {
    fn from(unit: Compared) -> Self {
        Self {
            unit_id: unit.unit_id.to_string(),
            unit_name: unit.unit_name,
            figures: unit.figures.into_iter().map(|figures| figures.map(FiguresDto::from)).collect(),
        }
    }
}
