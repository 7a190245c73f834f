//! A year of the district: its programme, its sessions, its exams, its closing.

use entity::instant::{Instant, Millis};
use entity::points::Hours;

use super::fill::{CANDIDATES, DemoError, Stage};
use super::sitting::{Doing, LONG, Plan, SHORT};
use super::study::{Meeting, everybody_of, leaders, only, person_of};
use crate::auth::Caller;
use crate::exam::ExamStatus;
use crate::http::IfMatch;
use crate::kernel::page::PageRequest;
use crate::org::{Audience, Category};
use crate::study::{
    AttendanceStatus, Correction, CreditRule, MadeUp, NewProgramme, Presenter, ProgrammeFilter, ProgrammeStatus,
    ReportForm, SessionKind,
};

/// The last year in which everything went well; the report tells of 100 % for six years running.
const LAST_PERFECT: i32 = 2024;

/// What happens to somebody in a year that is not perfect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    None,
    NeverStudies,
    MissesSome,
    MissesExam,
    FailsExam,
}

/// A number between 0 and 999 that belongs to a person and a year, the same at every start.
fn chance(number: usize, year: i32) -> u32 {
    let mut x = u64::try_from(number).unwrap_or_default() ^ (u64::from(year.unsigned_abs()) << 32);
    // SplitMix64 (Steele, Lea, Flood 2014): spreads neighbouring numbers apart.
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    u32::try_from((x ^ (x >> 31)) % 1000).unwrap_or_default()
}

fn mishap(number: usize, unit: usize, year: i32) -> Mishap {
    // Two thirds of the units have nothing to explain.
    if year <= LAST_PERFECT || unit % 3 != 1 {
        return Mishap::None;
    }
    match chance(number, year) {
        0..50 => Mishap::NeverStudies,
        50..200 => Mishap::MissesSome,
        200..260 => Mishap::MissesExam,
        260..290 => Mishap::FailsExam,
        _ => Mishap::None,
    }
}

/// Lives through what of the year has happened by now.
pub(super) async fn live(stage: &Stage<'_>, year: i32) -> Result<(), DemoError> {
    if stage.at(year, 1, 9, 9, 0)? > stage.now {
        return Ok(());
    }
    let (_, years) = stage.services.reports.years(&stage.ground.auditor, Some(stage.ground.root)).await?;
    if years.iter().any(|y| y.year == year && y.closed) {
        return Ok(());
    }
    (stage.say)(&format!("{year} 年"));
    programme(stage, year).await?;
    sessions(stage, year).await?;
    if year == 2024 {
        qualification(stage).await?;
    }
    annual(stage, year).await?;
    let closing = stage.at(year, 12, 31, 17, 0)?;
    if closing < stage.now {
        stage.set(closing).await?;
        stage.services.reports.close_year(&stage.ground.auditor, year, stage.ground.root, "年度工作结束").await?;
    }
    Ok(())
}

async fn programme(stage: &Stage<'_>, year: i32) -> Result<(), DemoError> {
    let (study, coordinator) = (&stage.services.study, &stage.ground.coordinator);
    let filter = ProgrammeFilter { year: Some(year), status: None };
    let known = study.programmes(coordinator, &filter, &PageRequest::default()).await?.items;
    let programme = if let Some(programme) = known.into_iter().next() {
        programme
    } else {
        stage.clock.set(stage.at(year, 1, 8, 9, 0)?);
        let new = NewProgramme {
            year,
            title: format!("{year} 年度学法计划"),
            unit_id: stage.ground.root,
            audience: everybody_of(&[stage.ground.root]),
            required_hours: Some(Hours::whole(8)),
            requirements: Vec::new(),
            credits: CreditRule::default(),
        };
        study.create_programme(coordinator, new).await?
    };
    if programme.status == ProgrammeStatus::Draft {
        study.publish_programme(coordinator, programme.id).await?;
    }
    Ok(())
}

