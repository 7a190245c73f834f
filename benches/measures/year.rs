//! A year of a district: 5,000 sessions with 1,000,000 rows of attendance, and every list and summary that people open.
//!
//! One session of each unit is held through the services; the others are copies of it in all tables, other days apart.

use std::time::Instant;

use entity::id::{SessionId, UnitId};
use entity::instant::Millis;
use entity::org::roster_row;
use entity::points::Hours;
use entity::study::{attendance, credit, host, invited_unit, session, unit_credit};
use hdrhistogram::Histogram;
use kaofa::db::Fault;
use kaofa::org::Audience;
use kaofa::study::{
    AttendanceStatus, CheckInRule, CreditRule, NewProgramme, NewSession, RollCallRow, Scope, SessionKind,
};
use kaofa::web::Services;
use rig::{Candidate, Hall, Wire};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, IdenStatic, Iterable, PaginatorTrait as _};

use super::Measure;
use crate::report::{Row, each, thousands};
use crate::stage::Stage;

pub(super) const MEASURE: Measure = Measure { name: "year", sitting: None, run: |stage| Box::pin(run(stage)) };

/// How many sessions there are, of all units together.
const SESSIONS: usize = 5_000;
/// How often each list is asked for.
const TIMES: u64 = 20;
/// What 99 of 100 answers should take at most, in milliseconds.
const AIM: u64 = 100;

/// What was made of the year.
struct Year {
    number: i32,
    programme: String,
    session: String,
    attendance: u64,
}

async fn run(stage: &Stage) -> Vec<Row> {
    let year = stage.refurnish(async |services| fill(services, &stage.hall).await).await;
    let (root, unit) = (&stage.hall.root, &stage.hall.units[0]);
    let (person, Year { number: year, programme, session, attendance }) = (&stage.hall.candidates[0], year);
    let coordinator = &stage.hall.coordinator;
    let from = format!("from={year}-01-01T00:00:00Z");
    let asked = [
        ("list of sessions, its first page", coordinator, "sessions?limit=100".to_owned()),
        ("list of sessions from a day on", coordinator, format!("sessions?limit=100&{from}")),
        ("list of one's own sessions", &person.token, format!("sessions?limit=100&{from}")),
        ("summary of a session", coordinator, format!("sessions/{session}/summary")),
        ("attendance of a session", coordinator, format!("sessions/{session}/attendance?limit=200")),
        ("ledger of a unit", coordinator, format!("reports/ledger?year={year}&unit_id={unit}")),
        ("ledger of the district", coordinator, format!("reports/ledger?year={year}&unit_id={root}")),
        ("activities of the district", coordinator, format!("reports/activities?year={year}&unit_id={root}")),
        ("a person's record", coordinator, format!("people/{}/record", person.person)),
        ("rates of the district by unit", coordinator, format!("reports/rates?year={year}&unit_id={root}")),
        (
            "people behind a rate",
            coordinator,
            format!("reports/people?year={year}&figure=study.participated&limit=100"),
        ),
        ("progress of a programme", coordinator, format!("programmes/{programme}/progress")),
        ("progress of its people", coordinator, format!("programmes/{programme}/progress/people?limit=100")),
    ];
    let mut rows = Vec::new();
    for (what, token, path) in asked {
        let what = format!("{what}, {} rows of attendance", thousands(u128::from(attendance)));
        rows.push(ask(stage, what, token, &format!("/api/v1/{path}"), AIM).await);
    }
    rows
}

/// One after the other, as one person asks; 99 of 100 should take so many milliseconds at most.
pub(super) async fn ask(stage: &Stage, what: String, token: &str, path: &str, aim: u64) -> Row {
    let mut wire = Wire::connect(stage.address()).await.unwrap();
    let request = rig::request("GET", path, token, "");
    let (mut latency, mut errors, mut length) = (Histogram::<u64>::new(3).unwrap(), 0, 0);
    let used = (stage.server().cpu, stage.database());
    for _ in 0..TIMES {
        let begun = Instant::now();
        let answer = wire.exchange(&request).await.unwrap();
        latency.record(u64::try_from(begun.elapsed().as_micros()).unwrap()).unwrap();
        length = answer.body.len();
        if answer.status != 200 {
            eprintln!("{path}: {}", answer.text());
            errors += 1;
        }
    }
    let spent = (stage.server().cpu.saturating_sub(used.0), stage.database().saturating_sub(used.1));
    let figure = format!("{} bytes", thousands(u128::try_from(length).unwrap()));
    let mut row = Row::within(what, figure, &latency, errors, aim);
    row.cpu = Some([each(spent.0, TIMES), each(spent.1, TIMES), 0]);
    row.memory = Some(stage.server().resident);
    row
}

