//! A small sealed exam for the tests of this floor: two singles of two points, a multiple of four, a judgement of a half.

use std::sync::Arc;

use entity::id::{AccountId, ExamId, PersonId, QuestionId};
use entity::instant::{Day, Instant};
use entity::points::Points;
use uuid::Uuid;

use super::{SealedExam, SealedSection, Sheet};
use crate::bank::{Answer, Choice, Citation, Content, Difficulty, Kind, QuestionVersion, Salt};
use crate::exam::draw::{Algorithm, Manifest, PoolItem, Sealed, Secret, Section};
use crate::exam::grading::Scoring;

const SECRET: Secret = Secret::from_bytes([7; 32]);

/// The candidate of [`sheet`].
pub(in crate::exam) fn person() -> PersonId {
    PersonId(Uuid::from_u128(99))
}

/// Questions with awkward texts, four of each kind. Of the singles x1 is right, of the multiples x1 and x3, every
/// judgement is true. The last option of each is pinned.
pub(in crate::exam) fn versions() -> Vec<QuestionVersion> {
    let kinds = [Kind::Single, Kind::Multiple, Kind::Judgement];
    (1..).zip(kinds.into_iter().flat_map(|kind| [kind; 4])).map(|(n, kind)| version(n, kind)).collect()
}

fn version(n: u128, kind: Kind) -> QuestionVersion {
    let option = |n: u8| Choice { id: format!("x{n}"), text: format!("“{n}”\"\\\n甲"), pinned: n == 4 };
    let right = |ids: &[&str]| Answer::Options(ids.iter().map(|&id| id.to_owned()).collect());
    let (options, answer) = match kind {
        Kind::Single => ((1..=4).map(option).collect(), right(&["x1"])),
        Kind::Multiple => ((1..=4).map(option).collect(), right(&["x1", "x3"])),
        Kind::Judgement => (Vec::new(), Answer::Judgement(true)),
    };
    QuestionVersion {
        question_id: QuestionId(Uuid::from_u128(n)),
        version: 2,
        topic: "宪法".into(),
        difficulty: Difficulty::Easy,
        group: None,
        content: Content { kind, stem: format!("第 {n} 题 \"<b>\" \\ \u{1}"), options, answer },
        salt: Salt::from_bytes([u8::try_from(n).unwrap(); 32]),
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

pub(in crate::exam) fn manifest() -> Manifest {
    let item = |v: QuestionVersion| PoolItem {
        item: v.item(),
        digest: v.content.digest(&v.salt),
        kind: v.content.kind,
        topic: v.topic,
        difficulty: v.difficulty,
        facility_permille: 800,
        pinned: v.content.options.iter().filter(|o| o.pinned).map(|o| o.id.clone()).collect(),
        options: v.content.options.into_iter().map(|o| o.id).collect(),
        group: None,
    };
    let section = |(n, (kind, count, each)): (u32, (Kind, u32, u32))| Section {
        section: n.to_string(),
        kind,
        topics: Vec::new(),
        difficulties: Vec::new(),
        count,
        points_each_hundredths: each,
    };
    let sections = [(Kind::Single, 2, 200), (Kind::Multiple, 1, 400), (Kind::Judgement, 1, 50)];
    Manifest {
        algorithm: Algorithm::Draw1,
        exam: Uuid::from_u128(1).to_string(),
        sealed_at: "2026-03-16T01:00:00.000Z".into(),
        commitment: SECRET.commitment(),
        beacon_rule: None,
        balance: None,
        sections: (1..).zip(sections).map(section).collect(),
        pool: versions().into_iter().map(item).collect(),
    }
}

pub(in crate::exam) fn draw() -> Sealed {
    Sealed::new(manifest(), &SECRET, None).unwrap()
}

pub(in crate::exam) fn sections() -> Vec<SealedSection> {
    let section = |title: &str, each| SealedSection::new(title.to_owned(), Points(each), Scoring::PartialNoWrong);
    vec![section("一、\"单选\"", 200), section("二、多选", 400), section("三、判断", 50)]
}

pub(in crate::exam) fn exam() -> Arc<SealedExam> {
    Arc::new(SealedExam::new(ExamId(Uuid::from_u128(1)), draw(), sections(), versions()).unwrap())
}

/// The first paper of [`person`].
pub(in crate::exam) fn sheet() -> Sheet {
    let exam = exam();
    let paper = exam.paper(person(), 1);
    Sheet::new(exam, &paper.items).unwrap()
}