/// The year's meetings in the order of time.
fn meetings(stage: &Stage<'_>, year: i32) -> Result<Vec<Meeting>, DemoError> {
    let ground = &stage.ground;
    let mut meetings = Vec::new();
    for month in 1..=12 {
        meetings.push(Meeting {
            title: format!("区委理论学习中心组 {month} 月集体学法"),
            kind: SessionKind::CollectiveStudy,
            host: ground.root,
            starts_at: stage.at(year, month, 20, 9, 0)?,
            minutes: 90,
            place: "区机关一楼会议室",
            hours: 150,
            audience: leaders(ground.root),
            presenters: Vec::new(),
            reached: None,
        });
    }
    let topics = ["行政处罚法专题", "行政许可与行政强制", "行政复议与行政诉讼", "宪法与公职人员政务处分"];
    for (month, topic) in [3, 5, 8, 10].into_iter().zip(topics) {
        for (day, group) in (11..).zip(&ground.groups) {
            meetings.push(Meeting {
                title: format!("执法业务培训：{topic}（第 {} 场）", day - 10),
                kind: SessionKind::Training,
                host: ground.root,
                starts_at: stage.at(year, month, day, 14, 30)?,
                minutes: 120,
                place: "区委党校报告厅",
                hours: 200,
                audience: everybody_of(&[*group]),
                presenters: Vec::new(),
                reached: None,
            });
        }
    }
    for (month, title) in [(6, "习近平法治思想专题研讨"), (11, "依法行政专题研讨")] {
        meetings.push(Meeting {
            title: title.to_owned(),
            kind: SessionKind::Seminar,
            host: ground.root,
            starts_at: stage.at(year, month, 5, 9, 0)?,
            minutes: 120,
            place: "区机关二楼会议室",
            hours: 200,
            audience: leaders(ground.root),
            presenters: Vec::new(),
            reached: None,
        });
    }
    if year >= LAST_PERFECT {
        hearings(stage, year, &mut meetings)?;
    }
    if year == LAST_PERFECT {
        outreach(stage, year, &mut meetings)?;
        duty_report(stage, year, &mut meetings)?;
    }
    meetings.sort_by_key(|m| m.starts_at);
    Ok(meetings)
}

/// The two hearings that the heads of departments attend.
fn hearings(stage: &Stage<'_>, year: i32, meetings: &mut Vec<Meeting>) -> Result<(), DemoError> {
    let heads = stage.ground.people.iter().filter(|(o, _)| o.post == "主要负责人").map(|(_, caller)| person_of(caller));
    let heads = heads.collect::<Result<Vec<_>, _>>()?;
    let hearings = [
        (4, SessionKind::CourtHearing, "旁听行政诉讼庭审", "区人民法院第三法庭"),
        (9, SessionKind::ReviewHearing, "旁听行政复议听证", "区政府行政复议听证室"),
    ];
    for (month, kind, title, place) in hearings {
        meetings.push(Meeting {
            title: title.to_owned(),
            kind,
            host: stage.ground.root,
            starts_at: stage.at(year, month, 18, 9, 0)?,
            minutes: 150,
            place,
            hours: 250,
            audience: only(heads.clone()),
            presenters: Vec::new(),
            reached: None,
        });
    }
    Ok(())
}

/// The meeting at which the heads of 72 towns, streets and departments reported on their duties, every sixth in writing.
fn duty_report(stage: &Stage<'_>, year: i32, meetings: &mut Vec<Meeting>) -> Result<(), DemoError> {
    let heads = stage.ground.people.iter().filter(|(o, _)| o.post == "主要负责人").take(72);
    let heads = heads.map(|(_, caller)| person_of(caller)).collect::<Result<Vec<_>, _>>()?;
    let form = |n: usize| if n % 6 == 5 { ReportForm::Written } else { ReportForm::Oral };
    let presenters = heads.iter().enumerate().map(|(n, person_id)| Presenter { person_id: *person_id, form: form(n) });
    meetings.push(Meeting {
        title: format!("{year} 年度述法会议"),
        kind: SessionKind::DutyReport,
        host: stage.ground.root,
        starts_at: stage.at(year, 12, 17, 9, 0)?,
        minutes: 180,
        place: "区机关一楼会议室",
        hours: 300,
        audience: only(heads.clone()),
        presenters: presenters.collect(),
        reached: None,
    });
    Ok(())
}

