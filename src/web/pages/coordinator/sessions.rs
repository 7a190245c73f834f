//! Sessions: the list, one session with who came, and putting one person's attendance right.

use askama::Template;
use chrono::NaiveTime;
use entity::id::{SessionId, UnitId};
use entity::instant::{Day, Instant, Millis};
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::parts::{Options, audience_words, filter, filter_form, page_of, unit_options, units, words};
use crate::auth::{MANAGERS, Role};
use crate::http::{Code, Problem};
use crate::study::{
    Attendance, AttendanceFilter, AttendanceStatus, CorrectionRequest, Session, SessionFilter, SessionKind,
    SessionStatus, Summary,
};
use crate::web::form::{Form, Sent};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

/// Those who see how people attended.
const WATCHERS: &[Role] = &[Role::Coordinator, Role::Auditor, Role::Liaison];
/// Those who call a roll.
const CALLERS: &[Role] = &[Role::Coordinator, Role::Liaison];
/// What a roll call or a correction may say.
pub(super) const GIVEN: &[AttendanceStatus] = &[
    AttendanceStatus::Present,
    AttendanceStatus::Late,
    AttendanceStatus::LeftEarly,
    AttendanceStatus::OnLeave,
    AttendanceStatus::Absent,
];

#[derive(Template)]
#[template(path = "coordinator/sessions.html")]
struct ListPage {
    v: View,
    f: Form,
    kinds: Options,
    statuses: Options,
    rows: Vec<Row>,
    next: Option<String>,
    filtered: bool,
    may_make: bool,
}

struct Row {
    session: Session,
    host: String,
}

/// The list in order of time; unless asked otherwise, of this year.
#[handler]
pub(in crate::web) async fn list(visitor: Visitor) -> Page {
    let v = &visitor.view;
    let mut f = filter_form(v, "sessions-", &["kind", "status", "to"]);
    let first = Day::new(v.calendar.year(v.now), 1, 1);
    let from = match v.query("from") {
        None => first,
        Some(day) => day.parse().ok(),
    };
    if let Some(day) = from {
        f = f.set("from", day);
    }
    let to: Option<Day> = filter(v, "to");
    let begin = |day: Day| v.calendar.at(day, NaiveTime::MIN);
    let asked = SessionFilter {
        from: from.map(begin),
        to: to.map(|day| begin(Day(day.0.succ_opt().unwrap_or(day.0)))),
        kind: filter(v, "kind"),
        status: filter(v, "status"),
    };
    let found = visitor.services.study.sessions(&visitor.caller, &asked, &page_of(v, 50)?).await?;
    let hosts: Vec<UnitId> = found.items.iter().flat_map(|s| s.host_unit_ids.iter().copied()).collect();
    let names = visitor.services.org.unit_names(&hosts).await?;
    let comma = v.t("parts-comma").to_string();
    let row = |session: Session| {
        let hosts: Vec<String> = session.host_unit_ids.iter().filter_map(|id| names.get(id).cloned()).collect();
        Row { host: hosts.join(&comma), session }
    };
    page(&ListPage {
        kinds: words(v, "sessions-kind-", SessionKind::ALL),
        statuses: words(v, "sessions-status-", SessionStatus::ALL),
        rows: found.items.into_iter().map(row).collect(),
        next: found.next_cursor,
        filtered: asked.kind.is_some() || asked.status.is_some() || to.is_some() || v.query("from").is_some(),
        may_make: visitor.caller.has(MANAGERS, v.now),
        f,
        v: visitor.view,
    })
}

#[derive(Template)]
#[template(path = "coordinator/session.html")]
struct SessionPage {
    v: View,
    f: Form,
    session: Session,
    hosts: String,
    meant: String,
    programme: Option<String>,
    summary: Summary,
    rows: Vec<Attendee>,
    next: Option<String>,
    units: Options,
    statuses: Options,
    manages: bool,
    may_call: bool,
    /// How many would be invited if it were published now.
    preview: Option<usize>,
}

struct Attendee {
    attendance: Attendance,
    unit_name: String,
}

impl SessionPage {
    /// Where an act is sent.
    fn act(&self, act: &str) -> String {
        format!("/sessions/{}/{act}", self.session.id)
    }

    /// Its figures exist from the freezing of its roster on.
    fn opened(&self) -> bool {
        self.session.frozen_at.is_some()
    }

    fn filtered(&self) -> bool {
        ["unit_id", "status"].iter().any(|name| !self.f.value(name).is_empty())
    }

    /// It has begun, so it can be closed.
    fn begun(&self) -> bool {
        self.session.starts_at <= self.v.now
    }
}

