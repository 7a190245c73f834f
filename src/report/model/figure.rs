//! The figures that lead to people, by their names.

use std::str::FromStr;

use super::UnitFigures;
use crate::tally::{Counted, Figure};

/// Whose figure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Of programmes.
    Study,
    /// Of exams.
    Exam,
}

/// A figure with people behind it, as `study.participated` or `exam.absent` name it.
///
/// Besides the counts of a report it may be the gap between a rate's numerator and denominator: `not_participated`,
/// `not_completed` and `not_completed_due` of `study`; `not_sat`, `not_passed` (sat, did not pass), `not_passed_overall`
/// (expected, did not pass), `not_first_passed` and `not_excellent` (sat the main exam without) of `exam`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FigureName {
    /// Of programmes or of exams.
    pub side: Side,
    /// The obligations meant.
    pub counted: Counted,
    name: &'static str,
}

/// Every figure with people behind it.
const FIGURES: &[FigureName] = {
    use Counted::{Between, In};
    use Figure as F;
    const fn study(name: &'static str, counted: Counted) -> FigureName {
        FigureName { side: Side::Study, counted, name }
    }
    const fn exam(name: &'static str, counted: Counted) -> FigureName {
        FigureName { side: Side::Exam, counted, name }
    }
    &[
        study("on_roster", In(F::OnRoster)),
        study("exempt", In(F::Exempt)),
        study("expected", In(F::Expected)),
        study("participated", In(F::Participated)),
        study("completed", In(F::Completed)),
        study("completed_due", In(F::CompletedDue)),
        study("not_participated", Between(F::Expected, F::Participated)),
        study("not_completed", Between(F::Expected, F::Completed)),
        study("not_completed_due", Between(F::Expected, F::CompletedDue)),
        exam("on_roster", In(F::OnRoster)),
        exam("exempt", In(F::Exempt)),
        exam("exempt_late", In(F::ExemptLate)),
        exam("expected", In(F::Expected)),
        exam("sat", In(F::Sat)),
        exam("pending", In(F::Pending)),
        exam("absent", In(F::Absent)),
        exam("deferred", In(F::Deferred)),
        exam("passed", In(F::Passed)),
        exam("first_sat", In(F::FirstSat)),
        exam("first_passed", In(F::FirstPassed)),
        exam("excellent", In(F::Excellent)),
        exam("blank", In(F::Blank)),
        exam("sittings", In(F::Sittings)),
        exam("not_sat", Between(F::Expected, F::Sat)),
        exam("not_passed", Between(F::Sat, F::Passed)),
        exam("not_passed_overall", Between(F::Expected, F::Passed)),
        exam("not_first_passed", Between(F::FirstSat, F::FirstPassed)),
        exam("not_excellent", Between(F::FirstSat, F::Excellent)),
    ]
};

impl FigureName {
    /// Every one.
    pub const ALL: &'static [Self] = FIGURES;

    /// Whether it counts attempts and not people.
    #[must_use]
    pub fn counts_attempts(self) -> bool {
        self.counted == Counted::In(Figure::Sittings)
    }

    /// How many it is of these figures.
    #[must_use]
    pub const fn of(self, figures: &UnitFigures) -> i64 {
        let figures = match self.side {
            Side::Study => &figures.study,
            Side::Exam => &figures.exam,
        };
        self.counted.of(figures)
    }
}

impl std::fmt::Display for FigureName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let side = match self.side {
            Side::Study => "study",
            Side::Exam => "exam",
        };
        write!(f, "{side}.{}", self.name)
    }
}

/// There is no figure of that name with people behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no figure of that name")]
pub struct UnknownFigure;

impl FromStr for FigureName {
    type Err = UnknownFigure;
    fn from_str(text: &str) -> Result<Self, UnknownFigure> {
        Self::ALL.iter().copied().find(|figure| figure.to_string() == text).ok_or(UnknownFigure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::streak::Streak;
    use crate::tally::Figures;

    #[test]
    fn figures_are_known_by_their_names() {
        for figure in FigureName::ALL {
            assert_eq!(figure.to_string().parse(), Ok(*figure));
        }
        for unknown in ["persons", "study.sat", "exam.points", "exam.participated", "exam.", ".sat", ""] {
            assert_eq!(unknown.parse::<FigureName>(), Err(UnknownFigure), "{unknown}");
        }
        let sittings: FigureName = "exam.sittings".parse().unwrap();
        assert!(sittings.counts_attempts());
    }

    #[test]
    fn a_gap_is_what_lies_between() {
        let figures = UnitFigures {
            persons: 10,
            study: Figures::none(),
            exam: Figures { expected: 10, sat: 8, passed: 5, ..Figures::none() },
            streak: Streak::default(),
            streak_imported: 0,
            imported: false,
        };
        let of = |name: &str| name.parse::<FigureName>().unwrap().of(&figures);
        assert_eq!((of("exam.not_sat"), of("exam.not_passed"), of("exam.not_passed_overall")), (2, 3, 5));
    }
}
