//! Wire types of what goes in: a blueprint, and changes to one.

use entity::points::Points;
use poem_openapi::Object;
use poem_openapi::types::MaybeUndefined;

use super::input::{BalanceInput, BlueprintInput, OBJECTION_DAYS, SectionInput};
use crate::http::Decimal;
use crate::org::AudienceDto;

mod answers;
mod copy;
mod draw;
mod people;
mod words;

pub(in crate::exam) use answers::ExamDto;
pub(super) use answers::ExamSummaryDto;
pub(super) use copy::ExamCopyRequest;
use draw::BalanceDto;
pub(super) use draw::{
    BeaconRequest, DrawFileResponse, FeasibilityDto, ManifestDto, OverlapsDto, PreviewDto, SealDto, SealRequest,
};
pub(in crate::exam) use people::CandidateDto;
pub(super) use people::{ResultsDto, results};
pub(super) use words::ExamKindDto;
pub(in crate::exam) use words::ExamStatusDto;

/// An exam to be drafted.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(super) struct ExamRequest {
    /// Its title, up to 120 characters.
    title: String,
    /// `qualification`, `annual` or `mock`.
    kind: String,
    /// The year it counts toward.
    year: i32,
    /// Whose exam it is.
    unit_id: String,
    /// The banks that it draws from, 1–20 of them.
    bank_ids: Vec<String>,
    /// From when it can be started.
    opens_at: String,
    /// Nobody sits past this moment; after the opening.
    closes_at: String,
    /// The latest start, after the opening; null for any time before closing.
    latest_start_seconds: Option<i32>,
    /// How long a candidate has, 60–86400.
    duration_seconds: i32,
    /// How long after the deadline a save on its way is still taken, 0–120.
    grace_seconds: i32,
    /// The pass line; at most what a paper can score.
    pass_points: Decimal,
    /// The excellence line, between the pass line and what a paper can score.
    excellence_points: Option<Decimal>,
    /// How often a candidate may sit, 1–10.
    attempts_allowed: i32,
    /// Which of several attempts counts: `highest` or `latest`.
    attempt_scoring: String,
    /// Who must sit.
    audience: AudienceDto,
    /// The sections in order, 1–20 of them.
    sections: Vec<SectionRequest>,
    /// When candidates see their results: `on_submit`, `on_close` or `manual`.
    release: String,
    /// Whether they ever see the key: `never` or `after_close`.
    show_key: String,
    /// The main exam that it makes up: one that has closed, of the same kind and year.
    makes_up_exam_id: Option<String>,
    /// How papers are brought near to a common mean facility; they are not if null.
    balance: Option<BalanceDto>,
    /// The public randomness that goes into the draw and does not exist yet (`openapi/draw.md`), up to 200 characters;
    /// the exam cannot open before its value is recorded. The secret alone decides if null.
    beacon_rule: Option<String>,
    /// Whom to ask, up to 120 characters.
    contact: Option<String>,
    /// For how many days after their release results may be objected to, 0–90; 7 if null, 0 for never.
    objection_days: Option<i32>,
}

/// A section of a blueprint.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(super) struct SectionRequest {
    /// Its title, up to 120 characters.
    title: String,
    /// `single`, `multiple` or `judgement`.
    kind: String,
    /// Topics its questions may have; any if empty.
    #[oai(default)]
    topics: Vec<String>,
    /// Difficulties they may have, `easy`, `medium`, `hard`; any if empty.
    #[oai(default)]
    difficulties: Vec<String>,
    /// How many questions, 1–200.
    count: i32,
    /// What each is worth, 0.01–1000.
    points_each: Decimal,
    /// How a multiple choice is scored: `all_or_nothing` (if null), `partial_no_wrong` or `net`.
    scoring: Option<String>,
}

/// Changes to a draft; what is left out stays as it is.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(super) struct ExamChanges {
    /// Its title, up to 120 characters.
    title: Option<String>,
    /// `qualification`, `annual` or `mock`.
    kind: Option<String>,
    /// The year it counts toward.
    year: Option<i32>,
    /// Whose exam it is.
    unit_id: Option<String>,
    /// The banks that it draws from, 1–20 of them.
    bank_ids: Option<Vec<String>>,
    /// From when it can be started.
    opens_at: Option<String>,
    /// Nobody sits past this moment; after the opening.
    closes_at: Option<String>,
    /// The latest start, after the opening; null takes it away.
    latest_start_seconds: MaybeUndefined<i32>,
    /// How long a candidate has, 60–86400.
    duration_seconds: Option<i32>,
    /// How long after the deadline a save on its way is still taken, 0–120.
    grace_seconds: Option<i32>,
    /// The pass line; at most what a paper can score.
    pass_points: Option<Decimal>,
    /// The excellence line; null takes it away.
    excellence_points: MaybeUndefined<Decimal>,
    /// How often a candidate may sit, 1–10.
    attempts_allowed: Option<i32>,
    /// Which of several attempts counts: `highest` or `latest`.
    attempt_scoring: Option<String>,
    /// Who must sit.
    audience: Option<AudienceDto>,
    /// The sections in order, 1–20 of them; all are replaced.
    sections: Option<Vec<SectionRequest>>,
    /// When candidates see their results: `on_submit`, `on_close` or `manual`.
    release: Option<String>,
    /// Whether they ever see the key: `never` or `after_close`.
    show_key: Option<String>,
    /// The main exam that it makes up; null takes it away.
    makes_up_exam_id: MaybeUndefined<String>,
    /// How papers are brought near to a common mean facility; null takes it away.
    balance: MaybeUndefined<BalanceDto>,
    /// The public randomness that goes into the draw, up to 200 characters; null takes it away.
    beacon_rule: MaybeUndefined<String>,
    /// Whom to ask, up to 120 characters; null takes it away.
    contact: MaybeUndefined<String>,
    /// For how many days after their release results may be objected to, 0–90.
    objection_days: Option<i32>,
}

