//! Counting again from the facts, to show that the counts are what the obligations add up to.

use std::collections::HashMap;

use entity::id::{SubjectId, UnitId};
use entity::tally::{count, delta, obligation};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};

use super::super::model::Figures;
use crate::db::Fault;

/// A count that is not what the obligations add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The programme or main exam.
    pub subject: SubjectId,
    /// The unit.
    pub unit: UnitId,
    /// The category; empty for everybody.
    pub category: String,
    /// What the counts say, folded and not yet folded ones together.
    pub counted: Figures,
    /// What the obligations add up to.
    pub recounted: Figures,
}

/// Every count that differs from the obligations behind it, by subject, unit and category. Reads all of them, so it is
/// for verification; on a database in use it wants a transaction of its own.
pub async fn recount(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Fault> {
    let mut sums: HashMap<(SubjectId, UnitId, String), (Figures, Figures)> = HashMap::new();
    for row in obligation::Entity::find().order_by_asc(obligation::Column::PersonId).all(conn).await? {
        let own = Figures::of_obligation(&row);
        for category in std::iter::once(String::new()).chain(row.categories.0.iter().map(ToString::to_string)) {
            sums.entry((row.subject_id, row.unit_id, category)).or_default().1 += own;
        }
    }
    for row in count::Entity::find().all(conn).await? {
        let folded = Figures::of_count(&row);
        sums.entry((row.subject_id, row.unit_id, row.category)).or_default().0 += folded;
    }
    for row in delta::Entity::find().all(conn).await? {
        let fresh = Figures::of_delta(&row);
        sums.entry((row.subject_id, row.unit_id, row.category)).or_default().0 += fresh;
    }
    let mut differences: Vec<Difference> = sums
        .into_iter()
        .filter(|(_, (counted, recounted))| counted != recounted)
        .map(|((subject, unit, category), (counted, recounted))| Difference {
            subject,
            unit,
            category,
            counted,
            recounted,
        })
        .collect();
    differences.sort_unstable_by(|a, b| (a.subject, a.unit, &a.category).cmp(&(b.subject, b.unit, &b.category)));
    Ok(differences)
}
