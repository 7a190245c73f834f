//! People who would have to sit two exams at once.

use std::collections::{HashMap, HashSet};

use entity::exam::exam;
use entity::id::{ExamId, PersonId};
use sea_orm::ConnectionTrait;

use super::super::model::Overlap;
use super::super::{state, store};
use super::{ExamError, Exams};
use crate::auth::Caller;
use crate::db::Fault;
use crate::org::{RosterMember, roster, roster_people};

/// How many people are named of each exam.
const NAMED: usize = 20;

impl Exams {
    /// The other sealed exams that are held while this one is, with the people who are on both rosters: of a draft those
    /// who would be on its own. By a coordinator of its unit.
    pub async fn overlaps(&self, caller: &Caller, id: ExamId) -> Result<Vec<Overlap>, ExamError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let row = self.managed(conn, caller, id).await?;
        let draft = row.status == entity::exam::exam::ExamStatus::Draft;
        let plan = store::whole(conn, row.clone(), now).await?.blueprint;
        let members = match plan.makes_up {
            // Whose main exam has not closed, or has been deleted, is told of when it is sealed.
            Some(main) if draft => {
                let closed = store::exam(conn, main).await?.is_some_and(|main| state::may_be_made_up(main.status));
                if closed { self.candidates_of(conn, &plan).await? } else { Vec::new() }
            }
            _ if draft => self.candidates_of(conn, &plan).await?,
            _ => roster(conn, id.into(), None).await?,
        };
        Ok(overlaps(conn, &row, &members).await?)
    }
}

/// Those of an exam with this roster.
pub(super) async fn overlaps(
    conn: &impl ConnectionTrait,
    row: &exam::Model,
    members: &[RosterMember],
) -> Result<Vec<Overlap>, Fault> {
    let own: HashMap<PersonId, &RosterMember> = members.iter().map(|m| (m.person_id, m)).collect();
    let mut found = Vec::new();
    for other in store::held_meanwhile(conn, row.id, (row.opens_at, row.closes_at)).await? {
        let theirs: HashSet<PersonId> = roster_people(conn, other.id.into(), None).await?.into_iter().collect();
        let mut both: Vec<&RosterMember> =
            own.iter().filter(|(person, _)| theirs.contains(person)).map(|(_, member)| *member).collect();
        if both.is_empty() {
            continue;
        }
        both.sort_by_key(|m| m.person_id);
        found.push(Overlap {
            exam_id: other.id,
            title: other.title,
            opens_at: other.opens_at,
            closes_at: other.closes_at,
            people: both.len(),
            names: both.iter().take(NAMED).map(|m| m.person_name.clone()).collect(),
        });
    }
    Ok(found)
}
