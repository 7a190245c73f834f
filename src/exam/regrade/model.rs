//! What a regrade is asked with, and what it does.

use std::collections::HashMap;

use entity::exam::regrade::RegradeAction;
use entity::id::{AttemptId, ObjectionId, PersonId, RegradeId, UnitId};
use entity::instant::Instant;
use entity::points::Points;

use crate::bank::{Answer, Content, Kind};
use crate::exam::attempt::{RawResponse, respond};
use crate::exam::grading::Response;
use crate::exam::outcome::{Member, Sitting};
use crate::exam::ruling::{Course, Ruling, Scored, Valid};
use crate::kernel::field::{FieldCode, Fields};

/// How many objections a regrade names at most.
const MAX_OBJECTIONS: usize = 100;

/// A regrade as it was asked for, nothing checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegradeInput {
    /// The item, `question id@version`.
    pub item: String,
    /// `correct_key`, `also_accept`, `full_marks` or `drop_item`.
    pub action: String,
    /// The key of the first two.
    pub key: Option<RawResponse>,
    /// No paper has fewer points for the item than before.
    pub never_lower: bool,
    /// Why.
    pub reason: String,
    /// The objections that led to it.
    pub objection_ids: Vec<String>,
}

/// A regrade that can be carried out.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    pub(super) item: String,
    pub(super) ruling: Ruling,
    /// The key as a response is kept; empty if none goes with it.
    pub(super) response: String,
    pub(super) before: Course,
    pub(super) after: Course,
    pub(super) objections: Vec<ObjectionId>,
}

impl RegradeInput {
    /// The action, once every field that tells nothing about the exam was looked at.
    pub(super) fn read(&self, fields: &mut Fields) -> (Option<RegradeAction>, Vec<ObjectionId>) {
        let action: Option<RegradeAction> = fields.parse("action", &self.action, FieldCode::UnknownValue);
        let keyed = matches!(action, Some(RegradeAction::CorrectKey | RegradeAction::AlsoAccept));
        match (self.given_key(), action) {
            (None, Some(_)) if keyed => fields.reject("key", FieldCode::Required),
            (Some(_), Some(action)) if !keyed => fields.reject_with("key", FieldCode::Conflict, action),
            _ => {}
        }
        if self.objection_ids.len() > MAX_OBJECTIONS {
            fields.reject_with("objection_ids", FieldCode::TooLong, MAX_OBJECTIONS);
        }
        (action, fields.parse_all("objection_ids", &self.objection_ids, FieldCode::UnknownReference))
    }

    /// The key, unless it is none or empty.
    fn given_key(&self) -> Option<&RawResponse> {
        self.key.as_ref().filter(|key| match key {
            RawResponse::Blank => false,
            RawResponse::Options(ids) => !ids.is_empty(),
            RawResponse::Truth(_) | RawResponse::Malformed => true,
        })
    }

    /// The whole of it, against the item: `content` is none if the exam's pool does not hold it.
    pub(super) fn check(
        &self,
        fields: &mut Fields,
        content: Option<&Content>,
        before: Option<&Course>,
    ) -> Option<Checked> {
        let (action, objections) = self.read(fields);
        let Some(content) = content else {
            fields.reject("item", FieldCode::UnknownReference);
            return None;
        };
        let action = action?;
        let response = match (self.given_key(), action) {
            (Some(raw), RegradeAction::CorrectKey | RegradeAction::AlsoAccept) => {
                match respond(raw, content.kind, |id| content.options.iter().any(|o| o.id == id)) {
                    Ok(response) => response,
                    Err(code) => {
                        fields.reject("key", code);
                        return None;
                    }
                }
            }
            _ => Response::Blank,
        };
        let key = match &response {
            Response::Blank => None,
            Response::Truth(truth) => Some(Answer::Judgement(*truth)),
            Response::Options(ids) => Some(Answer::Options(ids.clone())),
        };
        let before = before.cloned().unwrap_or_else(|| Course::new(content.kind, &content.answer));
        let ruling = Ruling { action, key, never_lower: self.never_lower };
        say_once(fields, &ruling, before.valid(), content.kind);
        let mut after = before.clone();
        after.rule(&ruling);
        let response = response.to_string();
        Some(Checked { item: self.item.clone(), ruling, response, before, after, objections })
    }
}

