//! A list of who came, kept on paper or by a turnstile: looked through first, then taken over for a running session.

use askama::Template;
use entity::id::SessionId;
use poem::handler;
use poem::http::StatusCode;
use poem::web::Path;
use uuid::Uuid;

use crate::auth::MANAGERS;
use crate::http::{Code, Problem};
use crate::study::{ListImport, Session, SessionStatus};
use crate::web::form::SentFile;
use crate::web::pages::import::{bytes_of, refusal};
use crate::web::view::{Page, View, go_to, page_with};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "coordinator/attendance_list.html")]
struct ListPage {
    v: View,
    session: Session,
    /// The session as whoever reads this knows it.
    back: String,
    report: Option<ListImport>,
    /// The file in hex, to be sent again when it is gone on with.
    bytes: String,
    refused: String,
}

impl ListPage {
    async fn new(visitor: Visitor, id: SessionId) -> Result<Self, Problem> {
        let session = visitor.services.study.session(&visitor.caller, id).await?;
        // Who may call the roll is asked first: others need not learn how far the session is.
        visitor.services.study.summary(&visitor.caller, id).await?;
        if session.status != SessionStatus::Running {
            return Err(Problem::new(Code::WrongState));
        }
        let area = if visitor.caller.has(MANAGERS, visitor.view.now) { "/sessions" } else { "/unit/sessions" };
        let (v, back) = (visitor.view, format!("{area}/{id}"));
        Ok(Self { v, session, back, report: None, bytes: String::new(), refused: String::new() })
    }
}

/// The form.
#[handler]
pub(in crate::web) async fn blank(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    page_with(StatusCode::OK, &ListPage::new(visitor, id.into()).await?)
}

/// Tells what would come of a list, or takes it over.
#[handler]
pub(in crate::web) async fn bring(visitor: Visitor, Path(id): Path<Uuid>, sent: SentFile) -> Page {
    let (id, for_good) = (SessionId(id), sent.sent.value("go_on") == "yes");
    let bytes = match bytes_of(&sent) {
        Ok(bytes) => bytes,
        Err(problem) => return refused(visitor, id, &problem).await,
    };
    let kept = hex::encode(&bytes);
    match visitor.services.study.import_attendance(&visitor.caller, id, bytes, !for_good).await.map_err(Problem::from) {
        Ok(report) if report.applied => {
            let page = ListPage::new(visitor, id).await?;
            Ok(go_to(&format!("{}?done=rolled", page.back)))
        }
        Ok(report) => {
            let page = ListPage { report: Some(report), bytes: kept, ..ListPage::new(visitor, id).await? };
            page_with(StatusCode::OK, &page)
        }
        Err(problem) if problem.code == Code::InvalidFields => refused(visitor, id, &problem).await,
        Err(problem) => Err(problem),
    }
}

async fn refused(visitor: Visitor, id: SessionId, problem: &Problem) -> Page {
    let refused = refusal(problem, visitor.view.lang);
    page_with(problem.code.status(), &ListPage { refused, ..ListPage::new(visitor, id).await? })
}
