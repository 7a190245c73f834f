//! The present: whenever the demonstration starts, a session is running, an exam is open and another is being prepared.

use entity::id::PersonId;
use entity::instant::{Instant, Millis};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::fill::{CANDIDATES, DemoError, Stage};
use super::sitting::{LONG, Plan};
use super::study::{Meeting, everybody_of, leaders, person_of};
use crate::exam::{ExamFilter, ExamStatus};
use crate::kernel::page::PageRequest;
use crate::study::{Proof, Session, SessionKind, SessionStatus};

const MINUTE: i64 = 60 * 1000;
/// A day, in ms.
pub(super) const DAY: i64 = 24 * 60 * MINUTE;

/// Arranges what is missing for today.
pub(super) async fn arrange(stage: &Stage<'_>) -> Result<(), DemoError> {
    (stage.say)("今天：进行中的活动和考试 · today");
    let recent = stage.sessions(stage.now - Millis(30 * DAY), stage.now + Millis(60 * DAY)).await?;
    for over in recent.iter().filter(|s| s.status == SessionStatus::Running && s.ends_at < stage.now) {
        stage.services.study.close_session(&stage.ground.coordinator, over.id).await?;
    }
    let lasts = |s: &&Session| s.status == SessionStatus::Running && s.ends_at > stage.now + Millis(15 * MINUTE);
    if !recent.iter().any(|s| lasts(&s)) {
        running_session(stage, &recent).await?;
    }
    if !recent.iter().any(|s| s.starts_at > stage.now) {
        coming_session(stage, &recent).await?;
    }
    open_exam(stage).await?;
    drafted_exam(stage).await
}

/// Next year's mock exam, which is being prepared.
async fn drafted_exam(stage: &Stage<'_>) -> Result<(), DemoError> {
    let year = stage.services.core.settings.calendar.year(stage.now) + 1;
    let plan = Plan {
        title: format!("{year} 年度学法模拟考试"),
        kind: "mock",
        year,
        opens_at: stage.at(year, 3, 2, 9, 0)?,
        closes_at: stage.at(year, 3, 13, 17, 0)?,
        audience: everybody_of(&[stage.ground.root]),
        makes_up: None,
        sections: LONG,
        release: "on_submit",
    };
    stage.draft(&plan).await?;
    Ok(())
}

fn shown(stage: &Stage<'_>) -> Result<Vec<PersonId>, DemoError> {
    let shown = stage.ground.people.iter().map(|(_, caller)| caller);
    let shown = shown.filter(|c| CANDIDATES.contains(&c.account.username.as_str()));
    shown.map(person_of).collect()
}

/// Began ten minutes ago, and most have checked in; `official` and `liaison` have not.
async fn running_session(stage: &Stage<'_>, recent: &[Session]) -> Result<(), DemoError> {
    let starts_at = Instant(stage.now.0 / (5 * MINUTE) * (5 * MINUTE)) - Millis(10 * MINUTE);
    let mut audience = leaders(stage.ground.root);
    audience.person_ids = shown(stage)?;
    let meeting = Meeting {
        title: "区委理论学习中心组集体学法".to_owned(),
        kind: SessionKind::CollectiveStudy,
        host: stage.ground.root,
        starts_at,
        minutes: 90,
        place: "区机关一楼会议室",
        hours: 150,
        audience,
        presenters: Vec::new(),
        reached: None,
    };
    stage.clock.set(starts_at - Millis(DAY));
    let session = stage.invite(recent, &meeting).await?;
    stage.set(starts_at - Millis(3 * MINUTE)).await?;
    let code = stage.services.study.check_in_code(&stage.ground.coordinator, session.id).await?.code;
    let absent = shown(stage)?;
    let coming: Vec<_> = stage
        .meant(&meeting.audience)?
        .into_iter()
        .filter(|(number, _, person)| number % 5 != 2 && !absent.contains(person))
        .filter_map(|(number, _, _)| stage.ground.people.get(number).map(|(_, caller)| caller))
        .collect();
    let proof = Proof::Code(code);
    stream::iter(coming)
        .map(|caller| stage.services.study.check_in(caller, session.id, &proof))
        .buffer_unordered(64)
        .try_collect::<Vec<_>>()
        .await?;
    stage.set(stage.now).await
}

/// A hearing in five days.
async fn coming_session(stage: &Stage<'_>, recent: &[Session]) -> Result<(), DemoError> {
    let calendar = stage.services.core.settings.calendar;
    let half_past_two = chrono::NaiveTime::from_hms_opt(14, 30, 0).unwrap_or_default();
    let mut audience = leaders(stage.ground.root);
    audience.person_ids = shown(stage)?;
    let meeting = Meeting {
        title: "旁听行政诉讼庭审".to_owned(),
        kind: SessionKind::CourtHearing,
        host: stage.ground.root,
        starts_at: calendar.at(calendar.day(stage.now + Millis(5 * DAY)), half_past_two),
        minutes: 150,
        place: "区人民法院第三法庭",
        hours: 250,
        audience,
        presenters: Vec::new(),
        reached: None,
    };
    stage.invite(recent, &meeting).await?;
    Ok(())
}

/// A mock exam for everybody, if this year's is over or has not come yet.
async fn open_exam(stage: &Stage<'_>) -> Result<(), DemoError> {
    let year = stage.services.core.settings.calendar.year(stage.now);
    let page = PageRequest { limit: crate::kernel::page::MAX_LIMIT, after: None };
    let filter = ExamFilter { year: Some(year), kind: None, status: Some(ExamStatus::Open) };
    let open = stage.services.exams.exams(&stage.ground.coordinator, &filter, &page).await?.items;
    if !open.is_empty() {
        return Ok(());
    }
    let today = stage.services.core.today();
    let plan = Plan {
        title: format!("学法模拟考试（{today} 起）"),
        kind: "mock",
        year,
        opens_at: stage.now - Millis(10 * MINUTE),
        closes_at: stage.now + Millis(14 * DAY),
        audience: everybody_of(&[stage.ground.root]),
        makes_up: None,
        sections: LONG,
        release: "on_submit",
    };
    stage.clock.set(stage.now - Millis(60 * MINUTE));
    stage.seal(&plan).await?;
    stage.set(stage.now).await
}
