//! What is asked for, and the figures that are the answer.

use std::collections::BTreeSet;

use entity::exam::exam::ExamKind;
use entity::id::{AttemptId, ExamId, PersonId, ProgrammeId, SubjectId, UnitId};
use entity::instant::Instant;
use entity::org::person::Category;
use entity::org::roster_row::SubjectKind;

use super::streak::Streak;
use crate::kernel::rate::Rate;
use crate::tally::{Figures, Subject};

mod figure;
mod year;

pub use figure::{FigureName, Side, UnknownFigure};
pub use year::{Closing, FigureChange, PastYear, PersonChange, Snapshot, SnapshotBrief, Telling, Today, Year};

/// The formulas after which every figure here is counted (domain.md, "Rates").
pub const DEFINITION: &str = "rates/1";
/// The deepest level of units below the one asked for.
pub const MAX_DEPTH: i32 = 6;

/// Which figures are asked for.
///
/// Naming one exam leaves programmes out, and naming one programme leaves exams out, so that the number of people is
/// that of what was named; naming both counts both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    /// The year.
    pub year: i32,
    /// The unit, with its subtree; the top of the caller's reach if none.
    pub unit_id: Option<UnitId>,
    /// Only people who held this category on the roster.
    pub category: Option<Category>,
    /// The kind of exams; annual ones, or the kind of the exam that is named, if none.
    pub exam_kind: Option<ExamKind>,
    /// One exam with its make-ups; may be named by a make-up.
    pub exam_id: Option<ExamId>,
    /// One programme.
    pub programme_id: Option<ProgrammeId>,
}

impl Filter {
    /// Everything that makes up a year's rates.
    #[must_use]
    pub const fn of_year(year: i32, unit_id: UnitId) -> Self {
        Self { year, unit_id: Some(unit_id), category: None, exam_kind: None, exam_id: None, programme_id: None }
    }
}

/// The rates of a unit and of those below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The moment at which they were counted.
    pub as_of: Instant,
    /// The year.
    pub year: i32,
    /// The programmes that were counted; of several, figures count obligations (人次).
    pub programmes: usize,
    /// The same of exams, each with its make-ups.
    pub exams: usize,
    /// Where the figures come from that were brought in for a year before Kaofa (补录).
    pub sources: Vec<String>,
    /// The units below, each with its subtree, in the order of the tree.
    pub rows: Vec<Row>,
    /// The unit with its subtree.
    pub total: Row,
}

/// A unit with its subtree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The unit.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// The unit above it.
    pub parent_id: Option<UnitId>,
    /// How far it lies below the unit that was asked for.
    pub depth: i32,
    /// Its figures.
    pub figures: UnitFigures,
}

/// Years and units side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The moment at which they were counted.
    pub as_of: Instant,
    /// The years, the earliest first.
    pub years: Vec<ComparedYear>,
    /// The unit with its subtree.
    pub total: Compared,
    /// The units directly below it, each with its subtree.
    pub units: Vec<Compared>,
}

/// A year that is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedYear {
    /// The year.
    pub year: i32,
    /// Whether it is closed.
    pub closed: bool,
    /// Where its figures come from, if they were brought in (补录).
    pub sources: Vec<String>,
}

/// A unit that is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The unit.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// Its figures in the order of the years; nothing for a year in which it was not there.
    pub figures: Vec<Option<UnitFigures>>,
}

/// The figures of a unit with its subtree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitFigures {
    /// How many different people stand on the rosters.
    pub persons: i64,
    /// Obligations toward programmes.
    pub study: Figures,
    /// Obligations toward exams.
    pub exam: Figures,
    /// The streak of full years; always that of annual exams and all programmes.
    pub streak: Streak,
    /// How many years of the streak were brought in and not recorded here (补录).
    pub streak_imported: i32,
    /// Some of these figures were brought in for a year before Kaofa (补录).
    pub imported: bool,
}

