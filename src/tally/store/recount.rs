//! Counting again from the facts, to show that the counts are what the obligations add up to, and the sums what the counts do.

use std::collections::{BTreeSet, HashMap};

use entity::id::{SubjectId, UnitId};
use entity::tally::{count, delta, obligation, sum};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};

use super::super::model::Figures;
use super::below::outdated;
use crate::db::Fault;
use crate::tree;

/// By subject, unit and category; the category is empty for everybody.
type Key = (SubjectId, UnitId, String);

/// A count that is not what the obligations add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The programme or main exam.
    pub subject: SubjectId,
    /// The unit.
    pub unit: UnitId,
    /// Of the unit with everything below it; of itself alone if not.
    pub subtree: bool,
    /// The category; empty for everybody.
    pub category: String,
    /// What the counts say, folded and not yet folded ones together.
    pub counted: Figures,
    /// What the obligations add up to.
    pub recounted: Figures,
}

/// What is counted and what is recounted.
#[derive(Debug, Clone, Copy, Default)]
struct Both {
    counted: Figures,
    recounted: Figures,
}

/// Every count that differs from the obligations behind it, and every sum of a subtree that is neither what its counts nor
/// what its obligations add up to, so that one wrong row is named once; by subject, unit and category. Reads all of them,
/// so it is for verification; on a database in use it wants a transaction of its own.
pub async fn recount(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Fault> {
    let mut own: HashMap<Key, Both> = HashMap::new();
    for row in obligation::Entity::find().order_by_asc(obligation::Column::PersonId).all(conn).await? {
        let figures = Figures::of_obligation(&row);
        for category in std::iter::once(String::new()).chain(row.categories.0.iter().map(ToString::to_string)) {
            own.entry((row.subject_id, row.unit_id, category)).or_default().recounted += figures;
        }
    }
    for row in count::Entity::find().all(conn).await? {
        let folded = Figures::of_count(&row);
        own.entry((row.subject_id, row.unit_id, row.category)).or_default().counted += folded;
    }
    let mut fresh: HashMap<Key, Figures> = HashMap::new();
    for row in delta::Entity::find().all(conn).await? {
        let figures = Figures::of_delta(&row);
        let key = (row.subject_id, row.unit_id, row.category);
        own.entry(key.clone()).or_default().counted += figures;
        *fresh.entry(key).or_default() += figures;
    }
    let mut differences = sums(conn, &own, fresh).await?;
    let own = own.into_iter().filter(|(_, both)| both.counted != both.recounted);
    differences.extend(own.map(|(key, both)| difference(key, false, &both)));
    differences.sort_unstable_by(|a, b| {
        (a.subject, a.unit, &a.category, a.subtree).cmp(&(b.subject, b.unit, &b.category, b.subtree))
    });
    Ok(differences)
}

fn difference((subject, unit, category): Key, subtree: bool, both: &Both) -> Difference {
    let Both { counted, recounted } = *both;
    Difference { subject, unit, subtree, category, counted, recounted }
}

/// The sums of subtrees that differ. Those of another tree are not shown and say nothing.
async fn sums(
    conn: &impl ConnectionTrait,
    own: &HashMap<Key, Both>,
    fresh: HashMap<Key, Figures>,
) -> Result<Vec<Difference>, Fault> {
    let above = tree::paths(conn, own.keys().chain(fresh.keys()).map(|(_, unit, _)| *unit)).await?;
    let subjects: BTreeSet<SubjectId> = own.keys().map(|(subject, ..)| *subject).collect();
    let old = outdated(conn, &subjects.into_iter().collect::<Vec<_>>()).await?;
    let mut wanted: HashMap<Key, Both> = HashMap::new();
    for ((subject, unit, category), both) in own.iter().filter(|((subject, ..), _)| !old.contains(subject)) {
        for unit in above.get(unit).into_iter().flatten() {
            let sum = wanted.entry((*subject, *unit, category.clone())).or_default();
            sum.counted += both.counted;
            sum.recounted += both.recounted;
        }
    }
    let mut kept: HashMap<Key, Figures> = HashMap::new();
    for row in sum::Entity::find().all(conn).await?.into_iter().filter(|row| !old.contains(&row.subject_id)) {
        let folded = Figures::of_sum(&row);
        *kept.entry((row.subject_id, row.unit_id, row.category)).or_default() += folded;
    }
    for ((subject, unit, category), figures) in fresh.into_iter().filter(|((subject, ..), _)| !old.contains(subject)) {
        for unit in above.get(&unit).into_iter().flatten() {
            *kept.entry((subject, *unit, category.clone())).or_default() += figures;
        }
    }
    let keys: BTreeSet<Key> = wanted.keys().chain(kept.keys()).cloned().collect();
    Ok(keys
        .into_iter()
        .filter_map(|key| {
            let counted = kept.get(&key).copied().unwrap_or_default();
            let of = wanted.get(&key).copied().unwrap_or_default();
            let differs = counted != of.counted && counted != of.recounted;
            differs.then(|| difference(key, true, &Both { counted, recounted: of.recounted }))
        })
        .collect())
}