/// The 42 meetings at which the department of justice told the public of the law.
fn outreach(stage: &Stage<'_>, year: i32, meetings: &mut Vec<Meeting>) -> Result<(), DemoError> {
    let host = stage.ground.units.get("区司法局").copied().ok_or(DemoError::Inconsistent("a unit"))?;
    let speakers = stage.meant(&everybody_of(&[host]))?.into_iter().map(|(_, _, person)| person).collect::<Vec<_>>();
    // The third of them goes round the enterprises, four at each of its fourteen meetings: 56.
    let themes = ["送法下乡", "青少年法治宣传教育周", "法治体检进企业巡回宣讲"];
    for number in 0..42_u32 {
        let theme = themes.iter().cycle().nth(usize::try_from(number).unwrap_or_default()).copied().unwrap_or_default();
        let pair = speakers.iter().cycle().skip(usize::try_from(number).unwrap_or_default() * 2).take(2).copied();
        meetings.push(Meeting {
            title: format!("普法宣讲：{theme}（第 {} 场）", number + 1),
            kind: SessionKind::Outreach,
            host,
            starts_at: stage.at(year, 2 + number / 5, 2 + number % 5 * 5, 15, 0)?,
            minutes: 60,
            place: "社区（村）文化广场",
            hours: 50,
            audience: only(pair.collect()),
            presenters: Vec::new(),
            reached: Some((
                60 + i32::try_from(number % 7).unwrap_or_default() * 10,
                if number % 3 == 2 { 4 } else { 0 },
            )),
        });
    }
    Ok(())
}

async fn sessions(stage: &Stage<'_>, year: i32) -> Result<(), DemoError> {
    let known = stage.sessions(stage.at(year, 1, 1, 0, 0)?, stage.at(year + 1, 1, 1, 0, 0)?).await?;
    for meeting in meetings(stage, year)? {
        if meeting.starts_at + Millis::seconds(6 * 3600) > stage.now {
            continue;
        }
        let month = u32::try_from(meeting.starts_at.0 / (30 * 24 * 3600 * 1000) % 4).unwrap_or_default();
        stage
            .hold(&known, &meeting, |official, number| match mishap(number, official.unit, year) {
                Mishap::NeverStudies => AttendanceStatus::Absent,
                Mishap::MissesSome if chance(number, year) % 4 == month => AttendanceStatus::Absent,
                _ if chance(number, year + 31) < 12 => AttendanceStatus::Late,
                _ => AttendanceStatus::Present,
            })
            .await?;
        if year >= LAST_PERFECT && meeting.kind == SessionKind::CollectiveStudy {
            excuses(stage, &meeting, year).await?;
        }
    }
    Ok(())
}

/// Of those who were expected at a meeting, one had asked for leave, one made it up afterwards, one had sent somebody: the
/// first three whose turn it is this month, so that nobody's year hangs on it.
async fn excuses(stage: &Stage<'_>, meeting: &Meeting, year: i32) -> Result<(), DemoError> {
    let (study, coordinator) = (&stage.services.study, &stage.ground.coordinator);
    let session = stage.sessions(meeting.starts_at, meeting.starts_at + Millis(1)).await?;
    let Some(session) = session.into_iter().find(|s| s.title == meeting.title) else { return Ok(()) };
    let turn = usize::try_from(meeting.starts_at.0 / (24 * 3600 * 1000) % 17).unwrap_or_default();
    let meant = stage.meant(&meeting.audience)?;
    let chosen: Vec<_> = meant.iter().filter(|(n, o, _)| mishap(*n, o.unit, year) == Mishap::None).collect();
    let pick = |place: usize| chosen.get((turn * 5 + place) % chosen.len().max(1)).map(|(_, _, person)| *person);
    let (Some(away), Some(later), Some(sender)) = (pick(0), pick(1), pick(2)) else { return Ok(()) };
    let (row, _) = study.attendance_row(coordinator, session.id, away).await?;
    if row.status == AttendanceStatus::OnLeave {
        return Ok(());
    }
    let absent = |reason: &str| Correction {
        status: AttendanceStatus::Absent,
        reason: reason.to_owned(),
        delegate_person_id: None,
        made_up: None,
    };
    let made_up = MadeUp {
        studied: "自学会议学习材料并提交心得".to_owned(),
        confirmed_by: "区司法局普法与依法治理股".to_owned(),
        evidence_id: None,
    };
    let correction = Correction { status: AttendanceStatus::MadeUp, made_up: Some(made_up), ..absent("会后补学") };
    study.correct(coordinator, session.id, later, &IfMatch::Any, correction).await?;
    // A colleague of the same unit who is no leading official comes for them.
    let unit = meant.iter().find(|(_, _, person)| *person == sender).map(|(_, official, _)| official.unit);
    let colleague = stage
        .ground
        .people
        .iter()
        .find(|(o, _)| Some(o.unit) == unit && !o.categories.contains(&Category::LeadingOfficial));
    if let Some((_, caller)) = colleague {
        let delegate_person_id = Some(person_of(caller)?);
        let correction =
            Correction { status: AttendanceStatus::Delegated, delegate_person_id, ..absent("由同事代会") };
        study.correct(coordinator, session.id, sender, &IfMatch::Any, correction).await?;
    }
    // Last, so that it shows that the rest is done.
    study.correct(coordinator, session.id, away, &IfMatch::Any, absent("因公出差，未到会")).await?;
    let leave = study.ask_leave(coordinator, session.id, Some(away), "赴省参加会议", None).await?;
    study.decide_leave(coordinator, leave.id, true, "同意").await?;
    Ok(())
}

