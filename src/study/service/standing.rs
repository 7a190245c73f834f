//! From credits to standings: stating who participated and who met what.

use std::collections::{HashMap, HashSet};

use entity::id::{PersonId, ProgrammeId, UnitId};
use entity::instant::Day;
use entity::study::programme::{self, ProgrammeStatus};
use entity::study::session;
use sea_orm::ConnectionTrait;

use super::super::model::subject_of;
use super::super::requirement::{AsOf, CreditRule, Earned, Held, Place, Plan, Requirement, Term, without};
use super::super::store::{self, Whose};
use crate::db::Fault;
use crate::org::{self, ChangeKind};
use crate::tally::{self, Figures};

/// What a programme's row and its requirements ask.
pub(super) fn plan_of(row: &programme::Model, requirements: Vec<Requirement>) -> Plan {
    Plan {
        year: row.year,
        required_hours: row.required_hours,
        requirements,
        credits: CreditRule { left_early: row.credits_left_early, delegated: row.credits_delegated },
    }
}

/// Up to when a programme's requirements are looked at.
pub(super) fn as_of(row: &programme::Model, today: Day) -> AsOf {
    match row.status {
        ProgrammeStatus::Closed => AsOf::End,
        ProgrammeStatus::Draft | ProgrammeStatus::Published => AsOf::Day(today),
    }
}

/// All by which a programme judges how people stand.
pub(super) struct Ground {
    id: ProgrammeId,
    /// What it asks.
    pub(super) plan: Plan,
    /// Up to when.
    pub(super) as_of: AsOf,
    /// Who is on its roster for part of the year.
    terms: HashMap<PersonId, Term>,
    /// What counts for units; nothing if it asks nothing of them.
    held: HashMap<UnitId, Held>,
}

impl Ground {
    /// Of a programme, as its facts are now.
    pub(super) async fn of(
        conn: &impl ConnectionTrait,
        row: &programme::Model,
        requirements: Vec<Requirement>,
        today: Day,
    ) -> Result<Self, Fault> {
        let plan = plan_of(row, requirements);
        let held = if plan.asks_units() { store::held(conn, row.year, row.id).await? } else { HashMap::new() };
        let terms = terms(conn, row).await?;
        Ok(Self { id: row.id, as_of: as_of(row, today), terms, held, plan })
    }

    /// The same, its requirements read too.
    pub(super) async fn load(conn: &impl ConnectionTrait, row: &programme::Model, today: Day) -> Result<Self, Fault> {
        let requirements = store::requirements(conn, &[row.id]).await?.remove(&row.id).unwrap_or_default();
        Self::of(conn, row, requirements, today).await
    }

    /// Whether nothing but what people earned decides how they stand.
    fn is_plain(&self) -> bool {
        self.terms.is_empty() && !self.plan.asks_units()
    }

    /// What is known of somebody of this unit.
    pub(super) fn place(&self, person: PersonId, unit: UnitId) -> Place<'_> {
        Place { term: self.terms.get(&person).copied().unwrap_or(Term::YEAR), held: self.held.get(&unit) }
    }

    /// What counts for a unit.
    pub(super) fn held_by(&self, unit: UnitId) -> Held {
        self.held.get(&unit).cloned().unwrap_or_default()
    }

    /// What of all that somebody earned in the year counts here.
    pub(super) fn toward(&self, earned: Option<&Vec<Earned>>) -> Vec<Earned> {
        self.plan.toward(earned.map_or(&[][..], Vec::as_slice), self.id)
    }

    /// How somebody of this unit stands, with all that they earned in the year.
    pub(super) fn figures(&self, person: PersonId, unit: UnitId, earned: Option<&Vec<Earned>>) -> Figures {
        self.plan.figures(&self.toward(earned), self.place(person, unit), self.as_of)
    }

    /// How somebody stands where nothing but what they earned matters.
    fn plain_figures(&self, earned: &[Earned]) -> Figures {
        self.plan.figures(&self.plan.toward(earned, self.id), Place { term: Term::YEAR, held: None }, self.as_of)
    }
}

