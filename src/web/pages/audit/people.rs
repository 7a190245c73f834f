//! 名单: the people behind a figure, and what is known of an attempt among them.

use std::collections::HashMap;

use askama::Template;
use entity::id::{AttemptId, SubjectId};
use entity::org::roster_row::SubjectKind;
use poem::handler;
use poem::web::Path;

use super::subject::Asked;
use crate::http::Problem;
use crate::kernel::field::{FieldCode, Invalid};
use crate::kernel::page::PageRequest;
use crate::report::{FigureName, PersonRow, Side};
use crate::web::view::{Page, View, page};
use crate::web::visitor::Visitor;

/// How many people a page holds.
const ROWS: u64 = 50;

#[derive(Template)]
#[template(path = "audit/people.html")]
struct PeoplePage {
    v: View,
    asked: Asked,
    figure: FigureName,
    count: i64,
    rows: Vec<PersonRow>,
    titles: HashMap<SubjectId, String>,
    next_cursor: Option<String>,
}

impl PeoplePage {
    fn title(&self, row: &PersonRow) -> String {
        self.titles.get(&row.subject.id).cloned().unwrap_or_default()
    }

    fn name(&self) -> crate::web::texts::Text {
        self.v.word("figure-", self.figure.to_string().replace('.', "-"))
    }

    /// People, or obligations and attempts of which one person may have several.
    fn unit_of_count(&self) -> &'static str {
        if self.figure.counts_attempts() || self.titles.len() > 1 { "rates-times" } else { "rates-people" }
    }

    fn subject_column(&self) -> &'static str {
        if self.figure.side == Side::Exam { "behind-exam" } else { "behind-programme" }
    }
}

/// The people behind a figure.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor) -> Page {
    let asked = Asked::read(&visitor).await?;
    let (reports, caller) = (&visitor.services.reports, &visitor.caller);
    let mut view = visitor.view.clone();
    view.unit.clone_from(&asked.unit.name);
    let named = view.query("figure").unwrap_or_default();
    let figure: FigureName =
        named.parse().map_err(|_unknown| Problem::from(Invalid::one("figure", FieldCode::UnknownValue)))?;
    let filter = asked.filter();
    let request = PageRequest::new(Some(ROWS), view.query("cursor").as_deref())?;
    let report = reports.rates(caller, &filter, 0).await?;
    let people = reports.people(caller, &filter, figure, &request).await?;
    let kind = match figure.side {
        Side::Study => SubjectKind::Programme,
        Side::Exam => SubjectKind::Exam,
    };
    let counted = reports.counted(caller, &filter).await?;
    page(&PeoplePage {
        count: figure.of(&report.total.figures),
        rows: people.items,
        next_cursor: people.next_cursor,
        titles: counted.into_iter().filter(|(s, _)| s.kind == kind).map(|(s, title)| (s.id, title)).collect(),
        figure,
        asked,
        v: view,
    })
}

#[derive(Template)]
#[template(path = "audit/attempt.html")]
struct AttemptPage {
    v: View,
    a: crate::exam::attempt::Attempt,
    name: String,
}

/// When an attempt was started and handed in, and what proves its paper.
#[handler]
pub(in crate::web) async fn attempt(visitor: Visitor, Path(id): Path<String>) -> Page {
    let id: AttemptId = id.parse().map_err(|_none| Problem::from(crate::auth::Denied::NotFound))?;
    let services = &visitor.services;
    let seen = services.attempts.attempt(&visitor.caller, id).await?.attempt;
    let names = services.org.person_names(&[seen.person_id]).await?;
    let name = names.get(&seen.person_id).cloned().unwrap_or_default();
    page(&AttemptPage { a: seen, name, v: visitor.view })
}
