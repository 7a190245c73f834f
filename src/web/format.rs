//! Figures and times as an office writes them.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};

use crate::kernel::texts::Lang;

/// `1,112`: a number with its thousands apart. What stands after a point stays as it is.
pub(super) fn thousands(number: &str) -> String {
    let (sign, rest) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, tail) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
    let mut out = String::from(sign);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(tail);
    out
}

/// `2026 年 11 月 22 日` or `22 Nov 2026`.
pub(super) fn date(lang: Lang, day: NaiveDate) -> String {
    match lang {
        Lang::Zh => format!("{} 年 {} 月 {} 日", day.year(), day.month(), day.day()),
        Lang::En => day.format("%-d %b %Y").to_string(),
    }
}

/// `09:30`.
pub(super) fn time(at: NaiveDateTime) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// `2026 年 11 月 22 日 09:30` or `22 Nov 2026, 09:30`.
pub(super) fn date_time(lang: Lang, at: NaiveDateTime) -> String {
    let join = match lang {
        Lang::Zh => " ",
        Lang::En => ", ",
    };
    format!("{}{join}{}", date(lang, at.date()), time(at))
}

/// The same without the year where it is this year's: `11 月 22 日 09:30`.
pub(super) fn near(lang: Lang, at: NaiveDateTime, today: NaiveDate) -> String {
    if at.year() != today.year() {
        return date_time(lang, at);
    }
    match lang {
        Lang::Zh => format!("{} 月 {} 日 {}", at.month(), at.day(), time(at)),
        Lang::En => format!("{}, {}", at.format("%-d %b"), time(at)),
    }
}

/// From one moment to another, the day said once where it is the same.
pub(super) fn span(lang: Lang, from: NaiveDateTime, to: NaiveDateTime) -> String {
    let dash = match lang {
        Lang::Zh => "—",
        Lang::En => "–",
    };
    if from.date() == to.date() {
        format!("{}{dash}{}", date_time(lang, from), time(to))
    } else {
        format!("{} {dash} {}", date_time(lang, from), date_time(lang, to))
    }
}

/// `60 分钟`, `1 小时 30 分钟`, `45 秒`: at most two units, the smaller left out where it is nothing.
pub(super) fn duration(lang: Lang, seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let zh = lang == Lang::Zh;
    let part = |n: i64, zh_unit: &str, en_unit: &str| format!("{n} {}", if zh { zh_unit } else { en_unit });
    // An exam of 60 or 90 minutes is called so.
    if seconds <= 2 * 3600 && rest == 0 && seconds >= 60 {
        return part(seconds / 60, "分钟", "min");
    }
    let mut parts = Vec::new();
    if hours > 0 {
        parts.push(part(hours, "小时", "h"));
    }
    if minutes > 0 {
        parts.push(part(minutes, "分钟", "min"));
    }
    if hours == 0 && (rest > 0 || minutes == 0) {
        parts.push(part(rest, "秒", "s"));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [("0", "0"), ("999", "999"), ("1112", "1,112"), ("-1234567.50", "-1,234,567.50")] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn times_are_written_out() {
        let t = at("2026-11-22 09:30");
        assert_eq!(date_time(Lang::Zh, t), "2026 年 11 月 22 日 09:30");
        assert_eq!(date_time(Lang::En, t), "22 Nov 2026, 09:30");
        assert_eq!(near(Lang::Zh, t, t.date()), "11 月 22 日 09:30");
        assert_eq!(near(Lang::En, at("2025-01-02 08:05"), t.date()), "2 Jan 2025, 08:05");
        assert_eq!(span(Lang::Zh, t, at("2026-11-22 11:00")), "2026 年 11 月 22 日 09:30—11:00");
    }

    #[test]
    fn lengths_are_named_as_people_name_them() {
        for (seconds, zh, en) in [
            (0, "0 秒", "0 s"),
            (45, "45 秒", "45 s"),
            (3600, "60 分钟", "60 min"),
            (5400, "90 分钟", "90 min"),
            (75, "1 分钟 15 秒", "1 min 15 s"),
            (9000, "2 小时 30 分钟", "2 h 30 min"),
            (10800, "3 小时", "3 h"),
        ] {
            assert_eq!(duration(Lang::Zh, seconds), zh);
            assert_eq!(duration(Lang::En, seconds), en);
        }
    }
}
