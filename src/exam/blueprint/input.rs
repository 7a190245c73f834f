//! Reading what somebody wrote into a blueprint, with every fault named at once.

use std::collections::HashSet;
use std::hash::Hash;

use entity::bank::question_version::QuestionKind;
use entity::exam::section::Scoring;
use entity::id::BankId;
use entity::instant::{Instant, Millis};
use entity::points::Points;

use super::model::{Blueprint, SectionPlan};
use super::state::Times;
use crate::exam::draw::Balance;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::org::AudienceDto;

/// The longest title, contact and topic, in characters; the most banks of an exam, and topics of a section.
const MAX_TITLE: usize = 120;
const MAX_CONTACT: usize = 120;
const MAX_TOPIC: usize = 60;
const MAX_BANKS: usize = 20;
const MAX_TOPICS: usize = 100;
/// How many sections an exam has at most.
const MAX_SECTIONS: usize = 20;
/// How many papers a balance tries at most. The algorithm allows more; a hall that starts at one moment does not.
const MAX_TRIES: i32 = 256;
/// For how many days results may be objected to if nothing is said.
pub const OBJECTION_DAYS: i32 = 7;
/// For how many days results may be objected to at most.
const MAX_OBJECTION_DAYS: i32 = 90;
/// The longest rule of a beacon.
const MAX_BEACON_RULE: usize = 200;
/// What a question may be worth at most.
const MAX_POINTS_EACH: Points = Points(100_000);

/// A blueprint as it was written, nothing checked: from a request or a form.
#[derive(Debug, Clone, Default)]
pub struct BlueprintInput {
    /// Its title.
    pub title: String,
    /// `qualification`, `annual` or `mock`.
    pub kind: String,
    /// The year it counts toward.
    pub year: i32,
    /// Whose exam it is.
    pub unit_id: String,
    /// The banks that it draws from.
    pub bank_ids: Vec<String>,
    /// From when it can be started, RFC 3339.
    pub opens_at: String,
    /// Nobody sits past this moment, RFC 3339.
    pub closes_at: String,
    /// The latest start, after the opening.
    pub latest_start_seconds: Option<i32>,
    /// How long a candidate has.
    pub duration_seconds: i32,
    /// How long after the deadline a save on its way is still taken.
    pub grace_seconds: i32,
    /// The pass line.
    pub pass_points: Points,
    /// The excellence line.
    pub excellence_points: Option<Points>,
    /// How often a candidate may sit.
    pub attempts_allowed: i32,
    /// `highest` or `latest`.
    pub attempt_scoring: String,
    /// Who must sit.
    pub audience: AudienceDto,
    /// The sections, in order.
    pub sections: Vec<SectionInput>,
    /// `on_submit`, `on_close` or `manual`.
    pub release: String,
    /// `never` or `after_close`.
    pub show_key: String,
    /// The main exam that it makes up.
    pub makes_up_exam_id: Option<String>,
    /// How papers are brought near to a common mean facility; they are not if none.
    pub balance: Option<BalanceInput>,
    /// The public randomness that goes into the draw and does not exist yet; empty if the secret alone decides.
    pub beacon_rule: String,
    /// Whom to ask; may be empty.
    pub contact: String,
    /// For how many days after their release results may be objected to; 0 for never.
    pub objection_days: i32,
}

/// A balance as it was written, in thousandths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BalanceInput {
    /// The mean facility aimed at.
    pub target_permille: i32,
    /// How far off a paper's may be.
    pub tolerance_permille: i32,
    /// How many papers are tried at most.
    pub tries: i32,
}

impl BalanceInput {
    fn read(self, fields: &mut Fields) -> Balance {
        let mut within = |name: &str, value: i32, low: i32, high: i32| {
            let value = fields.within(&format!("balance.{name}"), value, low, high);
            value.clamp(low, high).unsigned_abs()
        };
        Balance {
            target_permille: within("target_permille", self.target_permille, 0, 1000),
            tolerance_permille: within("tolerance_permille", self.tolerance_permille, 0, 1000),
            tries: within("tries", self.tries, 1, MAX_TRIES),
        }
    }
}

/// A section as it was written.
#[derive(Debug, Clone, Default)]
pub struct SectionInput {
    /// Its title.
    pub title: String,
    /// `single`, `multiple` or `judgement`.
    pub kind: String,
    /// Topics its questions may have; any if empty.
    pub topics: Vec<String>,
    /// Difficulties they may have, `easy`, `medium`, `hard`; any if empty.
    pub difficulties: Vec<String>,
    /// How many questions.
    pub count: i32,
    /// What each is worth.
    pub points_each: Points,
    /// `all_or_nothing`, `partial_no_wrong` or `net`; the first if none is said. Only multiple choices have parts.
    pub scoring: Option<String>,
}