/// How many answers of somebody are wrong in a year; never so many that they fail.
fn slips(number: usize, year: i32) -> u32 {
    match chance(number, year + 17) {
        0..300 => 0,
        300..600 => 1,
        600..800 => 2,
        800..920 => 3,
        _ => 5,
    }
}

/// The qualification exam of 2024: 418 officers, of whom 8 miss it and 11 fail; all 19 sit the make-up, 429 sittings.
async fn qualification(stage: &Stage<'_>) -> Result<(), DemoError> {
    let officers = Audience {
        unit_ids: vec![stage.ground.root],
        categories: vec![Category::EnforcementOfficer],
        person_ids: Vec::new(),
    };
    let mut main = Plan {
        title: "2024 年度行政执法资格考试".to_owned(),
        kind: "qualification",
        year: 2024,
        opens_at: stage.at(2024, 6, 18, 9, 0)?,
        closes_at: stage.at(2024, 6, 19, 18, 0)?,
        audience: officers,
        makes_up: None,
        sections: SHORT,
        release: "on_close",
    };
    let numbers: Vec<usize> = stage.meant(&main.audience)?.into_iter().map(|(number, _, _)| number).collect();
    // Spread over the units: every twentieth.
    let spread: Vec<usize> = numbers.iter().copied().step_by(21).take(19).collect();
    let (absent, failed) = spread.split_at(8);
    let doing = |number: usize| match number {
        n if absent.contains(&n) => Doing::Absent,
        n if failed.contains(&n) => Doing::Fails,
        n => Doing::Wrong(slips(n, 2024)),
    };
    let exam = examine(stage, &main, doing).await?;
    "2024 年度行政执法资格考试补考".clone_into(&mut main.title);
    main.opens_at = stage.at(2024, 7, 9, 9, 0)?;
    main.closes_at = stage.at(2024, 7, 9, 18, 0)?;
    main.makes_up = Some(exam);
    let of = |number: usize| stage.ground.people.get(number).map(|(_, caller)| person_of(caller));
    main.audience = only(spread.iter().filter_map(|n| of(*n)).collect::<Result<_, _>>()?);
    examine(stage, &main, |number| Doing::Wrong(slips(number, 2024))).await?;
    Ok(())
}

