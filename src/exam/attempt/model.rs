//! What attempts are asked with, and when they refuse.

use entity::exam::attempt::AttemptState;
use entity::exam::exam::ExamStatus;
use entity::id::{AttemptId, ExamId, PersonId};
use entity::instant::Instant;

use super::ledger::Save;
use super::store::{Head, Row};
use crate::bank::Kind;
use crate::exam::clock::{Allowance, Entry};
use crate::exam::grading::Response;
use crate::exam::outcome::is_used;
use crate::exam::sealed::Sheet;
use crate::kernel::field::{FieldCode, Fields, Invalid};

/// How many saves one request may bring.
pub const MAX_SAVES: usize = 200;

/// A save as a device sent it, nothing checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawSave {
    /// The place on the paper, from 1.
    pub position: i64,
    /// Grows with each response to a position, from 1.
    pub seq: i64,
    /// The response.
    pub response: RawResponse,
}

/// A response as a device sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawResponse {
    /// Nothing: an answer is taken back.
    Blank,
    /// True or false.
    Truth(bool),
    /// Ids of options; an empty list takes an answer back.
    Options(Vec<String>),
    /// None of these.
    Malformed,
}

/// Whose attempt it is and what its paper holds: what is true of an attempt for ever.
#[derive(Debug)]
pub struct Seat {
    /// The exam.
    pub exam: ExamId,
    /// The candidate.
    pub person: PersonId,
    /// The paper.
    pub sheet: Sheet,
}

impl Seat {
    /// Checks saves against the paper, every fault named: the positions, the numbers, and that each response is one to
    /// its item.
    pub(super) fn read(&self, raw: &[RawSave]) -> Result<Vec<Save>, Invalid> {
        let mut fields = Fields::new();
        if raw.len() > MAX_SAVES {
            fields.reject_with("saves", FieldCode::TooLong, MAX_SAVES);
            return fields.finish(None);
        }
        let mut saves = Vec::with_capacity(raw.len());
        for (at, save) in raw.iter().enumerate() {
            let position = i32::try_from(save.position).ok();
            let item = position.and_then(|p| self.sheet.item(p));
            if item.is_none() {
                fields.reject_with(format!("saves[{at}].position"), FieldCode::UnknownReference, save.position);
            }
            let seq = i32::try_from(save.seq).ok().filter(|seq| *seq >= 1);
            if seq.is_none() {
                fields.reject_with(format!("saves[{at}].seq"), FieldCode::OutOfRange, format!("1–{}", i32::MAX));
            }
            let Some(item) = item else { continue };
            match respond(&save.response, item.content.kind, |id| item.content.options.iter().any(|o| o.id == id)) {
                Ok(response) => {
                    if let (Some(position), Some(seq)) = (position, seq) {
                        saves.push(Save { position, seq, response: response.to_string() });
                    }
                }
                Err(code) => fields.reject(format!("saves[{at}].response"), code),
            }
        }
        fields.finish(Some(saves))
    }
}

/// A response to an item of this kind with these options.
pub(in crate::exam) fn respond(
    raw: &RawResponse,
    kind: Kind,
    offers: impl Fn(&str) -> bool,
) -> Result<Response, FieldCode> {
    match (kind, raw) {
        (_, RawResponse::Blank) => Ok(Response::Blank),
        (_, RawResponse::Options(ids)) if ids.is_empty() => Ok(Response::Blank),
        (Kind::Judgement, RawResponse::Truth(truth)) => Ok(Response::Truth(*truth)),
        (Kind::Single, RawResponse::Options(ids)) if ids.len() > 1 => Err(FieldCode::TooLong),
        (Kind::Single | Kind::Multiple, RawResponse::Options(ids)) => {
            if !ids.iter().all(|id| offers(id)) {
                return Err(FieldCode::UnknownReference);
            }
            let chosen: std::collections::BTreeSet<String> = ids.iter().cloned().collect();
            if chosen.len() == ids.len() { Ok(Response::Options(chosen)) } else { Err(FieldCode::Duplicate) }
        }
        (Kind::Judgement, RawResponse::Options(_) | RawResponse::Malformed)
        | (Kind::Single | Kind::Multiple, RawResponse::Truth(_) | RawResponse::Malformed) => Err(FieldCode::Invalid),
    }
}

/// Why the rules refuse something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nothing there that the caller may know of.
    NotFound,
    /// The exam has not opened yet.
    NotOpenYet,
    /// The candidate need not sit.
    Exempt,
    /// The exam is paused.
    Paused,
    /// Too late to start.
    StartClosed,
    /// All attempts are used.
    NoAttemptLeft,
    /// The attempt has ended.
    Closed,
    /// Another device holds the attempt.
    TakenOver,
    /// The save at this place of the list has the number of another response.
    SeqConflict(usize),
    /// What was drawn beforehand is for another seal or another attempt.
    Redraw,
}

/// What starting comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// This attempt runs and goes on.
    Resume(AttemptId),
    /// A new attempt of this number begins.
    Begin(i32),
}

/// Whether somebody with these attempts (all of theirs in this exam) and this allowance may start or resume now.
pub(super) fn admit(head: &Head, allowed: &Allowance, attempts: &[&Row], now: Instant) -> Result<Admission, Refusal> {
    if let Some(running) = attempts.iter().find(|a| a.state == AttemptState::Running) {
        // Past its last save it waits to be handed in; there is nothing left to go on with.
        let open = running.times().takes(now);
        return if open { Ok(Admission::Resume(running.id)) } else { Err(Refusal::Closed) };
    }
    match head.status {
        ExamStatus::Draft => return Err(Refusal::NotFound),
        _ if allowed.exempt => return Err(Refusal::Exempt),
        ExamStatus::Paused => return Err(Refusal::Paused),
        // One that had closed and in which an attempt was reopened takes nobody else: its draw may be known by now.
        ExamStatus::Sealed | ExamStatus::Open if head.closed_at.is_none() => {}
        ExamStatus::Sealed | ExamStatus::Open | ExamStatus::Closed | ExamStatus::Released => {
            return Err(Refusal::StartClosed);
        }
    }
    if head.awaits_beacon() {
        return Err(Refusal::NotOpenYet);
    }
    match head.schedule().entry(now, allowed) {
        Entry::Early => return Err(Refusal::NotOpenYet),
        Entry::Late => return Err(Refusal::StartClosed),
        Entry::Open => {}
    }
    let used = attempts.iter().filter(|a| is_used(a.void_kind)).count();
    if i32::try_from(used).unwrap_or(i32::MAX) >= head.attempts_allowed.saturating_add(allowed.attempts) {
        return Err(Refusal::NoAttemptLeft);
    }
    Ok(Admission::Begin(attempts.iter().map(|a| a.number).max().unwrap_or(0) + 1))
}

#[cfg(test)]
mod tests;
