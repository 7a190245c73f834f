//! Adding up the papers of an exam.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use entity::id::{AttemptId, ExamId};
use sea_orm::{ConnectionTrait, DbErr};

use super::measure::Sums;
use super::store;
use crate::db::Fault;
use crate::exam::grading::{Response, score};
use crate::exam::sealed::{SealedExam, Sheet};

/// How many papers are read at once.
const AT_ONCE: u64 = 500;

/// What the papers of an exam add up to.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// The sums.
    pub(super) sums: Sums,
    /// By item, how often each option was chosen, or `true` and `false`; the empty text for nothing.
    pub(super) choices: HashMap<String, BTreeMap<String, u64>>,
    /// How many papers have each total, in hundredths.
    pub(super) totals: BTreeMap<i64, u64>,
}

/// All graded papers of an exam, read page by page.
pub(super) async fn collect(conn: &impl ConnectionTrait, sealed: &Arc<SealedExam>) -> Result<Collected, Fault> {
    let mut found = Collected::default();
    let mut after = None;
    loop {
        let papers = store::graded(conn, sealed.id(), after, AT_ONCE).await?;
        let Some((last, _)) = papers.last() else { return Ok(found) };
        after = Some(*last);
        let ids: Vec<AttemptId> = papers.iter().map(|(id, _)| *id).collect();
        let answers = store::answers(conn, &ids).await?;
        for (id, items) in &papers {
            let items: Vec<_> = serde_json::from_str(items).map_err(|e| bad(sealed.id(), &e))?;
            let sheet = Sheet::new(Arc::clone(sealed), &items).map_err(|e| bad(sealed.id(), &e))?;
            let marks = marks(&sheet, answers.get(id));
            found.sums.add(marks.iter().map(|(item, points, max_points, _)| (*item, *points, *max_points)));
            *found.totals.entry(marks.iter().map(|(_, points, ..)| points).sum()).or_default() += 1;
            for (item, _, _, response) in marks {
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
fn marks<'a>(sheet: &'a Sheet, answers: Option<&HashMap<i32, String>>) -> Vec<(&'a str, i64, i64, Response)> {
    let mark = |line: crate::exam::sealed::Line<'a>| {
        let text = answers.and_then(|answers| answers.get(&line.position)).map_or("", String::as_str);
        let response = Response::read(line.item.content.kind, text).unwrap_or_default();
        let each = line.section.points_each;
        let points = score(&line.item.content, line.section.scoring, each, &response);
        (line.item.item.as_str(), points.0, each.0, response)
    };
    sheet.lines().map(mark).collect()
}

fn bad(exam: ExamId, why: &dyn std::fmt::Display) -> Fault {
    DbErr::Type(format!("a paper of exam {exam}: {why}")).into()
}
