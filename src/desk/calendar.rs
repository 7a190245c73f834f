//! A calendar as RFC 5545 writes it. Times are wall times of the district with its zone beside them; what was moved or
//! called off keeps its UID and counts its SEQUENCE up, so that calendars follow.

use chrono::DateTime;
use entity::instant::Instant;
use icalendar::{Calendar as Ical, Component, Event, EventLike, EventStatus, Property};

use crate::kernel::calendar::Calendar;

/// What stands in a calendar.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// What it is.
    pub(super) kind: Kind,
    /// Its identifier.
    pub(super) id: String,
    /// It was called off.
    pub(super) cancelled: bool,
    /// It was moved.
    pub(super) moved: bool,
    /// When it begins.
    pub(super) starts_at: Instant,
    /// When it ends.
    pub(super) ends_at: Instant,
    /// When it was last changed.
    pub(super) changed_at: Instant,
    /// Counts its changes.
    pub(super) version: i32,
    /// Its title.
    pub(super) title: String,
    /// Where; empty if nowhere.
    pub(super) place: String,
    /// Whom to ask; empty if nobody.
    pub(super) contact: String,
    /// Why it was moved or called off; empty if it was not.
    pub(super) reason: String,
}

/// What kind of thing stands in a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A session.
    Session,
    /// An exam.
    Exam,
}

/// The zone of China since 1991: no summer time.
const SHANGHAI: &str = "BEGIN:VTIMEZONE\r\nTZID:Asia/Shanghai\r\nBEGIN:STANDARD\r\nDTSTART:19910915T010000\r\n\
    TZOFFSETFROM:+0900\r\nTZOFFSETTO:+0800\r\nTZNAME:CST\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";

/// The whole text. In another zone than China's, times are written in UTC: they need no rules then.
pub(super) fn render(items: &[Item], calendar: Calendar, address: &str) -> String {
    let local = calendar.0 == chrono_tz::Asia::Shanghai;
    let mut ical = Ical::new();
    ical.name("学法考法");
    ical.append_property(Property::new("METHOD", "PUBLISH"));
    ical.append_property(Property::new("REFRESH-INTERVAL", "PT1H").add_parameter("VALUE", "DURATION").done());
    ical.append_property(Property::new("X-PUBLISHED-TTL", "PT1H"));
    for item in items {
        ical.push(event(item, calendar, local, address));
    }
    let text = ical.to_string();
    if !local {
        return text;
    }
    let place = text.find("BEGIN:VEVENT").or_else(|| text.rfind("END:VCALENDAR")).unwrap_or(text.len());
    let (head, rest) = text.split_at(place);
    format!("{head}{SHANGHAI}{rest}")
}

fn event(item: &Item, calendar: Calendar, local: bool, address: &str) -> Event {
    let utc = |at: Instant| DateTime::<chrono::Utc>::from_timestamp_millis(at.0).unwrap_or_default();
    let (state, link) = match item.kind {
        _ if item.cancelled => ("【已取消】", format!("{address}/checkin/{}", item.id)),
        Kind::Session if item.moved => ("【已改期】", format!("{address}/checkin/{}", item.id)),
        Kind::Session => ("", format!("{address}/checkin/{}", item.id)),
        Kind::Exam => ("【考试】", format!("{address}/exams/{}", item.id)),
    };
    let said = [("联系人：", &item.contact), ("原因：", &item.reason)];
    let said: Vec<String> = said.iter().filter(|(_, text)| !text.is_empty()).map(|(k, v)| format!("{k}{v}")).collect();
    let mut event = Event::new();
    event
        .uid(&format!("{}@kaofa", item.id))
        .timestamp(utc(item.changed_at))
        .last_modified(utc(item.changed_at))
        .sequence(u32::try_from(item.version).unwrap_or_default())
        .summary(&format!("{state}{}", item.title))
        .status(if item.cancelled { EventStatus::Cancelled } else { EventStatus::Confirmed })
        .url(&link);
    for (name, at) in [("DTSTART", item.starts_at), ("DTEND", item.ends_at)] {
        let property = if local {
            let wall = calendar.wall(at).format("%Y%m%dT%H%M%S").to_string();
            Property::new(name, wall).add_parameter("TZID", "Asia/Shanghai").done()
        } else {
            Property::new(name, utc(at).format("%Y%m%dT%H%M%SZ").to_string())
        };
        event.append_property(property);
    }
    if !item.place.is_empty() {
        event.location(&item.place);
    }
    if !said.is_empty() {
        event.description(&said.join("\n"));
    }
    event.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        Item {
            kind: Kind::Session,
            id: "0190a000-0000-7000-8000-000000000000".to_owned(),
            cancelled: false,
            moved: false,
            starts_at: "2026-03-16T02:00:00Z".parse().unwrap(),
            ends_at: "2026-03-16T04:00:00Z".parse().unwrap(),
            changed_at: "2026-03-01T00:00:00Z".parse().unwrap(),
            version: 3,
            title: "民法典，专题; 学习, 一".to_owned(),
            place: "一号会议室".to_owned(),
            contact: "张三".to_owned(),
            reason: String::new(),
        }
    }

    #[test]
    fn every_line_is_at_most_75_bytes_and_the_zone_comes_first() {
        let long = Item { title: "很".repeat(200), ..item() };
        let text = render(&[item(), long], Calendar(chrono_tz::Asia::Shanghai), "https://kaofa.example");
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
        assert!(text.find("BEGIN:VTIMEZONE").unwrap() < text.find("BEGIN:VEVENT").unwrap());
        assert!(text.contains("DTSTART;TZID=Asia/Shanghai:20260316T100000\r\n"), "{text}");
        assert!(text.contains("SEQUENCE:3\r\n") && text.contains("STATUS:CONFIRMED\r\n"));
        assert!(text.ends_with("END:VCALENDAR\r\n"));
    }

    #[test]
    fn what_was_called_off_says_so() {
        let off = Item { cancelled: true, reason: "停电".to_owned(), ..item() };
        let text = render(&[off], Calendar(chrono_tz::Europe::Berlin), "https://kaofa.example");
        assert!(text.contains("STATUS:CANCELLED\r\n") && text.contains("DTSTART:20260316T020000Z\r\n"), "{text}");
        assert!(!text.contains("VTIMEZONE"));
        let empty = render(&[], Calendar(chrono_tz::Asia::Shanghai), "");
        assert!(empty.contains("END:VTIMEZONE\r\nEND:VCALENDAR"));
    }
}
