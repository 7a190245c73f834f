//! Feasibility and sealing.

use std::collections::HashSet;

use entity::exam::exam::ExamStatus;
use entity::id::{ExamId, QuestionId};
use entity::org::roster_row::SubjectKind;
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;
use uuid::Uuid;

use super::super::manifest;
use super::super::model::{Blueprint, Seal, SealReceipt, SealedManifest, SectionRoom};
use super::super::{state, store};
use super::{ExamError, Exams, check_banks, entry};
use crate::auth::{Caller, Denied, MANAGERS, READERS, authorise};
use crate::bank::Bank;
use crate::db::Fault;
use crate::exam::draw::{Manifest, PoolItem, Sealed, Secret};
use crate::exam::outcome;
use crate::kernel::field::Fields;
use crate::kernel::jcs;
use crate::log;
use crate::org::{RosterMember, freeze_members, preview, watch_roster};
use crate::tally::{self, Standing, Subject};

impl Exams {
    /// The room of every section: in the banks while the exam is a draft, in its pool once it is sealed. For those who
    /// manage or audit its unit.
    pub async fn feasibility(&self, caller: &Caller, id: ExamId) -> Result<Vec<SectionRoom>, ExamError> {
        let conn = self.core.db.read();
        caller.scope(READERS, self.core.now())?;
        let row = self.seen(conn, caller, id).await?;
        match authorise::<ExamError>(conn, caller, READERS, row.unit_id, self.core.now()).await {
            Err(ExamError::Denied(_)) => return Err(Denied::Forbidden.into()),
            other => other?,
        }
        let plan = store::whole(conn, row, self.core.now()).await?.blueprint;
        let sections = manifest::sections(&plan.sections);
        let pool = match store::manifest(conn, id).await? {
            Some(sealed) => read(&sealed.manifest)?.pool,
            None => offered(conn, &plan).await?,
        };
        Ok(manifest::section_rooms(&plan.sections, &sections, &pool))
    }

    /// Seals a draft: freezes its roster, its pool and its blueprint, publishes the manifest's digest and the commitment
    /// to a new secret, and states what everybody on the roster owes. All of it or nothing. By a coordinator of its unit.
    pub async fn seal(&self, caller: &Caller, id: ExamId) -> Result<SealReceipt, ExamError> {
        // Drawn once: a transaction that runs again seals the same secret.
        let (secret, log_id) = (Secret::from_bytes(self.core.rng.bytes()), self.core.uuid());
        self.core
            .db
            .tx("exam.seal", |tx| {
                let (this, caller) = (self.clone(), caller.clone());
                Box::pin(async move { this.seal_in(tx, &caller, id, &secret, log_id).await })
            })
            .await
    }

    async fn seal_in(
        &self,
        tx: &impl ConnectionTrait,
        caller: &Caller,
        id: ExamId,
        secret: &Secret,
        log_id: Uuid,
    ) -> Result<SealReceipt, ExamError> {
        let now = self.core.now();
        self.managed(tx, caller, id).await?;
        let row = store::hold(tx, id).await?.ok_or(Denied::NotFound)?;
        state::may_seal(row.status, row.closes_at, now)
            .map_err(|_refused| ExamError::WrongState(state::status_at(row.status, row.opens_at, now)))?;
        let plan = store::whole(tx, row.clone(), now).await?.blueprint;
        still_managed(tx, caller, &plan, now).await?;

        let roster = self.candidates_of(tx, &plan).await?;
        if roster.is_empty() {
            return Err(ExamError::EmptyRoster);
        }
        let sealed = self.manifest_of(tx, id, &plan, secret).await?;
        let seal = Seal {
            at: now,
            manifest_digest: sealed.manifest_digest().to_string(),
            commitment: sealed.manifest().commitment.to_string(),
        };
        let written = SealedManifest { manifest: canonical(sealed.manifest())?, seal: seal.clone() };
        let items = items(sealed.manifest())?;
        if !store::seal(tx, &row, hex::encode(secret.as_bytes()), written, &items).await? {
            return Err(ExamError::Stale);
        }
        freeze_members(tx, SubjectKind::Exam, id.into(), &roster, now).await?;
        // Who sits a make-up is decided by the main exam, not by who comes and goes.
        if plan.makes_up.is_none() {
            watch_roster(tx, SubjectKind::Exam, id.into(), &plan.audience, now).await?;
        }
        let expected = roster.len();
        owe(tx, id, plan.makes_up, roster).await?;

        let data = json!({
            "manifest_digest": seal.manifest_digest,
            "commitment": seal.commitment,
            "expected": expected,
            "pool": items.len(),
        });
        log::append(tx, entry(log_id, now, caller.actor(), "exam.seal", (id, plan.unit_id), data)).await?;
        Ok(SealReceipt { status: state::status_at(ExamStatus::Sealed, row.opens_at, now), seal, expected })
    }

