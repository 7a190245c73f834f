//! Check-in and check-out: the codes that a hall is shown, and the herd that comes with them.

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

use super::super::code::{Codes, TicketFault, Verdict, next_code_at, taken_until, ticket_ends};
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
    /// They go, rather than come.
    leaves: bool,
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
    /// They go without having come.
    NotCheckedIn,
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
            (Some(session), Some(row)) => turn(session, row, arrival).map(|entry| {
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

/// What somebody's coming or going changes. Gives what the log keeps of it.
fn turn(session: &session::Model, row: &mut attendance::Model, arrival: &Arrival) -> Result<Option<Entry>, Refusal> {
    if arrival.leaves { check_out(session, row, arrival) } else { check(session, row, arrival) }
}

/// Checks somebody out. Who has stayed to the end has done so; who went before may have come back, so their last going
/// counts. What was said by hand stays.
fn check_out(
    session: &session::Model,
    row: &mut attendance::Model,
    arrival: &Arrival,
) -> Result<Option<Entry>, Refusal> {
    let checked_in_at = row.checked_in_at.ok_or(Refusal::NotCheckedIn)?;
    let by_hand = !matches!(row.method, Some(AttendanceMethod::Code | AttendanceMethod::Qr));
    let stayed = row.checked_out_at.is_some_and(|out| out >= session.ends_at || out >= arrival.at);
    if by_hand || stayed {
        return Ok(None);
    }
    if session.status != SessionStatus::Running {
        return if row.checked_out_at.is_some() { Ok(None) } else { Err(Refusal::Closed) };
    }
    let status = CheckInTimes::of(session).status_of_stay(checked_in_at, Some(arrival.at));
    let data = json!({
        "person": row.person_id, "from": row.status, "status": status, "checked_out_at": arrival.at,
        "method": arrival.method,
    });
    row.status = status;
    row.checked_out_at = Some(arrival.at);
    row.version += 1;
    Ok(Some(entry_of(arrival, "study.check_out", session, row, data)))
}

fn entry_of(
    arrival: &Arrival,
    action: &'static str,
    session: &session::Model,
    row: &attendance::Model,
    data: serde_json::Value,
) -> Entry {
    Entry {
        id: arrival.entry,
        at: arrival.at,
        actor: arrival.actor.clone(),
        action,
        subject: session_subject(session.id),
        unit: Some(row.unit_id),
        data,
        outcome: Outcome::Done,
    }
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
    Ok(Some(entry_of(arrival, "study.check_in", session, row, data)))
}

impl Study {
    /// The code that a hall is shown at this moment. For coordinators of a host, while check-in is open, and to the
    /// end of a session from which people check out.
    pub async fn check_in_code(&self, caller: &Caller, id: SessionId) -> Result<CheckInCode, StudyError> {
        let row = self.managed(self.core.db.read(), caller, id).await?;
        let row = self.opened(row).await?;
        let now = self.core.now();
        open_for_check_in(&row, now).or_else(|closed| if takes_check_outs(&row) { Ok(()) } else { Err(closed) })?;
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
        match codes.judge_key(key, opened_at) {
            Verdict::Taken => {}
            Verdict::Expired => return Err(StudyError::CodeExpired),
            Verdict::Wrong => {
                let taken = |codes: &Codes| codes.judge_key(key, opened_at) == Verdict::Taken;
                return Err(self.stray(id, taken).await?);
            }
        }
        open_for_check_in(&row, opened_at)
            .or_else(|closed| if takes_check_outs(&row) { Ok(()) } else { Err(closed) })?;
        let nonce = self.core.secret::<16>();
        Ok(Ticket { ticket: codes.ticket(opened_at, &nonce), nonce, opened_at, expires_at: ticket_ends(opened_at) })
    }

    /// Why a code or ticket that is none of this session's is not taken: it is another's, or nobody's.
    async fn stray(&self, id: SessionId, taken: impl Fn(&Codes) -> bool) -> Result<StudyError, StudyError> {
        let others = store::running_codes(self.core.db.read()).await?;
        let of_other = others.iter().filter(|(other, _)| *other != id);
        let found = of_other.into_iter().any(|(other, secret)| taken(&Codes::new(*other, secret)));
        Ok(if found { StudyError::CodeOfAnother } else { StudyError::CodeInvalid })
    }

    /// Checks the caller in by the code in the hall or by a ticket. Doing so twice gives the first answer again,
    /// whatever the code is by then.
    pub async fn check_in(&self, caller: &Caller, id: SessionId, proof: &Proof) -> Result<Attendance, StudyError> {
        let arrived = self.core.now();
        let person = caller.person()?;
        let row = self.session_to_enter(id).await?;
        match self.enter(caller, person, &row, proof, arrived).await {
            Err(refused) if refused.is_of_code() => self.first_answer(id, person, false).await?.ok_or(refused),
            other => other,
        }
    }

    /// Checks the caller out, by the same means, where the session asks for it. Whoever goes before its end has left
    /// early; who comes back and checks out again has not.
    pub async fn check_out(&self, caller: &Caller, id: SessionId, proof: &Proof) -> Result<Attendance, StudyError> {
        let arrived = self.core.now();
        let person = caller.person()?;
        let row = self.session_to_enter(id).await?;
        if !row.require_check_out {
            return Err(StudyError::NoCheckOut);
        }
        let left = async {
            let (at, method) = self.proven(caller, &row, proof, arrived).await?;
            self.take(caller, person, &row, at, method, true).await
        };
        match left.await {
            Err(refused) if refused.is_of_code() => self.first_answer(id, person, true).await?.ok_or(refused),
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
        let (at, method) = self.proven(caller, row, proof, arrived).await?;
        open_for_check_in(row, at)?;
        self.take(caller, person, row, at, method, false).await
    }

    async fn take(
        &self,
        caller: &Caller,
        person: PersonId,
        row: &session::Model,
        at: Instant,
        method: AttendanceMethod,
        leaves: bool,
    ) -> Result<Attendance, StudyError> {
        let (actor, entry) = (caller.actor(), self.core.uuid());
        let arrival = Arrival { session: row.id, person, at, method, leaves, actor, entry };
        match self.check_ins.submit(arrival).await? {
            Ok(attendance) => Ok(attendance),
            Err(Refusal::Closed) => Err(StudyError::CheckInClosed(row.contact.clone())),
            Err(Refusal::Unknown) => Err(StudyError::NotOnRoster(row.contact.clone())),
            Err(Refusal::NotCheckedIn) => Err(StudyError::NotCheckedIn),
        }
    }

    /// When the caller arrived, if the proof is good.
    async fn proven(
        &self,
        caller: &Caller,
        row: &session::Model,
        proof: &Proof,
        arrived: Instant,
    ) -> Result<(Instant, AttendanceMethod), StudyError> {
        let codes = Codes::new(row.id, &row.code_secret);
        match proof {
            Proof::Ticket { ticket, nonce } => match codes.opened_at(ticket, nonce, arrived) {
                Ok(opened_at) => Ok((opened_at, AttendanceMethod::Qr)),
                Err(TicketFault::Foreign) => Err(StudyError::TicketForeign),
                Err(TicketFault::Expired) => Err(StudyError::TicketExpired),
                Err(TicketFault::Wrong) => {
                    let is_of = |codes: &Codes| codes.opened_at(ticket, nonce, arrived) != Err(TicketFault::Wrong);
                    Err(self.stray(row.id, is_of).await?)
                }
            },
            Proof::Code(code) => {
                let verdict = {
                    let mut guesses = self.guesses.lock();
                    if let Some(seconds) = guesses.wait(caller.account.id, arrived) {
                        return Err(StudyError::TooManyTries(seconds));
                    }
                    let verdict = codes.judge_digits(code, arrived);
                    if verdict != Verdict::Taken {
                        guesses.wrong(caller.account.id, arrived);
                    }
                    verdict
                };
                match verdict {
                    Verdict::Taken => Ok((arrived, AttendanceMethod::Code)),
                    Verdict::Expired => Err(StudyError::CodeExpired),
                    Verdict::Wrong => {
                        let taken = |codes: &Codes| codes.judge_digits(code, arrived) == Verdict::Taken;
                        Err(self.stray(row.id, taken).await?)
                    }
                }
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

    /// The attendance of somebody who has checked in, or out, before.
    async fn first_answer(&self, id: SessionId, person: PersonId, out: bool) -> Result<Option<Attendance>, StudyError> {
        let conn = self.core.db.read();
        let row = store::attendance_of(conn, &[id], person).await?.remove(&id);
        let done =
            |row: &attendance::Model| if out { row.checked_out_at.is_some() } else { row.checked_in_at.is_some() };
        match row.filter(done) {
            Some(row) => Ok(Some(named(conn, id, row).await?)),
            None => Ok(None),
        }
    }
}

impl StudyError {
    /// Whether a code or ticket was refused: whoever was let in before need not show it again.
    fn is_of_code(&self) -> bool {
        matches!(
            self,
            Self::CodeInvalid
                | Self::CodeExpired
                | Self::CodeOfAnother
                | Self::TicketExpired
                | Self::TicketForeign
                | Self::CheckInClosed(_)
        )
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
    if open { Ok(()) } else { Err(StudyError::CheckInClosed(row.contact.clone())) }
}

/// Whether people check out at this moment.
fn takes_check_outs(row: &session::Model) -> bool {
    row.status == SessionStatus::Running && row.require_check_out
}

fn picture(url: &str) -> String {
    QrCode::with_error_correction_level(url, EcLevel::M)
        .expect("an address of some hundred characters fits into a QR code")
        .render::<svg::Color<'_>>()
        .min_dimensions(240, 240)
        .build()
}
