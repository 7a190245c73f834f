//! Queries over graded papers.

use entity::exam::attempt::{self, AttemptState};
use entity::id::{AttemptId, ExamId, PersonId};
use entity::points::Points;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};

use crate::db::Fault;

/// Which papers are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Which<'a> {
    /// Those that count for something: graded and not voided.
    Graded,
    /// All that have points, voided ones too, on which this item stands.
    Marked(&'a str),
}

/// A paper.
#[derive(Debug, FromQueryResult)]
pub(in super::super) struct Paper {
    pub(in super::super) id: AttemptId,
    pub(in super::super) person_id: PersonId,
    pub(in super::super) number: i32,
    pub(in super::super) points: Option<Points>,
    pub(in super::super) max_points: Points,
    /// Items and order of options, canonical JSON.
    pub(in super::super) items: String,
    /// What was answered, position by position.
    pub(in super::super) responses: Option<String>,
}

impl Paper {
    /// Its place among the papers of the exam.
    pub(in super::super) fn place(&self) -> (PersonId, i32) {
        (self.person_id, self.number)
    }
}

/// The papers of an exam after this place; a page of them, by person and number.
pub(in super::super) async fn after(
    conn: &impl ConnectionTrait,
    exam: ExamId,
    which: Which<'_>,
    place: Option<(PersonId, i32)>,
    limit: u64,
) -> Result<Vec<Paper>, Fault> {
    use attempt::Column::{ExamId, Id, Items, MaxPoints, Number, PersonId, Points, Responses, State};
    let mut query = attempt::Entity::find()
        .select_only()
        .columns([Id, PersonId, Number, Points, MaxPoints, Items, Responses])
        .filter(ExamId.eq(exam))
        .order_by_asc(PersonId)
        .order_by_asc(Number)
        .limit(limit);
    query = match which {
        Which::Graded => query.filter(State.eq(AttemptState::Graded)),
        // Canonical JSON: an item is written in one way alone.
        Which::Marked(item) => {
            query.filter(Points.is_not_null()).filter(Items.contains(format!("\"item\":\"{item}\"")))
        }
    };
    if let Some((person, number)) = place {
        // Said twice, so that both databases find the first of them by the index.
        let same = Condition::all().add(PersonId.eq(person)).add(Number.gt(number));
        query = query.filter(PersonId.gte(person)).filter(Condition::any().add(PersonId.gt(person)).add(same));
    }
    Ok(query.into_model().all(conn).await?)
}
