//! Sealing, once and again, and the beacon.

use std::collections::HashSet;

use entity::exam::exam::ExamStatus;
use entity::id::{BankId, ExamId, QuestionId};
use entity::instant::Instant;
use entity::org::roster_row::SubjectKind;
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;
use uuid::Uuid;

use super::super::input::beacon_rule;
use super::super::manifest;
use super::super::model::{Beacon, Blueprint, Resealing, Seal, SealReceipt, SealedManifest, SectionPlan, SectionRoom};
use super::super::store::Sealing;
use super::super::{state, store};
use super::{ExamError, Exams, check_banks, entry};
use crate::auth::{Caller, Denied, MANAGERS};
use crate::bank::Bank;
use crate::db::Fault;
use crate::exam::draw::{Manifest, PoolItem, Sealed, Secret};
use crate::exam::outcome;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::kernel::jcs;
use crate::log;
use crate::org::{RosterMember, freeze_members, preview, roster, watch_roster};
use crate::tally::{self, Standing, Subject};

/// The longest reason, value and source of a beacon, in characters.
const MAX_REASON: usize = 400;
const MAX_BEACON: usize = 200;
const MAX_SOURCE: usize = 400;

impl Exams {
    /// Seals a draft: freezes its roster, its pool and its blueprint, publishes the manifest's digest and the commitment
    /// to a new secret, and states what everybody on the roster owes. All of it or nothing.
    ///
    /// What is sealed is sealed again for a reason until somebody has started it: with a new secret, and what the banks
    /// hold by then. Its roster stays, for people come and go by amendments. By a coordinator of its unit.
    pub async fn seal(&self, caller: &Caller, id: ExamId, again: &Resealing) -> Result<SealReceipt, ExamError> {
        // Drawn once: a transaction that runs again seals the same secret.
        let (secret, log_id) = (Secret::from_bytes(self.core.rng.bytes()), self.core.uuid());
        self.core
            .db
            .tx("exam.seal", |tx| {
                let (this, caller, again) = (self.clone(), caller.clone(), again.clone());
                Box::pin(async move { this.seal_in(tx, &caller, id, &again, (&secret, log_id)).await })
            })
            .await
    }

    async fn seal_in(
        &self,
        tx: &impl ConnectionTrait,
        caller: &Caller,
        id: ExamId,
        again: &Resealing,
        (secret, log_id): (&Secret, Uuid),
    ) -> Result<SealReceipt, ExamError> {
        let now = self.core.now();
        self.managed(tx, caller, id).await?;
        let row = store::hold(tx, id).await?.ok_or(Denied::NotFound)?;
        let started = store::ever_started(tx, id).await?;
        state::may_seal(row.status, started, row.closes_at, now)
            .map_err(|_refused| ExamError::WrongState(state::status_at(row.status, store::opening(&row), now)))?;
        let before = store::whole(tx, row.clone(), now).await?;
        let (mut plan, replaced) = (before.blueprint, before.seal);
        let why = resealing(again, replaced.as_ref(), &mut plan)?;
        still_managed(tx, caller, &plan, now).await?;

        let fresh = replaced.is_none();
        let roster = if fresh { self.candidates_of(tx, &plan).await? } else { roster(tx, id.into(), None).await? };
        if roster.is_empty() {
            return Err(ExamError::EmptyRoster);
        }
        let sealed = self.manifest_of(tx, id, &plan, secret).await?;
        let seal = Seal {
            at: now,
            manifest_digest: sealed.digest().to_string(),
            commitment: sealed.commitment.to_string(),
            number: replaced.as_ref().map_or(1, |seal| seal.number + 1),
            beacon: None,
        };
        let sealing = Sealing {
            secret: hex::encode(secret.as_bytes()),
            sealed: SealedManifest { manifest: canonical(&sealed)?, seal: seal.clone() },
            opens: row.status == ExamStatus::Open && plan.beacon_rule.is_none(),
            beacon_rule: plan.beacon_rule.clone(),
            pool: items(&sealed)?,
            entry: log_id.into(),
        };
        let (expected, pool) = (roster.len(), sealing.pool.len());
        let overlaps = super::overlap::overlaps(tx, &row, &roster).await?;
        if !store::seal(tx, &row, sealing).await? {
            return Err(ExamError::Stale);
        }
        if fresh {
            freeze_members(tx, SubjectKind::Exam, id.into(), &roster, now).await?;
            // Who sits a make-up is decided by the main exam, not by who comes and goes.
            if plan.makes_up.is_none() {
                watch_roster(tx, SubjectKind::Exam, id.into(), &plan.audience, now).await?;
            }
            owe(tx, id, plan.makes_up, roster).await?;
        }
        let data = json!({
            "manifest_digest": seal.manifest_digest,
            "commitment": seal.commitment,
            "beacon_rule": plan.beacon_rule,
            "number": seal.number,
            "replaces": replaced.map(|seal| seal.manifest_digest),
            "reason": why,
            "expected": expected,
            "overlapping": overlaps.iter().map(|o| o.people).sum::<usize>(),
            "pool": pool,
        });
        log::append(tx, entry(log_id, now, caller.actor(), "exam.seal", (id, plan.unit_id), data)).await?;
        let opens_at = if plan.beacon_rule.is_some() { Instant(i64::MAX) } else { row.opens_at };
        Ok(SealReceipt { status: state::status_at(ExamStatus::Sealed, opens_at, now), seal, expected, overlaps })
    }