/// What is marked so already is not ruled again.
fn say_once(fields: &mut Fields, ruling: &Ruling, valid: &Valid, kind: Kind) {
    let known = |key: &Answer| valid.keys().contains(key);
    match (ruling.action, &ruling.key) {
        (RegradeAction::CorrectKey, Some(key)) if valid.keys().len() == 1 && known(key) => {
            fields.reject("key", FieldCode::Duplicate);
        }
        (RegradeAction::AlsoAccept, Some(key)) if known(key) => fields.reject("key", FieldCode::Duplicate),
        (RegradeAction::FullMarks, _) if *valid == Valid::Full => fields.reject("action", FieldCode::Duplicate),
        (RegradeAction::DropItem, _) if *valid == Valid::Dropped => fields.reject("action", FieldCode::Duplicate),
        // Of a judgement everything would be right: that is another action, and should be called so.
        (RegradeAction::AlsoAccept, Some(_)) if kind == Kind::Judgement && !valid.keys().is_empty() => {
            fields.reject_with("action", FieldCode::Conflict, RegradeAction::FullMarks);
        }
        _ => {}
    }
}

/// An attempt that comes to something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) attempt: AttemptId,
    pub(super) person: PersonId,
    pub(super) number: i32,
    /// What it came to as a whole.
    pub(super) before: Scored,
    pub(super) after: Scored,
}

/// Somebody's result, which changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affected {
    /// Who.
    pub person_id: PersonId,
    /// Their name on the roster.
    pub person_name: String,
    /// Their unit on the roster.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// The points that counted.
    pub before: Points,
    /// Those that count.
    pub after: Points,
    /// Whether they passed.
    pub passed_before: bool,
    /// Whether they pass.
    pub passed_after: bool,
}

/// What a regrade does, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effect {
    /// Under which identifier it is kept; none for a dry run.
    pub id: Option<RegradeId>,
    /// On how many papers the item stands.
    pub papers: u64,
    /// How many papers score more or less, or of another total.
    pub changed: u64,
    /// How many people's result rises.
    pub rises: u64,
    /// How many people's result falls.
    pub falls: u64,
    /// How many pass who did not.
    pub newly_passed: u64,
    /// How many passed and do not any more.
    pub no_longer_passed: u64,
    /// How many have sat.
    pub sat: u64,
    /// How many of them passed.
    pub passed_before: u64,
    /// How many of them pass.
    pub passed_after: u64,
    /// Whose result changes: those first who begin or cease to pass. At most [`Effect::NAMED`].
    pub people: Vec<Affected>,
}

impl Effect {
    /// How many people are named at most; all are kept with a regrade that was applied.
    pub const NAMED: usize = 1_000;
}

/// Somebody's result before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) person: PersonId,
    pub(super) before: Points,
    pub(super) after: Points,
    pub(super) passed: (bool, bool),
}

impl Moved {
    fn turns(&self) -> bool {
        self.passed.0 != self.passed.1
    }
}

/// Counts what the changes do to people's results: `sat` holds all attempts of everybody.
pub(super) fn results(
    member: &Member,
    sat: &HashMap<PersonId, Vec<Sitting>>,
    changes: &[Change],
) -> (Effect, Vec<Moved>) {
    let mut points: HashMap<(PersonId, i32), Points> = HashMap::with_capacity(changes.len());
    for change in changes {
        points.insert((change.person, change.number), change.after.points);
    }
    let mut effect = Effect { changed: count(changes.len()), ..Effect::default() };
    let mut moved = Vec::new();
    for (person, before) in sat {
        let result = |sittings: &[Sitting]| {
            let counting = member.counting(sittings)?;
            Some((counting.earned().unwrap_or_default(), counting.reaches(member.pass).unwrap_or(false)))
        };
        let Some((had, passed)) = result(before) else { continue };
        effect.sat += 1;
        effect.passed_before += u64::from(passed);
        let touched = before.iter().any(|s| points.contains_key(&(*person, s.number)));
        let after = if touched {
            let marked = |s: &Sitting| {
                let points = points.get(&(*person, s.number)).copied().or(s.points);
                Sitting { points, ..s.clone() }
            };
            result(&before.iter().map(marked).collect::<Vec<_>>())
        } else {
            None
        };
        let (has, still) = after.unwrap_or((had, passed));
        effect.passed_after += u64::from(still);
        effect.rises += u64::from(has > had);
        effect.falls += u64::from(has < had);
        effect.newly_passed += u64::from(still && !passed);
        effect.no_longer_passed += u64::from(passed && !still);
        if (has, still) != (had, passed) {
            moved.push(Moved { person: *person, before: had, after: has, passed: (passed, still) });
        }
    }
    moved.sort_by_key(|m| (!m.turns(), m.person));
    (effect, moved)
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// An item as whoever marks it anew sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemView {
    /// `question id@version`.
    pub item: String,
    /// What it asks.
    pub stem: String,
    /// Its kind.
    pub kind: Kind,
    /// Its options in stored order: id and text; none of a judgement.
    pub options: Vec<(String, String)>,
    /// How it is marked now.
    pub valid: Valid,
}