/// One session: what it is, what is to be done, who came.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let (v, caller, id) = (&visitor.view, &visitor.caller, SessionId(id));
    let (study, org) = (&visitor.services.study, &visitor.services.org);
    // Counting opens a session whose time has come, so it is read afterwards.
    let watches = caller.has(WATCHERS, v.now);
    let summary = if watches { study.summary(caller, id).await? } else { Summary::default() };
    let session = study.session(caller, id).await?;
    let manages = study.manages_session(caller, &session).await?;
    let asked = AttendanceFilter { unit_id: filter(v, "unit_id"), status: filter(v, "status") };
    let (rows, next) = if watches {
        let found = study.attendance(caller, id, &asked, &page_of(v, 100)?).await?;
        (attendees(&visitor, found.items).await?, found.next_cursor)
    } else {
        (Vec::new(), None)
    };
    let names = org.unit_names(&session.host_unit_ids).await?;
    let hosts: Vec<String> = session.host_unit_ids.iter().filter_map(|id| names.get(id).cloned()).collect();
    let draft = session.status == SessionStatus::Draft;
    let preview = if draft && manages { Some(org.preview(caller, &session.audience).await?.len()) } else { None };
    let programme = match session.programme_id {
        Some(id) => study.programme(caller, id).await.ok().map(|p| p.title),
        None => None,
    };
    page(&SessionPage {
        f: filter_form(v, "sessions-", &["unit_id", "status"]),
        hosts: hosts.join(&v.t("parts-comma").to_string()),
        meant: audience_words(&visitor, &session.audience).await?,
        programme,
        summary,
        rows,
        next,
        units: if watches { unit_options(&units(&visitor, WATCHERS).await?) } else { Vec::new() },
        statuses: words(v, "sessions-attendance-", AttendanceStatus::ALL),
        manages,
        may_call: caller.has(CALLERS, v.now) && session.status == SessionStatus::Running,
        preview,
        session,
        v: visitor.view,
    })
}

/// Rows with the names of their units.
async fn attendees(visitor: &Visitor, rows: Vec<Attendance>) -> Result<Vec<Attendee>, Problem> {
    let ids: Vec<UnitId> = rows.iter().map(|row| row.unit_id).collect();
    let names = visitor.services.org.unit_names(&ids).await?;
    let attendee = |attendance: Attendance| Attendee {
        unit_name: names.get(&attendance.unit_id).cloned().unwrap_or_default(),
        attendance,
    };
    Ok(rows.into_iter().map(attendee).collect())
}

/// Invites people.
#[handler]
pub(in crate::web) async fn publish(visitor: Visitor, Path(id): Path<Uuid>, _sent: Sent) -> Page {
    visitor.services.study.publish_session(&visitor.caller, id.into()).await?;
    Ok(go_to(&format!("/sessions/{id}?done=published")))
}

/// Fixes the figures.
#[handler]
pub(in crate::web) async fn close(visitor: Visitor, Path(id): Path<Uuid>, _sent: Sent) -> Page {
    visitor.services.study.close_session(&visitor.caller, id.into()).await?;
    Ok(go_to(&format!("/sessions/{id}?done=closed")))
}

#[derive(Template)]
#[template(path = "coordinator/correction.html")]
struct CorrectionPage {
    v: View,
    f: Form,
    session: Session,
    attendance: Attendance,
    unit_name: String,
    statuses: Options,
}

impl CorrectionPage {
    async fn new(visitor: &Visitor, f: Form, id: SessionId, person: Uuid) -> Result<Self, Problem> {
        let (study, caller) = (&visitor.services.study, &visitor.caller);
        let session = study.session(caller, id).await?;
        let attendance = find(visitor, id, person).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let mut names = visitor.services.org.unit_names(&[attendance.unit_id]).await?;
        Ok(Self {
            f,
            session,
            unit_name: names.remove(&attendance.unit_id).unwrap_or_default(),
            attendance,
            statuses: words(&visitor.view, "sessions-attendance-", GIVEN),
            v: visitor.view.clone(),
        })
    }
}

/// Somebody's row of a session.
async fn find(visitor: &Visitor, id: SessionId, person: Uuid) -> Result<Option<Attendance>, Problem> {
    let mut cursor: Option<String> = None;
    loop {
        let request = crate::kernel::page::PageRequest::new(Some(200), cursor.as_deref())?;
        let asked = AttendanceFilter::default();
        let found = visitor.services.study.attendance(&visitor.caller, id, &asked, &request).await?;
        if let Some(row) = found.items.into_iter().find(|row| row.person_id.0 == person) {
            return Ok(Some(row));
        }
        match found.next_cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(None),
        }
    }
}

/// The form by which one person's attendance is put right.
#[handler]
pub(in crate::web) async fn show_correction(visitor: Visitor, Path((id, person)): Path<(Uuid, Uuid)>) -> Page {
    let form = Form::new("sessions-", &visitor.view);
    let mut shown = CorrectionPage::new(&visitor, form, id.into(), person).await?;
    shown.f = shown.f.set("status", shown.attendance.status);
    page(&shown)
}

/// Puts it right.
#[handler]
pub(in crate::web) async fn correct(visitor: Visitor, Path((id, person)): Path<(Uuid, Uuid)>, sent: Sent) -> Page {
    let request =
        CorrectionRequest { status: sent.value("status").to_owned(), reason: sent.value("reason").to_owned() };
    let corrected = async {
        let (status, reason) = request.read()?;
        let study = &visitor.services.study;
        Ok::<_, Problem>(study.correct(&visitor.caller, id.into(), person.into(), status, &reason).await?)
    };
    match corrected.await {
        Ok(_) => Ok(go_to(&format!("/sessions/{id}?done=corrected"))),
        Err(problem) if problem.errors.is_empty() => Err(problem),
        Err(problem) => {
            let form = Form::new("sessions-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &CorrectionPage::new(&visitor, form, id.into(), person).await?)
        }
    }
}

/// The first and the last moment of the day on which `now` falls, the last not included.
pub(super) fn day_of(view: &View, now: Instant) -> (Instant, Instant) {
    let begin = view.calendar.at(view.calendar.day(now), NaiveTime::MIN);
    (begin, begin + Millis::seconds(24 * 3600))
}
