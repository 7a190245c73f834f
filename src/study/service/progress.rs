//! How far the people of a programme have come, one by one, and what each lacks.

use entity::id::{PersonId, ProgrammeId, SubjectId};

use super::super::model::{PeopleProgressFilter, PersonProgress, subject_of};
use super::super::store::{self, Whose};
use super::mine::own_progress;
use super::standing::Ground;
use super::{Study, StudyError, WATCHERS};
use crate::auth::{Caller, Denied, meant_unit};
use crate::kernel::page::{Page, PageRequest};
use crate::org;
use crate::tally::{self, Behind, Counted, Figure};

impl Study {
    /// How far the people of a programme have come, those of a unit with its subtree, by person. Without a unit those of
    /// the caller's own, if they are one subtree.
    pub async fn people_progress(
        &self,
        caller: &Caller,
        id: ProgrammeId,
        filter: &PeopleProgressFilter,
        page: &PageRequest,
    ) -> Result<Page<PersonProgress>, StudyError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let row = store::programme_within(conn, id, &self.programme_reach(caller)?).await?.ok_or(Denied::NotFound)?;
        let top = meant_unit::<StudyError>(conn, caller, WATCHERS, filter.unit_id, now).await?;
        let counted = match (filter.lacking, filter.lacking_due) {
            (_, true) => Counted::Between(Figure::Expected, Figure::CompletedDue),
            (true, false) => Counted::Between(Figure::Expected, Figure::Completed),
            (false, false) => Counted::In(Figure::Expected),
        };
        let behind = Behind { subjects: &[subject_of(id)], top, category: None, counted };
        let found = tally::people_behind(conn, behind, page).await?;
        let people: Vec<PersonId> = found.items.iter().map(|(_, standing)| standing.person_id).collect();
        let earned = store::earnings(conn, row.year, Whose::Among(&people)).await?;
        let subject: SubjectId = id.into();
        let mut names = org::roster_names(conn, &[subject], &people).await?;
        let ground = Ground::load(conn, &row, self.core.today()).await?;
        Ok(found.map(|(_, standing)| {
            let (person_id, unit_id) = (standing.person_id, standing.unit_id);
            PersonProgress {
                person_id,
                person_name: names.remove(&(subject, person_id)).unwrap_or_default(),
                unit_id,
                months: ground.place(person_id, unit_id).term.months(),
                progress: own_progress(row.clone(), &ground, person_id, unit_id, earned.get(&person_id)),
            }
        }))
    }
}
