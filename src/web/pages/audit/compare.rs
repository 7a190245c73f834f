//! 对比: the rates of a unit year by year, and of the units below it side by side, those with gaps first.

use askama::Template;
use poem::handler;

use super::subject::Asked;
use crate::kernel::field::{FieldCode, Fields};
use crate::kernel::rate::Rate;
use crate::report::{Compared, Comparison, UnitFigures};
use crate::web::chart::{self, Bar, Series};
use crate::web::view::{Page, View, page};
use crate::web::visitor::Visitor;

/// How many years are shown unless it is asked otherwise.
const YEARS: i32 = 6;
/// How many units have a bar; the others are in the table.
const BARS: usize = 24;

/// A rate that is compared: its text, what leads to those whom it counts and to those whom it lacks, and how it is read.
struct Which(&'static str, &'static str, &'static str, fn(&UnitFigures) -> Rate);

const RATES: [Which; 3] = [
    Which("rates-participation", "study.participated", "study.not_participated", UnitFigures::participation_rate),
    Which("rates-sitting", "exam.sat", "exam.not_sat", UnitFigures::sitting_rate),
    Which("rates-pass", "exam.passed", "exam.not_passed", UnitFigures::pass_rate),
];

/// A rate of a unit in a year.
struct Cell {
    year: i32,
    rate: Rate,
    counted: String,
    lacking: String,
}

struct Line {
    name: String,
    href: String,
    cells: Vec<Cell>,
}

/// How far apart the rates must lie for bars to show it, in hundredths of a percent.
const APART: i32 = 500;

#[derive(Template)]
#[template(path = "audit/compare.html")]
struct ComparePage {
    v: View,
    asked: Asked,
    from: i32,
    /// Which of the rates the units are compared by.
    which: usize,
    found: Comparison,
    /// The three rates of the unit itself.
    own: Vec<Line>,
    /// The units below it by the rate that is asked for.
    units: Vec<Line>,
    over_years: String,
    side_by_side: String,
}

impl ComparePage {
    fn rates(&self) -> Vec<(usize, &'static str)> {
        RATES.iter().enumerate().map(|(n, which)| (n, which.0)).collect()
    }
}

fn hundredths(rate: Rate) -> Option<i32> {
    rate.hundredths().and_then(|h| i32::try_from(h).ok())
}

fn line(asked: &Asked, which: &Which, unit: &Compared, name: String, years: &[i32]) -> Line {
    let cell = |(year, figures): (&i32, &Option<UnitFigures>)| {
        let of = Asked { year: *year, ..asked.clone() };
        Cell {
            year: *year,
            rate: figures.as_ref().map_or(Rate::new(0, 0), which.3),
            counted: of.people(unit.unit_id, which.1),
            lacking: of.people(unit.unit_id, which.2),
        }
    };
    let cells = years.iter().zip(&unit.figures).map(cell).collect();
    Line { name, href: asked.address("/rates/compare", unit.unit_id, "", ""), cells }
}

/// How many the last year lacks, then the years before it.
fn gaps(line: &Line) -> Vec<i64> {
    line.cells.iter().rev().map(|cell| cell.rate.lacking()).collect()
}

/// The page.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor) -> Page {
    let asked = Asked::read(&visitor).await?;
    let mut fields = Fields::new();
    let from = fields.parse_optional("from", visitor.view.query("from").as_deref(), FieldCode::Invalid);
    let which = fields.parse_optional("rate", visitor.view.query("rate").as_deref(), FieldCode::UnknownValue);
    fields.check()?;
    let from: i32 = from.unwrap_or(asked.year - YEARS + 1);
    let which: usize = which.filter(|n: &usize| *n < RATES.len()).unwrap_or(1);
    let found = visitor.services.reports.compare(&visitor.caller, &asked.filter(), from).await?;
    let years: Vec<i32> = found.years.iter().map(|year| year.year).collect();
    let mut v = visitor.view;
    v.unit.clone_from(&asked.unit.name);
    let own: Vec<Line> =
        RATES.iter().map(|which| line(&asked, which, &found.total, v.t(which.0).to_string(), &years)).collect();
    let series: Vec<Series> = own
        .iter()
        .map(|line| Series {
            name: line.name.clone(),
            values: line.cells.iter().map(|cell| hundredths(cell.rate)).collect(),
        })
        .collect();
    let shown = RATES.get(which).unwrap_or(&RATES[1]);
    let mut units: Vec<Line> =
        found.units.iter().map(|unit| line(&asked, shown, unit, unit.unit_name.clone(), &years)).collect();
    // Those that lack most come first; the others stay in the order of the tree.
    units.sort_by_key(|line| std::cmp::Reverse(gaps(line)));
    let bars: Vec<Bar> = units.iter().filter_map(bar).take(BARS).collect();
    let over_years =
        chart::lines(&v.t("compare-over-years").with("unit", asked.unit.name.clone()).to_string(), &years, &series);
    let values = || bars.iter().map(|bar| bar.value);
    let apart = values().max().unwrap_or(0) - values().min().unwrap_or(0) >= APART;
    let title = v.t("compare-side").with("rate", v.t(shown.0)).with("year", asked.year).to_string();
    let side_by_side = if apart { chart::bars(&title, &bars) } else { String::new() };
    page(&ComparePage { v, asked, from, which, found, own, units, over_years, side_by_side })
}

fn bar(line: &Line) -> Option<Bar> {
    let rate = line.cells.last()?.rate;
    let words = format!("{}%  {} / {}", rate.percent()?, rate.numerator, rate.denominator);
    Some(Bar { name: line.name.clone(), value: hundredths(rate)?, words })
}