/// A regrade that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regrade {
    /// Its identifier.
    pub id: RegradeId,
    /// The exam's first, second, … regrade.
    pub number: i32,
    /// The item.
    pub item: String,
    /// What it asks.
    pub stem: String,
    /// Its kind.
    pub kind: Kind,
    /// What was done.
    pub action: RegradeAction,
    /// The key that went with it.
    pub key: Response,
    /// The same in words: the texts of its options.
    pub key_texts: Vec<String>,
    /// No paper had fewer points for the item than before.
    pub never_lower: bool,
    /// Why.
    pub reason: String,
    /// The objections that led to it.
    pub objections: Vec<ObjectionId>,
    /// On how many papers the item stands.
    pub papers: i32,
    /// How many people's result rose, fell.
    pub moved: (i32, i32),
    /// How many began, ceased to pass.
    pub turned: (i32, i32),
    /// How many had sat, and how many of them passed afterwards.
    pub passed: (i32, i32),
    /// Who did it.
    pub by: String,
    /// When.
    pub at: Instant,
}

#[cfg(test)]
mod tests {
    use entity::exam::attempt::AttemptState;
    use entity::exam::exam::{AttemptScoring, ExamStatus};
    use entity::id::ExamId;
    use uuid::Uuid;

    use super::*;

    fn person(n: u128) -> PersonId {
        PersonId(Uuid::from_u128(n))
    }

    #[test]
    fn what_counts_decides_and_not_every_attempt() {
        let exam = ExamId(Uuid::from_u128(1));
        let member = Member {
            id: exam,
            status: ExamStatus::Closed,
            scoring: AttemptScoring::Highest,
            pass: Points(60),
            excellence: None,
        };
        let sitting = |number, points| Sitting {
            exam,
            number,
            state: AttemptState::Graded,
            points: Some(Points(points)),
            answered: 1,
            void_kind: None,
        };
        let sat = HashMap::from([
            (person(1), vec![sitting(1, 58), sitting(2, 50)]),
            (person(2), vec![sitting(1, 61)]),
            (person(3), vec![sitting(1, 90), sitting(2, 10)]),
        ]);
        let change = |n, number, before, after| Change {
            attempt: AttemptId(Uuid::from_u128(n)),
            person: person(n),
            number,
            before: Scored { points: Points(before), max_points: Points(100) },
            after: Scored { points: Points(after), max_points: Points(100) },
        };
        // The second attempt of the first overtakes; the second falls; of the third the one that does not count rises.
        let changes = [change(1, 2, 50, 60), change(2, 1, 61, 59), change(3, 2, 10, 12)];
        let (effect, moved) = results(&member, &sat, &changes);
        assert_eq!((effect.changed, effect.rises, effect.falls), (3, 1, 1));
        assert_eq!((effect.newly_passed, effect.no_longer_passed), (1, 1));
        assert_eq!((effect.sat, effect.passed_before, effect.passed_after), (3, 2, 2));
        assert_eq!(moved.iter().map(|m| (m.before.0, m.after.0)).collect::<Vec<_>>(), [(58, 60), (61, 59)]);
    }
}
