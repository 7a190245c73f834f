//! Figures: integers that add up over people and units.

use std::ops::{AddAssign, Sub};

use entity::id::{PersonId, SubjectId, UnitId};
use entity::org::person::Category;
use entity::org::roster_row::SubjectKind;
use entity::tally::{count, delta, obligation, sum};
use sea_orm::ActiveValue::Set;

/// A programme, or an exam together with its make-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// Programme or exam.
    pub kind: SubjectKind,
    /// Which one; of an exam the main one.
    pub id: SubjectId,
}

/// Names every figure once and ties it to its columns.
macro_rules! figures {
    ($($(#[$meta:meta])* $name:ident = $column:ident),+ $(,)?) => {
        /// One figure of `rates/1`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Figure { $($(#[$meta])* $name),+ }

        impl Figure {
            /// Every figure.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name on the wire and in the tables.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($column)),+ }
            }

            pub(super) const fn column(self) -> obligation::Column {
                match self { $(Self::$name => obligation::Column::$name),+ }
            }
        }

        /// All figures of a person (each 0 or 1 but for sittings and points) or their sums over people.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Figures { $($(#[$meta])* pub $column: i64),+ }

        impl Figures {
            /// One of them by its name.
            #[must_use]
            pub const fn get(&self, figure: Figure) -> i64 {
                match figure { $(Figure::$name => self.$column),+ }
            }

            pub(super) fn of_obligation(row: &obligation::Model) -> Self {
                Self { $($column: row.$column),+ }
            }

            pub(super) fn put_obligation(&self, row: &mut obligation::ActiveModel) {
                $(row.$column = Set(self.$column);)+
            }

            pub(super) fn put_delta(&self, row: &mut delta::ActiveModel) {
                $(row.$column = Set(self.$column);)+
            }

            pub(super) fn put_count(&self, row: &mut count::ActiveModel) {
                $(row.$column = Set(self.$column);)+
            }

            pub(super) fn put_sum(&self, row: &mut sum::ActiveModel) {
                $(row.$column = Set(self.$column);)+
            }

            pub(super) fn of_sum(row: &sum::Model) -> Self {
                Self { $($column: row.$column),+ }
            }

            pub(super) fn of_count(row: &count::Model) -> Self {
                Self { $($column: row.$column),+ }
            }

            pub(super) fn of_delta(row: &delta::Model) -> Self {
                Self { $($column: row.$column),+ }
            }

            /// From values in the order of [`Figure::ALL`]; nothing if there are more or fewer.
            #[must_use]
            pub fn of_list(values: &[i64]) -> Option<Self> {
                let mut values = values.iter().copied();
                let figures = Self { $($column: values.next()?),+ };
                values.next().is_none().then_some(figures)
            }

            /// The same with another value of one of them.
            pub(super) const fn set(&mut self, figure: Figure, value: i64) {
                match figure { $(Figure::$name => self.$column = value),+ }
            }
        }

        impl AddAssign for Figures {
            fn add_assign(&mut self, other: Self) {
                $(self.$column += other.$column;)+
            }
        }

        impl Sub for Figures {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self { $($column: self.$column - other.$column),+ }
            }
        }
    };
}

figures! {
    /// On the roster.
    OnRoster = on_roster,
    /// Exempt.
    Exempt = exempt,
    /// Exempt by a decision after the exam opened.
    ExemptLate = exempt_late,
    /// On the roster and not exempt.
    Expected = expected,
    /// Credited with study at least once.
    Participated = participated,
    /// Met the whole programme.
    Completed = completed,
    /// Met what is due by now.
    CompletedDue = completed_due,
    /// Sat the main exam or a make-up.
    Sat = sat,
    /// Has not sat while a sitting is still possible.
    Pending = pending,
    /// Deferred while a sitting is still possible.
    Deferred = deferred,
    /// Has not sat, and no sitting is still to come.
    Absent = absent,
    /// Passed.
    Passed = passed,
    /// Sat the main exam.
    FirstSat = first_sat,
    /// Passed the main exam.
    FirstPassed = first_passed,
    /// At or above the excellence line in the main exam.
    Excellent = excellent,
    /// Handed in a blank paper in the attempt that counts.
    Blank = blank,
    /// Number of submitted attempts that stand.
    Sittings = sittings,
    /// Points of the attempt that counts, in hundredths.
    Points = points,
}

/// Which obligations are meant: those that a figure counts, or those that lie between a figure and a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Those that a figure counts.
    In(Figure),
    /// Those that the first figure counts and the second does not. The second must be a part of the first.
    Between(Figure, Figure),
}

impl Counted {
    /// The figures that say how many they are.
    #[must_use]
    pub fn figures(self) -> Vec<Figure> {
        match self {
            Self::In(figure) => vec![figure],
            Self::Between(whole, part) => vec![whole, part],
        }
    }

    /// How many they are of these figures.
    #[must_use]
    pub const fn of(self, figures: &Figures) -> i64 {
        match self {
            Self::In(figure) => figures.get(figure),
            Self::Between(whole, part) => figures.get(whole) - figures.get(part),
        }
    }
}

impl From<Figure> for Counted {
    fn from(figure: Figure) -> Self {
        Self::In(figure)
    }
}

impl Figures {
    /// Nothing at all: the figures of somebody who owes nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether every figure is zero.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// How one person stands toward one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub person_id: PersonId,
    /// The unit on the roster.
    pub unit_id: UnitId,
    /// The categories on the roster.
    pub categories: Vec<Category>,
    /// How it stands.
    pub figures: Figures,
}
