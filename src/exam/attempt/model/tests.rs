use entity::exam::attempt::VoidKind;
use entity::exam::exam::{Release, ShowKey};
use entity::id::{LeaseId, UnitId};
use entity::points::Points;
use uuid::Uuid;

use super::super::views::Outcome;
use super::*;
use crate::exam::sealed::fixtures;

const fn s(seconds: i64) -> Instant {
    Instant(seconds * 1000)
}

/// Open from 100 s to 1000 s, 300 s each, two attempts.
fn head(status: ExamStatus) -> Head {
    Head {
        id: ExamId(Uuid::from_u128(1)),
        unit_id: UnitId(Uuid::nil()),
        opens_at: s(100),
        closes_at: s(1000),
        latest_start_seconds: None,
        duration_seconds: 300,
        grace_seconds: 10,
        pass_points: Points(500),
        attempts_allowed: 2,
        release: Release::OnClose,
        show_key: ShowKey::AfterClose,
        contact: String::new(),
        status,
        manifest_digest: None,
        paused_ms: 0,
        closed_at: None,
        beacon_rule: None,
        beacon: None,
        regrades: 0,
    }
}

fn row(number: i32, state: AttemptState) -> Row {
    Row {
        id: AttemptId(Uuid::from_u128(number.unsigned_abs().into())),
        exam_id: ExamId(Uuid::from_u128(1)),
        person_id: fixtures::person(),
        number,
        state,
        lease: LeaseId(Uuid::nil()),
        device: None,
        started_at: s(100),
        deadline: s(400),
        due_at: s(411),
        paused_at: None,
        paused_ms: 0,
        extra_ms: 0,
        submitted_at: None,
        by_server: false,
        paper_digest: String::new(),
        points: None,
        max_points: Points(850),
        answered: 0,
        void_kind: None,
        responses: None,
    }
}

#[test]
fn an_attempt_begins_or_goes_on() {
    use AttemptState::{Graded, Running, Voided};
    use ExamStatus::{Closed, Draft, Open, Paused, Released, Sealed};
    let (done, runs) = (row(1, Graded), row(2, Running));
    let void = |number, kind| Row { void_kind: Some(kind), ..row(number, Voided) };
    let (technical, misconduct) = (void(1, VoidKind::Technical), void(1, VoidKind::Misconduct));
    let again = void(2, VoidKind::Technical);
    let goes_on = Ok(Admission::Resume(runs.id));
    for (status, attempts, now, wanted) in [
        (Open, &[][..], s(100), Ok(Admission::Begin(1))),
        // The worker may not have opened it yet.
        (Sealed, &[], s(100), Ok(Admission::Begin(1))),
        (Open, &[], s(99), Err(Refusal::NotOpenYet)),
        (Open, &[], s(1000), Err(Refusal::StartClosed)),
        (Draft, &[], s(200), Err(Refusal::NotFound)),
        (Closed, &[], s(200), Err(Refusal::StartClosed)),
        (Released, &[], s(200), Err(Refusal::StartClosed)),
        (Open, &[&done], s(200), Ok(Admission::Begin(2))),
        (Open, &[&technical], s(200), Ok(Admission::Begin(2))),
        // What was voided for a technical reason is given back, what was for misconduct is not.
        (Open, &[&technical, &again], s(200), Ok(Admission::Begin(3))),
        (Open, &[&misconduct, &again], s(200), Ok(Admission::Begin(3))),
        (Open, &[&misconduct, &row(2, Graded)], s(200), Err(Refusal::NoAttemptLeft)),
        (Paused, &[], s(200), Err(Refusal::Paused)),
        (Paused, &[&done, &runs], s(200), goes_on),
        (Open, &[&row(2, Graded), &done], s(200), Err(Refusal::NoAttemptLeft)),
        (Open, &[&done, &runs], s(200), goes_on),
        (Open, &[&done, &runs], s(410), goes_on),
        (Open, &[&done, &runs], Instant(410_001), Err(Refusal::Closed)),
    ] {
        assert_eq!(admit(&head(status), &Allowance::default(), attempts, now), wanted, "{status} {attempts:?} {now}");
    }
}

