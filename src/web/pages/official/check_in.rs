//! Check-in: the QR's address, the six digits, and what came of it.

use askama::Template;
use entity::id::SessionId;
use poem::http::header;
use poem::web::Path;
use poem::web::cookie::{Cookie, SameSite};
use poem::{Request, Response, handler};
use uuid::Uuid;

use super::tasks::may_come;
use crate::http::{Code, Problem};
use crate::study::{AskLeaveRequest, AttendanceStatus, Proof, Session, SessionStatus, StudyError, Ticket};
use crate::web::form::{Form, Sent};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::{Guest, Visitor};

/// Where the ticket of an address that was opened is kept, and the nonce without which it is worth nothing.
const TICKET: &str = "kaofa-ticket";
const NONCE: &str = "kaofa-nonce";
/// The only pages that are sent them.
const PATH: &str = "/checkin";
/// As long as a ticket is good.
const SECONDS: u64 = 300;

/// What somebody who would check in meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum State {
    /// Has checked in, or is on the list some other way.
    Done,
    /// Check-in is open.
    Open,
    /// It opens later.
    NotYet,
    /// It is over, or the session has closed.
    Over,
    /// It will not take place.
    Cancelled,
}

#[derive(Template)]
#[template(path = "official/check_in.html")]
struct CheckInPage {
    v: View,
    f: Form,
    session: Session,
    state: State,
}

impl CheckInPage {
    fn new(v: View, f: Form, session: Session) -> Self {
        let arrived = session.own.is_some_and(|own| own.checked_in_at.is_some() || !may_come(own.status));
        let state = match session.status {
            _ if arrived => State::Done,
            SessionStatus::Cancelled => State::Cancelled,
            SessionStatus::Closed => State::Over,
            SessionStatus::Draft | SessionStatus::Published | SessionStatus::Running => match session.times {
                times if v.now < times.opens_at => State::NotYet,
                times if times.is_open(v.now) => State::Open,
                _ => State::Over,
            },
        };
        Self { v, f, session, state }
    }

    /// The reader may check out now.
    fn may_go(&self) -> bool {
        let here = self.session.own.is_some_and(|own| own.checked_in_at.is_some());
        here && self.session.check_in.require_check_out && self.session.status == SessionStatus::Running
    }

    /// The reader may ask for leave.
    fn may_ask(&self) -> bool {
        let asked = self.session.own.is_none_or(|own| own.status != AttendanceStatus::OnLeave);
        asked && matches!(self.state, State::Open | State::NotYet | State::Over)
    }

    fn status(&self) -> AttendanceStatus {
        self.session.own.map_or(AttendanceStatus::Pending, |own| own.status)
    }
}

/// The QR's address. Whoever opens it has arrived at this moment, logged in or not; log-in may take its time.
#[handler]
pub(in crate::web) async fn open(guest: Guest, Path(id): Path<Uuid>) -> Page {
    let session = SessionId(id);
    let key = guest.view.query("k").unwrap_or_default();
    let https = guest.services.core.settings.https();
    match guest.services.study.redeem(session, &key).await {
        Ok(ticket) => Ok(with_ticket(go_to(&format!("{PATH}/{session}/arrived")), session, https, Some(&ticket))),
        // Who has checked in already, or can still type the digits, is told so by the page itself.
        Err(StudyError::CodeInvalid | StudyError::CodeExpired | StudyError::CodeOfAnother) => {
            Ok(go_to(&format!("{PATH}/{session}?why=expired")))
        }
        Err(StudyError::CheckInClosed(_)) => Ok(go_to(&format!("{PATH}/{session}"))),
        Err(other) => Err(other.into()),
    }
}

/// Hands in the ticket that the browser keeps, after log-in where that was needed.
#[handler]
pub(in crate::web) async fn arrive(visitor: Visitor, Path(id): Path<Uuid>, request: &Request) -> Page {
    let session = SessionId(id);
    let https = visitor.services.core.settings.https();
    let here = format!("{PATH}/{session}");
    let kept = cookie(request, TICKET).and_then(|t| t.strip_prefix(&format!("{session}.")).map(str::to_owned));
    let (Some(ticket), Some(nonce)) = (kept, cookie(request, NONCE)) else {
        return Ok(go_to(&format!("{here}?why=expired")));
    };
    let proof = Proof::Ticket { ticket, nonce: nonce.to_owned() };
    let study = &visitor.services.study;
    let known = study.session(&visitor.caller, session).await.ok();
    let again = known.is_some_and(|s| s.check_in.require_check_out && s.own.is_some_and(|o| o.checked_in_at.is_some()));
    if again {
        // Who scans again is about to go, and says so; the ticket waits for that.
        return Ok(go_to(&format!("{here}?scanned=1")));
    }
    let response = match study.check_in(&visitor.caller, session, &proof).await {
        Ok(_) | Err(StudyError::CheckInClosed(_)) => go_to(&here),
        Err(
            StudyError::CodeInvalid | StudyError::CodeOfAnother | StudyError::TicketExpired | StudyError::TicketForeign,
        ) => go_to(&format!("{here}?why=expired")),
        Err(other) => return Err(other.into()),
    };
    Ok(with_ticket(response, session, https, None))
}