impl From<ExamRequest> for BlueprintInput {
    fn from(dto: ExamRequest) -> Self {
        Self {
            title: dto.title,
            kind: dto.kind,
            year: dto.year,
            unit_id: dto.unit_id,
            bank_ids: dto.bank_ids,
            opens_at: dto.opens_at,
            closes_at: dto.closes_at,
            latest_start_seconds: dto.latest_start_seconds,
            duration_seconds: dto.duration_seconds,
            grace_seconds: dto.grace_seconds,
            pass_points: dto.pass_points.into(),
            excellence_points: dto.excellence_points.map(Points::from),
            attempts_allowed: dto.attempts_allowed,
            attempt_scoring: dto.attempt_scoring,
            audience: dto.audience,
            sections: dto.sections.into_iter().map(SectionInput::from).collect(),
            release: dto.release,
            show_key: dto.show_key,
            makes_up_exam_id: dto.makes_up_exam_id,
            balance: dto.balance.map(BalanceInput::from),
            beacon_rule: dto.beacon_rule.unwrap_or_default(),
            contact: dto.contact.unwrap_or_default(),
            objection_days: dto.objection_days.unwrap_or(OBJECTION_DAYS),
        }
    }
}

impl From<SectionRequest> for SectionInput {
    fn from(dto: SectionRequest) -> Self {
        Self {
            title: dto.title,
            kind: dto.kind,
            topics: dto.topics,
            difficulties: dto.difficulties,
            count: dto.count,
            points_each: dto.points_each.into(),
            scoring: dto.scoring,
        }
    }
}

impl ExamChanges {
    /// Writes the changes over what was there.
    pub(super) fn apply(self, input: &mut BlueprintInput) {
        put(&mut input.title, self.title);
        put(&mut input.kind, self.kind);
        put(&mut input.year, self.year);
        put(&mut input.unit_id, self.unit_id);
        put(&mut input.bank_ids, self.bank_ids);
        put(&mut input.opens_at, self.opens_at);
        put(&mut input.closes_at, self.closes_at);
        put_null(&mut input.latest_start_seconds, self.latest_start_seconds);
        put(&mut input.duration_seconds, self.duration_seconds);
        put(&mut input.grace_seconds, self.grace_seconds);
        put(&mut input.pass_points, self.pass_points.map(Points::from));
        let mut excellence = input.excellence_points.map(Decimal::from);
        put_null(&mut excellence, self.excellence_points);
        input.excellence_points = excellence.map(Points::from);
        put(&mut input.attempts_allowed, self.attempts_allowed);
        put(&mut input.attempt_scoring, self.attempt_scoring);
        put(&mut input.audience, self.audience);
        put(&mut input.sections, self.sections.map(|all| all.into_iter().map(SectionInput::from).collect()));
        put(&mut input.release, self.release);
        put(&mut input.show_key, self.show_key);
        put_null(&mut input.makes_up_exam_id, self.makes_up_exam_id);
        let mut balance = input.balance.map(BalanceDto::from);
        put_null(&mut balance, self.balance);
        input.balance = balance.map(BalanceInput::from);
        let mut rule = Some(std::mem::take(&mut input.beacon_rule));
        put_null(&mut rule, self.beacon_rule);
        input.beacon_rule = rule.unwrap_or_default();
        let mut contact = Some(std::mem::take(&mut input.contact));
        put_null(&mut contact, self.contact);
        input.contact = contact.unwrap_or_default();
        put(&mut input.objection_days, self.objection_days);
    }
}

fn put<T>(place: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *place = given;
    }
}

fn put_null<T>(place: &mut Option<T>, given: MaybeUndefined<T>) {
    match given {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => *place = None,
        MaybeUndefined::Value(value) => *place = Some(value),
    }
}

#[cfg(test)]
mod tests {
    use poem_openapi::types::ParseFromJSON;
    use serde_json::json;

    use super::*;

    fn changed(changes: serde_json::Value) -> BlueprintInput {
        let mut input = super::super::input::tests::input();
        ExamChanges::parse_from_json(Some(changes)).unwrap().apply(&mut input);
        input
    }

    #[test]
    fn what_is_left_out_stays_and_null_takes_away() {
        let before = super::super::input::tests::input();
        let same = changed(json!({}));
        assert_eq!((same.excellence_points, same.title), (before.excellence_points, before.title));
        let after = changed(json!({ "excellence_points": null, "contact": "法制科", "year": 2027 }));
        assert_eq!((after.excellence_points, after.contact.as_str(), after.year), (None, "法制科", 2027));
        assert_eq!(changed(json!({ "excellence_points": 95.5 })).excellence_points, Some(Points(95_50)));
    }
}
