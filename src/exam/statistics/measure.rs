//! The figures of classical test theory from sums that are exact: counts and hundredths of points, added up as integers.
//!
//! Facility: mean over maximum (Crocker & Algina 1986, ch. 14). Discrimination: the correlation of an item with the rest
//! of the paper, corrected so that the item is no part of it (Henrysson 1963, Psychometrika 28). Alpha: Cronbach (1951),
//! Psychometrika 16, `k/(k−1) · (1 − Σ variances of items / variance of totals)`; standard error of measurement
//! `sd · √(1 − alpha)`. Variances are over n − 1.

use std::collections::BTreeMap;

use serde::Serialize;

/// What the answers to one item add up to. Points are hundredths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many people saw it.
    pub persons: u64,
    /// The most that it could score, summed over them.
    pub max_points: i128,
    /// Σ x, what it scored.
    pub x: i128,
    /// Σ x².
    pub xx: i128,
    /// Σ y, what the rest of the paper scored.
    pub y: i128,
    /// Σ y².
    pub yy: i128,
    /// Σ x·y.
    pub xy: i128,
}

impl Tally {
    /// Adds somebody's answer: what it scored of what it could, and what the whole paper scored.
    pub fn add(&mut self, points: i64, max_points: i64, total: i64) {
        let (x, y) = (i128::from(points), i128::from(total) - i128::from(points));
        self.persons += 1;
        self.max_points += i128::from(max_points);
        self.x += x;
        self.xx += x * x;
        self.y += y;
        self.yy += y * y;
        self.xy += x * y;
    }
}

/// What an exam adds up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many papers.
    pub persons: u64,
    /// Σ of their totals.
    pub t: i128,
    /// Σ of the squares of their totals.
    pub tt: i128,
    /// Item by item.
    pub items: BTreeMap<String, Tally>,
    /// The order in which items are told of; those that are not named follow by name.
    pub order: Vec<String>,
}

impl Sums {
    /// Counts a paper with this total, whose items are added up elsewhere.
    pub fn count(&mut self, total: i64) {
        self.persons += 1;
        self.t += i128::from(total);
        self.tt += i128::from(total) * i128::from(total);
    }

    /// Adds a paper: what each of its items scored, of what it could.
    pub fn add<'a>(&mut self, paper: impl Iterator<Item = (&'a str, i64, i64)> + Clone) {
        let total: i64 = paper.clone().map(|(_, points, _)| points).sum();
        self.count(total);
        for (item, points, max_points) in paper {
            if let Some(tally) = self.items.get_mut(item) {
                tally.add(points, max_points, total);
            } else {
                self.items.entry(item.to_owned()).or_default().add(points, max_points, total);
            }
        }
    }
}

/// A figure, or why there is none.
pub type Measure = Result<f64, &'static str>;

/// The figures of one item.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemMeasures {
    /// Its name.
    pub item: String,
    /// How many people saw it.
    pub persons: u64,
    /// Mean over maximum.
    pub facility: Measure,
    /// The standard deviation of its points.
    pub sd: Measure,
    /// Corrected item-total correlation.
    pub discrimination: Measure,
    /// Alpha of the exam without it.
    pub alpha_if_deleted: Measure,
}

/// The figures of an exam.
#[derive(Debug, Clone, PartialEq)]
pub struct ExamMeasures {
    /// How many papers.
    pub persons: u64,
    /// Cronbach's alpha.
    pub alpha: Measure,
    /// The standard error of measurement, in points.
    pub sem: Measure,
    /// The mean of the totals, in points.
    pub mean: Measure,
    /// Their standard deviation, in points.
    pub sd: Measure,
    /// Item by item.
    pub items: Vec<ItemMeasures>,
}

const NOBODY: &str = "nobody has sat it";
const ALONE: &str = "it takes two people at least";
const ONE_ITEM: &str = "it takes two items at least";
const TWO_ITEMS: &str = "it takes three items at least";
const ALIKE: &str = "all totals are alike";
const ITEM_ALIKE: &str = "all answers score alike";
const REST_ALIKE: &str = "all score alike in the rest of the paper";
const DIFFERENT: &str = "the papers hold different items";
const WORTHLESS: &str = "it cannot score";
/// Of an item that counts for nothing any more.
pub(super) const DROPPED: &str = "it was dropped";

/// Works the figures out.
#[must_use]
pub fn measure(sums: &Sums) -> ExamMeasures {
    let n = sums.persons;
    let same = sums.items.values().all(|item| item.persons == n);
    let items: f64 = sums.items.values().map(|item| variance(item.persons, item.x, item.xx)).sum();
    let alpha = alpha(n, sums.items.len(), same, items, variance(n, sums.t, sums.tt));
    let sd = spread(n, sums.t, sums.tt);
    let ordered = sums.order.iter().filter_map(|name| sums.items.get_key_value(name));
    let others = sums.items.iter().filter(|(name, _)| !sums.order.contains(name));
    ExamMeasures {
        persons: n,
        alpha,
        sem: alpha.and_then(|alpha| Ok(sd? * (1.0 - alpha).max(0.0).sqrt())),
        mean: if n == 0 { Err(NOBODY) } else { Ok(points(real(sums.t) / count(n))) },
        sd,
        items: ordered.chain(others).map(|(name, item)| of_item(name, item, sums, same, items)).collect(),
    }
}

