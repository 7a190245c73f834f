//! Wire types.

use std::collections::BTreeMap;

use poem_openapi::types::Any;
use poem_openapi::{Enum, Object};
use serde_json::{Value, json};

use super::measure::Measure;
use super::report::{Bar, ChoiceCount, ExamStatistics, Flag, ItemStatistics};
use crate::http::Decimal;
use entity::points::Points;

/// The statistics of an exam. A figure that does not exist is null, and `reasons` says why, by its path.
#[derive(Debug, Object)]
#[oai(rename = "ExamStatistics")]
pub(super) struct StatisticsDto {
    /// How many graded papers were counted.
    persons: u64,
    /// Cronbach's alpha, where all papers held the same items.
    alpha: Option<f64>,
    /// The standard error of measurement, in points.
    sem: Option<f64>,
    /// The mean of the totals, in points.
    mean: Option<f64>,
    /// Their standard deviation over n - 1, in points.
    sd: Option<f64>,
    /// How the totals are spread.
    distribution: Vec<BarDto>,
    /// Item by item, those that were shown to somebody.
    items: Vec<ItemDto>,
    /// Why a figure is null: its path, and a sentence.
    reasons: Any<Value>,
}

/// Papers whose totals lie between two bounds.
#[derive(Debug, Object)]
#[oai(rename = "StatisticsBar")]
struct BarDto {
    /// From so many points.
    from: Decimal,
    /// To below so many; the last bar holds full marks too.
    to: Decimal,
    /// How many papers.
    papers: u64,
}

/// The statistics of an item.
#[derive(Debug, Object)]
#[oai(rename = "ItemStatistics")]
struct ItemDto {
    /// `question id@version`.
    item: String,
    /// What it asks.
    stem: String,
    /// How many people it was shown to.
    persons: u64,
    /// Mean over maximum.
    facility: Option<f64>,
    /// Corrected item-total correlation over those who saw it.
    discrimination: Option<f64>,
    /// What was chosen.
    choices: Vec<ChoiceDto>,
    /// How many left it open.
    blank: u64,
    /// What is odd about it.
    flags: Vec<FlagDto>,
}

/// An option and how often it was chosen.
#[derive(Debug, Object)]
#[oai(rename = "OptionChoices")]
struct ChoiceDto {
    /// The option's id; `true` or `false` of a judgement.
    option: String,
    /// What it says; empty for a judgement.
    text: String,
    /// Whether it is right.
    right: bool,
    /// How many chose it.
    chosen: u64,
}

/// What is odd about an item.
#[derive(Debug, Enum)]
#[oai(rename = "ItemFlag", rename_all = "snake_case")]
enum FlagDto {
    /// Who did better on the rest of the paper did worse here.
    NegativeDiscrimination,
    /// Nobody of thirty or more took one of the options.
    UnusedOption,
    /// A wrong option was taken more often than a right one.
    KeyBelowDistractor,
}

impl From<Flag> for FlagDto {
    fn from(flag: Flag) -> Self {
        match flag {
            Flag::NegativeDiscrimination => Self::NegativeDiscrimination,
            Flag::UnusedOption => Self::UnusedOption,
            Flag::KeyBelowDistractor => Self::KeyBelowDistractor,
        }
    }
}

impl From<ExamStatistics> for StatisticsDto {
    fn from(found: ExamStatistics) -> Self {
        let mut reasons: BTreeMap<String, &str> = BTreeMap::new();
        let mut told = |path: String, measure: Measure| measure.map_err(|why| reasons.insert(path, why)).ok();
        let exam = found.exam;
        let (alpha, sem) = (told("alpha".into(), exam.alpha), told("sem".into(), exam.sem));
        let (mean, sd) = (told("mean".into(), exam.mean), told("sd".into(), exam.sd));
        let choice = |c: ChoiceCount| ChoiceDto { option: c.option, text: c.text, right: c.right, chosen: c.chosen };
        let item = |(at, item): (usize, ItemStatistics)| ItemDto {
            facility: told(format!("items[{at}].facility"), item.facility),
            discrimination: told(format!("items[{at}].discrimination"), item.discrimination),
            item: item.item,
            stem: item.stem,
            persons: item.persons,
            choices: item.choices.into_iter().map(choice).collect(),
            blank: item.blank,
            flags: item.flags.into_iter().map(FlagDto::from).collect(),
        };
        let items = found.items.into_iter().enumerate().map(item).collect();
        let bar = |bar: Bar| BarDto { from: Points(bar.from).into(), to: Points(bar.to).into(), papers: bar.papers };
        Self {
            persons: exam.persons,
            alpha,
            sem,
            mean,
            sd,
            distribution: found.distribution.into_iter().map(bar).collect(),
            items,
            reasons: Any(json!(reasons)),
        }
    }
}
