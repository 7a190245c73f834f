//! Check-in: the codes that a hall is shown, and the herd that comes with them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use entity::id::{PersonId, SessionId};
use entity::instant::Instant;
use entity::log::Outcome;
use entity::study::attendance::{self, AttendanceMethod};
use entity::study::session::{self, SessionStatus};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::json;
use uuid::Uuid;

use super::super::code::{Codes, next_code_at, taken_until, ticket_ends};
use super::super::counting::{CheckInTimes, may_still_come};
use super::super::model::{Attendance, CheckInCode, Proof, Ticket};
use super::super::store;
use super::recording::attendance_view;
use super::{Study, StudyError, session_subject};
use crate::auth::{Caller, Denied};
use crate::db::{Apply, Db, Fault, Writer};
use crate::log::{self, Actor, Entry};
use crate::org;

/// How many check-ins may wait for the writer.
const ROOM: usize = 20_000;

/// Somebody who came with a valid code.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    session: SessionId,
    person: PersonId,
    /// When the request arrived, or the QR's address was opened.
    at: Instant,
    method: AttendanceMethod,
    actor: Actor,
    entry: Uuid,
}

/// Their attendance now, or why there is none.
pub(super) type Checked = Result<Attendance, Refusal>;

/// Why somebody with a valid code is not checked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Check-in is not open.
    Closed,
    /// Not on the roster.
    Unknown,
}

/// The queue before the database.
pub(super) fn writer(db: &Db) -> Writer<Arrival, Checked> {
    let apply: Arc<Apply<Arrival, Checked>> = Arc::new(|tx, arrivals| Box::pin(apply(tx, arrivals)));
    Writer::spawn(db, "check_in", ROOM, &apply)
}

/// Checks in all who have queued. The sessions are kept as they are, and the rows held in order, until it commits.
async fn apply(tx: &DatabaseTransaction, arrivals: &[Arrival]) -> Result<Vec<Checked>, Fault> {
    let mut by_session: BTreeMap<SessionId, Vec<PersonId>> = BTreeMap::new();
    for arrival in arrivals {
        by_session.entry(arrival.session).or_default().push(arrival.person);
    }
    let ids: Vec<SessionId> = by_session.keys().copied().collect();
    let sessions = store::steady_sessions(tx, &ids).await?;
    let mut rows: HashMap<(SessionId, PersonId), attendance::Model> = HashMap::new();
    let mut names: HashMap<(SessionId, PersonId), String> = HashMap::new();
    for (id, people) in &by_session {
        for row in store::hold_rows(tx, *id, people).await? {
            rows.insert((*id, row.person_id), row);
        }
        for member in org::roster(tx, (*id).into(), Some(people)).await? {
            names.insert((*id, member.person_id), member.person_name);
        }
    }
    let mut changed: BTreeMap<(SessionId, PersonId), attendance::Model> = BTreeMap::new();
    let mut entries = Vec::new();
    let mut answers = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        let key = (arrival.session, arrival.person);
        let answer = match (sessions.get(&arrival.session), rows.get_mut(&key)) {
            (None, _) | (Some(_), None) => Err(Refusal::Unknown),
            (Some(session), Some(row)) => check(session, row, arrival).map(|entry| {
                if let Some(entry) = entry {
                    entries.push(entry);
                    changed.insert(key, row.clone());
                }
                attendance_view(row.clone(), names.get(&key).cloned().unwrap_or_default())
            }),
        };
        answers.push(answer);
    }
    store::write_rows(tx, changed.into_values().collect()).await?;
    log::append_all(tx, entries).await?;
    Ok(answers)
}

/// Checks somebody in, unless they came before. Gives what the log keeps of it.
fn check(session: &session::Model, row: &mut attendance::Model, arrival: &Arrival) -> Result<Option<Entry>, Refusal> {
    if row.checked_in_at.is_some() || !may_still_come(row.status) {
        return Ok(None);
    }
    let status = CheckInTimes::of(session).status(arrival.at).ok_or(Refusal::Closed)?;
    if session.status != SessionStatus::Running {
        return Err(Refusal::Closed);
    }
    let data = json!({
        "person": row.person_id,
        "from": row.status,
        "status": status,
        "checked_in_at": arrival.at,
        "method": arrival.method,
    });
    row.status = status;
    row.checked_in_at = Some(arrival.at);
    row.method = Some(arrival.method);
    row.reason = None;
    row.version += 1;
    Ok(Some(Entry {
        id: arrival.entry,
        at: arrival.at,
        actor: arrival.actor.clone(),
        action: "study.check_in",
        subject: session_subject(session.id),
        unit: Some(row.unit_id),
        data,
        outcome: Outcome::Done,
    }))
}

impl Study {
    /// The code that a hall is shown at this moment. For coordinators of a host, while check-in is open.
    pub async fn check_in_code(&self, caller: &Caller, id: SessionId) -> Result<CheckInCode, StudyError> {
        let row = self.managed(self.core.db.read(), caller, id).await?;
        let row = self.opened(row).await?;
        let now = self.core.now();
        open_for_check_in(&row, now)?;
        let codes = Codes::new(id, &row.code_secret);
        let url = format!("{}/c/{id}?k={}", self.core.settings.public_url, codes.key(now));
        Ok(CheckInCode {
            code: codes.digits(now),
            qr_svg: picture(&url),
            url,
            valid_until: taken_until(now),
            next_at: next_code_at(now),
        })
    }

