//! Calling the roll of a session.

use askama::Template;
use entity::id::{PersonId, SessionId};
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use crate::http::Problem;
use crate::kernel::page::{MAX_LIMIT, PageRequest};
use crate::study::{
    Attendance, AttendanceFilter, AttendanceStatus, RollCallRow, Session, SessionStatus, StudyError, Summary,
};
use crate::web::form::{Form, Sent};
use crate::web::view::{Page, View, page, page_with};
use crate::web::visitor::Visitor;

/// What a roll call may say of somebody.
const GIVEN: [AttendanceStatus; 5] = [
    AttendanceStatus::Present,
    AttendanceStatus::Late,
    AttendanceStatus::LeftEarly,
    AttendanceStatus::OnLeave,
    AttendanceStatus::Absent,
];

#[derive(Template)]
#[template(path = "liaison/roll.html")]
struct RollPage {
    v: View,
    f: Form,
    session: Session,
    summary: Summary,
    rows: Vec<Attendance>,
    next_cursor: Option<String>,
}

impl RollPage {
    async fn new(visitor: Visitor, id: SessionId, f: Form) -> Result<Self, Problem> {
        let (caller, study) = (&visitor.caller, &visitor.services.study);
        let request = PageRequest::new(Some(MAX_LIMIT), visitor.view.query("cursor").as_deref());
        let request = request.map_err(StudyError::from)?;
        let summary = study.summary(caller, id).await?;
        let rows = study.attendance(caller, id, &AttendanceFilter::default(), &request).await?;
        let session = study.session(caller, id).await?;
        Ok(Self { v: visitor.view, f, session, summary, rows: rows.items, next_cursor: rows.next_cursor })
    }

    fn is_open(&self) -> bool {
        self.session.status == SessionStatus::Running
    }

    /// What is chosen for a row: what was typed before, or nothing, which leaves it as it is.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "a template hands references")]
    fn chosen(&self, row: &Attendance, status: &AttendanceStatus) -> bool {
        self.f.value(&format!("s-{}", row.person_id)) == status.to_string()
    }

    fn given() -> &'static [AttendanceStatus] {
        &GIVEN
    }
}

/// The roll, person by person.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let form = Form::new("roll-", &visitor.view);
    page(&RollPage::new(visitor, SessionId(id), form).await?)
}

/// Takes what was said of those of whom something was said; all others stay as they are by now.
#[handler]
pub(in crate::web) async fn call(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let id = SessionId(id);
    let rows = sent.all("person").filter_map(|person| {
        let status = sent.value(&format!("s-{person}")).parse().ok()?;
        let reason = Some(sent.value(&format!("r-{person}")).trim().to_owned()).filter(|r| !r.is_empty());
        Some(RollCallRow { person_id: person.parse::<PersonId>().ok()?, status, reason })
    });
    let rows: Vec<RollCallRow> = rows.collect();
    let called = visitor.services.study.roll_call(&visitor.caller, id, rows).await;
    match called {
        Ok(()) => Ok(crate::web::view::go_to(&format!("/unit/sessions/{id}?done=rolled"))),
        Err(refused @ (StudyError::WrongState | StudyError::Invalid(_))) => {
            let problem = Problem::from(refused);
            let form = Form::new("roll-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &RollPage::new(visitor, id, form).await?)
        }
        Err(other) => Err(other.into()),
    }
}