async fn annual(stage: &Stage<'_>, year: i32) -> Result<(), DemoError> {
    let mut plan = Plan {
        title: format!("{year} 年度领导干部和行政执法人员学法考试"),
        kind: "annual",
        year,
        opens_at: stage.at(year, 11, 10, 9, 0)?,
        closes_at: stage.at(year, 11, 12, 18, 0)?,
        audience: everybody_of(&[stage.ground.root]),
        makes_up: None,
        sections: SHORT,
        release: "on_close",
    };
    let unit = |number: usize| stage.ground.people.get(number).map_or(0, |(official, _)| official.unit);
    let doing = |number: usize| match mishap(number, unit(number), year) {
        Mishap::MissesExam | Mishap::NeverStudies => Doing::Absent,
        Mishap::FailsExam => Doing::Fails,
        Mishap::None | Mishap::MissesSome => Doing::Wrong(slips(number, year)),
    };
    if stage.at(year, 12, 31, 17, 0)? >= stage.now {
        stage.open_make_up(year).await?;
        return running(stage, plan, doing).await;
    }
    let away = missing(stage, &plan, doing)?;
    if year > LAST_PERFECT {
        stage.clock.set(plan.opens_at - Millis::seconds(24 * 3600));
        let (exam, status) = stage.seal(&plan).await?;
        if status == ExamStatus::Sealed {
            stage.excuse(exam, &away, false).await?;
        }
    }
    let exam = examine(stage, &plan, doing).await?;
    if year > LAST_PERFECT {
        stage.doubt(exam, year, doing).await?;
        plan.title = format!("{year} 年度学法考试补考");
        plan.opens_at = stage.at(year, 12, 10, 9, 0)?;
        plan.closes_at = stage.at(year, 12, 10, 18, 0)?;
        plan.makes_up = Some(exam);
        // The first of those who were away was exempt.
        let exempt = away.first().map(|caller| person_of(caller)).transpose()?;
        let missing: Vec<_> = stage
            .meant(&plan.audience)?
            .into_iter()
            .filter(|(number, _, _)| matches!(doing(*number), Doing::Absent | Doing::Fails))
            .map(|(_, _, person)| person)
            .filter(|person| Some(*person) != exempt)
            .collect();
        plan.audience = only(missing);
        // Two of three come.
        examine(stage, &plan, |n| {
            if chance(n, year).is_multiple_of(3) { Doing::Absent } else { Doing::Wrong(slips(n, year)) }
        })
        .await?;
    }
    Ok(())
}

/// Those whom an exam means and who will not come; without those whose accounts are shown.
fn missing<'a>(
    stage: &'a Stage<'_>,
    plan: &Plan,
    doing: impl Fn(usize) -> Doing,
) -> Result<Vec<&'a Caller>, DemoError> {
    let meant = stage.meant(&plan.audience)?.into_iter().map(|(number, _, _)| number);
    let away = meant.filter(|number| doing(*number) == Doing::Absent);
    let away = away.filter_map(|number| stage.ground.people.get(number).map(|(_, caller)| caller));
    Ok(away.filter(|caller| !CANDIDATES.contains(&caller.account.username.as_str())).collect())
}

/// This year's exam: opened three days ago and open for eleven more, sat by most. `official` and `liaison` have not.
async fn running(stage: &Stage<'_>, mut plan: Plan, doing: impl Fn(usize) -> Doing + Copy) -> Result<(), DemoError> {
    let day = Millis::seconds(24 * 3600);
    plan.opens_at = midday(stage, stage.now - Millis(3 * day.0));
    plan.closes_at = midday(stage, stage.now + Millis(11 * day.0));
    plan.sections = LONG;
    stage.clock.set(plan.opens_at - Millis(5 * day.0));
    let (exam, status) = stage.seal(&plan).await?;
    if matches!(status, ExamStatus::Closed | ExamStatus::Released) {
        return Ok(());
    }
    if status == ExamStatus::Sealed {
        stage.excuse(exam, &missing(stage, &plan, doing)?, true).await?;
    }
    let shown: Vec<usize> = (0_usize..)
        .zip(&stage.ground.people)
        .filter(|(_, (_, caller))| CANDIDATES.contains(&caller.account.username.as_str()))
        .map(|(number, _)| number)
        .collect();
    stage
        .sit(exam, &plan, stage.now - Millis::seconds(3600), |number| match doing(number) {
            _ if shown.contains(&number) => Doing::Absent,
            Doing::Wrong(_) if chance(number, plan.year + 5) < 15 => Doing::Absent,
            other => other,
        })
        .await
}

/// Ten in the morning of the day of a moment.
pub(super) fn midday(stage: &Stage<'_>, at: Instant) -> Instant {
    let calendar = stage.services.core.settings.calendar;
    let ten = chrono::NaiveTime::from_hms_opt(10, 0, 0).unwrap_or_default();
    calendar.at(calendar.day(at), ten)
}

/// Composes an exam the day before, lets it be sat, and sees it closed.
pub(super) async fn examine(
    stage: &Stage<'_>,
    plan: &Plan,
    doing: impl Fn(usize) -> Doing,
) -> Result<entity::id::ExamId, DemoError> {
    stage.clock.set(plan.opens_at - Millis::seconds(24 * 3600));
    let (exam, status) = stage.seal(plan).await?;
    if !matches!(status, ExamStatus::Closed | ExamStatus::Released) {
        stage.sit(exam, plan, plan.closes_at, doing).await?;
        stage.set(plan.closes_at + Millis::seconds(600)).await?;
    }
    Ok(exam)
}
