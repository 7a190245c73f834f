//! An exam on paper: its roster to sign, and the book of its results.

use askama::Template;
use entity::id::{ExamId, UnitId};
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::exams::ROSTER_READERS;
use super::parts::{filter, filter_form, unit_options, units};
use crate::auth::READERS;
use crate::exam::{Entered, Exam, Group, ResultsSummary, Scored};
use crate::web::form::{Form, Options};
use crate::web::view::{Page, View, page};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "coordinator/roster_book.html")]
struct RosterPage {
    v: View,
    f: Form,
    exam: Exam,
    units: Options,
    groups: Vec<Group<Entered>>,
    /// The unit of the address, as a query.
    query: String,
}

impl RosterPage {
    fn people(&self) -> usize {
        self.groups.iter().map(|group| group.lines.len()).sum()
    }
}

/// The roster, by unit.
#[handler]
pub(in crate::web) async fn roster(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let (v, id) = (&visitor.view, ExamId(id));
    let unit = filter(v, "unit_id");
    let (exam, groups) = visitor.services.books.roster(&visitor.caller, id, unit).await?;
    let units = unit_options(&units(&visitor, ROSTER_READERS).await?);
    let f = filter_form(v, "parts-", &["unit_id"]);
    page(&RosterPage { f, exam, units, groups, query: query(unit), v: visitor.view })
}

#[derive(Template)]
#[template(path = "coordinator/results_book.html")]
struct ResultsPage {
    v: View,
    f: Form,
    exam: Exam,
    units: Options,
    summary: ResultsSummary,
    groups: Vec<Group<Scored>>,
    query: String,
}

impl ResultsPage {}

/// The results, by unit.
#[handler]
pub(in crate::web) async fn results(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let (v, id) = (&visitor.view, ExamId(id));
    let unit = filter(v, "unit_id");
    let (exam, summary, groups) = visitor.services.books.results(&visitor.caller, id, unit).await?;
    let units = unit_options(&units(&visitor, READERS).await?);
    let f = filter_form(v, "parts-", &["unit_id"]);
    page(&ResultsPage { f, exam, units, summary, groups, query: query(unit), v: visitor.view })
}

fn query(unit: Option<UnitId>) -> String {
    unit.map(|unit| format!("&unit_id={unit}")).unwrap_or_default()
}