#[test]
fn one_candidate_may_be_allowed_more() {
    let done = [&row(1, AttemptState::Graded), &row(2, AttemptState::Graded)];
    let open = head(ExamStatus::Open);
    let allowed = Allowance { attempts: 1, ..Allowance::default() };
    assert_eq!(admit(&open, &allowed, &done, s(200)), Ok(Admission::Begin(3)));
    let strict = Head { latest_start_seconds: Some(50), ..head(ExamStatus::Open) };
    let admitted = Allowance { admit_until: Some(s(200)), ..Allowance::default() };
    assert_eq!(admit(&strict, &Allowance::default(), &[], s(200)), Err(Refusal::StartClosed));
    assert_eq!(admit(&strict, &admitted, &[], s(200)), Ok(Admission::Begin(1)));
    // One that was ended, or has closed before, takes nobody.
    let ended = Head { closed_at: Some(s(150)), ..head(ExamStatus::Open) };
    assert_eq!(admit(&ended, &admitted, &[], s(200)), Err(Refusal::StartClosed));
}

#[test]
fn results_and_keys_wait_for_their_moment() {
    for status in ExamStatus::ALL {
        let mut head = head(*status);
        let released = *status == ExamStatus::Released;
        assert_eq!((head.shows_results(), head.shows_key()), (released, released));
        head.release = Release::OnSubmit;
        assert_eq!((head.shows_results(), head.shows_key()), (true, released));
        head.show_key = ShowKey::Never;
        assert!(!head.shows_key());
    }
    let graded = Row { points: Some(Points(500)), ..row(1, AttemptState::Graded) };
    assert!(Outcome::of(&head(ExamStatus::Open), &graded).unwrap().passed);
    let short = Row { points: Some(Points(499)), ..graded };
    assert!(!Outcome::of(&head(ExamStatus::Open), &short).unwrap().passed);
    assert_eq!(Outcome::of(&head(ExamStatus::Open), &row(1, AttemptState::Running)), None);
}

#[test]
fn a_response_fits_its_item() {
    use RawResponse::{Blank, Malformed, Options, Truth};
    let options = |ids: &[&str]| Options(ids.iter().map(|&id| id.to_owned()).collect());
    for (kind, raw, wanted) in [
        (Kind::Single, options(&["x1"]), Ok("x1")),
        (Kind::Single, Blank, Ok("")),
        (Kind::Single, options(&[]), Ok("")),
        (Kind::Single, options(&["x1", "x2"]), Err(FieldCode::TooLong)),
        (Kind::Single, options(&["x5"]), Err(FieldCode::UnknownReference)),
        (Kind::Single, Truth(true), Err(FieldCode::Invalid)),
        (Kind::Multiple, options(&["x3", "x1"]), Ok("x1 x3")),
        (Kind::Multiple, options(&["x3", "x3"]), Err(FieldCode::Duplicate)),
        (Kind::Multiple, options(&["x1", ""]), Err(FieldCode::UnknownReference)),
        (Kind::Multiple, Malformed, Err(FieldCode::Invalid)),
        (Kind::Judgement, Truth(false), Ok("false")),
        (Kind::Judgement, Blank, Ok("")),
        (Kind::Judgement, options(&[]), Ok("")),
        (Kind::Judgement, options(&["x1"]), Err(FieldCode::Invalid)),
    ] {
        let found = respond(&raw, kind, |id| ["x1", "x2", "x3", "x4"].contains(&id));
        assert_eq!(found.map(|r| r.to_string()), wanted.map(str::to_owned), "{kind} {raw:?}");
    }
}

#[test]
fn every_fault_of_a_request_is_named() {
    let seat = Seat { exam: ExamId(Uuid::from_u128(1)), person: fixtures::person(), sheet: fixtures::sheet() };
    let raw = |position, seq, response: &RawResponse| RawSave { position, seq, response: response.clone() };
    let found = seat.read(&[
        raw(4, 1, &RawResponse::Truth(true)),
        raw(5, 0, &RawResponse::Malformed),
        raw(1, 1, &RawResponse::Truth(true)),
        raw(i64::MAX, i64::MAX, &RawResponse::Blank),
    ]);
    let fields: Vec<String> = found.unwrap_err().0.into_iter().map(|e| e.field).collect();
    let wanted = ["saves[1].position", "saves[1].seq", "saves[2].response", "saves[3].position", "saves[3].seq"];
    assert_eq!(fields, wanted);
    let good = seat.read(&[raw(4, 3, &RawResponse::Truth(true)), raw(1, 1, &RawResponse::Blank)]).unwrap();
    let save = |position, seq, response: &str| Save { position, seq, response: response.to_owned() };
    assert_eq!(good, [save(4, 3, "true"), save(1, 1, "")]);
    let many = vec![raw(1, 1, &RawResponse::Blank); MAX_SAVES + 1];
    assert_eq!(seat.read(&many).unwrap_err().0[0].field, "saves");
}
