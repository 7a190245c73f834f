//! Exams and how people sat them.

use std::sync::Arc;

use entity::id::ExamId;
use entity::instant::{Instant, Millis};
use entity::points::Points;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::fill::{DemoError, Stage};
use super::present::DAY;
use crate::auth::Caller;
use crate::bank::Answer;
use crate::exam::attempt::{AttemptError, RawResponse, RawSave};
use crate::exam::sealed::SealedItem;
use crate::exam::{
    BalanceInput, BlueprintInput, Exam, ExamFilter, ExamStatus, OBJECTION_DAYS, Resealing, SectionInput,
};
use crate::http::IfMatch;
use crate::kernel::page::{MAX_LIMIT, PageRequest};
use crate::org::Audience;

/// The first year whose papers are balanced.
const BALANCED: i32 = 2024;
/// How many people act at once.
const AT_ONCE: usize = 96;

/// For how long after the hour at which an exam opens people begin to sit on each of its days, in ms: nobody sits at night.
const WORKING: i64 = 6 * 3600 * 1000;

/// An exam of the story.
pub(super) struct Plan {
    /// Its title.
    pub(super) title: String,
    /// `annual`, `qualification` or `mock`.
    pub(super) kind: &'static str,
    /// The year it counts toward.
    pub(super) year: i32,
    /// When it opens.
    pub(super) opens_at: Instant,
    /// When it closes.
    pub(super) closes_at: Instant,
    /// Who must sit.
    pub(super) audience: Audience,
    /// The main exam that it makes up.
    pub(super) makes_up: Option<ExamId>,
    /// Questions and points of the singles, multiples and judgements.
    pub(super) sections: [(i32, i64); 3],
    /// When candidates see their results.
    pub(super) release: &'static str,
}

/// Ten, five and five questions: 100 points.
pub(super) const SHORT: [(i32, i64); 3] = [(10, 5), (5, 6), (5, 4)];
/// Twenty, fifteen and fifteen questions: 100 points.
pub(super) const LONG: [(i32, i64); 3] = [(20, 2), (15, 2), (15, 2)];

/// How somebody does in an exam.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// So many answers are wrong.
    Wrong(u32),
    /// Most are left open: fails whatever the questions.
    Fails,
    /// Does not come.
    Absent,
    /// Has begun and not handed in.
    Begins,
}