    /// Records the value that a beacon's rule named, once and for all: the same again changes nothing, another is refused.
    /// By a coordinator of the exam's unit.
    pub async fn record_beacon(&self, caller: &Caller, id: ExamId, given: &Beacon) -> Result<SealReceipt, ExamError> {
        let mut fields = Fields::new();
        let beacon = Beacon {
            value: fields.line("value", &given.value, MAX_BEACON),
            source: fields.line("source", &given.source, MAX_SOURCE),
        };
        fields.check()?;
        let log_id = self.core.uuid();
        self.core
            .db
            .tx("exam.beacon", |tx| {
                let (this, caller, beacon) = (self.clone(), caller.clone(), beacon.clone());
                Box::pin(async move { this.record_in(tx, &caller, id, &beacon, log_id).await })
            })
            .await
    }

    async fn record_in(
        &self,
        tx: &impl ConnectionTrait,
        caller: &Caller,
        id: ExamId,
        beacon: &Beacon,
        log_id: Uuid,
    ) -> Result<SealReceipt, ExamError> {
        let now = self.core.now();
        self.managed(tx, caller, id).await?;
        let row = store::hold(tx, id).await?.ok_or(Denied::NotFound)?;
        let exam = store::whole(tx, row.clone(), now).await?;
        let seal = exam.seal.ok_or(ExamError::WrongState(exam.status))?;
        let rule = row.beacon_rule.as_deref().ok_or(ExamError::WrongState(exam.status))?;
        let expected = roster(tx, id.into(), None).await?.len();
        match &seal.beacon {
            Some(recorded) if recorded == beacon => {
                return Ok(SealReceipt { status: exam.status, seal, expected, overlaps: Vec::new() });
            }
            Some(recorded) => {
                let mut fields = Fields::new();
                fields.reject_with("value", FieldCode::Conflict, &recorded.value);
                return Err(fields.finish::<()>(None).expect_err("a field was rejected").into());
            }
            None => state::may_record_beacon(row.status).map_err(|_refused| ExamError::WrongState(exam.status))?,
        }
        if !store::beacon(tx, &row, beacon).await? {
            return Err(ExamError::Stale);
        }
        let data = json!({
            "manifest_digest": seal.manifest_digest, "rule": rule, "value": beacon.value, "source": beacon.source,
        });
        log::append(tx, entry(log_id, now, caller.actor(), "exam.beacon", (id, row.unit_id), data)).await?;
        let status = state::status_at(row.status, row.opens_at, now);
        Ok(SealReceipt { status, seal: Seal { beacon: Some(beacon.clone()), ..seal }, expected, overlaps: Vec::new() })
    }

    /// Who is to sit: of a main exam its audience; of a make-up those of its audience who are expected in the main exam
    /// and have passed nothing of its family, because they have not sat or have failed.
    pub(super) async fn candidates_of(
        &self,
        tx: &impl ConnectionTrait,
        plan: &Blueprint,
    ) -> Result<Vec<RosterMember>, ExamError> {
        let mut members = preview(tx, &plan.audience, self.core.today()).await?;
        if let Some(main) = plan.makes_up {
            let row = store::hold(tx, main).await?.ok_or(Denied::NotFound)?;
            if !state::may_be_made_up(row.status) {
                return Err(ExamError::WrongState(state::status_at(row.status, store::opening(&row), self.core.now())));
            }
            let standings = tally::standings(tx, Subject { kind: SubjectKind::Exam, id: main.into() }, None).await?;
            let open: HashSet<_> = standings
                .into_iter()
                .filter(|s| s.figures.expected == 1 && s.figures.passed == 0)
                .map(|s| s.person_id)
                .collect();
            members.retain(|m| open.contains(&m.person_id));
        }
        Ok(members)
    }

