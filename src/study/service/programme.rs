//! Programmes: publishing, closing, and how far they have come.

use std::collections::HashMap;
use std::sync::Arc;

use entity::auth::grant::Role;
use entity::id::{ProgrammeId, UnitId};
use entity::instant::{Day, Instant};
use entity::org::roster_row::SubjectKind;
use entity::study::programme::{self, ProgrammeStatus};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::super::model::{
    Programme, ProgrammeCounts, ProgrammeFilter, ProgrammeSubject, Progress, UnitProgress, subject_of,
};
use super::super::requirement::Requirement;
use super::super::store::{self, ProgrammeReach, Whose};
use super::standing::{Ground, plan_of, restate_all};
use super::{Study, StudyError, WATCHERS, programme_subject, tops};
use crate::auth::{Caller, Denied, READERS, authorise};
use crate::db::Fault;
use crate::kernel::page::{Page, PageRequest};
use crate::log;
use crate::org::{self, Audience};
use crate::tally::{self, Figure, Standing};

/// The published and closed programmes of a year, whoever's they are.
pub async fn programmes_in(conn: &impl ConnectionTrait, year: i32) -> Result<Vec<ProgrammeSubject>, Fault> {
    Ok(store::programmes_of(conn, year).await?.into_iter().map(Into::into).collect())
}

/// The published and closed programmes of a year and of all years before, whoever's they are.
pub async fn programmes_up_to(conn: &impl ConnectionTrait, year: i32) -> Result<Vec<ProgrammeSubject>, Fault> {
    Ok(store::programmes_up_to(conn, year).await?.into_iter().map(Into::into).collect())
}

/// The programmes of a year that are published and not yet closed, of a unit or one below it.
pub async fn open_programmes(
    conn: &impl ConnectionTrait,
    year: i32,
    top: UnitId,
) -> Result<Vec<ProgrammeSubject>, Fault> {
    Ok(store::open_programmes_of(conn, year, top).await?.into_iter().map(Into::into).collect())
}

/// Closes the programmes of a year that are still open, of a unit or one below it, within the act that closes the
/// year and logs it. Returns those that it closed.
pub async fn close_with_year(
    tx: &impl ConnectionTrait,
    year: i32,
    top: UnitId,
    at: Instant,
    today: Day,
) -> Result<Vec<ProgrammeId>, Fault> {
    store::hold_programmes(tx, year).await?;
    let mut closed = Vec::new();
    for mut row in store::open_programmes_of(tx, year, top).await? {
        if close(tx, &mut row, at, today).await? {
            closed.push(row.id);
        }
    }
    Ok(closed)
}

/// Closes a programme that is held: from now on all of it is due. False if it was not open.
async fn close(tx: &impl ConnectionTrait, row: &mut programme::Model, at: Instant, today: Day) -> Result<bool, Fault> {
    if !store::set_closed(tx, row.id, at).await? {
        return Ok(false);
    }
    row.status = ProgrammeStatus::Closed;
    row.closed_at = Some(at);
    org::close_roster(tx, SubjectKind::Programme, row.id.into(), at).await?;
    restate_all(tx, row, today).await?;
    Ok(true)
}

impl Study {
    /// The programmes of the caller's units, and published ones of units above or below that concern them.
    pub async fn programmes(
        &self,
        caller: &Caller,
        filter: &ProgrammeFilter,
        page: &PageRequest,
    ) -> Result<Page<Programme>, StudyError> {
        let conn = self.core.db.read();
        let found = store::programmes(conn, &self.programme_reach(caller)?, filter, page).await?;
        let next_cursor = found.next_cursor.clone();
        Ok(Page { items: with_requirements(conn, found.items).await?, next_cursor })
    }

    /// One programme within the caller's reach.
    pub async fn programme(&self, caller: &Caller, id: ProgrammeId) -> Result<Programme, StudyError> {
        let conn = self.core.db.read();
        let row = store::programme_within(conn, id, &self.programme_reach(caller)?).await?.ok_or(Denied::NotFound)?;
        Ok(with_requirements(conn, vec![row]).await?.pop().ok_or(Denied::NotFound)?)
    }

    pub(super) fn programme_reach(&self, caller: &Caller) -> Result<ProgrammeReach, StudyError> {
        let now = self.core.now();
        Ok(ProgrammeReach { managed: tops(caller, READERS, now), concerned: caller.scope(WATCHERS, now)?.0 })
    }

    /// A programme of a unit that the caller coordinates.
    pub(super) async fn managed_programme(
        &self,
        caller: &Caller,
        id: ProgrammeId,
    ) -> Result<programme::Model, StudyError> {
        let conn = self.core.db.read();
        // Those who may not even look at it learn nothing of it.
        store::programme_within(conn, id, &self.programme_reach(caller)?).await?.ok_or(Denied::NotFound)?;
        let row = store::programme(conn, id).await?.ok_or(Denied::NotFound)?;
        match authorise::<StudyError>(conn, caller, &[Role::Coordinator], row.unit_id, self.core.now()).await {
            Err(StudyError::Denied(_)) => Err(Denied::Forbidden.into()),
            other => other.map(|()| row),
        }
    }

