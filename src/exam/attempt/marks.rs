//! Marking a whole paper.

use std::collections::BTreeMap;

use entity::points::Points;

use super::ledger::Ledger;
use crate::exam::grading::{Response, score};
use crate::exam::sealed::{Line, Sheet};

/// What a paper came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marks {
    /// The sum.
    pub points: Points,
    /// How many items were answered.
    pub answered: i32,
}

/// Each item with what was answered and what that is worth.
pub(super) fn items<'a>(sheet: &'a Sheet, ledger: &'a Ledger) -> impl Iterator<Item = (Line<'a>, Response, Points)> {
    let answers: BTreeMap<i32, (i32, &str)> = ledger.answers();
    sheet.lines().map(move |line| {
        let text = answers.get(&line.position).map_or("", |(_, text)| text);
        let response = Response::read(line.item.content.kind, text).unwrap_or_default();
        let points = score(&line.item.content, line.section.scoring, line.section.points_each, &response);
        (line, response, points)
    })
}

/// The marks of a paper with these saves.
pub(super) fn mark(sheet: &Sheet, ledger: &Ledger) -> Marks {
    let nothing = Marks { points: Points(0), answered: 0 };
    items(sheet, ledger).fold(nothing, |sum, (_, response, points)| Marks {
        points: sum.points + points,
        answered: sum.answered + i32::from(!response.is_blank()),
    })
}
