//! The district's calendar: which day and year a moment falls in, and when a day begins.

use chrono::{Datelike, LocalResult, NaiveTime, TimeZone};
use chrono_tz::Tz;
use entity::instant::{Day, Instant};

/// The district's zone.
#[derive(Debug, Clone, Copy)]
pub struct Calendar(pub Tz);

impl Calendar {
    /// The day on which `at` falls.
    #[must_use]
    pub fn day(self, at: Instant) -> Day {
        Day(at.to_chrono().with_timezone(&self.0).date_naive())
    }

    /// The year in which `at` falls.
    #[must_use]
    pub fn year(self, at: Instant) -> i32 {
        at.to_chrono().with_timezone(&self.0).year()
    }

    /// The moment at which a wall clock shows `time` on `day`; where clocks were put forward over it,
    /// the same wall time in UTC.
    #[must_use]
    pub fn at(self, day: Day, time: NaiveTime) -> Instant {
        let naive = day.0.and_time(time);
        match self.0.from_local_datetime(&naive) {
            LocalResult::Single(t) | LocalResult::Ambiguous(t, _) => t.to_utc().into(),
            LocalResult::None => naive.and_utc().into(),
        }
    }

    /// What a wall clock shows at that moment: `2026-11-22 09:30`.
    #[must_use]
    pub fn wall(self, at: Instant) -> chrono::NaiveDateTime {
        at.to_chrono().with_timezone(&self.0).naive_local()
    }
}