    /// Gives whoever opens the QR's address a ticket, before any log-in. It is good in the browser that keeps its
    /// nonce, and this moment will be the time of check-in.
    pub async fn redeem(&self, id: SessionId, key: &str) -> Result<Ticket, StudyError> {
        let opened_at = self.core.now();
        let row = self.session_to_enter(id).await?;
        let codes = Codes::new(id, &row.code_secret);
        if !codes.takes_key(key, opened_at) {
            return Err(StudyError::CodeInvalid);
        }
        open_for_check_in(&row, opened_at)?;
        let nonce = self.core.secret::<16>();
        Ok(Ticket { ticket: codes.ticket(opened_at, &nonce), nonce, opened_at, expires_at: ticket_ends(opened_at) })
    }

    /// Checks the caller in by the code in the hall or by a ticket. Doing so twice gives the first answer again,
    /// whatever the code is by then.
    pub async fn check_in(&self, caller: &Caller, id: SessionId, proof: &Proof) -> Result<Attendance, StudyError> {
        let arrived = self.core.now();
        let person = caller.person()?;
        let row = self.session_to_enter(id).await?;
        match self.enter(caller, person, &row, proof, arrived).await {
            Err(refused @ (StudyError::CodeInvalid | StudyError::CheckInClosed)) => {
                self.first_answer(id, person).await?.ok_or(refused)
            }
            other => other,
        }
    }

    async fn enter(
        &self,
        caller: &Caller,
        person: PersonId,
        row: &session::Model,
        proof: &Proof,
        arrived: Instant,
    ) -> Result<Attendance, StudyError> {
        let (at, method) = self.proven(caller, row, proof, arrived)?;
        open_for_check_in(row, at)?;
        let arrival = Arrival { session: row.id, person, at, method, actor: caller.actor(), entry: self.core.uuid() };
        match self.check_ins.submit(arrival).await? {
            Ok(attendance) => Ok(attendance),
            Err(Refusal::Closed) => Err(StudyError::CheckInClosed),
            Err(Refusal::Unknown) => Err(StudyError::NotOnRoster(row.contact.clone())),
        }
    }

    /// When the caller arrived, if the proof is good.
    fn proven(
        &self,
        caller: &Caller,
        row: &session::Model,
        proof: &Proof,
        arrived: Instant,
    ) -> Result<(Instant, AttendanceMethod), StudyError> {
        let codes = Codes::new(row.id, &row.code_secret);
        match proof {
            Proof::Ticket { ticket, nonce } => {
                let opened_at = codes.opened_at(ticket, nonce, arrived).ok_or(StudyError::CodeInvalid)?;
                Ok((opened_at, AttendanceMethod::Qr))
            }
            Proof::Code(code) => {
                let mut guesses = self.guesses.lock();
                if let Some(seconds) = guesses.wait(caller.account.id, arrived) {
                    return Err(StudyError::TooManyTries(seconds));
                }
                if !codes.takes_digits(code, arrived) {
                    guesses.wrong(caller.account.id, arrived);
                    return Err(StudyError::CodeInvalid);
                }
                Ok((arrived, AttendanceMethod::Code))
            }
        }
    }

    /// A session that people may try to enter: published ones are opened when their time has come.
    async fn session_to_enter(&self, id: SessionId) -> Result<session::Model, StudyError> {
        let row = store::session(self.core.db.read(), id).await?.ok_or(Denied::NotFound)?;
        if row.status == SessionStatus::Draft {
            return Err(Denied::NotFound.into());
        }
        self.opened(row).await
    }

    /// The attendance of somebody who has checked in before.
    async fn first_answer(&self, id: SessionId, person: PersonId) -> Result<Option<Attendance>, StudyError> {
        let conn = self.core.db.read();
        let row = store::attendance_of(conn, &[id], person).await?.remove(&id);
        match row.filter(|row| row.checked_in_at.is_some()) {
            Some(row) => Ok(Some(named(conn, id, row).await?)),
            None => Ok(None),
        }
    }
}

/// A row with the name on the roster.
pub(super) async fn named(
    conn: &impl ConnectionTrait,
    id: SessionId,
    row: attendance::Model,
) -> Result<Attendance, Fault> {
    let member = org::roster(conn, id.into(), Some(&[row.person_id])).await?.pop();
    Ok(attendance_view(row, member.map(|m| m.person_name).unwrap_or_default()))
}

fn open_for_check_in(row: &session::Model, at: Instant) -> Result<(), StudyError> {
    let open = row.status == SessionStatus::Running && CheckInTimes::of(row).is_open(at);
    if open { Ok(()) } else { Err(StudyError::CheckInClosed) }
}

fn picture(url: &str) -> String {
    QrCode::with_error_correction_level(url, EcLevel::M)
        .expect("an address of some hundred characters fits into a QR code")
        .render::<svg::Color<'_>>()
        .min_dimensions(240, 240)
        .build()
}