impl BlueprintInput {
    /// The blueprint, or a note of every fault. Whether units, banks and people exist is asked of the database later.
    pub fn read(&self, fields: &mut Fields) -> Option<Blueprint> {
        let title = fields.line("title", &self.title, MAX_TITLE);
        let kind = fields.parse("kind", &self.kind, FieldCode::UnknownValue);
        let year = fields.within("year", self.year, 2000, 2100);
        let unit_id = fields.parse("unit_id", &self.unit_id, FieldCode::UnknownReference);
        let bank_ids = self.banks(fields);
        let times = self.times(fields);
        let attempts_allowed = fields.within("attempts_allowed", self.attempts_allowed, 1, 10);
        let attempt_scoring = fields.parse("attempt_scoring", &self.attempt_scoring, FieldCode::UnknownValue);
        let audience = self.audience.read(fields);
        let sections = self.sections(fields);
        self.lines(fields);
        let release = fields.parse("release", &self.release, FieldCode::UnknownValue);
        let show_key = fields.parse("show_key", &self.show_key, FieldCode::UnknownValue);
        let makes_up = self.makes_up_exam_id.as_deref();
        let makes_up = fields.parse_optional("makes_up_exam_id", makes_up, FieldCode::UnknownReference);
        let balance = self.balance.map(|balance| balance.read(fields));
        let beacon_rule = beacon_rule(fields, "beacon_rule", &self.beacon_rule);
        let contact = fields.optional_line("contact", &self.contact, MAX_CONTACT);
        let objection_days = fields.within("objection_days", self.objection_days, 0, MAX_OBJECTION_DAYS);
        Some(Blueprint {
            title,
            kind: kind?,
            year,
            unit_id: unit_id?,
            bank_ids,
            times: times?,
            pass_points: self.pass_points,
            excellence_points: self.excellence_points,
            attempts_allowed,
            attempt_scoring: attempt_scoring?,
            audience,
            sections: sections?,
            release: release?,
            show_key: show_key?,
            makes_up,
            balance,
            beacon_rule,
            contact,
            objection_days,
        })
    }

    /// What decides the papers: banks, sections and balance, or a note of every fault in them.
    pub(super) fn read_papers(&self, fields: &mut Fields) -> Option<(Vec<BankId>, Vec<SectionPlan>, Option<Balance>)> {
        let banks = self.banks(fields);
        let balance = self.balance.map(|balance| balance.read(fields));
        Some((banks, self.sections(fields)?, balance))
    }

    fn banks(&self, fields: &mut Fields) -> Vec<BankId> {
        match self.bank_ids.len() {
            0 => fields.reject("bank_ids", FieldCode::Required),
            n if n > MAX_BANKS => fields.reject_with("bank_ids", FieldCode::TooLong, MAX_BANKS),
            _ => {}
        }
        let banks = fields.parse_all("bank_ids", &self.bank_ids, FieldCode::UnknownReference);
        once_each(fields, "bank_ids", &banks);
        banks
    }

    fn times(&self, fields: &mut Fields) -> Option<Times> {
        let opens_at: Option<Instant> = fields.parse("opens_at", &self.opens_at, FieldCode::Invalid);
        let closes_at: Option<Instant> = fields.parse("closes_at", &self.closes_at, FieldCode::Invalid);
        let (Some(opens_at), Some(closes_at)) = (opens_at, closes_at) else {
            check_lengths(fields, "", self.duration_seconds, self.grace_seconds);
            return None;
        };
        let times = Times {
            opens_at,
            closes_at,
            latest_start_seconds: self.latest_start_seconds,
            duration_seconds: self.duration_seconds,
            grace_seconds: self.grace_seconds,
        };
        check_times(fields, "", &times);
        Some(times)
    }

    /// The pass line lies within what a paper can score, the excellence line between the two.
    fn lines(&self, fields: &mut Fields) {
        let points = |s: &SectionInput| Points(s.points_each.0.saturating_mul(s.count.max(0).into()));
        let total: Points = self.sections.iter().map(points).sum();
        fields.within("pass_points", self.pass_points, Points(0), total);
        if let Some(line) = self.excellence_points {
            fields.within("excellence_points", line, self.pass_points, total);
        }
    }

    fn sections(&self, fields: &mut Fields) -> Option<Vec<SectionPlan>> {
        match self.sections.len() {
            0 => fields.reject("sections", FieldCode::Required),
            n if n > MAX_SECTIONS => fields.reject_with("sections", FieldCode::TooLong, MAX_SECTIONS),
            _ => {}
        }
        // Every section is read before any of them is missed.
        let read: Vec<_> = (0..).zip(&self.sections).map(|(i, section)| section.read(fields, i)).collect();
        read.into_iter().collect()
    }
}

