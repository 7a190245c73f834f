//! What a blueprint would give: the room of its sections, how hard its papers are, and what they look like.

use std::sync::Arc;

use entity::exam::exam::{self, ExamStatus};
use entity::id::ExamId;
use entity::points::Points;
use sea_orm::ConnectionTrait;

use super::super::input::BlueprintInput;
use super::super::manifest::Papers;
use super::super::model::{Blueprint, Difficulties, Feasibility, SamplePaper};
use super::super::{manifest, state, store};
use super::seal::{broken, items, offered, read};
use super::{ExamError, Exams, check_banks};
use crate::auth::{Caller, Denied, MANAGERS, READERS, authorise};
use crate::bank::Bank;
use crate::exam::draw::{Paper, PoolItem, Sealed, Secret, candidate, declared_facility_permille};
use crate::exam::sealed::{SealedExam, SealedSection, Sheet};
use crate::kernel::field::Fields;
use crate::org::roster;

/// How many papers tell how hard an exam will be.
const PROBES: usize = 60;
/// How many papers a preview shows.
const SAMPLES: usize = 3;
/// Stands in for a beacon where nothing is drawn in earnest.
const NO_BEACON: &str = "preview";

impl Exams {
    /// The room of every section and the difficulty of the papers: from the banks while the exam is a draft, from its pool
    /// once it is sealed. For those who manage or audit its unit.
    pub async fn feasibility(&self, caller: &Caller, id: ExamId) -> Result<Feasibility, ExamError> {
        let conn = self.core.db.read();
        let row = self.of_reader(conn, caller, id).await?;
        let plan = store::whole(conn, row, self.core.now()).await?.blueprint;
        let pool = pool_of(conn, id, &plan).await?;
        self.supply(id, (&plan).into(), pool)
    }

    /// The same of what is still being written: whatever else of the blueprint is missing, its banks and sections must be
    /// there. A make-up is told of all questions, for those whose key is out are known only once it is kept.
    pub async fn feasibility_of(&self, caller: &Caller, input: &BlueprintInput) -> Result<Feasibility, ExamError> {
        let (conn, scope) = (self.core.db.read(), caller.scope(MANAGERS, self.core.now())?);
        let mut fields = Fields::new();
        let plan = input.read_papers(&mut fields);
        if let Some((banks, ..)) = &plan {
            check_banks(conn, &scope, banks, &mut fields).await?;
        }
        let (banks, sections, balance) = fields.finish(plan)?;
        let pool = offered(conn, &banks, &sections, None).await?;
        self.supply(self.core.id(), Papers { sections: &sections, balance, beacon_rule: None }, pool)
    }

    fn supply(&self, id: ExamId, plan: Papers<'_>, pool: Vec<PoolItem>) -> Result<Feasibility, ExamError> {
        let rooms = manifest::section_rooms(plan.sections, &manifest::sections(plan.sections), &pool);
        let declared = |item: &&PoolItem| item.facility_permille == declared_facility_permille(item.difficulty);
        let observed = pool.len() - pool.iter().filter(declared).count();
        let mut found = Feasibility { rooms, papers: None, observed };
        if found.holds() {
            let draw = self.throw_away(id, plan, pool)?;
            found.papers = Some(difficulties(&draw, &self.core.uuid().to_string()));
        }
        Ok(found)
    }

    /// Three papers as candidates would see them, drawn with a secret that nobody keeps: never with the exam's own. By a
    /// coordinator of its unit who is not to sit it.
    pub async fn preview(&self, caller: &Caller, id: ExamId) -> Result<Vec<SamplePaper>, ExamError> {
        let conn = self.core.db.read();
        let row = self.managed(conn, caller, id).await?;
        if self.sits(conn, caller, id).await? {
            return Err(Denied::Forbidden.into());
        }
        let plan = store::whole(conn, row, self.core.now()).await?.blueprint;
        let pool = pool_of(conn, id, &plan).await?;
        let found = self.supply(id, (&plan).into(), pool.clone())?;
        if !found.holds() {
            let short = found.rooms.into_iter().filter(|room| room.lacks > 0).collect();
            return Err(ExamError::Infeasible(short));
        }
        let draw = self.throw_away(id, (&plan).into(), pool)?;
        let versions = Bank::versions(conn, &items(draw.manifest())?).await?;
        let sections = plan.sections.iter().map(|s| SealedSection::new(s.title.clone(), s.points_each, s.scoring));
        let papers: Vec<_> =
            (0..SAMPLES).map(|_| draw.paper(&candidate(NO_BEACON, &self.core.uuid().to_string()), 1)).collect();
        let facilities: Vec<u32> = papers.iter().map(|paper| draw.facility_permille(paper)).collect();
        let sealed = Arc::new(SealedExam::new(id, draw, sections.collect(), versions).map_err(|e| broken(id, &e))?);
        let sample = |(paper, facility_permille): (&Paper, u32)| {
            let sheet = Sheet::new(Arc::clone(&sealed), &paper.items).map_err(|e| broken(id, &e))?;
            Ok(SamplePaper { facility_permille, k: paper.k, sheet })
        };
        papers.iter().zip(facilities).map(sample).collect()
    }

