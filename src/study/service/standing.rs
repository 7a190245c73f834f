//! From credits to standings: stating who participated and who met what.

use std::collections::HashMap;

use entity::id::{PersonId, ProgrammeId};
use entity::instant::Day;
use entity::study::programme::{self, ProgrammeStatus};
use entity::study::session;
use sea_orm::ConnectionTrait;

use super::super::model::subject_of;
use super::super::requirement::{AsOf, Earned, Plan, Requirement, toward, with, without};
use super::super::store::{self, Earnings, Whose};
use crate::db::Fault;
use crate::tally::{self, Figures};

/// What a programme's row and its requirements ask.
pub(super) fn plan_of(row: &programme::Model, requirements: Vec<Requirement>) -> Plan {
    Plan { year: row.year, required_hours: row.required_hours, requirements }
}

/// Up to when a programme's requirements are looked at.
pub(super) fn as_of(row: &programme::Model, today: Day) -> AsOf {
    match row.status {
        ProgrammeStatus::Closed => AsOf::End,
        ProgrammeStatus::Draft | ProgrammeStatus::Published => AsOf::Day(today),
    }
}

/// Whose credit for a session has changed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// All who are credited with it were credited just now.
    Closed,
    /// Somebody was credited with it just now.
    Gained(PersonId),
    /// Somebody's credit for it was just taken back.
    Lost(PersonId),
}

/// States anew how people stand whose credit for a session has changed, in every programme that it counts toward.
///
/// What they stood at before is computed from what they had before, so that only those are read and written whose
/// standing changes: few, of a session that is one of many.
pub(super) async fn restate(
    tx: &impl ConnectionTrait,
    session: &session::Model,
    change: Change,
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
    let credit =
        Earned { kind: session.kind, programme_id: session.programme_id, sessions: 1, hours: session.credit_hours };
    let now = match change {
        Change::Closed => store::earnings(tx, session.year, Whose::CreditedAt(session.id)).await?,
        Change::Gained(person) | Change::Lost(person) => {
            let mut earnings = store::earnings(tx, session.year, Whose::Of(person)).await?;
            earnings.entry(person).or_default();
            earnings
        }
    };
    let ids: Vec<ProgrammeId> = programmes.iter().map(|p| p.id).collect();
    let mut requirements = store::requirements(tx, &ids).await?;
    for programme in programmes {
        let plan = plan_of(&programme, requirements.remove(&programme.id).unwrap_or_default());
        let as_of = as_of(&programme, today);
        let mut changed: HashMap<PersonId, Figures> = HashMap::new();
        for (person, earned) in &now {
            let now = toward(earned, programme.id);
            let before = match change {
                Change::Closed | Change::Gained(_) => without(&now, &credit),
                Change::Lost(_) => with(&now, &credit),
            };
            let after = plan.figures(&now, as_of);
            if after != plan.figures(&before, as_of) {
                changed.insert(*person, after);
            }
        }
        if !changed.is_empty() {
            tally::restate(tx, subject_of(programme.id), &changed).await?;
        }
    }
    Ok(())
}

/// States anew how everybody on a programme's roster stands. The programme must be held.
pub(super) async fn restate_all(
    tx: &impl ConnectionTrait,
    programme: &programme::Model,
    today: Day,
) -> Result<(), Fault> {
    let (id, subject) = (programme.id, subject_of(programme.id));
    let requirements = store::requirements(tx, &[id]).await?.remove(&id).unwrap_or_default();
    let (plan, as_of) = (plan_of(programme, requirements), as_of(programme, today));
    let earnings = store::earnings(tx, programme.year, Whose::All).await?;
    let changed: HashMap<PersonId, Figures> = tally::standings(tx, subject, None)
        .await?
        .into_iter()
        .map(|standing| (standing, figures(&plan, &earnings, id, as_of)))
        .filter_map(|(standing, figures)| {
            let after = figures(standing.person_id);
            (after != standing.figures).then_some((standing.person_id, after))
        })
        .collect();
    if changed.is_empty() { Ok(()) } else { tally::restate(tx, subject, &changed).await }
}

/// How each person stands toward a programme.
pub(super) fn figures<'a>(
    plan: &'a Plan,
    earnings: &'a Earnings,
    programme: ProgrammeId,
    as_of: AsOf,
) -> impl Fn(PersonId) -> Figures + 'a {
    move |person| {
        let earned = earnings.get(&person).map_or(&[][..], Vec::as_slice);
        plan.figures(&toward(earned, programme), as_of)
    }
}
