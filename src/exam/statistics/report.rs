//! What is told of an exam's statistics.

use std::collections::BTreeMap;

use super::collect::Collected;
use super::measure::{DROPPED, ExamMeasures, Measure, measure};
use crate::bank::{Answer, Kind};
use crate::exam::ruling::{Course, Rulings, Valid};
use crate::exam::sealed::SealedExam;

/// From so many people on, an option that nobody takes is told of.
const MANY: u64 = 30;
/// Into how many parts of what a paper can score its totals are sorted.
const PARTS: i64 = 10;

/// What is odd about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// Who did better on the rest of the paper did worse here.
    NegativeDiscrimination,
    /// Nobody of thirty or more took this option.
    UnusedOption,
    /// A wrong option was taken more often than a right one.
    KeyBelowDistractor,
}

/// An option and how often it was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceCount {
    /// The option's id, or `true` and `false`.
    pub option: String,
    /// What it says; empty for a judgement.
    pub text: String,
    /// Whether it is right.
    pub right: bool,
    /// How many chose it.
    pub chosen: u64,
}

/// The statistics of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemStatistics {
    /// `question id@version`.
    pub item: String,
    /// What it asks.
    pub stem: String,
    /// How many people it was shown to.
    pub persons: u64,
    /// Mean over maximum.
    pub facility: Measure,
    /// Corrected item-total correlation, over those who saw it.
    pub discrimination: Measure,
    /// What was chosen.
    pub choices: Vec<ChoiceCount>,
    /// How many left it open.
    pub blank: u64,
    /// What is odd about it.
    pub flags: Vec<Flag>,
}

/// Papers whose totals lie between two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// From so many hundredths.
    pub from: i64,
    /// To below so many; the last one holds those at its end too.
    pub to: i64,
    /// How many.
    pub papers: u64,
}

/// The statistics of an exam.
#[derive(Debug, Clone, PartialEq)]
pub struct ExamStatistics {
    /// The whole; its items are told of below.
    pub exam: ExamMeasures,
    /// How the totals are spread.
    pub distribution: Vec<Bar>,
    /// Item by item, those that were shown.
    pub items: Vec<ItemStatistics>,
}

/// Works out what is told.
pub(super) fn report(sealed: &SealedExam, rulings: &Rulings, found: &Collected, max_points: i64) -> ExamStatistics {
    let exam = measure(&found.sums);
    let measured = exam.items.iter().map(|m| (m.item.as_str(), m.facility, m.discrimination));
    let dropped = found.shown.keys().filter(|item| !found.sums.items.contains_key(*item));
    let dropped = dropped.map(|item| (item.as_str(), Err(DROPPED), Err(DROPPED)));
    let items = measured.chain(dropped).filter_map(|(item, facility, discrimination)| {
        let content = sealed.content(item)?;
        let persons = found.shown.get(item).copied().unwrap_or_default();
        let nothing = BTreeMap::new();
        let counts = found.choices.get(item).unwrap_or(&nothing);
        let sealed_key = std::slice::from_ref(&content.answer);
        let valid = rulings.of(item).map(Course::valid);
        // Where the answer does not matter any more, the key is told as it was.
        let keys = valid.map(Valid::keys).filter(|keys| !keys.is_empty()).unwrap_or(sealed_key);
        let count = |option: &str| counts.get(option).copied().unwrap_or_default();
        let choices = match &content.answer {
            Answer::Judgement(_) => [true, false]
                .map(|truth| {
                    let (option, right) = (truth.to_string(), keys.contains(&Answer::Judgement(truth)));
                    ChoiceCount { text: String::new(), right, chosen: count(&option), option }
                })
                .into(),
            Answer::Options(_) => {
                let right = |id: &String| keys.iter().any(|k| matches!(k, Answer::Options(ids) if ids.contains(id)));
                let choice = |o: &crate::bank::Choice| ChoiceCount {
                    option: o.id.clone(),
                    text: o.text.clone(),
                    right: right(&o.id),
                    chosen: count(&o.id),
                };
                content.options.iter().map(choice).collect::<Vec<_>>()
            }
        };
        Some(ItemStatistics {
            item: item.to_owned(),
            stem: content.stem.clone(),
            persons,
            facility,
            discrimination,
            blank: count(""),
            flags: flags(content.kind, persons, discrimination, &choices, valid.is_none_or(|v| v.keys().len() == 1)),
            choices,
        })
    });
    let items = items.collect();
    ExamStatistics { distribution: distribution(&found.totals, max_points), items, exam }
}

/// `keyed` tells that there is one key; where several answers were accepted, or all, none of them need be popular.
fn flags(kind: Kind, persons: u64, discrimination: Measure, choices: &[ChoiceCount], keyed: bool) -> Vec<Flag> {
    let negative = discrimination.is_ok_and(|r| r < 0.0);
    let unused = kind != Kind::Judgement && persons >= MANY && choices.iter().any(|c| c.chosen == 0);
    let lowest = choices.iter().filter(|c| c.right).map(|c| c.chosen).min();
    let highest = choices.iter().filter(|c| !c.right).map(|c| c.chosen).max();
    let below = keyed && lowest.zip(highest).is_some_and(|(key, distractor)| key < distractor);
    [(negative, Flag::NegativeDiscrimination), (unused, Flag::UnusedOption), (below, Flag::KeyBelowDistractor)]
        .into_iter()
        .filter(|(set, _)| *set)
        .map(|(_, flag)| flag)
        .collect()
}

fn distribution(totals: &BTreeMap<i64, u64>, max_points: i64) -> Vec<Bar> {
    let bound = |part: i64| max_points * part / PARTS;
    let bar = |part: i64| {
        let (from, to) = (bound(part), bound(part + 1));
        let within = |total: &i64| from <= *total && (*total < to || (part + 1 == PARTS && *total <= to));
        let papers = totals.iter().filter(|(total, _)| within(total)).map(|(_, papers)| papers).sum();
        Bar { from, to, papers }
    };
    (0..PARTS).map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(right: bool, chosen: u64) -> ChoiceCount {
        ChoiceCount { option: String::new(), text: String::new(), right, chosen }
    }

    #[test]
    fn what_is_odd_is_flagged() {
        let fine = [choice(true, 20), choice(false, 6), choice(false, 4)];
        assert_eq!(flags(Kind::Single, 30, Ok(0.2), &fine, true), []);
        assert_eq!(flags(Kind::Single, 30, Ok(-0.2), &fine, true), [Flag::NegativeDiscrimination]);
        let odd = [choice(true, 10), choice(false, 20), choice(false, 0)];
        assert_eq!(flags(Kind::Single, 30, Err("x"), &odd, true), [Flag::UnusedOption, Flag::KeyBelowDistractor]);
        assert_eq!(flags(Kind::Single, 29, Err("x"), &odd, true), [Flag::KeyBelowDistractor]);
        assert_eq!(flags(Kind::Judgement, 40, Ok(0.0), &[choice(true, 40), choice(false, 0)], true), []);
    }

    #[test]
    fn every_total_is_in_one_bar() {
        let totals = BTreeMap::from([(0, 1), (999, 2), (1000, 4), (9999, 8), (10_000, 16)]);
        let bars = distribution(&totals, 10_000);
        assert_eq!(bars.iter().map(|bar| bar.papers).collect::<Vec<_>>(), [3, 4, 0, 0, 0, 0, 0, 0, 0, 24]);
        assert_eq!((bars[9].from, bars[9].to), (9_000, 10_000));
    }
}