async fn fill(services: &Services, hall: &Hall) -> Year {
    let coordinator = services.auth.act_as("coordinator").await.unwrap();
    let (study, now) = (&services.study, services.core.now());
    let year = services.core.settings.calendar.year(now - Millis::seconds(7200));
    let root: UnitId = hall.root.parse().unwrap();
    let everybody = |unit| Audience { unit_ids: vec![unit], ..Audience::default() };
    let programme = NewProgramme {
        year,
        title: "年度学法计划".to_owned(),
        unit_id: root,
        audience: everybody(root),
        required_hours: Some(Hours::whole(40)),
        requirements: Vec::new(),
        credits: CreditRule::default(),
    };
    let programme = study.create_programme(&coordinator, programme).await.unwrap().id;
    study.publish_programme(&coordinator, programme).await.unwrap();
    let mut sessions: Vec<SessionId> = Vec::new();
    let share = hall.candidates.len().div_ceil(hall.units.len());
    for (unit, people) in hall.units.iter().zip(hall.candidates.chunks(share)) {
        let unit: UnitId = unit.parse().unwrap();
        let session = NewSession {
            title: "集中学法".to_owned(),
            kind: SessionKind::CollectiveStudy,
            host_unit_ids: vec![unit],
            starts_at: now - Millis::seconds(7200),
            ends_at: now - Millis::seconds(3600),
            place: "会议室".to_owned(),
            credit_hours: Hours::whole(2),
            audience: everybody(unit),
            check_in: CheckInRule {
                opens_before_seconds: 1800,
                late_after_seconds: 900,
                closes_after_seconds: 5400,
                require_check_out: false,
            },
            programme_id: None,
            contact: String::new(),
            presenters: Vec::new(),
            audience_count: None,
            enterprises: None,
            evidence_id: None,
            recurrence: None,
        };
        let id = study.create_session(&coordinator, session).await.unwrap().id;
        study.publish_session(&coordinator, id, Scope::One).await.unwrap();
        study.roll_call(&coordinator, id, people.iter().enumerate().map(called).collect()).await.unwrap();
        study.close_session(&coordinator, id).await.unwrap();
        sessions.push(id);
    }
    let attendance = copy(services, &sessions, SESSIONS / sessions.len() - 1).await;
    Year { number: year, programme: programme.to_string(), session: sessions[0].to_string(), attendance }
}

/// Of twenty, sixteen came, two came late, one was on leave, one did not come.
fn called((n, candidate): (usize, &Candidate)) -> RollCallRow {
    let status = match n % 20 {
        0 | 1 => AttendanceStatus::Late,
        2 => AttendanceStatus::OnLeave,
        3 => AttendanceStatus::Absent,
        _ => AttendanceStatus::Present,
    };
    RollCallRow { person_id: candidate.person.parse().unwrap(), status, reason: None }
}

/// Copies sessions so many times, three days apart, and gives how many rows of attendance there are then.
async fn copy(services: &Services, sessions: &[SessionId], times: usize) -> u64 {
    let ids = sessions.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(",");
    let earlier = |column| (column, format!("t.{column} - CAST(n.n AS bigint) * 259200000"));
    let days: Vec<(&str, String)> =
        ["starts_at", "ends_at", "published_at", "frozen_at", "closed_at"].map(earlier).into();
    let statements = vec![
        copied::<session::Entity>("id", &ids, times, &days),
        copied::<host::Entity>("session_id", &ids, times, &[]),
        copied::<invited_unit::Entity>("session_id", &ids, times, &[]),
        copied::<roster_row::Entity>("subject_id", &ids, times, &[]),
        copied::<attendance::Entity>("session_id", &ids, times, &[]),
        copied::<credit::Entity>("session_id", &ids, times, &[]),
        copied::<unit_credit::Entity>("session_id", &ids, times, &[]),
    ];
    let written = services.core.db.tx("bench.year", |tx| {
        let statements = statements.clone();
        Box::pin(async move {
            if tx.get_database_backend() == DbBackend::Sqlite {
                tx.execute_unprepared("PRAGMA cache_size = -400000").await?;
            }
            for statement in statements {
                tx.execute_unprepared(&statement).await?;
            }
            Ok::<_, Fault>(())
        })
    });
    written.await.unwrap();
    attendance::Entity::find().count(services.core.db.read()).await.unwrap()
}

/// A statement that both databases take: each row of these sessions once more for every copy, with an id of its own.
fn copied<E: EntityTrait + Default>(key: &str, ids: &str, times: usize, others: &[(&str, String)]) -> String {
    let columns: Vec<&str> = E::Column::iter().map(|column| column.as_str()).collect();
    let values: Vec<String> = columns
        .iter()
        .map(|column| match others.iter().find(|(name, _)| name == column) {
            _ if *column == key => format!("substr(t.{key}, 1, 31) || CAST(10000 + n.n AS text)"),
            Some((_, value)) => value.clone(),
            None => format!("t.{column}"),
        })
        .collect();
    format!(
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {times}) \
         INSERT INTO {table} ({columns}) SELECT {values} FROM {table} t, n WHERE t.{key} IN ({ids}) ORDER BY 1, 2",
        table = E::default().table_name(),
        columns = columns.join(", "),
        values = values.join(", "),
    )
}
