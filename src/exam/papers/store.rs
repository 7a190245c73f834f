//! Queries over graded papers.

use std::collections::HashMap;

use entity::exam::attempt::{self, AttemptState};
use entity::exam::save;
use entity::id::{AttemptId, ExamId, PersonId};
use entity::points::Points;
use sea_orm::sea_query::{Expr, ExprTrait, TableRef, ValueTuple};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Value,
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
    use attempt::Column::{ExamId, Id, Items, MaxPoints, Number, PersonId, Points, State};
    let mut query = attempt::Entity::find()
        .select_only()
        .columns([Id, PersonId, Number, Points, MaxPoints, Items])
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

/// By attempt and position the response that counts, as it is kept.
pub(in super::super) type Answers = HashMap<AttemptId, HashMap<i32, String>>;

/// The responses that count on these papers.
pub(in super::super) async fn answers(conn: &impl ConnectionTrait, ids: &[AttemptId]) -> Result<Answers, Fault> {
    let rows: Vec<(AttemptId, i32, i32, String)> = save::Entity::find()
        .select_only()
        .columns([save::Column::AttemptId, save::Column::Position, save::Column::Seq, save::Column::Response])
        .filter(save::Column::AttemptId.is_in(ids.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?;
    let mut highest: HashMap<AttemptId, HashMap<i32, (i32, String)>> = HashMap::with_capacity(ids.len());
    for (id, position, seq, response) in rows {
        let answers = highest.entry(id).or_default();
        if answers.get(&position).is_none_or(|(known, _)| *known < seq) {
            answers.insert(position, (seq, response));
        }
    }
    let responses = |answers: HashMap<i32, (i32, String)>| answers.into_iter().map(|(p, (_, r))| (p, r)).collect();
    Ok(highest.into_iter().map(|(id, answers)| (id, responses(answers))).collect())
}

/// The response that counts at one position of each of these papers; none where there is none.
pub(in super::super) async fn answers_at(
    conn: &impl ConnectionTrait,
    places: &[(AttemptId, i32)],
) -> Result<HashMap<AttemptId, String>, Fault> {
    const LIST: &str = "list";
    if places.is_empty() {
        return Ok(HashMap::new());
    }
    let list = places.iter().map(|(id, position)| -> Vec<Value> { vec![(*id).into(), (*position).into()] });
    let list = TableRef::ValuesList(list.map(ValueTuple::Many).collect(), LIST.into());
    let mut query = save::Entity::find().select_only().columns([
        save::Column::AttemptId,
        save::Column::Seq,
        save::Column::Response,
    ]);
    // Joined rather than looked up with IN: so SQLite too uses both columns of the key.
    QuerySelect::query(&mut query).inner_join(
        list,
        Condition::all()
            .add(Expr::col((save::Entity, save::Column::AttemptId)).equals((LIST, "column1")))
            .add(Expr::col((save::Entity, save::Column::Position)).equals((LIST, "column2"))),
    );
    let rows: Vec<(AttemptId, i32, String)> = query.into_tuple().all(conn).await?;
    let mut highest: HashMap<AttemptId, (i32, String)> = HashMap::with_capacity(rows.len());
    for (id, seq, response) in rows {
        if highest.get(&id).is_none_or(|(known, _)| *known < seq) {
            highest.insert(id, (seq, response));
        }
    }
    Ok(highest.into_iter().map(|(id, (_, response))| (id, response)).collect())
}
