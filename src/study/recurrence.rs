//! When the meetings of a series begin: RFC 5545 rules by the district's wall clocks, so that nine o'clock stays nine
//! o'clock whatever the clocks do.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use entity::instant::{Day, Instant, Millis};
use rrule::{Frequency, RRule, RRuleSet, Tz, Unvalidated};

use crate::kernel::calendar::Calendar;
use crate::kernel::field::FieldCode;

/// How many meetings a series has at most: one a day for a year.
pub(super) const MAX_MEETINGS: u16 = 366;
/// How long a rule may be.
const MAX_RULE: usize = 300;

/// When the meetings of so many milliseconds begin, the first at `starts_at`; or what is wrong with the rule: it is none,
/// has no end, too many meetings, or meetings that overlap, or the first meeting does not follow it.
pub(super) fn expand(
    rule: &str,
    starts_at: Instant,
    length: Millis,
    calendar: Calendar,
) -> Result<Vec<Instant>, FieldCode> {
    let first = calendar.wall(starts_at);
    let rule = read(rule, calendar)?;
    if rule.get_count().is_none() && rule.get_until().is_none() {
        return Err(FieldCode::Endless);
    }
    if !matches!(rule.get_freq(), Frequency::Daily | Frequency::Weekly | Frequency::Monthly | Frequency::Yearly) {
        return Err(FieldCode::Invalid);
    }
    // Wall times are counted as if they were those of UTC, which has no gaps.
    let dt_start = first.and_utc().with_timezone(&Tz::UTC);
    let rule = rule.validate(dt_start).map_err(|_wrong| FieldCode::Invalid)?;
    let found = RRuleSet::new(dt_start).rrule(rule).all(MAX_MEETINGS + 1);
    if found.dates.len() > usize::from(MAX_MEETINGS) {
        return Err(FieldCode::TooMany);
    }
    let starts: Vec<NaiveDateTime> = found.dates.into_iter().map(|at| at.naive_utc()).collect();
    if starts.first() != Some(&first) {
        return Err(FieldCode::Conflict);
    }
    let starts: Vec<Instant> = starts.into_iter().map(|at| calendar.at(Day(at.date()), at.time())).collect();
    let overlap = |(one, next): (&Instant, &Instant)| *one + length > *next;
    if starts.iter().zip(starts.iter().skip(1)).any(overlap) {
        return Err(FieldCode::Overlapping);
    }
    Ok(starts)
}

/// Reads a rule. Its end may be a day, a wall time, or a moment in UTC.
fn read(text: &str, calendar: Calendar) -> Result<RRule<Unvalidated>, FieldCode> {
    let text = text.trim();
    let text = text.strip_prefix("RRULE:").unwrap_or(text);
    if text.is_empty() || text.len() > MAX_RULE || !text.is_ascii() {
        return Err(FieldCode::Invalid);
    }
    let parts: Option<Vec<String>> = text
        .split(';')
        .map(|part| match part.split_once('=') {
            Some((name, until)) if name.eq_ignore_ascii_case("until") => {
                Some(format!("UNTIL={}", wall_until(until, calendar)?.format("%Y%m%dT%H%M%SZ")))
            }
            Some(_) => Some(part.to_ascii_uppercase()),
            None => None,
        })
        .collect();
    parts.ok_or(FieldCode::Invalid)?.join(";").parse().map_err(|_wrong| FieldCode::Invalid)
}

fn wall_until(until: &str, calendar: Calendar) -> Option<NaiveDateTime> {
    if let Ok(day) = NaiveDate::parse_from_str(until, "%Y%m%d") {
        return Some(day.and_time(NaiveTime::from_hms_opt(23, 59, 59)?));
    }
    match until.strip_suffix('Z') {
        Some(utc) => {
            let at: DateTime<Utc> = NaiveDateTime::parse_from_str(utc, "%Y%m%dT%H%M%S").ok()?.and_utc();
            Some(calendar.wall(at.into()))
        }
        None => NaiveDateTime::parse_from_str(until, "%Y%m%dT%H%M%S").ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_HOURS: Millis = Millis(2 * 3600 * 1000);

    fn starts(rule: &str) -> Result<Vec<String>, FieldCode> {
        let calendar = Calendar(chrono_tz::Asia::Shanghai);
        // Friday, 20 March 2026, 09:00 in the district.
        let starts = expand(rule, "2026-03-20T01:00:00Z".parse().unwrap(), TWO_HOURS, calendar)?;
        Ok(starts.into_iter().map(|at| at.to_string()).collect())
    }

    #[test]
    fn a_rule_gives_its_meetings() {
        let monthly = starts("FREQ=MONTHLY;COUNT=3").unwrap();
        assert_eq!(monthly, ["2026-03-20T01:00:00.000Z", "2026-04-20T01:00:00.000Z", "2026-05-20T01:00:00.000Z"]);
        for until in ["20260403", "20260403T090000", "20260403T010000Z"] {
            let weekly = starts(&format!("RRULE:FREQ=WEEKLY;BYDAY=FR;UNTIL={until}")).unwrap();
            assert_eq!(weekly.len(), 3, "{until}");
        }
        assert_eq!(starts("FREQ=WEEKLY;BYDAY=FR;UNTIL=20260403T005959Z").unwrap().len(), 2);
        assert_eq!(starts("FREQ=DAILY;COUNT=366").unwrap().len(), 366);
    }

    #[test]
    fn every_bad_rule_is_told_apart() {
        assert_eq!(starts("FREQ=WEEKLY"), Err(FieldCode::Endless));
        assert_eq!(starts("FREQ=DAILY;COUNT=367"), Err(FieldCode::TooMany));
        assert_eq!(starts("FREQ=DAILY;UNTIL=20991231"), Err(FieldCode::TooMany));
        assert_eq!(starts("FREQ=WEEKLY;BYDAY=MO;COUNT=3"), Err(FieldCode::Conflict), "a Friday is no Monday");
        for bad in ["", "每周", "FREQ=SOMETIMES;COUNT=2", "FREQ=HOURLY;COUNT=2", "COUNT=2", "FREQ=DAILY;COUNT=x", "x"]
        {
            assert_eq!(starts(bad), Err(FieldCode::Invalid), "{bad}");
        }
        let calendar = Calendar(chrono_tz::Asia::Shanghai);
        let long = expand("FREQ=DAILY;COUNT=2", Instant(0), Millis(25 * 3600 * 1000), calendar);
        assert_eq!(long, Err(FieldCode::Overlapping));
    }
}
