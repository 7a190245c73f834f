//! What can go wrong with an exam, and what its clients are told of it.

use entity::exam::exam::ExamStatus;

use super::super::model::SectionRoom;
use crate::auth::Denied;
use crate::db::{Fault, faulty};
use crate::http::{Code, Problem};
use crate::kernel::field::{FieldCode, FieldError, Invalid};
use crate::org::OrgError;

/// What can go wrong with an exam.
#[derive(Debug, thiserror::Error)]
pub enum ExamError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Bad fields.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Its status does not allow it.
    #[error("the exam is {0}")]
    WrongState(ExamStatus),
    /// Somebody changed it meanwhile.
    #[error("the exam was changed meanwhile")]
    Stale,
    /// These sections lack questions.
    #[error("{} sections lack questions", .0.len())]
    Infeasible(Vec<SectionRoom>),
    /// Nobody would be on the roster.
    #[error("nobody would be on the roster")]
    EmptyRoster,
    /// Another request of the same person waits, or was granted.
    #[error("another request waits or was granted")]
    AlreadyAsked,
    /// Its results are not to be seen yet.
    #[error("the results have not been released")]
    NotReleased,
    /// The same was objected to before.
    #[error("it was objected to before")]
    AlreadyObjected,
    /// Nobody may object to its results, or not any more.
    #[error("nobody may object any more")]
    ObjectionsClosed,
    /// It was decided before.
    #[error("it was decided before")]
    AlreadyDecided,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}
faulty!(ExamError);

impl From<OrgError> for ExamError {
    fn from(error: OrgError) -> Self {
        match error {
            OrgError::Denied(denied) => Self::Denied(denied),
            OrgError::Invalid(invalid) => Self::Invalid(invalid),
            OrgError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<ExamError> for Problem {
    fn from(error: ExamError) -> Self {
        match error {
            ExamError::Denied(denied) => denied.into(),
            ExamError::Invalid(invalid) => invalid.into(),
            ExamError::WrongState(_) => Self::new(Code::WrongState),
            ExamError::Stale => Self::new(Code::Stale),
            ExamError::Infeasible(short) => infeasible(&short),
            ExamError::EmptyRoster => Self::new(Code::EmptyRoster),
            ExamError::AlreadyAsked => Self::new(Code::AlreadyAsked),
            ExamError::NotReleased => Self::new(Code::NotReleased),
            ExamError::AlreadyObjected => Self::new(Code::AlreadyObjected),
            ExamError::ObjectionsClosed => Self::new(Code::ObjectionsClosed),
            ExamError::AlreadyDecided => Self::new(Code::AlreadyDecided),
            ExamError::Fault(fault) => fault.into(),
        }
    }
}

/// Names each section and how many questions it lacks, in words and by field.
fn infeasible(short: &[SectionRoom]) -> Problem {
    let about: Vec<_> = short.iter().map(|s| format!("{} {}: {}", s.position, s.title, s.lacks)).collect();
    let error = |s: &SectionRoom| FieldError {
        field: format!("sections[{}].count", s.position.saturating_sub(1)),
        code: FieldCode::OutOfRange,
        detail: format!("0–{}", s.room.max(0)),
    };
    Problem { errors: short.iter().map(error).collect(), ..Problem::new(Code::Infeasible).about(about.join("; ")) }
}