/// For which months those are on a programme's roster who came to it or left it after it was frozen.
pub(super) async fn terms(
    conn: &impl ConnectionTrait,
    row: &programme::Model,
) -> Result<HashMap<PersonId, Term>, Fault> {
    let mut changes: HashMap<PersonId, Vec<(ChangeKind, Day)>> = HashMap::new();
    for made in org::amendments(conn, row.id.into()).await? {
        changes.entry(made.person_id).or_default().push((made.kind, made.from_on));
    }
    Ok(changes.into_iter().map(|(person, changes)| (person, term(row.year, &changes))).collect())
}

/// The months of a year that these changes leave, in their order: who leaves first was there from the beginning.
fn term(year: i32, changes: &[(ChangeKind, Day)]) -> Term {
    let mut since: Option<Option<Day>> = match changes.first() {
        Some((ChangeKind::Leaves, _)) => Some(None),
        _ => None,
    };
    let mut term = Term::NONE;
    for (kind, day) in changes {
        match kind {
            ChangeKind::Joins => since = Some(Some(*day)),
            ChangeKind::Leaves => {
                if let Some(from) = since.take() {
                    term = term.and(Term::of(year, from, Some(*day)));
                }
            }
        }
    }
    match since {
        Some(from) => term.and(Term::of(year, from, None)),
        None => term,
    }
}

/// Whose credit for a session has changed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change<'a> {
    /// All who are credited with it were credited just now.
    Closed,
    /// Theirs.
    Of(&'a [PersonId]),
}

/// States anew how people stand whose credit for a session has changed, or for whose unit it counts now or no more, in
/// every programme that it counts toward.
///
/// Where nothing but credits matters, what people stood at before a session was closed is computed from what they had
/// before, so that only those are read and written whose standing changes: few, of a session that is one of many.
pub(super) async fn restate(
    tx: &impl ConnectionTrait,
    session: &session::Model,
    change: Change<'_>,
    units: &HashSet<UnitId>,
    today: Day,
) -> Result<(), Fault> {
    let programmes: Vec<_> = store::hold_programmes(tx, session.year)
        .await?
        .into_iter()
        .filter(|p| p.status != ProgrammeStatus::Draft && session.programme_id.is_none_or(|only| only == p.id))
        .collect();
    if programmes.is_empty() {
        return Ok(());
    }
    let (year, credited) = (session.year, store::credited(tx, session.id).await?);
    let mut now = match change {
        Change::Closed => store::earnings(tx, year, Whose::CreditedAt(session.id)).await?,
        Change::Of(people) => {
            let mut earnings = store::earnings(tx, year, Whose::Among(people)).await?;
            for person in people {
                earnings.entry(*person).or_default();
            }
            earnings
        }
    };
    let ids: Vec<ProgrammeId> = programmes.iter().map(|p| p.id).collect();
    let mut requirements = store::requirements(tx, &ids).await?;
    for programme in programmes {
        let asked = requirements.remove(&programme.id).unwrap_or_default();
        let ground = Ground::of(tx, &programme, asked, today).await?;
        let subject = subject_of(programme.id);
        let mut changed: HashMap<PersonId, Figures> = HashMap::new();
        if ground.is_plain() {
            for (person, earned) in &now {
                let after = ground.plain_figures(earned);
                let credit = credited.get(person).map(|basis| Earned {
                    kind: session.kind,
                    programme_id: session.programme_id,
                    basis: *basis,
                    sessions: 1,
                    hours: session.credit_hours,
                });
                let same = match (change, credit) {
                    (Change::Closed, Some(credit)) => after == ground.plain_figures(&without(earned, &credit)),
                    _ => false,
                };
                if !same {
                    changed.insert(*person, after);
                }
            }
        } else {
            let standings = tally::standings(tx, subject, None).await?;
            let concerned: Vec<_> = standings
                .into_iter()
                .filter(|s| now.contains_key(&s.person_id) || units.contains(&s.unit_id))
                .collect();
            let others: Vec<PersonId> =
                concerned.iter().map(|s| s.person_id).filter(|person| !now.contains_key(person)).collect();
            now.extend(store::earnings(tx, year, Whose::Among(&others)).await?);
            for standing in concerned {
                let person = standing.person_id;
                let after = ground.figures(person, standing.unit_id, now.get(&person));
                if after != standing.figures {
                    changed.insert(person, after);
                }
            }
        }
        if !changed.is_empty() {
            tally::restate(tx, subject, &changed).await?;
        }
    }
    Ok(())
}

