//! What a hall is shown: the code, and how many have come. A small program of the browser keeps it up to date.

use askama::Template;
use entity::id::SessionId;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use crate::http::{Code, Problem};
use crate::study::{CheckInCode, Session, SessionStatus, StudyError, Summary};
use crate::web::view::{Page, View, page};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "coordinator/hall.html")]
struct HallPage {
    v: View,
    session: Session,
    summary: Summary,
    code: Option<CheckInCode>,
}

impl HallPage {
    /// Those who are here.
    fn here(&self) -> i64 {
        self.summary.attendance_rate().numerator
    }

    /// Those who have not come.
    fn missing(&self) -> i64 {
        self.summary.pending + self.summary.absent
    }

    /// The picture without the declaration of a file of its own.
    fn picture(code: &CheckInCode) -> &str {
        code.qr_svg.find("<svg").and_then(|at| code.qr_svg.get(at..)).unwrap_or_default()
    }

    /// `482 917`: six digits are read in two groups.
    fn digits(code: &CheckInCode) -> String {
        let (first, last) = code.code.split_at_checked(3).unwrap_or((&code.code, ""));
        format!("{first} {last}")
    }

    fn seconds(&self, code: &CheckInCode) -> i64 {
        ((code.next_at - self.v.now).0 / 1000).clamp(0, 10)
    }

    /// What stands above the title.
    fn state(&self) -> String {
        let (v, start) = (&self.v, self.session.starts_at);
        let state = if self.code.is_some() {
            v.t("hall-open")
        } else if v.now < self.session.times.opens_at {
            v.t("hall-not-yet").with("time", v.time(self.session.times.opens_at))
        } else {
            v.t("hall-closed")
        };
        let starts = v.t("hall-starts").with("time", v.time(start));
        format!("{state} · {starts}")
    }
}

/// The hall's screen, for those who manage the session.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let (study, caller, id) = (&visitor.services.study, &visitor.caller, SessionId(id));
    let code = match study.check_in_code(caller, id).await {
        Ok(code) => Some(code),
        Err(StudyError::CheckInClosed(_)) => None,
        Err(other) => return Err(other.into()),
    };
    let summary = study.summary(caller, id).await?;
    let session = study.session(caller, id).await?;
    if session.status == SessionStatus::Draft {
        return Err(Problem::new(Code::WrongState));
    }
    page(&HallPage { v: visitor.view, session, summary, code })
}
