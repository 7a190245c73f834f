//! Wire types of the monitor.

use poem_openapi::{Enum, Object};

use super::model::{Act, Counts, Row, Sight, Standing, UnitCounts};
use crate::exam::blueprint::ExamStatusDto;

/// An event of the monitor.
#[derive(Debug, Object)]
#[oai(rename = "MonitorEvent")]
pub(super) struct MonitorDto {
    /// The server's time.
    server_time: String,
    /// How far the exam has come.
    status: ExamStatusDto,
    /// Everybody within the caller's reach together.
    total: CountsDto,
    /// Unit by unit.
    units: Vec<UnitCountsDto>,
    /// Whoever stands otherwise than in the event before; everybody in the first.
    items: Vec<RowDto>,
}

/// How many candidates stand how.
#[derive(Debug, Object)]
#[oai(rename = "MonitorCounts")]
struct CountsDto {
    /// On the roster.
    on_roster: u64,
    /// Have started, at least once.
    started: u64,
    /// Sit now.
    sitting: u64,
    /// Of them, whose device was heard of within 45 seconds.
    connected: u64,
    /// Have handed in.
    submitted: u64,
}

/// How many of a unit's own candidates stand how.
#[derive(Debug, Object)]
#[oai(rename = "MonitorUnit")]
struct UnitCountsDto {
    /// The unit on the roster.
    unit_id: String,
    /// Its name.
    unit_name: String,
    /// How many.
    counts: CountsDto,
}

/// A candidate.
#[derive(Debug, Object)]
#[oai(rename = "MonitorRow")]
struct RowDto {
    /// Who.
    person_id: String,
    /// Their name on the roster.
    person_name: String,
    /// Their unit on the roster.
    unit_id: String,
    /// How they stand.
    state: StandingDto,
    /// Their device was heard of within 45 seconds.
    connected: bool,
    /// Their newest attempt; null before the first.
    attempt_id: Option<String>,
    /// When it was started.
    started_at: Option<String>,
    /// When its time is up.
    deadline: Option<String>,
    /// When it was handed in.
    submitted_at: Option<String>,
    /// The server handed it in.
    by_server: bool,
    /// Their extra time.
    extra_seconds: i32,
    /// They may start until then.
    admit_until: Option<String>,
    /// They saw the key of a question of the pool before they started, or have yet to start.
    saw_key: bool,
    /// What the caller can do for them.
    acts: Vec<ActDto>,
}

/// How a candidate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "MonitorState", rename_all = "snake_case")]
enum StandingDto {
    /// Has not started.
    Waiting,
    /// Sits.
    Sitting,
    /// Has handed in.
    Submitted,
    /// The newest attempt was voided.
    Voided,
}

/// What a coordinator of the exam's unit can do for a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "MonitorAct", rename_all = "snake_case")]
enum ActDto {
    /// `PATCH /exams/{id}/candidates/{person_id}` with `extra_seconds`.
    ExtraTime,
    /// The same with `admit_until`.
    Admit,
    /// `POST /people/{id}/activation`.
    NewCode,
    /// `POST /attempts/{id}/reopen`.
    Reopen,
    /// `POST /attempts/{id}/void`.
    Void,
}

impl From<Counts> for CountsDto {
    fn from(counts: Counts) -> Self {
        Self {
            on_roster: counts.on_roster,
            started: counts.started,
            sitting: counts.sitting,
            connected: counts.connected,
            submitted: counts.submitted,
        }
    }
}

impl From<UnitCounts> for UnitCountsDto {
    fn from(unit: UnitCounts) -> Self {
        Self { unit_id: unit.unit_id.to_string(), unit_name: unit.unit_name, counts: unit.counts.into() }
    }
}

impl MonitorDto {
    /// What is told to somebody who may act, or not.
    pub(super) fn of(sight: Sight, acts: bool) -> Self {
        let act = |act| match act {
            Act::ExtraTime => ActDto::ExtraTime,
            Act::Admit => ActDto::Admit,
            Act::NewCode => ActDto::NewCode,
            Act::Reopen => ActDto::Reopen,
            Act::Void => ActDto::Void,
        };
        let row = |row: Row| RowDto {
            acts: if acts { row.acts(sight.status).into_iter().map(act).collect() } else { Vec::new() },
            person_id: row.person_id.to_string(),
            person_name: row.person_name,
            unit_id: row.unit_id.to_string(),
            state: match row.standing {
                Standing::Waiting => StandingDto::Waiting,
                Standing::Sitting => StandingDto::Sitting,
                Standing::Submitted => StandingDto::Submitted,
                Standing::Voided => StandingDto::Voided,
            },
            connected: row.connected,
            attempt_id: row.attempt_id.map(|id| id.to_string()),
            started_at: row.started_at.map(|at| at.to_string()),
            deadline: row.deadline.map(|at| at.to_string()),
            submitted_at: row.submitted_at.map(|at| at.to_string()),
            by_server: row.by_server,
            extra_seconds: row.extra_seconds,
            admit_until: row.admit_until.map(|at| at.to_string()),
            saw_key: row.saw_key,
        };
        Self {
            server_time: sight.at.to_string(),
            status: sight.status.into(),
            total: sight.counts.into(),
            units: sight.units.into_iter().map(UnitCountsDto::from).collect(),
            items: sight.rows.into_iter().map(row).collect(),
        }
    }
}