/// What these people were credited with in a year, and how they attended: what the log calls each, and all of it on which a
/// figure rests.
pub async fn facts_of(
    conn: &impl ConnectionTrait,
    year: i32,
    people: &[PersonId],
) -> Result<HashMap<PersonId, Vec<(String, serde_json::Value)>>, Fault> {
    store::facts(conn, year, people).await
}

/// A programme as the log calls it, with all that it asks.
pub async fn programme_facts(
    conn: &impl ConnectionTrait,
    id: ProgrammeId,
) -> Result<Vec<(String, serde_json::Value)>, Fault> {
    store::programme_facts(conn, id).await
}

/// The figures of everybody on a programme's roster, counted from the facts as of the day on which they were stated last;
/// what the tally holds must be the same.
pub async fn figures_of(
    conn: &impl ConnectionTrait,
    id: ProgrammeId,
    today: Day,
) -> Result<HashMap<PersonId, Figures>, Fault> {
    let Some(row) = store::programme(conn, id).await? else { return Ok(HashMap::new()) };
    let ground = Ground::load(conn, &row, row.due_stated_on.unwrap_or(today)).await?;
    let earnings = store::earnings(conn, row.year, Whose::All).await?;
    let standings = tally::standings(conn, subject_of(id), None).await?.into_iter();
    Ok(standings.map(|s| (s.person_id, ground.figures(s.person_id, s.unit_id, earnings.get(&s.person_id)))).collect())
}

/// States anew how everybody on a programme's roster stands. The programme must be held.
pub(super) async fn restate_all(
    tx: &impl ConnectionTrait,
    programme: &programme::Model,
    today: Day,
) -> Result<(), Fault> {
    let subject = subject_of(programme.id);
    let ground = Ground::load(tx, programme, today).await?;
    let earnings = store::earnings(tx, programme.year, Whose::All).await?;
    let changed: HashMap<PersonId, Figures> = tally::standings(tx, subject, None)
        .await?
        .into_iter()
        .filter_map(|standing| {
            let person = standing.person_id;
            let after = ground.figures(person, standing.unit_id, earnings.get(&person));
            (after != standing.figures).then_some((person, after))
        })
        .collect();
    if changed.is_empty() { Ok(()) } else { tally::restate(tx, subject, &changed).await }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_a_roster_leave_months() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let months = |changes: &[(ChangeKind, Day)]| term(2026, changes).months();
        let (joins, leaves) = (ChangeKind::Joins, ChangeKind::Leaves);
        assert_eq!(months(&[(joins, day("2026-03-10"))]), 10);
        assert_eq!(months(&[(leaves, day("2026-03-10"))]), 3);
        assert_eq!(months(&[(leaves, day("2026-05-04")), (joins, day("2026-05-04"))]), 12, "to another unit");
        assert_eq!(months(&[(leaves, day("2026-02-01")), (joins, day("2026-11-15"))]), 3, "gone and back");
        assert_eq!(months(&[(joins, day("2026-03-10")), (leaves, day("2026-03-20"))]), 1);
    }
}