    /// Freezes the roster of a draft and states what everybody on it owes; credits of the year that were earned before
    /// count. Returns how many are expected. By a coordinator of its unit.
    pub async fn publish_programme(&self, caller: &Caller, id: ProgrammeId) -> Result<usize, StudyError> {
        let (now, today) = (self.core.now(), self.core.today());
        let row = self.managed_programme(caller, id).await?;
        let audience = Arc::new(Audience::from_text(&row.audience)?);
        let entry =
            self.entry(&caller.actor(), "study.publish_programme", programme_subject(id), row.unit_id, json!({}));
        self.core
            .db
            .tx("study.publish_programme", |tx| {
                let (mut row, mut entry, audience) = (row.clone(), entry.clone(), Arc::clone(&audience));
                Box::pin(async move {
                    // Sessions of the year that are being closed right now finish first: their credits count.
                    store::hold_running(tx, row.year).await?;
                    store::hold_programmes(tx, row.year).await?;
                    if !store::set_published(tx, id, now, today).await? {
                        return Err(StudyError::WrongState);
                    }
                    row.status = ProgrammeStatus::Published;
                    let members = org::freeze(tx, SubjectKind::Programme, id.into(), &audience, today, now).await?;
                    let ground = Ground::load(tx, &row, today).await?;
                    let earnings = store::earnings(tx, row.year, Whose::All).await?;
                    let expected = members.len();
                    let standings = members
                        .into_iter()
                        .map(|member| Standing {
                            figures: ground.figures(member.person_id, member.unit_id, earnings.get(&member.person_id)),
                            person_id: member.person_id,
                            unit_id: member.unit_id,
                            categories: member.categories,
                        })
                        .collect();
                    tally::owe(tx, subject_of(id), standings).await?;
                    entry.data = json!({ "expected": expected });
                    log::append(tx, entry).await?;
                    Ok(expected)
                })
            })
            .await
    }

    /// Closes a published programme: from now on all of it is due. Refused while a session that names it is open. By a
    /// coordinator of its unit.
    pub async fn close_programme(&self, caller: &Caller, id: ProgrammeId) -> Result<(), StudyError> {
        let (now, today) = (self.core.now(), self.core.today());
        let row = self.managed_programme(caller, id).await?;
        let entry = self.entry(&caller.actor(), "study.close_programme", programme_subject(id), row.unit_id, json!({}));
        self.core
            .db
            .tx("study.close_programme", |tx| {
                let (mut row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    store::hold_programmes(tx, row.year).await?;
                    let open = store::open_sessions_toward(tx, id).await?;
                    if !open.is_empty() {
                        return Err(StudyError::StillOpen(open.join("、")));
                    }
                    if !close(tx, &mut row, now, today).await? {
                        return Err(StudyError::WrongState);
                    }
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await
    }

    /// How far the people of a programme have come, those within the caller's units.
    pub async fn progress(&self, caller: &Caller, id: ProgrammeId) -> Result<Progress, StudyError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let row = store::programme_within(conn, id, &self.programme_reach(caller)?).await?.ok_or(Denied::NotFound)?;
        // Grants may lie within each other: each unit once.
        let mut by_unit: HashMap<UnitId, ProgrammeCounts> = HashMap::new();
        let shown = [Figure::Expected, Figure::Participated, Figure::Completed, Figure::CompletedDue];
        for top in caller.scope(WATCHERS, now)?.0 {
            for (_, unit, figures) in tally::counts(conn, &[subject_of(row.id)], top, None, &shown).await? {
                let counts = ProgrammeCounts {
                    expected: figures.expected,
                    participated: figures.participated,
                    completed: figures.completed,
                    completed_due: figures.completed_due,
                };
                by_unit.insert(unit, counts);
            }
        }
        let ground = Ground::load(conn, &row, self.core.today()).await?;
        let ids: Vec<UnitId> = by_unit.keys().copied().collect();
        let mut names = self.org.unit_names(&ids).await?;
        let mut total = ProgrammeCounts::default();
        let mut units: Vec<UnitProgress> = Vec::with_capacity(by_unit.len());
        for (unit_id, counts) in by_unit {
            total.expected += counts.expected;
            total.participated += counts.participated;
            total.completed += counts.completed;
            total.completed_due += counts.completed_due;
            units.push(UnitProgress {
                unit_id,
                unit_name: names.remove(&unit_id).unwrap_or_default(),
                counts,
                requirements: ground.plan.of_unit(&ground.held_by(unit_id), ground.as_of),
            });
        }
        units.sort_by_key(|unit| unit.unit_id);
        Ok(Progress { programme_id: id, as_of: now, total, units })
    }
}

async fn with_requirements(
    conn: &impl ConnectionTrait,
    rows: Vec<programme::Model>,
) -> Result<Vec<Programme>, StudyError> {
    let ids: Vec<ProgrammeId> = rows.iter().map(|row| row.id).collect();
    let mut requirements = store::requirements(conn, &ids).await?;
    let shown = rows.into_iter().map(|row| {
        let asked = requirements.remove(&row.id).unwrap_or_default();
        shown(row, asked)
    });
    Ok(shown.collect::<Result<_, _>>()?)
}

pub(super) fn shown(row: programme::Model, requirements: Vec<Requirement>) -> Result<Programme, Fault> {
    Ok(Programme {
        id: row.id,
        audience: Audience::from_text(&row.audience)?,
        plan: plan_of(&row, requirements),
        title: row.title,
        unit_id: row.unit_id,
        status: row.status,
        published_at: row.published_at,
        closed_at: row.closed_at,
        created_at: row.created_at,
        version: row.version,
    })
}
