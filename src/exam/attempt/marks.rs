//! Marking a whole paper.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use entity::points::Points;

use super::ledger::Ledger;
use crate::exam::grading::{Response, score};
use crate::exam::papers::BETWEEN;
use crate::exam::ruling::{Rulings, Scored};
use crate::exam::sealed::{Line, Sheet};

/// What a paper came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marks {
    /// The sum.
    pub points: Points,
    /// What the paper could score; less than at first where an item was dropped.
    pub max_points: Points,
    /// How many items were answered.
    pub answered: i32,
    /// The responses that count, in the order of their positions with `;` between, as `papers` reads them.
    pub responses: String,
}

/// Each item with what was answered and what that is worth, after all that was ruled about it.
pub(super) fn items<'a>(
    sheet: &'a Sheet,
    ledger: &'a Ledger,
    rulings: &'a Rulings,
) -> impl Iterator<Item = (Line<'a>, Response, Scored)> {
    let answers: BTreeMap<i32, (i32, &str)> = ledger.answers();
    sheet.lines().map(move |line| {
        let text = answers.get(&line.position).map_or("", |(_, text)| text);
        let response = Response::read(line.item.content.kind, text).unwrap_or_default();
        let (scoring, each) = (line.section.scoring, line.section.points_each);
        let scored = match rulings.of(&line.item.item) {
            Some(course) => course.score(scoring, each, &response),
            None => Scored { points: score(&line.item.content, scoring, each, &response), max_points: each },
        };
        (line, response, scored)
    })
}

/// The marks of a paper with these saves.
pub(super) fn mark(sheet: &Sheet, ledger: &Ledger, rulings: &Rulings) -> Marks {
    let mut marks = Marks { points: Points(0), max_points: Points(0), answered: 0, responses: String::new() };
    for (line, response, scored) in items(sheet, ledger, rulings) {
        marks.points = marks.points + scored.points;
        marks.max_points = marks.max_points + scored.max_points;
        marks.answered += i32::from(!response.is_blank());
        if line.position > 1 {
            marks.responses.push(BETWEEN);
        }
        write!(marks.responses, "{response}").expect("text takes everything");
    }
    marks
}

#[cfg(test)]
mod tests {
    use entity::instant::Instant;

    use super::super::ledger::Kept;
    use super::*;
    use crate::exam::papers::response_at;
    use crate::exam::sealed::fixtures;

    fn ledger(saves: &[(i32, i32, &str)]) -> Ledger {
        let mut ledger = Ledger::default();
        for &(position, seq, response) in saves {
            ledger.note(position, seq, Kept { response: response.to_owned(), at: Instant(0) });
        }
        ledger
    }

    #[test]
    fn what_counts_is_marked_and_summed() {
        let sheet = fixtures::sheet();
        let of = |saves: &[(i32, i32, &str)]| {
            let marks = mark(&sheet, &ledger(saves), &Rulings::default());
            (marks.points.0, marks.answered)
        };
        assert_eq!(of(&[]), (0, 0));
        assert_eq!(of(&[(1, 1, "x1"), (2, 1, "x1"), (3, 1, "x1 x3"), (4, 1, "true")]), (850, 4));
        assert_eq!(of(&[(1, 2, "x2"), (1, 1, "x1"), (3, 1, "x3"), (4, 7, "false")]), (200, 3));
        assert_eq!(of(&[(1, 1, "x1"), (1, 2, ""), (3, 1, "x2 x3")]), (0, 1));
        let kept = mark(&sheet, &ledger(&[(1, 2, "x2"), (1, 1, "x1"), (3, 1, "x1 x3")]), &Rulings::default()).responses;
        assert_eq!(kept, "x2;;x1 x3;");
        assert_eq!([1, 2, 3, 4, 5].map(|at| response_at(&kept, at)), ["x2", "", "x1 x3", "", ""]);
    }
}
