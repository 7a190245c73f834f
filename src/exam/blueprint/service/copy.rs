//! An exam of another year like one of this.

use chrono::Datelike;
use entity::id::ExamId;
use entity::instant::{Day, Instant};

use super::super::input::BlueprintInput;
use super::super::model::{Copied, Exam};
use super::super::store;
use super::{ExamError, Exams};
use crate::auth::Caller;
use crate::kernel::calendar::Calendar;

impl Exams {
    /// Drafts the exam of another year like this one, draft or not: the same banks, sections, rules and audience, at the
    /// same hours of the same days of that year, and its number in the title too. Of a make-up a main exam is made: it has
    /// none yet to make up. By a coordinator of all it refers to.
    pub async fn copy(&self, caller: &Caller, id: ExamId, like: &Copied) -> Result<Exam, ExamError> {
        let conn = self.core.db.read();
        let row = self.managed(conn, caller, id).await?;
        let year = like.year.unwrap_or(row.year + 1);
        let plan = store::whole(conn, row, self.core.now()).await?.blueprint;
        let calendar = self.core.settings.calendar;
        let moved = |at: Instant| in_year(calendar, at, year - plan.year).to_string();
        let title = plan.title.replace(&plan.year.to_string(), &year.to_string());
        let input = BlueprintInput {
            year,
            title: like.title.clone().unwrap_or(title),
            opens_at: like.opens_at.clone().unwrap_or_else(|| moved(plan.times.opens_at)),
            closes_at: like.closes_at.clone().unwrap_or_else(|| moved(plan.times.closes_at)),
            makes_up_exam_id: None,
            // The beacon of a past day is known to all.
            beacon_rule: String::new(),
            ..BlueprintInput::from(&plan)
        };
        self.create(caller, &input).await
    }
}

/// The same wall time of the same day so many years on; 29 February becomes the 28th where there is none.
fn in_year(calendar: Calendar, at: Instant, years: i32) -> Instant {
    let wall = calendar.wall(at);
    let (day, year) = (wall.date(), wall.date().year().saturating_add(years));
    let moved = Day::new(year, day.month(), day.day()).or_else(|| Day::new(year, day.month(), 28));
    moved.map_or(at, |day| calendar.at(day, wall.time()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_hour_of_the_same_day() {
        let calendar = Calendar(chrono_tz::Asia::Shanghai);
        let of = |text: &str, years| in_year(calendar, text.parse().unwrap(), years).to_string();
        assert_eq!(of("2026-11-22T01:30:00.000Z", 1), "2027-11-22T01:30:00.000Z");
        // Half past seven in the morning is of the day before in UTC.
        assert_eq!(of("2024-02-28T23:30:00.000Z", 1), "2025-02-27T23:30:00.000Z");
        assert_eq!(of("2026-01-01T00:00:00.000Z", 0), "2026-01-01T00:00:00.000Z");
    }
}
