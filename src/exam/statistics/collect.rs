//! Adding up the papers of an exam.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use entity::id::{AttemptId, ExamId};
use sea_orm::{ConnectionTrait, DbErr};

use super::measure::Sums;
use crate::db::Fault;
use crate::exam::grading::{Response, score};
use crate::exam::papers::{self, AT_ONCE, Paper, Which};
use crate::exam::ruling::{Rulings, Scored};
use crate::exam::sealed::{SealedExam, Sheet};

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

/// All graded papers of an exam, read page by page and marked as was ruled.
pub(super) async fn collect(
    conn: &impl ConnectionTrait,
    sealed: &Arc<SealedExam>,
    rulings: &Rulings,
) -> Result<Collected, Fault> {
    let mut found = Collected::default();
    let mut after = None;
    loop {
        let papers = papers::after(conn, sealed.id(), Which::Graded, after, AT_ONCE).await?;
        let Some(last) = papers.last() else { return Ok(found) };
        after = Some(last.place());
        let ids: Vec<AttemptId> = papers.iter().map(|paper| paper.id).collect();
        let answers = papers::answers(conn, &ids).await?;
        for Paper { id, items, .. } in &papers {
            let items: Vec<_> = serde_json::from_str(items).map_err(|e| bad(sealed.id(), &e))?;
            let sheet = Sheet::new(Arc::clone(sealed), &items).map_err(|e| bad(sealed.id(), &e))?;
            let marks = marks(&sheet, answers.get(id), rulings);
            // One that was dropped is no part of the exam any more.
            let counted = marks.iter().filter(|(_, scored, _)| scored.max_points.0 > 0);
            found.sums.add(counted.map(|(item, scored, _)| (*item, scored.points.0, scored.max_points.0)));
            *found.totals.entry(marks.iter().map(|(_, scored, _)| scored.points.0).sum()).or_default() += 1;
            for (item, _, response) in marks {
                *found.shown.entry(item.to_owned()).or_default() += 1;
                let choices = found.choices.entry(item.to_owned()).or_default();
                // Kept as ids with spaces between, as a truth, or as nothing.
                let text = response.to_string();
                for choice in text.split(' ') {
                    *choices.entry(choice.to_owned()).or_default() += 1;
                }
            }
        }
    }
}

/// What each item of a paper scored, of what it could, and with which response.
fn marks<'a>(
    sheet: &'a Sheet,
    answers: Option<&HashMap<i32, String>>,
    rulings: &Rulings,
) -> Vec<(&'a str, Scored, Response)> {
    let mark = |line: crate::exam::sealed::Line<'a>| {
        let text = answers.and_then(|answers| answers.get(&line.position)).map_or("", String::as_str);
        let response = Response::read(line.item.content.kind, text).unwrap_or_default();
        let (scoring, each) = (line.section.scoring, line.section.points_each);
        let scored = match rulings.of(&line.item.item) {
            Some(course) => course.score(scoring, each, &response),
            None => Scored { points: score(&line.item.content, scoring, each, &response), max_points: each },
        };
        (line.item.item.as_str(), scored, response)
    };
    sheet.lines().map(mark).collect()
}

fn bad(exam: ExamId, why: &dyn std::fmt::Display) -> Fault {
    DbErr::Type(format!("a paper of exam {exam}: {why}")).into()
}
