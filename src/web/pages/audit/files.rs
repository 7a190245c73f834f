//! 文件: the figures of a year as files, the lists that are handed over, the paragraph for the annual report, and the long
//! files that the reader ordered.

use askama::Template;
use entity::id::JobId;
use poem::handler;
use poem::web::Path;

use super::subject::Asked;
use crate::files::Format;
use crate::http::Problem;
use crate::jobs::{Job, JobState};
use crate::kernel::field::{FieldCode, Invalid};
use crate::report::{FileOrder, Paragraph, What};
use crate::web::form::Sent;
use crate::web::view::{Page, View, go_to, page};
use crate::web::visitor::Visitor;

/// A file on offer.
struct Offer {
    /// What it is called in the texts.
    name: &'static str,
    /// What is said under it.
    help: &'static str,
    /// What the form sends.
    what: &'static str,
    /// So many rows of people.
    rows: i64,
    /// It is too long for an answer and made as a job.
    long: bool,
    /// The addresses of its kinds: kind and address.
    kinds: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "audit/files.html")]
struct FilesPage {
    v: View,
    asked: Asked,
    offers: Vec<Offer>,
    paragraph: Paragraph,
    jobs: Vec<Job>,
}

impl FilesPage {
    /// Whether something is still being made, so that the page is worth looking at again.
    fn is_busy(&self) -> bool {
        self.jobs.iter().any(|job| matches!(job.state, JobState::Waiting | JobState::Running))
    }

    fn percent(&self, job: &Job) -> i64 {
        (job.done.min(job.total) * 100).checked_div(job.total).unwrap_or(0)
    }

    fn kind_of(&self, job: &Job) -> &'static str {
        match job.state {
            JobState::Done => "ok",
            JobState::Failed => "bad",
            JobState::Running | JobState::Waiting => "info",
            JobState::Cancelled => "",
        }
    }

    fn is_done(&self, job: &Job) -> bool {
        job.state == JobState::Done
    }

    fn size(&self, job: &Job) -> String {
        let kilobytes = (job.size + 1023) / 1024;
        if kilobytes < 1024 { format!("{kilobytes} KB") } else { format!("{} MB", kilobytes / 1024) }
    }
}

/// The files that are offered: what the form sends, its name, whether it is csv as well.
const OFFERS: [(&str, &str, &str, bool); 3] = [
    ("rates", "files-rates", "files-rates-help", true),
    ("rates_people", "files-rates-people", "files-rates-people-help", false),
    ("missing", "files-missing", "files-missing-help", true),
];

fn order(what: &str, format: Format, asked: &Asked) -> Option<FileOrder> {
    let what = match what {
        "rates" => What::Rates { depth: 6, people: false },
        "rates_people" => What::Rates { depth: 6, people: true },
        "missing" => What::Missing,
        _ => return None,
    };
    Some(FileOrder { what, format, filter: asked.filter() })
}

/// The files of a unit and year.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor) -> Page {
    let asked = Asked::read(&visitor).await?;
    let (reports, caller) = (&visitor.services.reports, &visitor.caller);
    let mut offers = Vec::new();
    for (what, name, help, csv) in OFFERS {
        let Some(order) = order(what, Format::Xlsx, &asked) else { continue };
        let (rows, long) = reports.length(caller, &order).await?;
        let mut kinds = vec![("xlsx", asked.file(what, "xlsx"))];
        if csv {
            kinds.push(("csv", asked.file(what, "csv")));
        }
        offers.push(Offer { name, help, what, rows, long, kinds });
    }
    let paragraph = reports.paragraph(caller, &asked.filter()).await?;
    let jobs = reports.orders(caller).await?;
    let mut v = visitor.view.clone();
    v.unit.clone_from(&asked.unit.name);
    page(&FilesPage { v, asked, offers, paragraph, jobs })
}

/// Orders a long file.
#[handler]
pub(in crate::web) async fn ask(visitor: Visitor, sent: Sent) -> Page {
    let asked = Asked::read(&visitor).await?;
    let format = if sent.value("format") == "csv" { Format::Csv } else { Format::Xlsx };
    let order = order(sent.value("what"), format, &asked);
    let order = order.ok_or_else(|| Problem::from(Invalid::one("what", FieldCode::UnknownValue)))?;
    visitor.services.reports.order_file(&visitor.caller, &order).await?;
    Ok(go_to(&asked.address("/rates/files", asked.unit.id, "done", "file_ordered")))
}

/// Ends an order that is not wanted any more.
#[handler]
pub(in crate::web) async fn cancel(visitor: Visitor, Path(id): Path<String>, _sent: Sent) -> Page {
    let id: JobId = id.parse().map_err(|_none| Problem::from(crate::auth::Denied::NotFound))?;
    visitor.services.reports.cancel_order(&visitor.caller, id).await?;
    Ok(go_to("/rates/files?done=file_cancelled"))
}
