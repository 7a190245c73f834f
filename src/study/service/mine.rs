//! What an official sees of their own study.

use entity::id::ProgrammeId;
use entity::instant::Millis;
use entity::org::roster_row::SubjectKind;
use uuid::Uuid;

use super::super::model::{OwnProgress, Session};
use super::super::requirement::{earned_hours, toward};
use super::super::store::{self, Whose};
use super::standing::{as_of, plan_of};
use super::{Study, StudyError};
use crate::auth::Caller;
use crate::org;

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

    /// How far the caller has come with the programmes of a year on whose roster they stand.
    pub async fn my_progress(&self, caller: &Caller, year: i32) -> Result<Vec<OwnProgress>, StudyError> {
        let (conn, person, today) = (self.core.db.read(), caller.person()?, self.core.today());
        let rosters = org::rosters_of(conn, SubjectKind::Programme, person).await?;
        let ids = rosters.into_iter().map(|subject| ProgrammeId(Uuid::from(subject))).collect();
        let rows = store::programmes_among(conn, ids, year).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<ProgrammeId> = rows.iter().map(|row| row.id).collect();
        let mut requirements = store::requirements(conn, &ids).await?;
        let earned = store::earnings(conn, year, Whose::Of(person)).await?.remove(&person).unwrap_or_default();
        Ok(rows
            .into_iter()
            .map(|row| {
                let plan = plan_of(&row, requirements.remove(&row.id).unwrap_or_default());
                let (earned, as_of) = (toward(&earned, row.id), as_of(&row, today));
                let figures = plan.figures(&earned, as_of);
                OwnProgress {
                    programme_id: row.id,
                    requirements: plan.progress(&earned, as_of),
                    title: row.title,
                    year: row.year,
                    status: row.status,
                    required_hours: row.required_hours,
                    hours: earned_hours(&earned),
                    completed: figures.completed == 1,
                    completed_due: figures.completed_due == 1,
                }
            })
            .collect())
    }
}