fn of_item(name: &str, item: &Tally, sums: &Sums, same: bool, variances: f64) -> ItemMeasures {
    let n = item.persons;
    let own = variance(n, item.x, item.xx);
    let rest = variance(n, item.y, item.yy);
    let discrimination = match () {
        () if n < 2 => Err(ALONE),
        () if sums.items.len() < 2 => Err(ONE_ITEM),
        () if own <= 0.0 => Err(ITEM_ALIKE),
        () if rest <= 0.0 => Err(REST_ALIKE),
        () => Ok(covariance(item) / (own * rest).sqrt()),
    };
    let alpha_if_deleted = match alpha(n, sums.items.len().saturating_sub(1), same, variances - own, rest) {
        Err(ONE_ITEM) => Err(TWO_ITEMS),
        Err(ALIKE) => Err(REST_ALIKE),
        other => other,
    };
    ItemMeasures {
        item: name.to_owned(),
        persons: n,
        facility: if item.max_points > 0 { Ok(real(item.x) / real(item.max_points)) } else { Err(WORTHLESS) },
        sd: spread(n, item.x, item.xx),
        discrimination,
        alpha_if_deleted,
    }
}

fn alpha(persons: u64, items: usize, same: bool, variances: f64, of_totals: f64) -> Measure {
    if persons < 2 {
        return Err(ALONE);
    }
    if !same {
        return Err(DIFFERENT);
    }
    if items < 2 {
        return Err(ONE_ITEM);
    }
    if of_totals <= 0.0 {
        return Err(ALIKE);
    }
    let k = count(u64::try_from(items).unwrap_or(u64::MAX));
    Ok(k / (k - 1.0) * (1.0 - variances / of_totals))
}

/// In hundredths squared; zero for fewer than two.
fn variance(n: u64, sum: i128, squares: i128) -> f64 {
    if n < 2 {
        return 0.0;
    }
    // Exact up to here: nothing is lost where large sums nearly cancel.
    let scaled = squares * i128::from(n) - sum * sum;
    real(scaled) / (count(n) * (count(n) - 1.0))
}

fn covariance(item: &Tally) -> f64 {
    let n = count(item.persons);
    real(item.xy * i128::from(item.persons) - item.x * item.y) / (n * (n - 1.0))
}

/// A standard deviation, in points.
fn spread(n: u64, sum: i128, squares: i128) -> Measure {
    if n < 2 { Err(ALONE) } else { Ok(points(variance(n, sum, squares).sqrt())) }
}

fn points(hundredths: f64) -> f64 {
    hundredths / 100.0
}

#[allow(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "the exact part is over, and no larger type is lossless"
)]
fn real(value: i128) -> f64 {
    value as f64
}

fn count(value: u64) -> f64 {
    real(i128::from(value))
}

/// As JSON: a figure that does not exist is null, and `reasons` says why, by its path.
#[derive(Debug, Serialize)]
pub struct Report {
    persons: u64,
    alpha: Option<f64>,
    sem: Option<f64>,
    mean: Option<f64>,
    sd: Option<f64>,
    items: Vec<ItemReport>,
    reasons: BTreeMap<String, &'static str>,
}

#[derive(Debug, Serialize)]
struct ItemReport {
    item: String,
    facility: Option<f64>,
    sd: Option<f64>,
    discrimination: Option<f64>,
    alpha_if_deleted: Option<f64>,
}

impl From<ExamMeasures> for Report {
    fn from(exam: ExamMeasures) -> Self {
        let mut reasons = BTreeMap::new();
        let mut told = |path: String, measure: Measure| measure.map_err(|why| reasons.insert(path, why)).ok();
        let (alpha, sem) = (told("alpha".into(), exam.alpha), told("sem".into(), exam.sem));
        let (mean, sd) = (told("mean".into(), exam.mean), told("sd".into(), exam.sd));
        let item = |(at, item): (usize, ItemMeasures)| {
            let mut of = |name: &str, measure| told(format!("items[{at}].{name}"), measure);
            ItemReport {
                facility: of("facility", item.facility),
                sd: of("sd", item.sd),
                discrimination: of("discrimination", item.discrimination),
                alpha_if_deleted: of("alpha_if_deleted", item.alpha_if_deleted),
                item: item.item,
            }
        };
        let items = exam.items.into_iter().enumerate().map(item).collect();
        Self { persons: exam.persons, alpha, sem, mean, sd, items, reasons }
    }
}
