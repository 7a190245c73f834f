//! What is sealed: the manifest of draw.md, made from a blueprint and what its banks hold.

use std::collections::{HashMap, HashSet};

use entity::id::{ExamId, QuestionId};
use entity::instant::Instant;

use super::model::{Blueprint, Observed, SectionPlan, SectionRoom};
use crate::bank::{Choice, QuestionVersion};
use crate::exam::draw::{
    Algorithm, Balance, Manifest, PoolItem, Secret, Section, Stock, Supply, declared_facility_permille, supplies,
};

/// What a blueprint says of its papers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Papers<'a> {
    pub(super) sections: &'a [SectionPlan],
    pub(super) balance: Option<Balance>,
    pub(super) beacon_rule: Option<&'a str>,
}

impl<'a> From<&'a Blueprint> for Papers<'a> {
    fn from(plan: &'a Blueprint) -> Self {
        Self { sections: &plan.sections, balance: plan.balance, beacon_rule: plan.beacon_rule.as_deref() }
    }
}

/// The manifest of an exam that is sealed at this moment.
pub(super) fn manifest(exam: ExamId, at: Instant, secret: &Secret, plan: Papers<'_>, pool: Vec<PoolItem>) -> Manifest {
    Manifest {
        algorithm: Algorithm::Draw1,
        exam: exam.to_string(),
        sealed_at: at.to_string(),
        commitment: secret.commitment(),
        beacon_rule: plan.beacon_rule.map(str::to_owned),
        balance: plan.balance,
        sections: sections(plan.sections),
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
    observed: &HashMap<(QuestionId, i32), Observed>,
) -> Vec<PoolItem> {
    let wanted = |q: &QuestionVersion| {
        let taken = sections.iter().any(|s| s.takes(q.content.kind, &q.topic, q.difficulty));
        taken && !shown.contains(&q.question_id)
    };
    let mut pool: Vec<PoolItem> = questions.into_iter().filter(wanted).map(|q| item(q, observed)).collect();
    pool.sort_by(|a, b| a.item.cmp(&b.item));
    pool
}

fn item(question: QuestionVersion, observed: &HashMap<(QuestionId, i32), Observed>) -> PoolItem {
    let seen = observed.get(&(question.question_id, question.version)).and_then(Observed::facility_permille);
    let (item, digest) = (question.item(), question.content.digest(&question.salt));
    let options = question.content.options;
    PoolItem {
        item,
        digest,
        kind: question.content.kind,
        topic: question.topic,
        difficulty: question.difficulty,
        facility_permille: seen.unwrap_or_else(|| declared_facility_permille(question.difficulty)),
        pinned: options.iter().filter(|o| o.pinned).map(|o| o.id.clone()).collect(),
        options: unordered(&options),
        group: question.group,
    }
}

/// The ids of the options: the pinned ones at their places, the others by their ids, which are random. In the order in which
/// they were written an author who always puts the right one first would publish the key.
fn unordered(options: &[Choice]) -> Vec<String> {
    let mut loose: Vec<String> = options.iter().filter(|o| !o.pinned).map(|o| o.id.clone()).collect();
    loose.sort_unstable();
    let mut loose = loose.into_iter();
    options.iter().filter_map(|o| if o.pinned { Some(o.id.clone()) } else { loose.next() }).collect()
}

/// The room of each section of a blueprint in a pool.
pub(super) fn section_rooms(plans: &[SectionPlan], sections: &[Section], pool: &[PoolItem]) -> Vec<SectionRoom> {
    let stock: Vec<Stock<'_>> = pool.iter().map(Stock::from).collect();
    let facility = |section: &Section| {
        let takes = |item: &&PoolItem| section.takes(item.kind, &item.topic, item.difficulty);
        let each: Vec<u64> = pool.iter().filter(takes).map(|item| item.facility_permille.into()).collect();
        let count = u64::try_from(each.len()).ok().filter(|count| *count > 0)?;
        u32::try_from(each.iter().sum::<u64>() / count).ok()
    };
    let room = |((position, plan), (section, supply)): ((usize, &SectionPlan), (&Section, Supply))| SectionRoom {
        position,
        title: plan.title.clone(),
        count: plan.count,
        eligible: supply.eligible,
        groups: supply.groups,
        room: supply.room.room,
        lacks: supply.room.lacks,
        lacks_at_best: supply.lacks_at_best,
        shares: supply.shares.into_iter().map(|(before, groups)| (before + 1, groups)).collect(),
        facility_permille: facility(section),
    };
    (1..).zip(plans).zip(sections.iter().zip(supplies(sections, &stock))).map(room).collect()
}

#[cfg(test)]
mod tests {
    use entity::exam::section::Scoring;
    use entity::id::AccountId;
    use entity::instant::Day;
    use entity::points::Points;
    use uuid::Uuid;

    use super::*;
    use crate::bank::{Answer, Citation, Content, Difficulty, Kind, Salt};
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

    fn blueprint(sections: &[SectionPlan]) -> Blueprint {
        let plan = Blueprint::try_from(&super::super::input::tests::input()).unwrap();
        Blueprint { sections: sections.to_vec(), ..plan }
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
        // Observed often enough, once too seldom, and in another version.
        let of = |n, version, sittings| {
            let observed = Observed { sittings, points: 2 * sittings, max_points: 3 * sittings };
            ((QuestionId(Uuid::from_u128(n)), version), observed)
        };
        let observed = HashMap::from([of(3, 2, 30), of(1, 2, 29), of(1, 1, 90)]);
        let pool = pool(questions, &drawn, &HashSet::new(), &observed);
        // What no section takes is no part of it, and what is lies in order.
        let items: Vec<_> = pool.iter().map(|p| (p.item.as_str(), p.facility_permille)).collect();
        let (one, three) = (format!("{}@2", Uuid::from_u128(1)), format!("{}@2", Uuid::from_u128(3)));
        assert_eq!(items, [(one.as_str(), 800), (three.as_str(), 666)]);
        assert_eq!(pool[1].pinned, ["o3"]);
        let secret = Secret::from_bytes([1; 32]);
        let exam = ExamId(Uuid::from_u128(9));
        let manifest = manifest(exam, Instant(0), &secret, Papers::from(&blueprint(&plans)), pool);
        assert_eq!(manifest.sealed_at, "1970-01-01T00:00:00.000Z");
        let sealed = Sealed::new(manifest, &secret, Some("07 21")).unwrap();
        assert_eq!(sealed.paper(&crate::exam::draw::candidate("e", "p"), 1).items.len(), 2);
    }

    #[test]
    fn options_stand_in_no_order_of_the_author_s() {
        let option = |id: &str, pinned| Choice { id: id.into(), text: String::new(), pinned };
        let options =
            [option("9c", false), option("f0", true), option("1b", false), option("0a", true), option("55", false)];
        assert_eq!(unordered(&options), ["1b", "f0", "55", "0a", "9c"]);
    }

    #[test]
    fn what_was_shown_is_left_out() {
        let questions: Vec<_> = (1..=3).map(|n| question(n, "宪法", Difficulty::Easy, false)).collect();
        let plans = [plan(&[], 2), plan(&["宪法"], 1)];
        let drawn = sections(&plans);
        let shown = HashSet::from([QuestionId(Uuid::from_u128(2))]);
        let pool = pool(questions, &drawn, &shown, &HashMap::new());
        let rooms = section_rooms(&plans, &drawn, &pool);
        let found: Vec<_> = rooms.iter().map(|r| (r.position, r.room, r.lacks)).collect();
        assert_eq!(found, [(1, 2, 0), (2, 0, 1)]);
    }
}
