//! What acts are asked with, and what they leave behind.

use entity::exam::amendment::AmendmentKind;
use entity::id::{AttemptId, ExamAmendmentId, ExamId, PersonId, UnitId};
use entity::instant::Instant;
use serde_json::Value;

use crate::exam::blueprint::{Times, check_times};
use crate::kernel::field::{FieldCode, Fields};

/// The longest reason, in characters.
const MAX_REASON: usize = 400;
/// How much time can be given at once: a day.
const MAX_SECONDS: i32 = 86_400;
/// How many people an act names at most.
const MAX_PEOPLE: usize = 500;

/// Why something was done: what somebody wrote, checked.
pub(super) type Reason = String;

/// The reason, which every act needs.
pub(in crate::exam) fn read_reason(fields: &mut Fields, reason: &str) -> Reason {
    fields.text("reason", reason, MAX_REASON)
}

/// What becomes of something that may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Given<T> {
    /// It stays as it is.
    #[default]
    Kept,
    /// It is taken away.
    Gone,
    /// It is this from now on.
    Now(T),
}

/// Changes to a schedule; what is not given stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScheduleInput {
    /// From when it can be started, RFC 3339; not once it has opened.
    pub opens_at: Option<String>,
    /// Nobody sits past this moment, RFC 3339.
    pub closes_at: Option<String>,
    /// The latest start, after the opening.
    pub latest_start_seconds: Given<i32>,
    /// How long a candidate has.
    pub duration_seconds: Option<i32>,
    /// How long after the deadline a save on its way is still taken.
    pub grace_seconds: Option<i32>,
}

impl ScheduleInput {
    /// The schedule with these changes.
    pub(super) fn over(&self, before: Times, now: Instant, fields: &mut Fields) -> Times {
        let mut moment = |name: &str, given: Option<&String>, kept: Instant| {
            given.and_then(|text| fields.parse(&format!("schedule.{name}"), text, FieldCode::Invalid)).unwrap_or(kept)
        };
        let times = Times {
            opens_at: moment("opens_at", self.opens_at.as_ref(), before.opens_at),
            closes_at: moment("closes_at", self.closes_at.as_ref(), before.closes_at),
            latest_start_seconds: match self.latest_start_seconds {
                Given::Kept => before.latest_start_seconds,
                Given::Gone => None,
                Given::Now(seconds) => Some(seconds),
            },
            duration_seconds: self.duration_seconds.unwrap_or(before.duration_seconds),
            grace_seconds: self.grace_seconds.unwrap_or(before.grace_seconds),
        };
        check_times(fields, "schedule.", &times);
        if before.opens_at <= now && times.opens_at != before.opens_at {
            fields.reject_with("schedule.opens_at", FieldCode::Conflict, before.opens_at);
        }
        if times.closes_at != before.closes_at && times.closes_at <= now {
            fields.reject_with("schedule.closes_at", FieldCode::NotAfter, now);
        }
        if times == before {
            fields.reject("schedule", FieldCode::Required);
        }
        times
    }
}

/// More time for some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExtensionInput {
    /// For the candidates of this unit and its subtree.
    pub unit_id: Option<String>,
    /// For these candidates. Without either, for everybody.
    pub person_ids: Vec<String>,
    /// How much more.
    pub seconds: i32,
    /// Why.
    pub reason: String,
}

/// For whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whom {
    Everybody,
    Unit(UnitId),
    People(Vec<PersonId>),
}

impl ExtensionInput {
    pub(super) fn read(&self, fields: &mut Fields) -> (Whom, i32, Reason) {
        let unit = self.unit_id.as_deref();
        let unit: Option<UnitId> = fields.parse_optional("scope.unit_id", unit, FieldCode::UnknownReference);
        let people = read_people(fields, "scope.person_ids", &self.person_ids);
        if unit.is_some() && !people.is_empty() {
            fields.reject("scope.person_ids", FieldCode::Conflict);
        }
        let seconds = fields.within("seconds", self.seconds, 1, MAX_SECONDS);
        let reason = read_reason(fields, &self.reason);
        let whom = match unit {
            Some(unit) => Whom::Unit(unit),
            None if people.is_empty() => Whom::Everybody,
            None => Whom::People(people),
        };
        (whom, seconds, reason)
    }
}

/// People by their ids, each once.
pub(super) fn read_people(fields: &mut Fields, name: &str, ids: &[String]) -> Vec<PersonId> {
    if ids.len() > MAX_PEOPLE {
        fields.reject_with(name, FieldCode::TooLong, MAX_PEOPLE);
        return Vec::new();
    }
    let people: Vec<PersonId> = fields.parse_all(name, ids, FieldCode::UnknownReference);
    let mut seen = std::collections::HashSet::new();
    for (at, person) in people.iter().enumerate() {
        if !seen.insert(*person) {
            fields.reject(format!("{name}[{at}]"), FieldCode::Duplicate);
        }
    }
    people
}

/// What one candidate is to be allowed; what is not given stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CandidateChange {
    /// Extra time, all of it.
    pub extra_seconds: Option<i32>,
    /// Extra attempts, all of them.
    pub extra_attempts: Option<i32>,
    /// Until when they may start, RFC 3339.
    pub admit_until: Given<String>,
    /// Why.
    pub reason: String,
}

