//! 补录: years before Kaofa, brought in with their source and taken back if they were wrong.

use askama::Template;
use entity::id::PastYearId;
use poem::handler;
use poem::http::StatusCode;
use poem::web::Path;
use uuid::Uuid;

use super::subject::Asked;
use crate::auth::MANAGERS;
use crate::http::Problem;
use crate::kernel::field::{FieldCode, Fields};
use crate::report::{PastFile, PastYear};
use crate::web::form::{Form, Sent, SentFile, is_told_above};
use crate::web::pages::import::{ImportPage, Of, bytes_of};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "audit/past.html")]
struct PastPage {
    v: View,
    f: Form,
    asked: Asked,
    years: Vec<PastYear>,
    manages: bool,
}

async fn past_page(visitor: Visitor, f: Form) -> Result<PastPage, Problem> {
    let asked = Asked::read(&visitor).await?;
    let years = visitor.services.reports.past_years(&visitor.caller, Some(asked.unit.id)).await?;
    let manages = visitor.caller.has(MANAGERS, visitor.view.now);
    let mut v = visitor.view;
    v.unit.clone_from(&asked.unit.name);
    Ok(PastPage { v, f, asked, years, manages })
}

/// The years before Kaofa of a unit.
#[handler]
pub(in crate::web) async fn list(visitor: Visitor) -> Page {
    let form = Form::new("past-", &visitor.view);
    page(&past_page(visitor, form).await?)
}

/// The form for the file.
#[handler]
pub(in crate::web) async fn blank(visitor: Visitor) -> Page {
    visitor.caller.scope(MANAGERS, visitor.view.now)?;
    let form = Form::new("past-", &visitor.view);
    page(&import_page(visitor, form).await?)
}

async fn import_page(visitor: Visitor, form: Form) -> Result<ImportPage, Problem> {
    let asked = Asked::read(&visitor).await?;
    let tops = asked.tops.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
    Ok(ImportPage::blank(visitor.view, Of::PastYears).typed(form, tops))
}

/// Tells what would come of a file, or takes it.
#[handler]
pub(in crate::web) async fn bring(visitor: Visitor, sent: SentFile) -> Page {
    let for_good = sent.sent.value("go_on") == "yes";
    let form = Form::new("past-", &visitor.view);
    let read = bytes_of(&sent).and_then(|bytes| {
        let mut fields = Fields::new();
        let asked = Some(sent.sent.value("unit_id")).filter(|id| !id.is_empty());
        let unit_id = fields.parse_optional("unit_id", asked, FieldCode::UnknownReference);
        fields.check()?;
        Ok(PastFile { unit_id, source: sent.sent.value("source").to_owned(), bytes })
    });
    let file = match read {
        Ok(file) => file,
        Err(problem) => return refused(visitor, &sent.sent, &problem).await,
    };
    let bytes = file.bytes.clone();
    match visitor.services.reports.import_past_years(&visitor.caller, file, !for_good).await.map_err(Problem::from) {
        Ok(report) if report.applied => Ok(go_to("/years/past?done=past_imported")),
        Ok(report) => {
            let page = import_page(visitor, form.keep(&sent.sent)).await?.with(&bytes, report);
            page_with(StatusCode::OK, &page)
        }
        Err(problem) if is_told_above(&problem) => refused(visitor, &sent.sent, &problem).await,
        Err(problem) => Err(problem),
    }
}

async fn refused(visitor: Visitor, sent: &Sent, problem: &Problem) -> Page {
    let form = Form::new("past-", &visitor.view).refuse(sent, problem);
    page_with(problem.code.status(), &import_page(visitor, form).await?)
}

/// Takes a year back that is open again.
#[handler]
pub(in crate::web) async fn withdraw(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let mut fields = Fields::new();
    let reason = fields.text("reason", sent.value("reason"), 400);
    let withdrawn = match fields.check() {
        Ok(()) => {
            let reports = &visitor.services.reports;
            reports.withdraw_past_year(&visitor.caller, PastYearId(id), &reason).await.map_err(Problem::from)
        }
        Err(invalid) => Err(invalid.into()),
    };
    match withdrawn {
        Ok(unit) => Ok(go_to(&format!("/years/past?unit={unit}&done=past_withdrawn"))),
        Err(problem) if is_told_above(&problem) => {
            let form = Form::new("past-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &past_page(visitor, form).await?)
        }
        Err(problem) => Err(problem),
    }
}
