//! Looking at attempts: the candidate at their own, coordinators and auditors at those of their subtree.

use std::collections::HashMap;

use entity::exam::attempt::AttemptState;
use entity::id::{AttemptId, ExamId, LeaseId};
use entity::instant::Instant;
use sea_orm::ConnectionTrait;

use super::super::marks;
use super::super::model::Seat;
use super::super::store::{self, Head, Row};
use super::super::views::{
    Attempt, AttemptResult, Desk, HistoryRow, ItemResult, Marking, Outcome, SectionResult, Ticking, Viewed,
};
use super::{AttemptError, Attempts, head_of};
use crate::auth::{self, Caller, Denied, READERS};
use crate::bank::Answer;
use crate::exam::grading::Response;
use crate::exam::ruling::{self, Course, Scored, Valid};
use crate::kernel::field::{FieldCode, Invalid};
use crate::kernel::page::{Page, PageRequest};
use crate::org;

impl Attempts {
    /// The caller's attempts in an exam, by number, each with its outcome once that may be seen.
    pub async fn own(&self, caller: &Caller, exam: ExamId) -> Result<Vec<(Attempt, Option<Outcome>)>, AttemptError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let rows = store::attempts_of(conn, exam, caller.person()?).await?;
        let heads: HashMap<ExamId, Head> = store::heads(conn, &[exam]).await?;
        let seen = |row: Row| {
            let outcome = heads.get(&row.exam_id).filter(|h| h.shows_results()).and_then(|h| Outcome::of(h, &row));
            (Attempt::of(row, now), outcome)
        };
        Ok(rows.into_iter().map(seen).collect())
    }

    /// An attempt: with paper and answers for its candidate while it runs, its state and times for others and later.
    pub async fn attempt(&self, caller: &Caller, id: AttemptId) -> Result<Viewed, AttemptError> {
        let now = self.core.now();
        let row = readable(self.core.db.read(), caller, id, now).await?;
        let (mut desk, mut answered) = (None, None);
        if is_own(caller, &row) {
            let seat = self.seat(id).await?;
            let saved = self.saved(id, &seat).await?;
            if row.state == AttemptState::Running {
                desk = Some(Desk { seat, saved });
            } else {
                answered = Some(saved.iter().filter(|save| save.response != Response::Blank).count());
            }
        }
        Ok(Viewed { attempt: Attempt::of(row, now), desk, answered, server_time: now })
    }

    /// The moments of an attempt, and whether a lease is still the one that may write: what a device asks again and again
    /// without the paper.
    pub async fn clock(&self, caller: &Caller, id: AttemptId, lease: Option<LeaseId>) -> Result<Ticking, AttemptError> {
        let now = self.core.now();
        let row = readable(self.core.db.read(), caller, id, now).await?;
        let held = lease.is_none_or(|lease| lease == row.lease);
        // The device that holds it, not somebody who looks on.
        if lease.is_some() && held && is_own(caller, &row) {
            self.contacts.note(row.exam_id, id, now);
        }
        Ok(Ticking { attempt: Attempt::of(row, now), held, server_time: now })
    }

    /// What an attempt came to: for its candidate once results are released, for coordinators and auditors once it was
    /// handed in. With the key only where the exam shows it and all attempts have ended.
    pub async fn result(&self, caller: &Caller, id: AttemptId) -> Result<AttemptResult, AttemptError> {
        let conn = self.core.db.read();
        let now = self.core.now();
        let row = readable(conn, caller, id, now).await?;
        let head = head_of(conn, &row).await?;
        if is_own(caller, &row) && !head.shows_results() {
            return Err(AttemptError::NotReleased);
        }
        let outcome = Outcome::of(&head, &row).ok_or(AttemptError::NotReleased)?;
        let seat = self.seat(id).await?;
        let ledger = store::ledger(conn, id).await?;
        let mut sections: Vec<SectionResult> = (seat.sheet.exam().sections().iter())
            .map(|s| SectionResult { title: s.title.clone(), ..SectionResult::default() })
            .collect();
        let mut items = Vec::new();
        let rulings = ruling::rulings(conn, seat.sheet.exam(), head.regrades).await?;
        for (line, response, Scored { points, max_points }) in marks::items(&seat.sheet, &ledger, &rulings) {
            if let Some(section) = sections.get_mut(line.section_at) {
                section.points = section.points + points;
                section.max_points = section.max_points + max_points;
            }
            if head.shows_key() {
                let content = &line.item.content;
                let valid = rulings.of(&line.item.item).map(Course::valid);
                items.push(ItemResult {
                    position: line.position,
                    item: line.item.item.clone(),
                    kind: content.kind,
                    stem: content.stem.clone(),
                    options: line.options().map(|o| (o.id.clone(), o.text.clone())).collect(),
                    response,
                    key: key(valid.and_then(|v| v.keys().first()).unwrap_or(&content.answer)),
                    also_accepted: valid.map_or(&[][..], Valid::keys).iter().skip(1).map(key).collect(),
                    marking: Marking::of(valid),
                    points,
                    max_points,
                });
            }
        }
        let items = head.shows_key().then_some(items);
        Ok(AttemptResult { attempt: Attempt::of(row, now), outcome, sections, items })
    }

    /// Every save of an attempt in the order of arrival. For coordinators and auditors.
    pub async fn history(
        &self,
        caller: &Caller,
        id: AttemptId,
        page: &PageRequest,
    ) -> Result<Page<HistoryRow>, AttemptError> {
        let now = self.core.now();
        let conn = self.core.db.read();
        let row = store::attempt(conn, id).await?.ok_or(Denied::NotFound)?;
        if !caller.has(READERS, now) && is_own(caller, &row) {
            return Err(Denied::Forbidden.into());
        }
        watched(conn, caller, &row, now).await?;
        let after = page.after.as_deref().map(|key| place(key).ok_or(Invalid::one("cursor", FieldCode::Invalid)));
        let saves = store::history(conn, id, after.transpose()?, page).await?;
        let seat: std::sync::Arc<Seat> = self.seat(id).await?;
        let next_cursor = saves.next_cursor;
        let told = |s: store::SaveRow| {
            let kind = seat.sheet.item(s.position)?.content.kind;
            let response = Response::read(kind, &s.response)?;
            Some(HistoryRow { position: s.position, seq: s.seq, kind, response, at: s.at })
        };
        Ok(Page { items: saves.items.into_iter().filter_map(told).collect(), next_cursor })
    }
}

