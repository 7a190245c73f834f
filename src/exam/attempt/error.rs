//! What can go wrong with an attempt, and how a client is told.

use entity::exam::attempt::AttemptState;

use super::model::Refusal;
use crate::auth::Denied;
use crate::db::{Fault, Rejected, faulty};
use crate::http::{Code, Problem};
use crate::kernel::field::{FieldCode, FieldError, Invalid};

/// What can go wrong with an attempt.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Bad fields.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The caller is not on the exam's roster; whom to ask.
    #[error("not on the roster")]
    NotOnRoster(String),
    /// The exam has not opened yet; whom to ask.
    #[error("the exam has not opened yet")]
    NotOpenYet(String),
    /// The candidate need not sit; whom to ask.
    #[error("the candidate is exempt")]
    Exempt(String),
    /// The exam is paused; whom to ask.
    #[error("the exam is paused")]
    Paused(String),
    /// Too late to start; whom to ask.
    #[error("the latest start has passed")]
    StartClosed(String),
    /// All attempts are used; whom to ask.
    #[error("no attempt is left")]
    NoAttemptLeft(String),
    /// The attempt has ended.
    #[error("the attempt has ended")]
    Closed,
    /// Its state, or its exam's, does not allow it.
    #[error("the attempt is {0}")]
    WrongState(AttemptState),
    /// Another device holds the attempt.
    #[error("another device holds the attempt")]
    TakenOver,
    /// The save at this place of the list has the number of another response.
    #[error("save {0} has the number of another response")]
    SeqConflict(usize),
    /// The result may not be seen yet.
    #[error("the result is not released")]
    NotReleased,
    /// Too much is waiting, or the server is stopping.
    #[error(transparent)]
    Rejected(Rejected),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}
faulty!(AttemptError);

impl From<Rejected> for AttemptError {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::Fault(fault) => Self::Fault(fault),
            other @ (Rejected::QueueFull | Rejected::Stopping) => Self::Rejected(other),
        }
    }
}

impl From<AttemptError> for Problem {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::Denied(denied) => denied.into(),
            AttemptError::Invalid(invalid) => invalid.into(),
            AttemptError::NotOnRoster(contact) => Self::new(Code::NotOnRoster).about(contact),
            AttemptError::NotOpenYet(contact) => Self::new(Code::NotOpenYet).about(contact),
            AttemptError::Exempt(contact) => Self::new(Code::Exempt).about(contact),
            AttemptError::Paused(contact) => Self::new(Code::Paused).about(contact),
            AttemptError::StartClosed(contact) => Self::new(Code::StartClosed).about(contact),
            AttemptError::NoAttemptLeft(contact) => Self::new(Code::NoAttemptLeft).about(contact),
            AttemptError::Closed => Self::new(Code::AttemptClosed),
            AttemptError::WrongState(_) => Self::new(Code::WrongState),
            AttemptError::TakenOver => Self::new(Code::TakenOver),
            AttemptError::SeqConflict(at) => {
                let field = format!("saves[{at}].seq");
                let error = FieldError { field, code: FieldCode::Conflict, detail: "response".to_owned() };
                Self { errors: vec![error], ..Self::new(Code::SeqConflict) }
            }
            AttemptError::NotReleased => Self::new(Code::NotReleased),
            AttemptError::Rejected(rejected) => rejected.into(),
            AttemptError::Fault(fault) => fault.into(),
        }
    }
}

impl AttemptError {
    /// Of a rule's refusal; the contact is whom to ask where that may help.
    pub(super) fn of(refusal: Refusal, contact: &str) -> Self {
        match refusal {
            Refusal::NotFound => Denied::NotFound.into(),
            Refusal::NotOpenYet => Self::NotOpenYet(contact.to_owned()),
            Refusal::Exempt => Self::Exempt(contact.to_owned()),
            Refusal::Paused => Self::Paused(contact.to_owned()),
            Refusal::StartClosed => Self::StartClosed(contact.to_owned()),
            Refusal::NoAttemptLeft => Self::NoAttemptLeft(contact.to_owned()),
            Refusal::Closed => Self::Closed,
            Refusal::TakenOver => Self::TakenOver,
            Refusal::SeqConflict(at) => Self::SeqConflict(at),
            Refusal::Redraw => Self::Rejected(Rejected::QueueFull),
        }
    }
}
