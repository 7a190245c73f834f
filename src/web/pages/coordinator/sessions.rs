//! Sessions: the list, one session with who came, and putting one person's attendance right.

use askama::Template;
use chrono::{Datelike as _, NaiveTime};
use entity::id::{SessionId, UnitId};
use entity::instant::{Day, Instant, Millis};
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::parts::{audience_words, filter, filter_form, joined, moment, page_of, unit_options, units, words};
use crate::auth::{MANAGERS, Role};
use crate::http::{Code, IfMatch, Problem};
use crate::kernel::field::Fields;
use crate::kernel::page::PageRequest;
use crate::org::PeopleFilter;
use crate::study::{
    Attendance, AttendanceFilter, AttendanceStatus, CorrectionRequest, DecideLeaveRequest, EarlierAttendance,
    LeaveFilter, LeaveRequest, LeaveState, RescheduleRequest, Scope, Session, SessionFilter, SessionKind,
    SessionStatus, StudyReasonRequest, Summary,
};
use crate::web::form::{Form, Options, Sent, is_told_above};
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

/// What a correction may say besides.
const CORRECTED: &[AttendanceStatus] = &[
    AttendanceStatus::Present,
    AttendanceStatus::Late,
    AttendanceStatus::LeftEarly,
    AttendanceStatus::OnLeave,
    AttendanceStatus::Absent,
    AttendanceStatus::MadeUp,
    AttendanceStatus::Delegated,
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

/// The list in order of time; unless asked otherwise from this month on, or of the year if nothing is planned any more.
#[handler]
pub(in crate::web) async fn list(visitor: Visitor) -> Page {
    let v = &visitor.view;
    let mut f = filter_form(v, "sessions-", &["kind", "status", "to"]);
    let today = v.calendar.day(v.now);
    let this_month = today.0.with_day(1).map(Day);
    let mut from = match v.query("from") {
        None => this_month,
        Some(day) => day.parse().ok(),
    };
    let to: Option<Day> = filter(v, "to");
    let begin = |day: Day| v.calendar.at(day, NaiveTime::MIN);
    let mut asked = SessionFilter {
        from: from.map(begin),
        to: to.map(|day| begin(Day(day.0.succ_opt().unwrap_or(day.0)))),
        kind: filter(v, "kind"),
        status: filter(v, "status"),
        series_id: filter(v, "series_id"),
    };
    let mut found = visitor.services.study.sessions(&visitor.caller, &asked, &page_of(v, 50)?).await?;
    let filtered = asked.kind.is_some() || asked.status.is_some() || to.is_some() || v.query("from").is_some();
    if found.items.is_empty() && !filtered {
        from = Day::new(v.calendar.year(v.now), 1, 1);
        asked.from = from.map(begin);
        found = visitor.services.study.sessions(&visitor.caller, &asked, &page_of(v, 50)?).await?;
    }
    if let Some(day) = from {
        f = f.set("from", day);
    }
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
        filtered,
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
    /// Leave that somebody has to decide about.
    leaves: Vec<LeaveRequest>,
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
    let waiting = LeaveFilter { session_id: Some(id), state: Some(LeaveState::Pending) };
    let leaves = if manages { study.leaves(caller, waiting, &PageRequest::default()).await?.items } else { Vec::new() };
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
        leaves,
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

/// Whether an act is of one session, or of those that follow in its series too.
pub(super) fn scope(sent: &Sent) -> Scope {
    if sent.ticked("following") { Scope::Following } else { Scope::One }
}

/// Invites people.
#[handler]
pub(in crate::web) async fn publish(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    visitor.services.study.publish_session(&visitor.caller, id.into(), scope(&sent)).await?;
    Ok(go_to(&format!("/sessions/{id}?done=published")))
}

/// Calls it off.
#[handler]
pub(in crate::web) async fn cancel(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let reason = StudyReasonRequest { reason: sent.value("reason").to_owned(), scope: None }.read()?.0;
    visitor.services.study.cancel_session(&visitor.caller, id.into(), &reason, scope(&sent)).await?;
    Ok(go_to(&format!("/sessions/{id}?done=cancelled")))
}

/// Opens it again.
#[handler]
pub(in crate::web) async fn reopen(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let reason = StudyReasonRequest { reason: sent.value("reason").to_owned(), scope: None }.read()?.0;
    visitor.services.study.reopen_session(&visitor.caller, id.into(), &reason).await?;
    Ok(go_to(&format!("/sessions/{id}?done=reopened")))
}

/// Removes a draft.
#[handler]
pub(in crate::web) async fn remove(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    visitor.services.study.delete_session(&visitor.caller, id.into(), &IfMatch::Any, scope(&sent)).await?;
    Ok(go_to("/sessions?done=deleted"))
}

/// Grants or refuses leave.
#[handler]
pub(in crate::web) async fn decide_leave(visitor: Visitor, Path((id, leave)): Path<(Uuid, Uuid)>, sent: Sent) -> Page {
    let approve = sent.value("approve") == "yes";
    let request = DecideLeaveRequest { approve, reason: Some(sent.value("reason").to_owned()) };
    let (approve, reason) = request.read()?;
    visitor.services.study.decide_leave(&visitor.caller, leave.into(), approve, &reason).await?;
    Ok(go_to(&format!("/sessions/{id}?done=decided")))
}

#[derive(Template)]
#[template(path = "coordinator/reschedule.html")]
struct ReschedulePage {
    v: View,
    f: Form,
    session: Session,
}

/// The form by which a session is moved.
#[handler]
pub(in crate::web) async fn show_reschedule(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let session = visitor.services.study.session(&visitor.caller, id.into()).await?;
    let wall = |at| visitor.view.calendar.wall(at).format("%Y-%m-%dT%H:%M").to_string();
    let f = Form::new("sessions-", &visitor.view)
        .set("starts_at", wall(session.starts_at))
        .set("ends_at", wall(session.ends_at))
        .set("place", &session.place);
    page(&ReschedulePage { v: visitor.view, f, session })
}

/// Moves it.
#[handler]
pub(in crate::web) async fn reschedule(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let study = &visitor.services.study;
    let moved = async {
        let mut fields = Fields::new();
        let request = RescheduleRequest {
            starts_at: moment(&visitor, &sent, &mut fields, "starts_at"),
            ends_at: moment(&visitor, &sent, &mut fields, "ends_at"),
            place: Some(sent.value("place").to_owned()),
            reason: sent.value("reason").to_owned(),
            scope: None,
        };
        let (shift, _) = joined(fields, request.read())?;
        Ok::<_, Problem>(study.reschedule_session(&visitor.caller, id.into(), shift, scope(&sent)).await?)
    };
    match moved.await {
        Ok(_) => Ok(go_to(&format!("/sessions/{id}?done=moved"))),
        Err(problem) if problem.errors.is_empty() => Err(problem),
        Err(problem) => {
            let session = study.session(&visitor.caller, id.into()).await?;
            let f = Form::new("sessions-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &ReschedulePage { v: visitor.view, f, session })
        }
    }
}

#[derive(Template)]
#[template(path = "coordinator/sheet.html")]
struct SheetPage {
    v: View,
    session: Session,
    hosts: String,
    groups: Vec<(String, Vec<Attendance>)>,
    /// How many are on it.
    expected: usize,
}

/// The list to be printed and signed by hand (签到表), by unit: the roster, or before it is frozen those who are invited.
#[handler]
pub(in crate::web) async fn sheet(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let (study, caller, id) = (&visitor.services.study, &visitor.caller, SessionId(id));
    let (session, rows) = study.sign_sheet(caller, id).await?;
    let mut units: Vec<UnitId> = rows.iter().map(|row| row.unit_id).collect();
    units.extend(session.host_unit_ids.iter().copied());
    let names = visitor.services.org.unit_names(&units).await?;
    let hosts: Vec<String> = session.host_unit_ids.iter().filter_map(|id| names.get(id).cloned()).collect();
    let expected = rows.len();
    let mut groups: Vec<(String, Vec<Attendance>)> = Vec::new();
    let mut last: Option<UnitId> = None;
    for row in rows {
        if last != Some(row.unit_id) {
            last = Some(row.unit_id);
            groups.push((names.get(&row.unit_id).cloned().unwrap_or_default(), Vec::new()));
        }
        if let Some((_, people)) = groups.last_mut() {
            people.push(row);
        }
    }
    let hosts = hosts.join(&visitor.view.t("parts-comma").to_string());
    page(&SheetPage { session, hosts, groups, expected, v: visitor.view })
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
    earlier: Vec<EarlierAttendance>,
    /// The version that the form was filled from.
    seen: i32,
    unit_name: String,
    statuses: Options,
}

impl CorrectionPage {
    async fn new(visitor: &Visitor, f: Form, id: SessionId, person: Uuid) -> Result<Self, Problem> {
        let (study, caller) = (&visitor.services.study, &visitor.caller);
        let session = study.session(caller, id).await?;
        let (attendance, earlier) = study.attendance_row(caller, id, person.into()).await?;
        let mut names = visitor.services.org.unit_names(&[attendance.unit_id]).await?;
        Ok(Self {
            session,
            unit_name: names.remove(&attendance.unit_id).unwrap_or_default(),
            seen: f.value("version").parse().unwrap_or(attendance.version),
            attendance,
            earlier,
            statuses: words(&visitor.view, "sessions-attendance-", CORRECTED),
            v: visitor.view.clone(),
            f,
        })
    }
}

/// The person who has this staff number, among those whom the reader may name; what was typed otherwise.
async fn by_staff_no(visitor: &Visitor, typed: &str) -> Result<String, Problem> {
    let filter = PeopleFilter { q: Some(typed.to_owned()), ..PeopleFilter::default() };
    let found = visitor.services.org.people(&visitor.caller, &filter, &PageRequest::default()).await?;
    let same = found.items.into_iter().find(|person| person.staff_no == typed);
    Ok(same.map_or_else(|| typed.to_owned(), |person| person.id.to_string()))
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
    let delegate = match sent.value("delegate_person_id").trim() {
        "" => None,
        typed => Some(by_staff_no(&visitor, typed).await?),
    };
    let filled = |name: &str| Some(sent.value(name).trim().to_owned()).filter(|value| !value.is_empty());
    let request = CorrectionRequest {
        status: sent.value("status").to_owned(),
        reason: sent.value("reason").to_owned(),
        delegate_person_id: delegate,
        studied: filled("studied"),
        confirmed_by: filled("confirmed_by"),
        attachment: filled("attachment"),
    };
    // Who has the form open while somebody else corrects is told so, not overwritten.
    let seen = IfMatch::version(sent.value("version").parse().unwrap_or_default());
    let corrected = async {
        let correction = request.read()?;
        let study = &visitor.services.study;
        Ok::<_, Problem>(study.correct(&visitor.caller, id.into(), person.into(), &seen, correction).await?)
    };
    match corrected.await {
        Ok(_) => Ok(go_to(&format!("/sessions/{id}?done=corrected"))),
        Err(problem) if !is_told_above(&problem) => Err(problem),
        Err(problem) => {
            let form = Form::new("sessions-", &visitor.view).refuse(&sent, &problem);
            let mut shown = CorrectionPage::new(&visitor, form, id.into(), person).await?;
            // Somebody else was faster: what they recorded is shown, and replaced if this is sent again.
            if problem.code == Code::Stale {
                shown.seen = shown.attendance.version;
                let (status, reason) = (shown.attendance.status, shown.attendance.reason.clone().unwrap_or_default());
                let theirs = shown.f.clone().set_to("status", status).set_to("reason", reason);
                shown.f = shown.f.clone().against(&theirs, |field, value| match field {
                    "status" => visitor.view.word("sessions-attendance-", value).to_string(),
                    _ => value.to_owned(),
                });
            }
            page_with(problem.code.status(), &shown)
        }
    }
}

/// The first and the last moment of the day on which `now` falls, the last not included.
pub(super) fn day_of(view: &View, now: Instant) -> (Instant, Instant) {
    let begin = view.calendar.at(view.calendar.day(now), NaiveTime::MIN);
    (begin, begin + Millis::seconds(24 * 3600))
}