/// What a candidate is allowed, in whole seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Allowed {
    pub(super) extra_seconds: i32,
    pub(super) extra_attempts: i32,
    pub(super) admit_until: Option<Instant>,
}

impl CandidateChange {
    /// The allowance with these changes, toward a schedule.
    pub(super) fn over(&self, before: Allowed, times: &Times, fields: &mut Fields) -> Allowed {
        let extra_seconds = self.extra_seconds.unwrap_or(before.extra_seconds);
        let extra_attempts = self.extra_attempts.unwrap_or(before.extra_attempts);
        fields.within("extra_seconds", extra_seconds, 0, MAX_SECONDS);
        fields.within("extra_attempts", extra_attempts, 0, 10);
        let admit_until = match &self.admit_until {
            Given::Kept => before.admit_until,
            Given::Gone => None,
            Given::Now(text) => fields.parse("admit_until", text, FieldCode::Invalid),
        };
        let after = Allowed { extra_seconds, extra_attempts, admit_until };
        let end = times.closes_at + entity::instant::Millis::seconds(extra_seconds);
        if let Some(until) = admit_until.filter(|_| self.admit_until != Given::Kept) {
            if until <= times.opens_at {
                fields.reject_with("admit_until", FieldCode::NotAfter, times.opens_at);
            } else if until >= end {
                // Whoever starts then has no time left: the closing is to be put off, or extra time given.
                fields.reject_with("admit_until", FieldCode::OutOfRange, format!("{}–{end}", times.opens_at));
            }
        }
        if after == before {
            fields.reject("extra_seconds", FieldCode::Required);
        }
        after
    }
}

/// What an extension came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extended {
    /// How many candidates have more time now.
    pub people: u64,
    /// How many of them are sitting.
    pub running: u64,
}

/// A change to an exam after its sealing.
#[derive(Debug, Clone, PartialEq)]
pub struct Amendment {
    /// Its identifier.
    pub id: ExamAmendmentId,
    /// Of which exam.
    pub exam_id: ExamId,
    /// What was changed.
    pub kind: AmendmentKind,
    /// The one candidate whom it concerns.
    pub person_id: Option<PersonId>,
    /// The unit whose candidates it concerns.
    pub unit_id: Option<UnitId>,
    /// The attempt that it concerns.
    pub attempt_id: Option<AttemptId>,
    /// What changed: integers, moments, words.
    pub data: Value,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Instant,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: Times = Times {
        opens_at: Instant(100_000),
        closes_at: Instant(1_000_000),
        latest_start_seconds: Some(600),
        duration_seconds: 300,
        grace_seconds: 10,
    };

    fn moment(seconds: i64) -> String {
        Instant(seconds * 1000).to_string()
    }

    fn faults(input: &ScheduleInput, now: i64) -> Vec<(String, FieldCode)> {
        let mut fields = Fields::new();
        input.over(TIMES, Instant(now * 1000), &mut fields);
        fields.check().err().map(|e| e.0).unwrap_or_default().into_iter().map(|e| (e.field, e.code)).collect()
    }

    #[test]
    fn a_schedule_is_changed_in_part() {
        let mut fields = Fields::new();
        let input =
            ScheduleInput { closes_at: Some(moment(2000)), latest_start_seconds: Given::Gone, ..Default::default() };
        let after = input.over(TIMES, Instant(500_000), &mut fields);
        assert_eq!(after, Times { closes_at: Instant(2_000_000), latest_start_seconds: None, ..TIMES });
        assert!(fields.check().is_ok());
    }

    #[test]
    fn what_has_begun_begins_no_other_time() {
        let earlier = ScheduleInput { opens_at: Some(moment(50)), ..Default::default() };
        assert_eq!(faults(&earlier, 99), []);
        assert_eq!(faults(&earlier, 100), [("schedule.opens_at".to_owned(), FieldCode::Conflict)]);
        let over = ScheduleInput { closes_at: Some(moment(500)), ..Default::default() };
        assert_eq!(faults(&over, 499), [("schedule.latest_start_seconds".to_owned(), FieldCode::OutOfRange)]);
        let over = ScheduleInput { latest_start_seconds: Given::Gone, ..over };
        assert_eq!(faults(&over, 499), []);
        assert_eq!(faults(&over, 500), [("schedule.closes_at".to_owned(), FieldCode::NotAfter)]);
        assert_eq!(faults(&ScheduleInput::default(), 0), [("schedule".to_owned(), FieldCode::Required)]);
        let bad = ScheduleInput { closes_at: Some("soon".into()), grace_seconds: Some(121), ..Default::default() };
        let wanted = [
            ("schedule.closes_at".to_owned(), FieldCode::Invalid),
            ("schedule.grace_seconds".to_owned(), FieldCode::OutOfRange),
        ];
        assert_eq!(faults(&bad, 0), wanted);
    }

    #[test]
    fn an_admission_leaves_time_to_sit() {
        let admit = |until, extra| {
            let change = CandidateChange {
                admit_until: Given::Now(moment(until)),
                extra_seconds: Some(extra),
                ..Default::default()
            };
            let mut fields = Fields::new();
            change.over(Allowed::default(), &TIMES, &mut fields);
            fields.check().is_ok()
        };
        assert!(admit(999, 0) && !admit(1000, 0) && admit(1059, 60) && !admit(1060, 60) && !admit(100, 0));
    }
}
