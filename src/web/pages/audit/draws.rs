//! 抽题核验: the seals of exams, and every paper drawn anew on demand.

use askama::Template;
use entity::id::ExamId;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use crate::auth::READERS;
use crate::evidence::LOG_READERS;
use crate::exam::draw::Held;
use crate::exam::{DrawVerdict, Exam, ExamFilter, ExamStatus, ExamSummary};
use crate::http::Problem;
use crate::kernel::page::PageRequest;
use crate::web::view::{Page, View, page};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "audit/draws.html")]
struct ListPage {
    v: View,
    rows: Vec<ExamSummary>,
    next: Option<String>,
}

impl ListPage {
    fn over(&self, row: &ExamSummary) -> bool {
        over(row.exam.status)
    }
}

fn over(status: ExamStatus) -> bool {
    matches!(status, ExamStatus::Closed | ExamStatus::Released)
}

/// The exams that were sealed, newest first.
#[handler]
pub(in crate::web) async fn list(visitor: Visitor) -> Page {
    let v = &visitor.view;
    visitor.caller.scope(READERS, v.now).map_err(Problem::from)?;
    let request = PageRequest::new(Some(50), v.query("cursor").as_deref())?;
    let found = visitor.services.exams.exams(&visitor.caller, &ExamFilter::default(), &request).await?;
    let rows = found.items.into_iter().filter(|row| row.exam.status != ExamStatus::Draft).collect();
    page(&ListPage { rows, next: found.next_cursor, v: visitor.view })
}

#[derive(Template)]
#[template(path = "audit/draw.html")]
struct DrawPage {
    v: View,
    exam: Exam,
    unit_name: String,
    verdict: Option<DrawVerdict>,
    /// Whether the reader may look into the log.
    reads_log: bool,
}

/// A check, in the order of the description: what it is called, and how it came out.
struct Line {
    name: &'static str,
    /// It held; not looked at if none.
    held: Option<bool>,
    detail: String,
}

impl DrawPage {
    fn over(&self) -> bool {
        over(self.exam.status)
    }

    /// How every check came out.
    fn lines(&self, verdict: &DrawVerdict) -> Vec<Line> {
        let names =
            ["draws-check-manifest", "draws-check-log", "draws-check-head", "draws-check-seal", "draws-check-papers"];
        let found = |name: &str| verdict.held.iter().find(|held| name_of(held) == name);
        let mut failed = false;
        let line = |name: &'static str| {
            if let Some(held) = found(name) {
                return Line { name, held: Some(true), detail: self.detail(held) };
            }
            // A head that was not at hand is skipped and fails nothing.
            let skipped =
                name == "draws-check-head" && verdict.held.iter().any(|held| matches!(held, Held::Seal { .. }));
            let fault = verdict.fault.as_ref().filter(|_| !failed && !skipped);
            failed |= fault.is_some();
            Line { name, held: fault.map(|_| false), detail: fault.map(ToString::to_string).unwrap_or_default() }
        };
        names.into_iter().map(line).collect()
    }

    fn detail(&self, check: &Held) -> String {
        let v = &self.v;
        match check {
            Held::Manifest { pool, sections, .. } => {
                v.t("draws-detail-manifest").with("pool", *pool).with("sections", *sections).to_string()
            }
            Held::Log { index, size, .. } => {
                v.t("draws-detail-log").with("index", *index).with("size", *size).to_string()
            }
            Held::Head(head) => v.t("draws-detail-head").with("time", v.date_time(head.at)).to_string(),
            Held::Seal { beacon: Some(beacon), .. } => v.t("draws-detail-beacon").with("beacon", beacon).to_string(),
            Held::Seal { .. } => v.t("draws-detail-seal").to_string(),
            Held::Papers { papers, candidates } => {
                v.t("draws-detail-papers").with("papers", *papers).with("candidates", *candidates).to_string()
            }
        }
    }
}

fn name_of(held: &Held) -> &'static str {
    match held {
        Held::Manifest { .. } => "draws-check-manifest",
        Held::Log { .. } => "draws-check-log",
        Held::Head(_) => "draws-check-head",
        Held::Seal { .. } => "draws-check-seal",
        Held::Papers { .. } => "draws-check-papers",
    }
}

/// One exam's seal; with `verify` in the address every paper is drawn anew.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let (exams, caller, id) = (&visitor.services.exams, &visitor.caller, ExamId(id));
    let exam = exams.exam(caller, id).await?;
    let names = visitor.services.org.unit_names(&[exam.blueprint.unit_id]).await?;
    let asked = visitor.view.query("verify").is_some() && over(exam.status);
    let verdict = if asked { Some(exams.verify_draw(caller, id).await?) } else { None };
    let unit_name = names.get(&exam.blueprint.unit_id).cloned().unwrap_or_default();
    let reads_log = caller.has(LOG_READERS, visitor.view.now);
    page(&DrawPage { reads_log, exam, unit_name, verdict, v: visitor.view })
}