    /// Who is to sit: of a main exam its audience; of a make-up those of its audience who are expected in the main exam
    /// and have passed nothing of its family, because they have not sat or have failed.
    async fn candidates_of(&self, tx: &impl ConnectionTrait, plan: &Blueprint) -> Result<Vec<RosterMember>, ExamError> {
        let mut members = preview(tx, &plan.audience, self.core.today()).await?;
        if let Some(main) = plan.makes_up {
            let row = store::hold(tx, main).await?.ok_or(Denied::NotFound)?;
            if !state::may_be_made_up(row.status) {
                return Err(ExamError::WrongState(state::status_at(row.status, row.opens_at, self.core.now())));
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

    /// The manifest, proved to draw.
    async fn manifest_of(
        &self,
        tx: &impl ConnectionTrait,
        id: ExamId,
        plan: &Blueprint,
        secret: &Secret,
    ) -> Result<Sealed, ExamError> {
        let pool = offered(tx, plan).await?;
        let rooms = manifest::section_rooms(&plan.sections, &manifest::sections(&plan.sections), &pool);
        let short: Vec<SectionRoom> = rooms.into_iter().filter(|room| room.lacks > 0).collect();
        if !short.is_empty() {
            return Err(ExamError::Infeasible(short));
        }
        let manifest = manifest::manifest(id, self.core.now(), secret, &plan.sections, pool);
        Sealed::new(manifest, secret, None).map_err(|error| broken(id, &error).into())
    }
}

/// Since the draft was written, banks or the caller's grants may have moved.
async fn still_managed(
    tx: &impl ConnectionTrait,
    caller: &Caller,
    plan: &Blueprint,
    now: entity::instant::Instant,
) -> Result<(), ExamError> {
    let mut fields = Fields::new();
    check_banks(tx, &caller.scope(MANAGERS, now)?, &plan.bank_ids, &mut fields).await?;
    Ok(fields.check()?)
}

/// What the banks offer a blueprint, without questions whose key its candidates have been shown.
async fn offered(conn: &impl ConnectionTrait, plan: &Blueprint) -> Result<Vec<PoolItem>, Fault> {
    let shown = match plan.makes_up {
        Some(main) => store::shown(conn, main).await?,
        None => HashSet::new(),
    };
    let questions = Bank::pool(conn, &plan.bank_ids).await?;
    Ok(manifest::pool(questions, &manifest::sections(&plan.sections), &shown))
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
fn items(manifest: &Manifest) -> Result<Vec<(QuestionId, i32)>, Fault> {
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

fn read(manifest: &str) -> Result<Manifest, Fault> {
    serde_json::from_str(manifest).map_err(|e| DbErr::Type(format!("a manifest: {e}")).into())
}

fn broken(exam: ExamId, why: &dyn std::fmt::Display) -> Fault {
    DbErr::Type(format!("the seal of exam {exam}: {why}")).into()
}
