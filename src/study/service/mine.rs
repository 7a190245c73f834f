//! What an official sees of their own study.

use entity::id::{PersonId, ProgrammeId, SessionId, UnitId};
use entity::instant::{Instant, Millis};
use entity::org::roster_row::SubjectKind;
use entity::study::programme;
use uuid::Uuid;

use super::super::model::{Attended, OwnProgress, Session, subject_of};
use super::super::requirement::{Earned, earned_hours};
use super::super::store::{self, Whose};
use super::standing::Ground;
use super::{Study, StudyError};
use crate::auth::Caller;
use crate::org;
use crate::tally;

/// How long a closed session is shown among what is due.
const RECENT: Millis = Millis(30 * 24 * 3600 * 1000);

impl Study {
    /// The caller's own sessions in order of time: those they are invited to, those that run, and those that were
    /// closed within the last 30 days.
    pub async fn my_sessions(&self, caller: &Caller) -> Result<Vec<Session>, StudyError> {
        let (conn, person) = (self.core.db.read(), caller.person()?);
        let mut rows = store::attended(conn, person, self.core.now() - RECENT).await?;
        rows.extend(self.invitations(conn, caller).await?);
        rows.sort_by_key(|row| (row.starts_at, row.id));
        self.with_details(conn, caller, rows).await
    }

    /// The caller's own sessions that end at `since` or later, in order of time: all on whose roster they stand, those to
    /// which they are invited, and those that were called off before their roster was frozen.
    pub async fn my_calendar(&self, caller: &Caller, since: Instant) -> Result<Vec<Session>, StudyError> {
        let (conn, person) = (self.core.db.read(), caller.person()?);
        let mut rows = store::on_roster_of(conn, person, since).await?;
        let called_off = store::called_off(conn, since).await?;
        rows.extend(self.invitations(conn, caller).await?);
        rows.extend(self.meant_for(conn, caller, called_off).await?);
        rows.sort_by_key(|row| (row.starts_at, row.id));
        self.with_details(conn, caller, rows).await
    }

    /// The sessions of a year on whose roster somebody stands, as they see them, and how far they have come with its
    /// programmes. For the person, and for those who read the roster of their unit; whoever asks must have been let in.
    pub async fn record(&self, person: PersonId, year: i32) -> Result<(Vec<Attended>, Vec<OwnProgress>), StudyError> {
        let conn = self.core.db.read();
        let rows = store::attended_in(conn, person, year).await?;
        let ids: Vec<SessionId> = rows.iter().map(|row| row.id).collect();
        let mut own = store::attendance_of(conn, &ids, person).await?;
        let credited = store::credits_of(conn, person, year).await?;
        let rows = rows.into_iter().filter_map(|row| {
            let own = own.remove(&row.id)?;
            Some(Attended {
                session_id: row.id,
                title: row.title,
                kind: row.kind,
                status: row.status,
                starts_at: row.starts_at,
                place: row.place,
                entered_afterwards: row.entered_afterwards,
                attendance: own.status,
                studied: own.studied,
                earned: credited.get(&row.id).map(|_| row.credit_hours).unwrap_or_default(),
            })
        });
        Ok((rows.collect(), self.progress_of(person, year).await?))
    }

    /// How far the caller has come with the programmes of a year on whose roster they stand.
    pub async fn my_progress(&self, caller: &Caller, year: i32) -> Result<Vec<OwnProgress>, StudyError> {
        self.progress_of(caller.person()?, year).await
    }

    async fn progress_of(&self, person: PersonId, year: i32) -> Result<Vec<OwnProgress>, StudyError> {
        let (conn, today) = (self.core.db.read(), self.core.today());
        let rosters = org::rosters_of(conn, SubjectKind::Programme, person).await?;
        let ids = rosters.into_iter().map(|subject| ProgrammeId(Uuid::from(subject))).collect();
        let rows = store::programmes_among(conn, ids, year).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut progress = Vec::with_capacity(rows.len());
        let earned = store::earnings(conn, year, Whose::Of(person)).await?.remove(&person);
        for row in rows {
            let ground = Ground::load(conn, &row, today).await?;
            // Who has left the roster altogether owes nothing.
            let Some(standing) = tally::standings(conn, subject_of(row.id), Some(&[person])).await?.pop() else {
                continue;
            };
            progress.push(own_progress(row, &ground, person, standing.unit_id, earned.as_ref()));
        }
        Ok(progress)
    }
}

/// How far somebody of this unit has come with a programme, with all that they earned in the year.
pub(super) fn own_progress(
    row: programme::Model,
    ground: &Ground,
    person: PersonId,
    unit: UnitId,
    earned: Option<&Vec<Earned>>,
) -> OwnProgress {
    let (mine, place) = (ground.toward(earned), ground.place(person, unit));
    let figures = ground.figures(person, unit, earned);
    OwnProgress {
        programme_id: row.id,
        requirements: ground.plan.progress(&mine, place, ground.as_of),
        title: row.title,
        year: row.year,
        status: row.status,
        required_hours: ground.plan.hours_of(place.term),
        hours: earned_hours(&mine),
        completed: figures.completed == 1,
        completed_due: figures.completed_due == 1,
    }
}
