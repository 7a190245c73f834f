//! People's files on the wire.

use entity::points::Hours;
use poem_openapi::Object;

use super::service::Record;
use crate::exam::OwnExam;
use crate::http::Decimal;
use crate::study::{AttendanceStatusDto, Attended, OwnProgress, RequirementProgress, SessionKindDto, SessionStatusDto};

/// Somebody's file of a year.
#[derive(Debug, Object)]
#[oai(rename = "PersonRecord")]
pub(super) struct RecordDto {
    /// Who.
    person_id: String,
    /// Their name.
    name: String,
    /// Their present unit.
    unit_id: String,
    /// Its name.
    unit_name: String,
    /// Their post; empty if unknown.
    post: String,
    /// The year.
    year: i32,
    /// Hours earned in it.
    hours: Decimal,
    /// Sessions on whose roster they stand.
    sessions: Vec<RecordSession>,
    /// The year's programmes.
    programmes: Vec<RecordProgramme>,
    /// The year's exams.
    exams: Vec<RecordExam>,
}

/// A session in a file.
#[derive(Debug, Object)]
struct RecordSession {
    /// Which.
    session_id: String,
    /// Its title.
    title: String,
    /// What kind of meeting.
    kind: SessionKindDto,
    /// How far it has come.
    status: SessionStatusDto,
    /// When it began.
    starts_at: String,
    /// Where.
    place: String,
    /// How they attended.
    attendance: AttendanceStatusDto,
    /// What they made it up by.
    studied: Option<String>,
    /// It was over when it was entered (补录).
    entered_afterwards: bool,
    /// What it earned them.
    hours: Decimal,
}

/// A programme in a file.
#[derive(Debug, Object)]
struct RecordProgramme {
    /// Which.
    programme_id: String,
    /// Its title.
    title: String,
    /// Hours owed; null if none are asked.
    required_hours: Option<Decimal>,
    /// Hours earned toward it.
    hours: Decimal,
    /// What is lacking, by kind.
    lacking: Vec<RecordLacking>,
    /// All of it is met.
    completed: bool,
    /// All that is due by now is met.
    completed_due: bool,
}

/// What is lacking of a requirement.
#[derive(Debug, Object)]
struct RecordLacking {
    /// The kind of session.
    kind: SessionKindDto,
    /// How many.
    lacking: i64,
    /// By when; null for the year's end.
    due_on: Option<String>,
}

/// An exam in a file.
#[derive(Debug, Object)]
struct RecordExam {
    /// Which.
    exam_id: String,
    /// Its title.
    title: String,
    /// `qualification`, `annual` or `mock`.
    kind: String,
    /// When it opens.
    opens_at: String,
    /// What the attempt that counts scored; null before it may be seen.
    points: Option<Decimal>,
    /// Whether it passed; null before it may be seen.
    passed: Option<bool>,
}

impl From<Record> for RecordDto {
    fn from(record: Record) -> Self {
        let hours: Hours = record.sessions.iter().map(|session| session.earned).sum();
        Self {
            person_id: record.person.id.to_string(),
            name: record.person.name,
            unit_id: record.person.unit_id.to_string(),
            unit_name: record.person.unit_name,
            post: record.person.post,
            year: record.year,
            hours: hours.into(),
            sessions: record.sessions.into_iter().map(Into::into).collect(),
            programmes: record.progress.into_iter().map(Into::into).collect(),
            exams: record.exams.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Attended> for RecordSession {
    fn from(session: Attended) -> Self {
        Self {
            session_id: session.session_id.to_string(),
            title: session.title,
            kind: session.kind.into(),
            status: session.status.into(),
            starts_at: session.starts_at.to_string(),
            place: session.place,
            attendance: session.attendance.into(),
            studied: session.studied,
            entered_afterwards: session.entered_afterwards,
            hours: session.earned.into(),
        }
    }
}

impl From<OwnProgress> for RecordProgramme {
    fn from(progress: OwnProgress) -> Self {
        let lacking = |r: &RequirementProgress| RecordLacking {
            kind: r.requirement.kind.into(),
            lacking: r.lacking(),
            due_on: r.requirement.due_on.map(|day| day.to_string()),
        };
        Self {
            programme_id: progress.programme_id.to_string(),
            lacking: progress.requirements.iter().filter(|r| !r.met()).map(lacking).collect(),
            title: progress.title,
            required_hours: progress.required_hours.map(Into::into),
            hours: progress.hours.into(),
            completed: progress.completed,
            completed_due: progress.completed_due,
        }
    }
}

impl From<OwnExam> for RecordExam {
    fn from(own: OwnExam) -> Self {
        Self {
            exam_id: own.exam.id.to_string(),
            title: own.exam.title,
            kind: own.exam.kind.to_string(),
            opens_at: own.exam.times.opens_at.to_string(),
            points: own.result.as_ref().map(|result| result.points.into()),
            passed: own.result.map(|result| result.passed),
        }
    }
}
