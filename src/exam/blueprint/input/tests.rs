//! Blueprints good and bad.

use super::*;

pub(in super::super) fn input() -> BlueprintInput {
    let id = |n: u128| uuid::Uuid::from_u128(n).to_string();
    BlueprintInput {
        title: "2026年度学法考试".into(),
        kind: "annual".into(),
        year: 2026,
        unit_id: id(1),
        bank_ids: vec![id(2)],
        opens_at: "2026-11-01T01:00:00Z".into(),
        closes_at: "2026-11-30T10:00:00Z".into(),
        latest_start_seconds: None,
        duration_seconds: 3600,
        grace_seconds: 10,
        pass_points: Points::whole(60),
        excellence_points: Some(Points::whole(90)),
        attempts_allowed: 2,
        attempt_scoring: "highest".into(),
        audience: AudienceDto { unit_ids: vec![id(1)], categories: vec![], person_ids: vec![] },
        sections: vec![section("single", 40, 150), section("multiple", 20, 200)],
        release: "on_close".into(),
        show_key: "never".into(),
        makes_up_exam_id: None,
        balance: Some(BalanceInput { target_permille: 700, tolerance_permille: 20, tries: 32 }),
        beacon_rule: "某彩票某日开奖号码".into(),
        contact: String::new(),
        objection_days: 7,
    }
}

fn section(kind: &str, count: i32, hundredths: i64) -> SectionInput {
    SectionInput {
        title: kind.into(),
        kind: kind.into(),
        count,
        points_each: Points(hundredths),
        ..SectionInput::default()
    }
}

fn faults(input: &BlueprintInput) -> Vec<(String, FieldCode)> {
    match Blueprint::try_from(input) {
        Ok(_) => Vec::new(),
        Err(invalid) => invalid.0.into_iter().map(|e| (e.field, e.code)).collect(),
    }
}

#[test]
fn a_blueprint_survives_being_written_again() {
    let plan = Blueprint::try_from(&input()).unwrap();
    assert_eq!(plan.max_points(), Points::whole(100));
    assert_eq!(Blueprint::try_from(&BlueprintInput::from(&plan)).unwrap(), plan);
}

#[test]
fn every_fault_is_named_at_once() {
    let mut bad = input();
    bad.title = " ".into();
    bad.kind = "weekly".into();
    bad.bank_ids = vec![];
    bad.duration_seconds = 59;
    bad.grace_seconds = 121;
    bad.attempts_allowed = 11;
    bad.release = "soon".into();
    bad.sections[0].count = 0;
    bad.sections[0].scoring = Some("net".into());
    bad.sections[1].topics = vec!["宪法".into(), "宪法".into()];
    bad.sections[1].difficulties = vec!["lethal".into()];
    let want = [
        ("title", FieldCode::Required),
        ("kind", FieldCode::UnknownValue),
        ("bank_ids", FieldCode::Required),
        ("duration_seconds", FieldCode::OutOfRange),
        ("grace_seconds", FieldCode::OutOfRange),
        ("attempts_allowed", FieldCode::OutOfRange),
        ("sections[0].count", FieldCode::OutOfRange),
        ("sections[0].scoring", FieldCode::Conflict),
        ("sections[1].topics[1]", FieldCode::Duplicate),
        ("sections[1].difficulties[0]", FieldCode::UnknownValue),
        ("pass_points", FieldCode::OutOfRange),
        ("excellence_points", FieldCode::OutOfRange),
        ("release", FieldCode::UnknownValue),
    ];
    assert_eq!(faults(&bad), want.map(|(field, code)| (field.to_owned(), code)));
}

#[test]
fn lines_lie_within_the_paper() {
    let mut bad = input();
    bad.pass_points = Points(10_001);
    bad.excellence_points = None;
    assert_eq!(faults(&bad), [("pass_points".to_owned(), FieldCode::OutOfRange)]);
    bad.pass_points = Points::whole(60);
    bad.excellence_points = Some(Points(5_999));
    assert_eq!(faults(&bad), [("excellence_points".to_owned(), FieldCode::OutOfRange)]);
}

#[test]
fn it_closes_after_it_opens_and_starts_between() {
    let mut bad = input();
    bad.closes_at.clone_from(&bad.opens_at);
    assert_eq!(faults(&bad), [("closes_at".to_owned(), FieldCode::NotAfter)]);
    let mut bad = input();
    bad.closes_at = "2026-11-01T02:00:00Z".into();
    bad.latest_start_seconds = Some(3601);
    assert_eq!(faults(&bad), [("latest_start_seconds".to_owned(), FieldCode::OutOfRange)]);
    bad.latest_start_seconds = Some(3600);
    assert_eq!(faults(&bad), []);
}

#[test]
fn a_balance_and_a_beacon_have_bounds() {
    let with = |target_permille, tolerance_permille, tries| {
        let balance = Some(BalanceInput { target_permille, tolerance_permille, tries });
        faults(&BlueprintInput { balance, ..input() })
    };
    assert_eq!(with(0, 1000, 1), []);
    assert_eq!(with(-1, 1001, 0), {
        ["target_permille", "tolerance_permille", "tries"].map(|f| (format!("balance.{f}"), FieldCode::OutOfRange))
    });
    assert_eq!(with(700, 20, 257), [("balance.tries".to_owned(), FieldCode::OutOfRange)]);
    let beacon_rule = "奖".repeat(201);
    assert_eq!(faults(&BlueprintInput { beacon_rule, ..input() }), [("beacon_rule".to_owned(), FieldCode::TooLong)]);
    let blank = BlueprintInput { beacon_rule: "  ".into(), ..input() };
    assert_eq!(Blueprint::try_from(&blank).unwrap().beacon_rule, None);
}
