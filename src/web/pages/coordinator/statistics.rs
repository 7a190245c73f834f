//! What an exam adds up to: the whole, and item by item.

use askama::Template;
use entity::points::Points;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::exams::manages;
use crate::exam::Exam;
use crate::exam::statistics::{ChoiceCount, ExamStatistics, Flag, ItemStatistics, Measure};
use crate::web::chart::{self, Bar};
use crate::web::view::{Page, View, page};
use crate::web::visitor::Visitor;

/// Items on a page.
const ITEMS: usize = 50;

#[derive(Template)]
#[template(path = "coordinator/statistics.html")]
struct StatisticsPage {
    v: View,
    exam: Exam,
    found: ExamStatistics,
    manages: bool,
    /// Where the next page of items begins.
    next: Option<String>,
    /// How many papers scored how much, drawn.
    chart: String,
}

impl StatisticsPage {
    /// A figure with two decimals, or a dash where there is none.
    fn figure(&self, measure: &Measure) -> String {
        measure.map_or_else(|_why| "—".to_owned(), |value| format!("{value:.2}"))
    }

    /// Why there is none.
    fn why(&self, measure: &Measure) -> Option<String> {
        let why = measure.err()?;
        Some(self.v.word("statistics-why-", why.replace(' ', "-")).to_string())
    }

    fn flag(&self, flag: &Flag) -> &'static str {
        match flag {
            Flag::NegativeDiscrimination => "negative_discrimination",
            Flag::UnusedOption => "unused_option",
            Flag::KeyBelowDistractor => "key_below_distractor",
        }
    }

    fn points(hundredths: &i64) -> Points {
        Points(*hundredths)
    }

    fn choice(&self, choice: &ChoiceCount) -> String {
        if choice.text.is_empty() { self.v.word("truth-", &choice.option).to_string() } else { choice.text.clone() }
    }

    fn regrade(&self, item: &ItemStatistics) -> String {
        let query = serde_urlencoded::to_string([("item", &item.item)]).unwrap_or_default();
        format!("/exams/{}/regrade?{query}", self.exam.id)
    }
}

/// The page.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let exam = visitor.services.exams.exam(&visitor.caller, id.into()).await?;
    let mut found = visitor.services.statistics.statistics(&visitor.caller, id.into()).await?;
    // What is odd comes first.
    found.items.sort_by_key(|item| item.flags.is_empty());
    let from: usize = visitor.view.query("cursor").and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
    let next = (found.items.len() > from.saturating_add(ITEMS)).then(|| (from + ITEMS).to_string());
    found.items = found.items.into_iter().skip(from).take(ITEMS).collect();
    let bars: Vec<Bar> = found
        .distribution
        .iter()
        .map(|bar| Bar {
            name: Points(bar.from).to_string(),
            value: i32::try_from(bar.papers).unwrap_or(i32::MAX),
            words: visitor.view.number(bar.papers),
        })
        .collect();
    let chart = chart::columns(&visitor.view.t("statistics-distribution").to_string(), &bars);
    page(&StatisticsPage { chart, next, manages: manages(&visitor, &exam).await, exam, found, v: visitor.view })
}
