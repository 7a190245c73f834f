//! What is sealed: the manifest of draw.md, made from a blueprint and what its banks hold.

use std::collections::HashSet;

use entity::id::{ExamId, QuestionId};
use entity::instant::Instant;

use super::model::{SectionPlan, SectionRoom};
use crate::bank::QuestionVersion;
use crate::exam::draw::{Algorithm, Manifest, PoolItem, Secret, Section, Stock, declared_facility_permille, rooms};

/// The manifest of an exam that is sealed at this moment.
pub(super) fn manifest(
    exam: ExamId,
    at: Instant,
    secret: &Secret,
    plans: &[SectionPlan],
    pool: Vec<PoolItem>,
) -> Manifest {
    Manifest {
        algorithm: Algorithm::Draw1,
        exam: exam.to_string(),
        sealed_at: at.to_string(),
        commitment: secret.commitment(),
        beacon_rule: None,
        balance: None,
        sections: sections(plans),
        pool,
    }
}

/// The sections as the draw knows them, named by their places.
pub(super) fn sections(plans: &[SectionPlan]) -> Vec<Section> {
    let section = |(place, plan): (usize, &SectionPlan)| Section {
        section: place.to_string(),
        kind: plan.kind,
        topics: plan.topics.clone(),
        difficulties: plan.difficulties.clone(),
        count: u32::try_from(plan.count).expect("a blueprint's counts lie between 1 and 200"),
        points_each_hundredths: u32::try_from(plan.points_each.0).expect("a blueprint's points are at most 1000"),
    };
    (1..).zip(plans).map(section).collect()
}

/// The questions that some section can take, in the manifest's order, without those whose key is out.
pub(super) fn pool(
    questions: Vec<QuestionVersion>,
    sections: &[Section],
    shown: &HashSet<QuestionId>,
) -> Vec<PoolItem> {
    let wanted = |q: &QuestionVersion| {
        let taken = sections.iter().any(|s| s.takes(q.content.kind, &q.topic, q.difficulty));
        taken && !shown.contains(&q.question_id)
    };
    let mut pool: Vec<PoolItem> = questions.into_iter().filter(wanted).map(item).collect();
    pool.sort_by(|a, b| a.item.cmp(&b.item));
    pool
}

fn item(question: QuestionVersion) -> PoolItem {
    let (item, digest) = (question.item(), question.content.digest(&question.salt));
    let options = question.content.options;
    PoolItem {
        item,
        digest,
        kind: question.content.kind,
        topic: question.topic,
        difficulty: question.difficulty,
        facility_permille: declared_facility_permille(question.difficulty),
        pinned: options.iter().filter(|o| o.pinned).map(|o| o.id.clone()).collect(),
        options: options.into_iter().map(|o| o.id).collect(),
        group: question.group,
    }
}

/// The room of each section of a blueprint in a pool.
pub(super) fn section_rooms(plans: &[SectionPlan], sections: &[Section], pool: &[PoolItem]) -> Vec<SectionRoom> {
    let stock: Vec<Stock<'_>> = pool.iter().map(Stock::from).collect();
    let room = |((position, plan), room): ((usize, &SectionPlan), crate::exam::draw::Room)| SectionRoom {
        position,
        title: plan.title.clone(),
        count: plan.count,
        room: room.room,
        lacks: room.lacks,
    };
    (1..).zip(plans).zip(rooms(sections, &stock)).map(room).collect()
}

#[cfg(test)]
mod tests {
    use entity::exam::section::Scoring;
    use entity::id::AccountId;
    use entity::instant::Day;
    use entity::points::Points;
    use uuid::Uuid;

    use super::*;
    use crate::bank::{Answer, Choice, Citation, Content, Difficulty, Kind, Salt};
    use crate::exam::draw::Sealed;

    fn question(n: u128, topic: &str, difficulty: Difficulty, pinned: bool) -> QuestionVersion {
        let choice = |i: u8| Choice { id: format!("o{i}"), text: format!("选项{i}"), pinned: pinned && i == 3 };
        QuestionVersion {
            question_id: QuestionId(Uuid::from_u128(n)),
            version: 2,
            topic: topic.into(),
            difficulty,
            group: None,
            content: Content {
                kind: Kind::Single,
                stem: format!("第{n}题"),
                options: (0..4).map(choice).collect(),
                answer: Answer::Options(["o1".to_owned()].into()),
            },
            salt: Salt::from_bytes([7; 32]),
            explanation: String::new(),
            citation: Citation {
                law: "宪法".into(),
                article: "第一条".into(),
                law_version: "2018".into(),
                verified_on: Day::new(2026, 1, 1).unwrap(),
            },
            author_id: AccountId(Uuid::nil()),
            created_at: Instant(0),
        }
    }

    fn plan(topics: &[&str], count: i32) -> SectionPlan {
        SectionPlan {
            title: "单项选择题".into(),
            kind: Kind::Single,
            topics: topics.iter().map(|t| (*t).to_owned()).collect(),
            difficulties: vec![],
            count,
            points_each: Points(150),
            scoring: Scoring::AllOrNothing,
        }
    }

    #[test]
    fn a_seal_is_what_the_draw_wants() {
        let questions = vec![
            question(3, "宪法", Difficulty::Hard, true),
            question(1, "宪法", Difficulty::Easy, false),
            question(2, "民法典", Difficulty::Medium, false),
        ];
        let plans = [plan(&["宪法"], 2)];
        let drawn = sections(&plans);
        let pool = pool(questions, &drawn, &HashSet::new());
        // What no section takes is no part of it, and what is lies in order.
        let items: Vec<_> = pool.iter().map(|p| (p.item.as_str(), p.facility_permille)).collect();
        let (one, three) = (format!("{}@2", Uuid::from_u128(1)), format!("{}@2", Uuid::from_u128(3)));
        assert_eq!(items, [(one.as_str(), 800), (three.as_str(), 500)]);
        assert_eq!(pool[1].pinned, ["o3"]);
        let secret = Secret::from_bytes([1; 32]);
        let exam = ExamId(Uuid::from_u128(9));
        let manifest = manifest(exam, Instant(0), &secret, &plans, pool);
        assert_eq!(manifest.sealed_at, "1970-01-01T00:00:00.000Z");
        let sealed = Sealed::new(manifest, &secret, None).unwrap();
        assert_eq!(sealed.paper(&crate::exam::draw::candidate("e", "p"), 1).items.len(), 2);
    }

    #[test]
    fn what_was_shown_is_left_out() {
        let questions: Vec<_> = (1..=3).map(|n| question(n, "宪法", Difficulty::Easy, false)).collect();
        let plans = [plan(&[], 2), plan(&["宪法"], 1)];
        let drawn = sections(&plans);
        let shown = HashSet::from([QuestionId(Uuid::from_u128(2))]);
        let pool = pool(questions, &drawn, &shown);
        let rooms = section_rooms(&plans, &drawn, &pool);
        let found: Vec<_> = rooms.iter().map(|r| (r.position, r.room, r.lacks)).collect();
        assert_eq!(found, [(1, 2, 0), (2, 0, 1)]);
    }
}