impl SectionInput {
    fn read(&self, fields: &mut Fields, place: usize) -> Option<SectionPlan> {
        let name = |field: &str| format!("sections[{place}].{field}");
        let title = fields.line(&name("title"), &self.title, MAX_TITLE);
        let kind = fields.parse(&name("kind"), &self.kind, FieldCode::UnknownValue);
        if self.topics.len() > MAX_TOPICS {
            fields.reject_with(name("topics"), FieldCode::TooLong, MAX_TOPICS);
        }
        let topic = |(i, topic): (usize, &String)| fields.line(&name(&format!("topics[{i}]")), topic, MAX_TOPIC);
        let topics: Vec<String> = (0..).zip(&self.topics).map(topic).collect();
        once_each(fields, &name("topics"), &topics);
        let difficulties = fields.parse_all(&name("difficulties"), &self.difficulties, FieldCode::UnknownValue);
        once_each(fields, &name("difficulties"), &difficulties);
        let count = fields.within(&name("count"), self.count, 1, 200);
        let points_each = fields.within(&name("points_each"), self.points_each, Points(1), MAX_POINTS_EACH);
        let scoring = fields.parse_optional(&name("scoring"), self.scoring.as_deref(), FieldCode::UnknownValue);
        let scoring = scoring.unwrap_or(Scoring::AllOrNothing);
        if scoring != Scoring::AllOrNothing && kind.is_some_and(|kind| kind != QuestionKind::Multiple) {
            fields.reject_with(name("scoring"), FieldCode::Conflict, &self.kind);
        }
        Some(SectionPlan { title, kind: kind?, topics, difficulties, count, points_each, scoring })
    }
}

/// Notes what is wrong with the times of an exam; the names of the fields begin with `before`.
pub(in crate::exam) fn check_times(fields: &mut Fields, before: &str, times: &Times) {
    check_lengths(fields, before, times.duration_seconds, times.grace_seconds);
    let (opens_at, closes_at) = (times.opens_at, times.closes_at);
    if closes_at <= opens_at {
        fields.reject_with(format!("{before}closes_at"), FieldCode::NotAfter, opens_at);
    } else if let Some(seconds) = times.latest_start_seconds
        && (seconds < 0 || opens_at + Millis::seconds(seconds) > closes_at)
    {
        let window = (closes_at - opens_at).0 / 1000;
        fields.reject_with(format!("{before}latest_start_seconds"), FieldCode::OutOfRange, format!("0–{window}"));
    }
}

fn check_lengths(fields: &mut Fields, before: &str, duration: i32, grace: i32) {
    fields.within(&format!("{before}duration_seconds"), duration, 60, 86_400);
    fields.within(&format!("{before}grace_seconds"), grace, 0, 120);
}

/// Notes what is in a list twice.
fn once_each<T: Eq + Hash>(fields: &mut Fields, field: &str, values: &[T]) {
    let mut seen = HashSet::new();
    for (i, value) in values.iter().enumerate() {
        if !seen.insert(value) {
            fields.reject(format!("{field}[{i}]"), FieldCode::Duplicate);
        }
    }
}

impl TryFrom<&BlueprintInput> for Blueprint {
    type Error = Invalid;
    fn try_from(input: &BlueprintInput) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let blueprint = input.read(&mut fields);
        fields.finish(blueprint)
    }
}

/// A blueprint as it would be written again: what a partial change starts from.
impl From<&Blueprint> for BlueprintInput {
    fn from(plan: &Blueprint) -> Self {
        Self {
            title: plan.title.clone(),
            kind: plan.kind.to_string(),
            year: plan.year,
            unit_id: plan.unit_id.to_string(),
            bank_ids: texts(&plan.bank_ids),
            opens_at: plan.times.opens_at.to_string(),
            closes_at: plan.times.closes_at.to_string(),
            latest_start_seconds: plan.times.latest_start_seconds,
            duration_seconds: plan.times.duration_seconds,
            grace_seconds: plan.times.grace_seconds,
            pass_points: plan.pass_points,
            excellence_points: plan.excellence_points,
            attempts_allowed: plan.attempts_allowed,
            attempt_scoring: plan.attempt_scoring.to_string(),
            audience: plan.audience.clone().into(),
            sections: plan.sections.iter().map(SectionInput::from).collect(),
            release: plan.release.to_string(),
            show_key: plan.show_key.to_string(),
            makes_up_exam_id: plan.makes_up.map(|id| id.to_string()),
            balance: plan.balance.map(BalanceInput::from),
            beacon_rule: plan.beacon_rule.clone().unwrap_or_default(),
            contact: plan.contact.clone(),
            objection_days: plan.objection_days,
        }
    }
}

impl From<Balance> for BalanceInput {
    fn from(balance: Balance) -> Self {
        let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        Self {
            target_permille: number(balance.target_permille),
            tolerance_permille: number(balance.tolerance_permille),
            tries: number(balance.tries),
        }
    }
}

/// The rule of a beacon; none if the text is empty.
pub(super) fn beacon_rule(fields: &mut Fields, name: &str, text: &str) -> Option<String> {
    let rule = fields.optional_line(name, text, MAX_BEACON_RULE);
    (!rule.is_empty()).then_some(rule)
}

impl From<&SectionPlan> for SectionInput {
    fn from(plan: &SectionPlan) -> Self {
        Self {
            title: plan.title.clone(),
            kind: plan.kind.to_string(),
            topics: plan.topics.clone(),
            difficulties: texts(&plan.difficulties),
            count: plan.count,
            points_each: plan.points_each,
            scoring: Some(plan.scoring.to_string()),
        }
    }
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
pub(super) mod tests;