impl UnitFigures {
    /// 参学率: credited with study at least once, of those expected.
    #[must_use]
    pub const fn participation_rate(&self) -> Rate {
        Rate::new(self.study.participated, self.study.expected)
    }

    /// 达标率: met the programme's requirement, of those expected.
    #[must_use]
    pub const fn completion_rate(&self) -> Rate {
        Rate::new(self.study.completed, self.study.expected)
    }

    /// 参考率: sat the main exam or a make-up, of those expected.
    #[must_use]
    pub const fn sitting_rate(&self) -> Rate {
        Rate::new(self.exam.sat, self.exam.expected)
    }

    /// 合格率: passed, of those who sat.
    #[must_use]
    pub const fn pass_rate(&self) -> Rate {
        Rate::new(self.exam.passed, self.exam.sat)
    }

    /// 总合格率: passed, of those expected.
    #[must_use]
    pub const fn overall_pass_rate(&self) -> Rate {
        Rate::new(self.exam.passed, self.exam.expected)
    }

    /// 首考合格率: passed the main exam, of those who sat it.
    #[must_use]
    pub const fn first_pass_rate(&self) -> Rate {
        Rate::new(self.exam.first_passed, self.exam.first_sat)
    }

    /// 优秀率: at or above the excellence line in the main exam, of those who sat it.
    #[must_use]
    pub const fn excellence_rate(&self) -> Rate {
        Rate::new(self.exam.excellent, self.exam.first_sat)
    }

    /// The mean of the points that count, of those who sat: two decimals, rounded half up. Nothing if nobody sat.
    #[must_use]
    pub fn average_points(&self) -> Option<String> {
        let (points, sat) = (i128::from(self.exam.points), i128::from(self.exam.sat));
        let hundredths = (points * 2 + sat).checked_div_euclid(sat * 2).filter(|h| *h >= 0)?;
        Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
    }
}

/// The programmes and exams that a report counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Subjects {
    /// The programmes.
    pub programmes: BTreeSet<SubjectId>,
    /// The main exams.
    pub exams: BTreeSet<SubjectId>,
    /// Those of both that were brought in for a year before Kaofa (补录).
    pub imported: BTreeSet<SubjectId>,
}

impl Subjects {
    /// All of them, as the tally knows them.
    pub(super) fn all(&self) -> Vec<Subject> {
        let of =
            |kind, ids: &BTreeSet<SubjectId>| -> Vec<Subject> { ids.iter().map(|&id| Subject { kind, id }).collect() };
        [of(SubjectKind::Programme, &self.programmes), of(SubjectKind::Exam, &self.exams)].concat()
    }
}

/// A counted row: somebody and what they owe, or one of their attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Who.
    pub person_id: PersonId,
    /// Their name on the roster.
    pub name: String,
    /// Their unit on the roster.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// The programme or main exam.
    pub subject: Subject,
    /// The attempt, where the figure counts attempts.
    pub attempt_id: Option<AttemptId>,
    /// It was brought in for a year before Kaofa (补录): where from.
    pub source: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exam(points: i64, sat: i64) -> UnitFigures {
        UnitFigures {
            persons: 0,
            study: Figures::none(),
            exam: Figures { sat, points, ..Figures::none() },
            streak: Streak::default(),
            streak_imported: 0,
            imported: false,
        }
    }

    #[test]
    fn the_average_is_rounded_half_up_to_two_decimals() {
        assert_eq!(exam(0, 0).average_points(), None);
        assert_eq!(exam(0, 3).average_points().as_deref(), Some("0.00"));
        assert_eq!(exam(25_000, 3).average_points().as_deref(), Some("83.33"));
        assert_eq!(exam(16_701, 2).average_points().as_deref(), Some("83.51"));
        assert_eq!(exam(8_005, 1).average_points().as_deref(), Some("80.05"));
        assert_eq!(exam(i64::MAX, 1).average_points().as_deref(), Some("92233720368547758.07"));
    }
}