/// Where one types the six digits, and sees afterwards what came of it.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let session = visitor.services.study.session(&visitor.caller, SessionId(id)).await?;
    let mut form = Form::new("checkin-", &visitor.view);
    if visitor.view.query("why").is_some() {
        form.refused = visitor.view.t("checkin-expired").to_string();
    }
    page(&CheckInPage::new(visitor.view, form, session))
}

/// Takes the six digits.
#[handler]
pub(in crate::web) async fn enter(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let (id, study) = (SessionId(id), &visitor.services.study);
    let code: String = sent.value("code").split_whitespace().collect();
    match study.check_in(&visitor.caller, id, &Proof::Code(code)).await {
        Ok(_) => Ok(go_to(&format!("{PATH}/{id}"))),
        Err(
            refused @ (StudyError::CodeInvalid
            | StudyError::CodeExpired
            | StudyError::CodeOfAnother
            | StudyError::CheckInClosed(_)
            | StudyError::TooManyTries(_)
            | StudyError::Rejected(_)),
        ) => {
            let problem = Problem::from(refused);
            let session = study.session(&visitor.caller, id).await?;
            let form = Form::new("checkin-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &CheckInPage::new(visitor.view, form, session))
        }
        Err(other) => Err(other.into()),
    }
}

/// Checks out, by the digits or by the code that was scanned.
#[handler]
pub(in crate::web) async fn go(visitor: Visitor, Path(id): Path<Uuid>, request: &Request, sent: Sent) -> Page {
    let (id, study) = (SessionId(id), &visitor.services.study);
    let code: String = sent.value("code").split_whitespace().collect();
    let kept = cookie(request, TICKET).and_then(|t| t.strip_prefix(&format!("{id}.")).map(str::to_owned));
    let proof = match (kept.zip(cookie(request, NONCE)), code.is_empty()) {
        (Some((ticket, nonce)), true) => Proof::Ticket { ticket, nonce: nonce.to_owned() },
        _ => Proof::Code(code),
    };
    match study.check_out(&visitor.caller, id, &proof).await {
        Ok(_) => {
            let https = visitor.services.core.settings.https();
            Ok(with_ticket(go_to(&format!("{PATH}/{id}")), id, https, None))
        }
        Err(refused @ (StudyError::Denied(_) | StudyError::NotOnRoster(_) | StudyError::Fault(_))) => {
            Err(refused.into())
        }
        Err(refused) => {
            let problem = Problem::from(refused);
            let session = study.session(&visitor.caller, id).await?;
            let form = Form::new("checkin-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &CheckInPage::new(visitor.view, form, session))
        }
    }
}

/// Asks for leave.
#[handler]
pub(in crate::web) async fn ask_leave(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let (id, study) = (SessionId(id), &visitor.services.study);
    let request = AskLeaveRequest {
        reason: sent.value("reason").to_owned(),
        attachment: Some(sent.value("attachment").to_owned()),
        person_id: None,
    };
    let asked = async {
        let (person, reason, attachment) = request.read()?;
        Ok::<_, Problem>(study.ask_leave(&visitor.caller, id, person, &reason, attachment).await?)
    };
    match asked.await {
        Ok(_) => Ok(go_to(&format!("{PATH}/{id}?done=asked"))),
        Err(problem) if problem.errors.is_empty() && problem.code != Code::AlreadyAsked => Err(problem),
        Err(problem) => {
            let session = study.session(&visitor.caller, id).await?;
            let form = Form::new("checkin-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &CheckInPage::new(visitor.view, form, session))
        }
    }
}

/// Keeps a ticket in the browser as long as it is good, out of reach of scripts; or takes it away.
fn with_ticket(mut response: Response, session: SessionId, https: bool, ticket: Option<&Ticket>) -> Response {
    let value = ticket.map_or_else(String::new, |t| format!("{session}.{}", t.ticket));
    let nonce = ticket.map_or_else(String::new, |t| t.nonce.clone());
    for (name, value) in [(TICKET, value), (NONCE, nonce)] {
        let mut cookie = Cookie::new_with_str(name, value);
        cookie.set_path(PATH);
        cookie.set_http_only(true);
        cookie.set_same_site(SameSite::Lax);
        cookie.set_secure(https);
        cookie.set_max_age(std::time::Duration::from_secs(SECONDS));
        if ticket.is_none() {
            cookie.make_removal();
        }
        if let Ok(value) = cookie.to_string().parse() {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// A cookie that the browser sent.
fn cookie<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let sent = request.headers().get_all(header::COOKIE).into_iter().filter_map(|v| v.to_str().ok());
    let mut pairs = sent.flat_map(|pairs| pairs.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(n, _)| *n == name).map(|(_, value)| value)
}
