//! The attempts behind figures, as they stand in the database.

use std::collections::HashMap;

use entity::exam::{attempt, exam, exemption};
use entity::id::{ExamId, PersonId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde_json::{Value, json};

use crate::db::Fault;

/// The attempts of these people in a main exam and its make-ups, whatever became of them, and what they asked to be excused
/// from: what the log calls each, and all of it on which a figure rests.
pub async fn attempt_facts(
    conn: &impl ConnectionTrait,
    main: ExamId,
    people: &[PersonId],
) -> Result<HashMap<PersonId, Vec<(String, Value)>>, Fault> {
    let family = exam::Entity::find()
        .select_only()
        .column(exam::Column::Id)
        .filter(Condition::any().add(exam::Column::Id.eq(main)).add(exam::Column::MakesUpExamId.eq(main)))
        .into_query();
    let mut facts: HashMap<PersonId, Vec<(String, Value)>> = HashMap::new();
    for people in people.chunks(2_000) {
        let rows = attempt::Entity::find()
            .filter(attempt::Column::ExamId.in_subquery(family.clone()))
            .filter(attempt::Column::PersonId.is_in(people.iter().copied()))
            .order_by_asc(attempt::Column::Id)
            .all(conn)
            .await?;
        for row in rows {
            let fact = json!({
                "exam": row.exam_id, "number": row.number, "state": row.state, "started_at": row.started_at,
                "deadline": row.deadline, "submitted_at": row.submitted_at, "by_server": row.by_server, "k": row.k,
                "paper": row.paper_digest, "points": row.points.map(|p| p.0), "max_points": row.max_points.0,
                "answered": row.answered, "void_kind": row.void_kind,
            });
            facts.entry(row.person_id).or_default().push((format!("attempt:{}", row.id), fact));
        }
        let asked = exemption::Entity::find()
            .filter(exemption::Column::ExamId.eq(main))
            .filter(exemption::Column::PersonId.is_in(people.iter().copied()))
            .order_by_asc(exemption::Column::Id)
            .all(conn)
            .await?;
        for row in asked {
            let fact = json!({
                "kind": row.kind, "state": row.state, "late": row.late, "ground": row.ground, "decision": row.decision,
                "supported": row.supported, "opinion": row.opinion, "asked_by": row.asked_by,
                "decided_by": row.decided_by, "decided_at": row.decided_at, "attachment": row.attachment_id,
            });
            facts.entry(row.person_id).or_default().push((format!("exemption:{}", row.id), fact));
        }
    }
    Ok(facts)
}

/// A main exam and its make-ups, each as the log calls it, with that on which figures rest.
pub async fn family_facts(conn: &impl ConnectionTrait, main: ExamId) -> Result<Vec<(String, Value)>, Fault> {
    let rows = exam::Entity::find()
        .filter(Condition::any().add(exam::Column::Id.eq(main)).add(exam::Column::MakesUpExamId.eq(main)))
        .order_by_asc(exam::Column::Id)
        .all(conn)
        .await?;
    let fact = |row: exam::Model| {
        let fact = json!({
            "year": row.year, "kind": row.kind, "pass": row.pass_points.0,
            "excellence": row.excellence_points.map(|p| p.0), "scoring": row.attempt_scoring,
            "makes_up": row.makes_up_exam_id, "manifest": row.manifest_digest,
        });
        (format!("exam:{}", row.id), fact)
    };
    Ok(rows.into_iter().map(fact).collect())
}