impl Stage<'_> {
    /// The exam of this title; drafted if it is not there.
    pub(super) async fn draft(&self, plan: &Plan) -> Result<(ExamId, ExamStatus), DemoError> {
        let (exams, coordinator) = (&self.services.exams, &self.ground.coordinator);
        let filter = ExamFilter { year: Some(plan.year), ..ExamFilter::default() };
        let page = PageRequest { limit: MAX_LIMIT, after: None };
        let known = exams.exams(coordinator, &filter, &page).await?.items;
        let known = known.into_iter().find(|e| e.exam.title == plan.title).map(|e| (e.exam.id, e.exam.status));
        if let Some(known) = known {
            return Ok(known);
        }
        let made = exams.create(coordinator, &self.blueprint(plan)).await?;
        self.balance(plan, &made).await?;
        Ok((made.id, made.status))
    }

    /// The exam of this title, sealed; made if it is not there.
    pub(super) async fn seal(&self, plan: &Plan) -> Result<(ExamId, ExamStatus), DemoError> {
        let (id, status) = self.draft(plan).await?;
        if status != ExamStatus::Draft {
            return Ok((id, status));
        }
        let receipt = self.services.exams.seal(&self.ground.coordinator, id, &Resealing::default()).await?;
        Ok((id, receipt.status))
    }

    /// Brings the papers of the later years near to what the bank gives on the whole, as its composer shows it.
    async fn balance(&self, plan: &Plan, made: &Exam) -> Result<(), DemoError> {
        let (exams, coordinator) = (&self.services.exams, &self.ground.coordinator);
        let Some(papers) = exams.feasibility(coordinator, made.id).await?.papers.filter(|_| plan.year >= BALANCED)
        else {
            return Ok(());
        };
        let target_permille = i32::try_from(papers.mean).unwrap_or(i32::MAX);
        let balance = BalanceInput { target_permille, tolerance_permille: 15, tries: 32 };
        let aim = |input: &mut BlueprintInput| input.balance = Some(balance);
        exams.change(coordinator, made.id, &IfMatch::version(made.version), aim).await?;
        Ok(())
    }

    fn blueprint(&self, plan: &Plan) -> BlueprintInput {
        let kinds = [("单项选择题", "single"), ("多项选择题", "multiple"), ("判断题", "judgement")];
        let sections = kinds
            .iter()
            .zip(plan.sections)
            .map(|((title, kind), (count, points))| SectionInput {
                title: (*title).to_owned(),
                kind: (*kind).to_owned(),
                count,
                points_each: Points::whole(points),
                scoring: (*kind == "multiple").then(|| "partial_no_wrong".to_owned()),
                ..SectionInput::default()
            })
            .collect();
        BlueprintInput {
            title: plan.title.clone(),
            kind: plan.kind.to_owned(),
            year: plan.year,
            unit_id: self.ground.root.to_string(),
            bank_ids: vec![self.ground.bank.to_string()],
            opens_at: plan.opens_at.to_string(),
            closes_at: plan.closes_at.to_string(),
            latest_start_seconds: None,
            duration_seconds: 3600,
            grace_seconds: 30,
            pass_points: Points::whole(60),
            excellence_points: Some(Points::whole(90)),
            attempts_allowed: 1,
            attempt_scoring: "highest".to_owned(),
            audience: plan.audience.clone().into(),
            sections,
            release: plan.release.to_owned(),
            show_key: "never".to_owned(),
            makes_up_exam_id: plan.makes_up.map(|id| id.to_string()),
            balance: None,
            beacon_rule: String::new(),
            contact: "区司法局普法与依法治理股".to_owned(),
            objection_days: OBJECTION_DAYS,
        }
    }

    /// Lets people sit an exam over its days, a share of them at a time, each as `doing` says.
    pub(super) async fn sit(
        &self,
        exam: ExamId,
        plan: &Plan,
        until: Instant,
        doing: impl Fn(usize) -> Doing,
    ) -> Result<(), DemoError> {
        let candidates: Vec<(&Caller, Doing)> = self
            .meant(&plan.audience)?
            .into_iter()
            .filter_map(|(number, _, _)| self.ground.people.get(number).map(|(_, caller)| (caller, doing(number))))
            .filter(|(_, doing)| *doing != Doing::Absent)
            .collect();
        // So that everybody has handed in before the end: the last share begins two hours before.
        let span = ((until - plan.opens_at).0 - 2 * 3600 * 1000).max(0);
        let shares = i64::try_from(candidates.len().div_ceil(AT_ONCE)).unwrap_or(1).max(1);
        let daily = (shares + span / DAY) / (span / DAY + 1);
        for (share, candidates) in (0_i64..).zip(candidates.chunks(AT_ONCE)) {
            let (day, turn) = (share / daily, share % daily);
            let offset = day * DAY + WORKING.min(span) / daily * turn;
            let begins = plan.opens_at + Millis(offset.min(span) + 60_000);
            self.set(begins).await?;
            let started: Vec<_> = stream::iter(candidates)
                .map(|(caller, doing)| {
                    let (attempts, caller, doing) = (Arc::clone(&self.services.attempts), (*caller).clone(), *doing);
                    abreast(async move {
                        match attempts.start(&caller, exam, None).await {
                            Ok(started) => Ok(Some((caller, doing, started))),
                            // Handed in before the filling was broken off.
                            Err(AttemptError::NoAttemptLeft(_)) => Ok(None),
                            Err(error) => Err(error),
                        }
                    })
                })
                .buffer_unordered(AT_ONCE)
                .try_collect()
                .await?;
            self.clock.set(begins + Millis::seconds(1500 + share * 37 % 1800));
            stream::iter(started.into_iter().flatten())
                .map(|(caller, doing, started)| {
                    let attempts = Arc::clone(&self.services.attempts);
                    abreast(async move {
                        let sheet = &started.desk.seat.sheet;
                        let saves = answers((1..).map_while(|position| sheet.item(position)), doing);
                        let (id, lease) = (started.attempt.id, started.lease);
                        if doing == Doing::Begins {
                            return attempts.save(&caller, id, lease, &saves).await.map(|_| ());
                        }
                        attempts.submit(&caller, id, lease, &saves).await.map(|_| ())
                    })
                })
                .buffer_unordered(AT_ONCE)
                .try_collect::<Vec<()>>()
                .await?;
        }
        Ok(())
    }
}

/// What somebody does, beside what others do: on as many threads as there are.
async fn abreast<T: Send + 'static>(
    what: impl Future<Output = Result<T, AttemptError>> + Send + 'static,
) -> Result<T, DemoError> {
    Ok(tokio::spawn(what).await.map_err(|_ended| DemoError::Inconsistent("somebody's turn"))??)
}

/// What somebody answers, position by position.
fn answers<'a>(items: impl Iterator<Item = &'a SealedItem>, doing: Doing) -> Vec<RawSave> {
    let (wrong, answered) = match doing {
        Doing::Wrong(wrong) => (wrong, u32::MAX),
        Doing::Fails | Doing::Absent => (0, 7),
        Doing::Begins => (1, 12),
    };
    (1_u32..)
        .zip(items)
        .take_while(|(position, _)| *position <= answered)
        .map(|(position, item)| {
            // Spread over the paper: every third question is one that goes wrong until enough have.
            let slips = position % 3 == 0 && position / 3 <= wrong;
            RawSave { position: position.into(), seq: 1, response: response(item, !slips) }
        })
        .collect()
}

fn response(item: &SealedItem, right: bool) -> RawResponse {
    match &item.content.answer {
        Answer::Judgement(truth) => RawResponse::Truth(*truth == right),
        Answer::Options(key) if right => RawResponse::Options(key.iter().cloned().collect()),
        Answer::Options(key) if key.len() > 1 => RawResponse::Options(key.iter().skip(1).cloned().collect()),
        Answer::Options(key) => {
            let other = item.content.options.iter().find(|o| !key.contains(&o.id));
            RawResponse::Options(other.map(|o| o.id.clone()).into_iter().collect())
        }
    }
}
