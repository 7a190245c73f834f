//! Years side by side, and units side by side.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::UnitId;

use super::{ReportError, Reports};
use crate::auth::Caller;
use crate::kernel::field::{FieldCode, Fields};
use crate::report::model::{Compared, ComparedYear, Comparison, Filter, Report, UnitFigures};
use crate::report::store;

/// How many years stand side by side at most.
const MOST_YEARS: i32 = 12;

impl Reports {
    /// The figures of a unit and of those directly below it, year by year up to that of the filter. By coordinators and
    /// auditors.
    pub async fn compare(&self, caller: &Caller, filter: &Filter, from_year: i32) -> Result<Comparison, ReportError> {
        let mut fields = Fields::new();
        self.check_year(&mut fields, filter.year);
        if from_year > filter.year {
            fields.reject("from_year", FieldCode::OutOfRange);
        }
        fields.within("from_year", from_year, filter.year - MOST_YEARS + 1, filter.year);
        fields.check()?;
        let top = self.top(caller, filter.unit_id).await?;
        let (conn, now) = (self.core.db.read(), self.core.now());
        let standing = store::standing(conn, top, filter.year).await?;
        let above: BTreeSet<UnitId> = crate::tree::path_of(conn, top).await?.into_iter().map(|unit| unit.id).collect();
        let closed: BTreeSet<i32> = standing
            .into_iter()
            .filter(|closing| above.contains(&closing.unit_id))
            .map(|closing| closing.year)
            .collect();
        let mut reports: Vec<Report> = Vec::new();
        for year in from_year..=filter.year {
            reports.push(self.counted_now(&Filter { year, ..*filter }, top, 1).await?);
        }
        let years = reports
            .iter()
            .map(|report| ComparedYear {
                year: report.year,
                closed: closed.contains(&report.year),
                sources: report.sources.clone(),
            })
            .collect();
        let total = reports.iter().map(|report| Some(report.total.figures)).collect();
        let (mut order, mut names): (Vec<UnitId>, HashMap<UnitId, String>) = (Vec::new(), HashMap::new());
        let mut found: BTreeMap<(UnitId, i32), UnitFigures> = BTreeMap::new();
        // The order and the names of the last year in which each unit was there.
        for report in reports.iter().rev() {
            for row in &report.rows {
                if names.insert(row.unit_id, row.unit_name.clone()).is_none() {
                    order.push(row.unit_id);
                }
                found.insert((row.unit_id, report.year), row.figures);
            }
        }
        let units = order
            .into_iter()
            .map(|unit_id| Compared {
                unit_id,
                unit_name: names.remove(&unit_id).unwrap_or_default(),
                figures: reports.iter().map(|report| found.get(&(unit_id, report.year)).copied()).collect(),
            })
            .collect();
        let unit_name = reports.first().map(|report| report.total.unit_name.clone()).unwrap_or_default();
        Ok(Comparison { as_of: now, years, total: Compared { unit_id: top, unit_name, figures: total }, units })
    }
}
