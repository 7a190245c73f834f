//! Adding up the papers of an exam.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use entity::id::ExamId;
use sea_orm::{ConnectionTrait, DbErr};

use super::measure::{Sums, Tally};
use crate::bank::Answer;
use crate::db::Fault;
use crate::exam::grading::{Response, score};
use crate::exam::papers::{self, AT_ONCE, BETWEEN, Paper, Which};
use crate::exam::ruling::{Rulings, Scored};
use crate::exam::sealed::SealedExam;

/// What the papers of an exam add up to.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// The sums.
    pub(super) sums: Sums,
    /// By item, on how many papers it stood, whether it counted there or not.
    pub(super) shown: BTreeMap<String, u64>,
    /// By item, how often each option was chosen, or `true` and `false`; the empty text for nothing.
    pub(super) choices: HashMap<String, BTreeMap<String, u64>>,
    /// How many papers have each total, in hundredths.
    pub(super) totals: BTreeMap<i64, u64>,
}

/// All graded papers of an exam, read page by page and marked as was ruled. While a page is added up on a thread of its
/// own, the next one is read.
pub(super) async fn collect(
    conn: &impl ConnectionTrait,
    sealed: &Arc<SealedExam>,
    rulings: &Rulings,
) -> Result<Collected, Fault> {
    let mut sum = Adder::new(Arc::clone(sealed), rulings.clone());
    let mut page = papers::after(conn, sealed.id(), Which::Graded, None, AT_ONCE).await?;
    while let Some(last) = page.last().map(Paper::place) {
        let work = tokio::task::spawn_blocking(move || {
            let done = page.iter().try_for_each(|paper| sum.add(paper));
            done.map(|()| sum)
        });
        let (next, done) = tokio::join!(papers::after(conn, sealed.id(), Which::Graded, Some(last), AT_ONCE), work);
        sum = done.map_err(|ended| bad(sealed.id(), &ended))??;
        page = next?;
    }
    Ok(sum.finish())
}

/// Adds papers up, item by item in the order of the pool.
struct Adder {
    sealed: Arc<SealedExam>,
    rulings: Rulings,
    items: Vec<ItemSum>,
    sums: Sums,
    totals: BTreeMap<i64, u64>,
    /// The marks of the paper at hand: the place of the item, what it scored.
    paper: Vec<(usize, Marked)>,
}

/// What the answers to one item add up to.
#[derive(Clone, Default)]
struct ItemSum {
    tally: Tally,
    shown: u64,
    blank: u64,
    /// By the place of the option; of a judgement first those who said it is true.
    chosen: Vec<u64>,
    /// What each response is worth, by section: thousands give the same.
    known: Vec<(usize, String, Marked)>,
}

/// What a response is worth and which options it names, a bit each.
#[derive(Debug, Clone, Copy)]
struct Marked {
    points: i64,
    max_points: i64,
    chosen: u64,
    blank: bool,
}

impl Adder {
    fn new(sealed: Arc<SealedExam>, rulings: Rulings) -> Self {
        let items = vec![ItemSum::default(); sealed.items().count()];
        Self { sealed, rulings, items, sums: Sums::default(), totals: BTreeMap::new(), paper: Vec::new() }
    }

    fn add(&mut self, paper: &Paper) -> Result<(), Fault> {
        let exam = self.sealed.id();
        let mut responses = paper.responses.as_deref().unwrap_or_default().split(BETWEEN);
        self.paper.clear();
        for place in papers::places(&paper.items) {
            let (item, section) = place.ok_or_else(|| bad(exam, &"it cannot be read"))?;
            let place = self.sealed.place_of(item).ok_or_else(|| bad(exam, &item))?;
            let response = responses.next().unwrap_or_default();
            let known = self.items.get(place).and_then(|sum| sum.worth(section, response));
            let marked = match known {
                Some(marked) => marked,
                None => self.mark(place, section, response).ok_or_else(|| bad(exam, &item))?,
            };
            self.paper.push((place, marked));
        }
        let total: i64 = self.paper.iter().map(|(_, marked)| marked.points).sum();
        *self.totals.entry(total).or_default() += 1;
        self.sums.count(total);
        for (place, marked) in &self.paper {
            let Some(sum) = self.items.get_mut(*place) else { continue };
            sum.shown += 1;
            sum.blank += u64::from(marked.blank);
            for (at, chosen) in sum.chosen.iter_mut().enumerate() {
                *chosen += (marked.chosen >> at) & 1;
            }
            // One that was dropped is no part of the exam any more.
            if marked.max_points > 0 {
                sum.tally.add(marked.points, marked.max_points, total);
            }
        }
        Ok(())
    }

    /// Marks a response that nobody gave before.
    fn mark(&mut self, place: usize, section_at: usize, text: &str) -> Option<Marked> {
        let (item, section) = (self.sealed.item_at(place)?, self.sealed.sections().get(section_at)?);
        let response = Response::read(item.content.kind, text).unwrap_or_default();
        let (scoring, each) = (section.scoring, section.points_each);
        let scored = match self.rulings.of(&item.item) {
            Some(course) => course.score(scoring, each, &response),
            None => Scored { points: score(&item.content, scoring, each, &response), max_points: each },
        };
        let bit = |place: usize, named: bool| u64::from(named && place < 64) << (place % 64);
        let chosen = match &response {
            Response::Blank => 0,
            Response::Truth(truth) => bit(usize::from(!truth), true),
            Response::Options(ids) => {
                let options = item.content.options.iter().enumerate();
                options.map(|(place, option)| bit(place, ids.contains(&option.id))).sum()
            }
        };
        let (points, max_points, blank) = (scored.points.0, scored.max_points.0, response.is_blank());
        let marked = Marked { points, max_points, chosen, blank };
        let options = match &item.content.answer {
            Answer::Judgement(_) => 2,
            Answer::Options(_) => item.content.options.len(),
        };
        let sum = self.items.get_mut(place)?;
        sum.chosen.resize(options, 0);
        sum.known.push((section_at, text.to_owned(), marked));
        Some(marked)
    }

    fn finish(self) -> Collected {
        let mut found = Collected { sums: self.sums, totals: self.totals, ..Collected::default() };
        let shown = self.items.into_iter().enumerate().filter(|(_, sum)| sum.shown > 0);
        for (place, sum) in shown {
            let Some(item) = self.sealed.item_at(place) else { continue };
            let names = match &item.content.answer {
                Answer::Judgement(_) => vec![true.to_string(), false.to_string()],
                Answer::Options(_) => item.content.options.iter().map(|option| option.id.clone()).collect(),
            };
            let choices = names.into_iter().zip(sum.chosen).chain([(String::new(), sum.blank)]);
            found.choices.insert(item.item.clone(), choices.collect());
            found.shown.insert(item.item.clone(), sum.shown);
            if sum.tally.persons > 0 {
                found.sums.items.insert(item.item.clone(), sum.tally);
            }
        }
        found
    }
}

impl ItemSum {
    fn worth(&self, section: usize, response: &str) -> Option<Marked> {
        let known = self.known.iter().find(|(at, text, _)| *at == section && text == response);
        known.map(|(_, _, marked)| *marked)
    }
}

fn bad(exam: ExamId, why: &dyn std::fmt::Display) -> Fault {
    DbErr::Type(format!("a paper of exam {exam}: {why}")).into()
}
