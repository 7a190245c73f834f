//! 率表: the rates of a unit and of those below it, each figure leading to its people.

use std::collections::{HashMap, HashSet};

use askama::Template;
use entity::exam::exam::ExamKind;
use entity::id::UnitId;
use entity::org::person::Category;
use entity::org::roster_row::SubjectKind;
use poem::handler;

use super::subject::Asked;
use crate::kernel::rate::Rate;
use crate::report::{DEFINITION, Report, Row};
use crate::web::view::{Page, View, page};
use crate::web::visitor::Visitor;

/// How many levels of units are shown below the one asked for.
const DEPTH: i32 = 2;

/// A figure of a unit.
struct Cell {
    name: &'static str,
    rate: Rate,
    counted: String,
    lacking: String,
}

/// A unit in the table.
struct Line {
    id: UnitId,
    parent: String,
    level: i32,
    name: String,
    /// Its own rates; empty where this page is about it.
    href: String,
    on_roster: i64,
    on_roster_href: String,
    exempt: i64,
    exempt_href: String,
    cells: Vec<Cell>,
    streak: i32,
}

#[derive(Template)]
#[template(path = "audit/rates.html")]
struct RatesPage {
    v: View,
    asked: Asked,
    /// The years to choose from.
    years: Vec<i32>,
    closed: bool,
    report: Report,
    total: Line,
    lines: Vec<Line>,
    /// The programmes that are counted, and the exams.
    programmes: Vec<String>,
    exams: Vec<String>,
    /// The year with which streaks end.
    streak_to: i32,
    q: String,
    by_gap: bool,
}

impl RatesPage {
    fn people(&self, figure: &str) -> String {
        self.asked.people(self.total.id, figure)
    }

    fn kinds(&self) -> Vec<ExamKind> {
        vec![ExamKind::Annual, ExamKind::Qualification, ExamKind::Mock]
    }

    fn categories(&self) -> Vec<Category> {
        Category::ALL.to_vec()
    }

    /// Whether some people are counted more than once: then the table counts obligations.
    fn several(&self) -> bool {
        self.programmes.len() > 1 || self.exams.len() > 1
    }

    fn address_of_kind(&self, kind: ExamKind) -> String {
        Asked { kind, ..self.asked.clone() }.rates(self.total.id)
    }

    fn is_empty(&self) -> bool {
        self.programmes.is_empty() && self.exams.is_empty()
    }
}

/// The rates.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor) -> Page {
    let asked = Asked::read(&visitor).await?;
    let (reports, caller) = (&visitor.services.reports, &visitor.caller);
    let mut view = visitor.view.clone();
    view.unit.clone_from(&asked.unit.name);
    let filter = asked.filter();
    let report = reports.rates(caller, &filter, DEPTH).await?;
    let of_unit = reports.years(caller, filter.unit_id).await?.1;
    let counted = reports.counted(caller, &filter).await?;
    let titles = |kind| counted.iter().filter(|(s, _)| s.kind == kind).map(|(_, title)| title.clone()).collect();
    let closed = of_unit.iter().any(|year| year.year == asked.year && year.closed);
    let mut years: Vec<i32> = of_unit.iter().map(|year| year.year).collect();
    if !years.contains(&asked.year) {
        years.push(asked.year);
        years.sort_unstable_by(|a, b| b.cmp(a));
    }
    let q = view.query("q").unwrap_or_default();
    let by_gap = view.query("sort").is_none_or(|sort| sort != "tree");
    let lines = ordered(&report, by_gap, q.trim()).into_iter().map(|row| line(&asked, row)).collect();
    page(&RatesPage {
        total: line(&asked, &report.total),
        lines,
        years,
        closed,
        programmes: if asked.is_annual() { titles(SubjectKind::Programme) } else { Vec::new() },
        exams: titles(SubjectKind::Exam),
        streak_to: if closed { asked.year } else { asked.year - 1 },
        q,
        by_gap,
        report,
        asked,
        v: view,
    })
}

fn line(asked: &Asked, row: &Row) -> Line {
    let (figures, id) = (&row.figures, row.unit_id);
    let cell = |name, rate, counted, lacking| Cell {
        name,
        rate,
        counted: asked.people(id, counted),
        lacking: asked.people(id, lacking),
    };
    let sitting = cell("rates-sitting", figures.sitting_rate(), "exam.sat", "exam.not_sat");
    let pass = cell("rates-pass", figures.pass_rate(), "exam.passed", "exam.not_passed");
    let cells = if asked.is_annual() {
        let rate = figures.participation_rate();
        vec![cell("rates-participation", rate, "study.participated", "study.not_participated"), sitting, pass]
    } else {
        let first = cell("rates-first-pass", figures.first_pass_rate(), "exam.first_passed", "exam.not_first_passed");
        vec![sitting, pass, first]
    };
    // Who owes a programme and no exam is on a roster too.
    let (side, counts) = if figures.exam.on_roster > 0 || !asked.is_annual() {
        ("exam", &figures.exam)
    } else {
        ("study", &figures.study)
    };
    Line {
        id,
        parent: row.parent_id.filter(|_| row.depth > 0).map(|id| id.to_string()).unwrap_or_default(),
        level: row.depth,
        name: row.unit_name.clone(),
        href: if row.depth > 0 { asked.rates(id) } else { String::new() },
        on_roster: counts.on_roster,
        on_roster_href: asked.people(id, &format!("{side}.on_roster")),
        exempt: counts.exempt,
        exempt_href: asked.people(id, &format!("{side}.exempt")),
        cells,
        streak: figures.streak.years,
    }
}

/// How much a unit lacks in the three rates together.
fn gap(row: &Row) -> i64 {
    let figures = &row.figures;
    [figures.participation_rate(), figures.sitting_rate(), figures.pass_rate()].iter().map(|rate| rate.lacking()).sum()
}

/// The units in the order of the tree, on each level those with gaps first if it is asked for; of a search those that
/// match with everything above them.
fn ordered<'a>(report: &'a Report, by_gap: bool, q: &str) -> Vec<&'a Row> {
    let above: HashMap<UnitId, UnitId> =
        report.rows.iter().filter_map(|row| Some((row.unit_id, row.parent_id?))).collect();
    let mut shown: HashSet<UnitId> = HashSet::new();
    for row in report.rows.iter().filter(|row| row.unit_name.contains(q)) {
        let mut at = Some(row.unit_id);
        while let Some(id) = at {
            shown.insert(id);
            at = above.get(&id).copied();
        }
    }
    let mut below: HashMap<UnitId, Vec<&Row>> = HashMap::new();
    for row in report.rows.iter().filter(|row| shown.contains(&row.unit_id)) {
        below.entry(row.parent_id.unwrap_or(report.total.unit_id)).or_default().push(row);
    }
    if by_gap {
        for rows in below.values_mut() {
            rows.sort_by_key(|row| std::cmp::Reverse(gap(row)));
        }
    }
    let mut ordered = Vec::new();
    let mut next: Vec<&Row> = below.remove(&report.total.unit_id).unwrap_or_default();
    next.reverse();
    while let Some(row) = next.pop() {
        ordered.push(row);
        next.extend(below.remove(&row.unit_id).unwrap_or_default().into_iter().rev());
    }
    ordered
}

#[derive(Template)]
#[template(path = "audit/definition.html")]
struct DefinitionPage {
    v: View,
    definition: &'static str,
}

/// The formulas in words.
#[handler]
pub(in crate::web) fn definition(visitor: Visitor) -> Page {
    page(&DefinitionPage { v: visitor.view, definition: DEFINITION })
}