    /// The seal of an exam that has closed, what its papers can score and how often it was regraded, for who may see its
    /// statistics: they tell the key.
    pub(in crate::exam) async fn counted_for(
        &self,
        conn: &impl ConnectionTrait,
        caller: &Caller,
        id: ExamId,
    ) -> Result<(String, Points, i32), ExamError> {
        let row = self.of_reader(conn, caller, id).await?;
        if row.status != ExamStatus::Released && self.sits(conn, caller, id).await? {
            return Err(Denied::Forbidden.into());
        }
        if !state::shows_draw(row.status) {
            return Err(ExamError::WrongState(row.status));
        }
        let regrades = row.regrades;
        let exam = store::whole(conn, row, self.core.now()).await?;
        let seal = exam.seal.ok_or(ExamError::WrongState(exam.status))?;
        Ok((seal.manifest_digest, exam.blueprint.max_points(), regrades))
    }

    /// An exam that has closed and that the caller may mark anew: as its coordinator, and before release not as one of its
    /// candidates, since that tells the key.
    pub(in crate::exam) async fn markable(
        &self,
        conn: &impl ConnectionTrait,
        caller: &Caller,
        id: ExamId,
    ) -> Result<exam::Model, ExamError> {
        let row = self.managed(conn, caller, id).await?;
        if row.status != ExamStatus::Released && self.sits(conn, caller, id).await? {
            return Err(Denied::Forbidden.into());
        }
        if state::shows_draw(row.status) { Ok(row) } else { Err(ExamError::WrongState(row.status)) }
    }

    /// An exam of those who manage or audit its unit.
    pub(in crate::exam) async fn of_reader(
        &self,
        conn: &impl ConnectionTrait,
        caller: &Caller,
        id: ExamId,
    ) -> Result<exam::Model, ExamError> {
        caller.scope(READERS, self.core.now())?;
        let row = self.seen(conn, caller, id).await?;
        match authorise::<ExamError>(conn, caller, READERS, row.unit_id, self.core.now()).await {
            Err(ExamError::Denied(_)) => Err(Denied::Forbidden.into()),
            other => other.map(|()| row),
        }
    }

    /// Whether the caller is on the roster.
    async fn sits(&self, conn: &impl ConnectionTrait, caller: &Caller, id: ExamId) -> Result<bool, ExamError> {
        let Some(person) = caller.account.person_id else { return Ok(false) };
        Ok(!roster(conn, id.into(), Some(&[person])).await?.is_empty())
    }

    /// The blueprint sealed with a secret that is forgotten at once.
    fn throw_away(&self, id: ExamId, plan: Papers<'_>, pool: Vec<PoolItem>) -> Result<Sealed, ExamError> {
        let secret = Secret::from_bytes(self.core.rng.bytes());
        let manifest = manifest::manifest(id, self.core.now(), &secret, plan, pool);
        let beacon = manifest.beacon_rule.as_ref().map(|_rule| NO_BEACON);
        Ok(Sealed::new(manifest, &secret, beacon).map_err(|e| broken(id, &e))?)
    }
}

/// What papers are drawn from: the sealed pool, else what the banks offer.
async fn pool_of(conn: &impl ConnectionTrait, id: ExamId, plan: &Blueprint) -> Result<Vec<PoolItem>, ExamError> {
    Ok(match store::manifest(conn, id).await? {
        Some(sealed) => read(&sealed.manifest)?.pool,
        None => offered(conn, &plan.bank_ids, &plan.sections, plan.makes_up).await?,
    })
}

fn difficulties(draw: &Sealed, of: &str) -> Difficulties {
    let paper = |n: usize| draw.facility_permille(&draw.paper(&candidate(of, &n.to_string()), 1));
    let means: Vec<u32> = (0..PROBES).map(paper).collect();
    let sum: u64 = means.iter().map(|mean| u64::from(*mean)).sum();
    let count = u64::try_from(means.len()).unwrap_or(u64::MAX).max(1);
    let near =
        |mean: &&u32| draw.manifest().balance.is_none_or(|b| mean.abs_diff(b.target_permille) <= b.tolerance_permille);
    Difficulties {
        papers: means.len(),
        lowest: means.iter().min().copied().unwrap_or_default(),
        mean: u32::try_from(sum / count).unwrap_or_default(),
        highest: means.iter().max().copied().unwrap_or_default(),
        within: means.iter().filter(near).count(),
    }
}