    /// The manifest, proved to draw once its beacon is there.
    async fn manifest_of(
        &self,
        tx: &impl ConnectionTrait,
        id: ExamId,
        plan: &Blueprint,
        secret: &Secret,
    ) -> Result<Manifest, ExamError> {
        let pool = offered(tx, &plan.bank_ids, &plan.sections, plan.makes_up).await?;
        let rooms = manifest::section_rooms(&plan.sections, &manifest::sections(&plan.sections), &pool);
        let short: Vec<SectionRoom> = rooms.into_iter().filter(|room| room.lacks > 0).collect();
        if !short.is_empty() {
            return Err(ExamError::Infeasible(short));
        }
        let manifest = manifest::manifest(id, self.core.now(), secret, plan.into(), pool);
        let beacon = manifest.beacon_rule.as_ref().map(|_rule| "to come");
        Sealed::new(manifest.clone(), secret, beacon).map_err(|error| broken(id, &error))?;
        Ok(manifest)
    }
}

/// What a further seal needs: a reason, and a new rule for the beacon where the value of the former is known to all.
fn resealing(again: &Resealing, replaced: Option<&Seal>, plan: &mut Blueprint) -> Result<Option<String>, Invalid> {
    let mut fields = Fields::new();
    let rule = beacon_rule(&mut fields, "beacon_rule", &again.beacon_rule);
    let Some(replaced) = replaced else {
        // A draft says its rule itself.
        if rule.is_some() {
            fields.reject("beacon_rule", FieldCode::UnknownField);
        }
        let reason = fields.optional_line("reason", &again.reason, MAX_REASON);
        fields.check()?;
        return Ok((!reason.is_empty()).then_some(reason));
    };
    let reason = fields.line("reason", &again.reason, MAX_REASON);
    if replaced.beacon.is_some() && (rule.is_none() || rule == plan.beacon_rule) {
        fields.reject("beacon_rule", FieldCode::Required);
    }
    fields.check()?;
    if rule.is_some() {
        plan.beacon_rule = rule;
    }
    Ok(Some(reason))
}

/// Since the draft was written, banks or the caller's grants may have moved.
async fn still_managed(
    tx: &impl ConnectionTrait,
    caller: &Caller,
    plan: &Blueprint,
    now: Instant,
) -> Result<(), ExamError> {
    let mut fields = Fields::new();
    check_banks(tx, &caller.scope(MANAGERS, now)?, &plan.bank_ids, &mut fields).await?;
    Ok(fields.check()?)
}

/// What the banks offer a blueprint, without questions whose key its candidates have been shown.
pub(super) async fn offered(
    conn: &impl ConnectionTrait,
    banks: &[BankId],
    sections: &[SectionPlan],
    makes_up: Option<ExamId>,
) -> Result<Vec<PoolItem>, Fault> {
    let shown = match makes_up {
        Some(main) => store::shown(conn, main).await?,
        None => HashSet::new(),
    };
    let questions = Bank::pool(conn, banks).await?;
    let ids: Vec<QuestionId> = questions.iter().map(|question| question.question_id).collect();
    let observed = store::observed(conn, &ids).await?;
    Ok(manifest::pool(questions, &manifest::sections(sections), &shown, &observed))
}

/// What the people of a new roster owe: of a main exam to it, of a make-up to the main exam, toward which they are on
/// their way again.
async fn owe(
    tx: &impl ConnectionTrait,
    id: ExamId,
    makes_up: Option<ExamId>,
    roster: Vec<RosterMember>,
) -> Result<(), Fault> {
    if makes_up.is_some() {
        return outcome::restate_everybody(tx, id).await;
    }
    let people: Vec<_> = roster.iter().map(|m| m.person_id).collect();
    let figures = outcome::figures_of(tx, id, &people).await?;
    let standing = |m: RosterMember| {
        let figures = figures.get(&m.person_id).copied().unwrap_or_default();
        Standing { person_id: m.person_id, unit_id: m.unit_id, categories: m.categories, figures }
    };
    let subject = Subject { kind: SubjectKind::Exam, id: id.into() };
    tally::owe(tx, subject, roster.into_iter().map(standing).collect()).await
}

/// The pool's questions with their versions.
pub(super) fn items(manifest: &Manifest) -> Result<Vec<(QuestionId, i32)>, Fault> {
    let split = |item: &PoolItem| {
        let (id, version) = item.item.split_once('@')?;
        Some((id.parse().ok()?, version.parse().ok()?))
    };
    let items: Option<Vec<_>> = manifest.pool.iter().map(split).collect();
    items.ok_or_else(|| DbErr::Type("a pool item is not a question and its version".to_owned()).into())
}

fn canonical(manifest: &Manifest) -> Result<String, Fault> {
    let bytes = jcs::canonical(manifest).map_err(|e| Fault::from(DbErr::Type(e.to_string())))?;
    String::from_utf8(bytes).map_err(|e| DbErr::Type(e.to_string()).into())
}

pub(super) fn read(manifest: &str) -> Result<Manifest, Fault> {
    serde_json::from_str(manifest).map_err(|e| DbErr::Type(format!("a manifest: {e}")).into())
}

pub(super) fn broken(exam: ExamId, why: &dyn std::fmt::Display) -> Fault {
    DbErr::Type(format!("the seal of exam {exam}: {why}")).into()
}