fn is_own(caller: &Caller, row: &Row) -> bool {
    caller.account.person_id == Some(row.person_id)
}

/// An attempt that is the caller's own or that they watch over.
pub(super) async fn readable(
    conn: &impl ConnectionTrait,
    caller: &Caller,
    id: AttemptId,
    now: Instant,
) -> Result<Row, AttemptError> {
    let row = store::attempt(conn, id).await?.ok_or(Denied::NotFound)?;
    if !is_own(caller, &row) {
        watched(conn, caller, &row, now).await?;
    }
    Ok(row)
}

/// Ok if the caller is coordinator or auditor of the unit that the candidate had on the exam's roster. For everybody
/// else a foreign attempt does not exist.
async fn watched(conn: &impl ConnectionTrait, caller: &Caller, row: &Row, now: Instant) -> Result<(), AttemptError> {
    if !caller.has(READERS, now) {
        return Err(Denied::NotFound.into());
    }
    let roster = org::roster(conn, row.exam_id.into(), Some(&[row.person_id])).await?;
    let unit = roster.first().ok_or(Denied::NotFound)?.unit_id;
    auth::authorise(conn, caller, READERS, unit, now).await
}

/// The place in a history that a cursor names.
fn place(key: &str) -> Option<(Instant, i32, i32)> {
    let mut parts = key.split('.');
    let (at, position, seq) = (parts.next()?, parts.next()?, parts.next()?);
    Some((Instant(at.parse().ok()?), position.parse().ok()?, seq.parse().ok()?)).filter(|_| parts.next().is_none())
}

/// A right answer in the form of a response.
fn key(answer: &Answer) -> Response {
    match answer {
        Answer::Judgement(truth) => Response::Truth(*truth),
        Answer::Options(ids) => Response::Options(ids.clone()),
    }
}
