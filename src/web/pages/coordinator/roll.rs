//! The roll call: works on a phone, one line a person, sent at once.

use askama::Template;
use entity::id::SessionId;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::parts::{filter, filter_form, page_of, unit_options, units, words};
use super::sessions::GIVEN;
use crate::auth::Role;
use crate::http::{Code, Problem};
use crate::study::{
    Attendance, AttendanceFilter, AttendanceStatus, RollCallRequest, RollCallRowRequest, Session, SessionStatus,
    Summary,
};
use crate::web::form::{Form, Options, Sent};
use crate::web::view::{Page, View, go_to, page};
use crate::web::visitor::Visitor;

const CALLERS: &[Role] = &[Role::Coordinator, Role::Liaison];

#[derive(Template)]
#[template(path = "coordinator/roll.html")]
struct RollPage {
    v: View,
    f: Form,
    session: Session,
    summary: Summary,
    groups: Vec<Group>,
    next: Option<String>,
    units: Options,
    statuses: Options,
    /// What a line offers.
    given: Vec<(AttendanceStatus, String)>,
}

struct Group {
    unit_name: String,
    people: Vec<Attendance>,
}

/// Everybody whom the reader calls, by unit.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let (v, caller, id) = (&visitor.view, &visitor.caller, SessionId(id));
    let study = &visitor.services.study;
    let summary = study.summary(caller, id).await?;
    let session = study.session(caller, id).await?;
    if session.status != SessionStatus::Running {
        return Err(Problem::new(Code::WrongState));
    }
    let asked = AttendanceFilter { unit_id: filter(v, "unit_id"), status: filter(v, "status") };
    let found = study.attendance(caller, id, &asked, &page_of(v, 200)?).await?;
    let ids: Vec<_> = found.items.iter().map(|row| row.unit_id).collect();
    let names = visitor.services.org.unit_names(&ids).await?;
    let mut groups: Vec<Group> = Vec::new();
    for row in found.items {
        let unit_name = names.get(&row.unit_id).cloned().unwrap_or_default();
        match groups.last_mut().filter(|group| group.unit_name == unit_name) {
            Some(group) => group.people.push(row),
            None => groups.push(Group { unit_name, people: vec![row] }),
        }
    }
    page(&RollPage {
        f: filter_form(v, "sessions-", &["unit_id", "status"]),
        summary,
        session,
        groups,
        next: found.next_cursor,
        units: unit_options(&units(&visitor, CALLERS).await?),
        statuses: words(v, "sessions-attendance-", AttendanceStatus::ALL),
        given: GIVEN.iter().map(|s| (*s, v.word("sessions-attendance-", s).to_string())).collect(),
        v: visitor.view,
    })
}

/// Takes the lines that were changed; what others have recorded meanwhile of the rest stays.
#[handler]
pub(in crate::web) async fn call(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let changed = |person: &&str| {
        let now = sent.value(&format!("status-{person}"));
        !now.is_empty() && now != sent.value(&format!("was-{person}"))
    };
    let row = |person: &str| RollCallRowRequest {
        person_id: person.to_owned(),
        status: sent.value(&format!("status-{person}")).to_owned(),
        reason: Some(sent.value(&format!("reason-{person}")).to_owned()),
    };
    let rows: Vec<RollCallRowRequest> = sent.all("person").filter(changed).map(row).collect();
    if rows.is_empty() {
        return Ok(go_to(&format!("/sessions/{id}/roll?done=roll_same")));
    }
    let rows = RollCallRequest { rows }.read()?;
    visitor.services.study.roll_call(&visitor.caller, id.into(), rows).await?;
    Ok(go_to(&format!("/sessions/{id}?done=roll")))
}
