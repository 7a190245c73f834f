//! Lists of who came that were kept elsewhere: on paper and typed in, or by a turnstile.

use std::collections::BTreeMap;

use chrono::{NaiveDateTime, NaiveTime};
use entity::instant::{Day, Instant};
use entity::study::attendance::AttendanceStatus;

use super::counting::CheckInTimes;
use crate::files::{Cell, Column, Heads, Mistake, Table};
use crate::kernel::calendar::Calendar;
use crate::kernel::field::FieldCode;

/// Who, how, when, and what is said of it.
pub(super) const COLUMNS: &[Column] = &[
    Column { name: "staff_no", titles: &["人员编号", "工号", "编号"], required: true },
    Column { name: "status", titles: &["到会情况", "状态", "签到情况"], required: false },
    Column { name: "time", titles: &["签到时间", "时间", "刷卡时间", "通行时间"], required: false },
    Column { name: "reason", titles: &["备注", "说明", "事由"], required: false },
];
/// What such lists hold besides.
const PASSED_OVER: &[&str] = &["序号", "姓名", "单位", "部门", "职务", "签名", "设备", "方向", "name", "unit"];

/// What stands in a list of somebody of whom nothing is recorded yet. Left as it is, it says nothing.
const UNSAID: &str = "未登记";

/// What a list says of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// The first row that names them.
    pub(super) row: u32,
    /// How they attended.
    pub(super) status: AttendanceStatus,
    /// When they came, if the list says so.
    pub(super) came_at: Option<Instant>,
    /// When they went, where people check out.
    pub(super) left_at: Option<Instant>,
    /// What is said of it.
    pub(super) reason: Option<String>,
}

/// By what a list is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// The session's times.
    pub(super) times: CheckInTimes,
    /// Its day: a time without one is of it.
    pub(super) day: Day,
    /// People check out.
    pub(super) check_out: bool,
    /// The district's calendar.
    pub(super) calendar: Calendar,
}

/// What a list says of each staff number, and what is wrong in it. A status stands as it is; a time is judged as a check-in at
/// that time, several of somebody as their coming and going; a bare name was there.
pub(super) fn read(table: &Table, reading: Reading) -> (BTreeMap<String, Listed>, usize, Vec<Mistake>) {
    let heads = match Heads::find(table, COLUMNS, PASSED_OVER) {
        Ok(heads) => heads,
        Err(mistakes) => return (BTreeMap::new(), 0, mistakes),
    };
    let (mut mistakes, mut rows) = (table.mistakes.clone(), 0);
    let mut stated: BTreeMap<String, Listed> = BTreeMap::new();
    let mut passed: BTreeMap<String, (u32, Vec<Instant>)> = BTreeMap::new();
    for row in heads.rows(table) {
        rows += 1;
        let wrong = |column: usize, code: FieldCode, text: &str| match heads
            .place(column)
            .and_then(|p| u32::try_from(p).ok())
        {
            Some(place) => Mistake::at(row.number, place, code).with(text),
            None => Mistake::of_row(row.number, code).with(text),
        };
        let text = |column: usize| heads.cell(row, column).text().trim().to_owned();
        if (0..COLUMNS.len()).any(|column| matches!(heads.cell(row, column), Cell::Bad(_))) {
            continue;
        }
        let (number, status, time, reason) = (text(0), text(1), text(2), text(3));
        if number.is_empty() {
            mistakes.push(wrong(0, FieldCode::Required, ""));
            continue;
        }
        if reason.chars().count() > 200 {
            mistakes.push(wrong(3, FieldCode::TooLong, "200"));
            continue;
        }
        if status == UNSAID && time.is_empty() {
            continue;
        }
        let status = if status == UNSAID { String::new() } else { status };
        let at = if time.is_empty() { None } else { moment(&time, reading) };
        if !time.is_empty() && at.is_none() {
            mistakes.push(wrong(2, FieldCode::Invalid, &time));
            continue;
        }
        if status.is_empty()
            && let Some(at) = at
        {
            if stated.contains_key(&number) {
                mistakes.push(wrong(0, FieldCode::Duplicate, &number));
                continue;
            }
            passed.entry(number).or_insert_with(|| (row.number, Vec::new())).1.push(at);
            continue;
        }
        let status = if status.is_empty() { Some(AttendanceStatus::Present) } else { word(&status) };
        let Some(status) = status else {
            mistakes.push(wrong(1, FieldCode::UnknownValue, &text(1)));
            continue;
        };
        let reason = Some(reason).filter(|reason| !reason.is_empty());
        let listed = Listed { row: row.number, status, came_at: at, left_at: None, reason };
        if passed.contains_key(&number) || stated.insert(number.clone(), listed).is_some() {
            mistakes.push(wrong(0, FieldCode::Duplicate, &number));
        }
    }
    for (number, (row, mut times)) in passed {
        times.sort_unstable();
        let (Some(first), Some(last)) = (times.first().copied(), times.last().copied()) else { continue };
        let left_at = (reading.check_out && last > first).then_some(last);
        let status = if first >= reading.times.closes_at {
            None
        } else if reading.check_out {
            Some(reading.times.status_of_stay(first, left_at))
        } else if first < reading.times.late_from {
            Some(AttendanceStatus::Present)
        } else {
            Some(AttendanceStatus::Late)
        };
        match status {
            Some(status) => {
                stated.insert(number, Listed { row, status, came_at: Some(first), left_at, reason: None });
            }
            None => mistakes.push(Mistake::of_row(row, FieldCode::OutOfRange).with(reading.times.closes_at)),
        }
    }
    (stated, rows, mistakes)
}

/// How a list says that somebody attended in this way; empty for what only other rules bring about.
pub(super) fn said(status: AttendanceStatus) -> &'static str {
    match status {
        AttendanceStatus::Pending => UNSAID,
        AttendanceStatus::Present => "已到",
        AttendanceStatus::Late => "迟到",
        AttendanceStatus::LeftEarly => "早退",
        AttendanceStatus::OnLeave => "请假",
        AttendanceStatus::Absent => "缺席",
        AttendanceStatus::MadeUp | AttendanceStatus::Delegated => "",
    }
}

fn word(text: &str) -> Option<AttendanceStatus> {
    match text {
        "已到" | "到" | "出席" | "签到" | "present" => Some(AttendanceStatus::Present),
        "迟到" | "late" => Some(AttendanceStatus::Late),
        "早退" | "left_early" => Some(AttendanceStatus::LeftEarly),
        "请假" | "on_leave" => Some(AttendanceStatus::OnLeave),
        "缺席" | "缺勤" | "未到" | "absent" => Some(AttendanceStatus::Absent),
        _ => None,
    }
}

fn moment(text: &str, reading: Reading) -> Option<Instant> {
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    for form in ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M"] {
        if let Ok(at) = NaiveDateTime::parse_from_str(text, form) {
            return Some(reading.calendar.at(Day(at.date()), at.time()));
        }
    }
    let time = ["%H:%M:%S", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok())?;
    Some(reading.calendar.at(reading.day, time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{Limits, read as read_file};

    fn reading(check_out: bool) -> Reading {
        let at = |text: &str| text.parse().unwrap();
        let times = CheckInTimes {
            opens_at: at("2026-03-16T01:30:00Z"),
            late_from: at("2026-03-16T02:05:00Z"),
            closes_at: at("2026-03-16T03:00:00Z"),
            ends_at: at("2026-03-16T04:00:00Z"),
        };
        let calendar = Calendar(chrono_tz::Asia::Shanghai);
        Reading { times, day: "2026-03-16".parse().unwrap(), check_out, calendar }
    }

    fn listed(text: &str, check_out: bool) -> (BTreeMap<String, Listed>, Vec<(u32, FieldCode)>) {
        let table = read_file(text.as_bytes(), Limits::default()).unwrap();
        let (listed, _, mistakes) = read(&table, reading(check_out));
        (listed, mistakes.into_iter().map(|m| (m.row, m.code)).collect())
    }

    #[test]
    fn a_paper_list_says_how_people_attended() {
        let (list, wrong) =
            listed("序号,姓名,工号,到会情况,备注\n1,张三,P1,迟到,堵车\n2,李四,P2,,\n3,王五,P3,请假,\n", false);
        assert_eq!(wrong, []);
        assert_eq!((list["P1"].status, list["P1"].reason.as_deref()), (AttendanceStatus::Late, Some("堵车")));
        assert_eq!(list["P2"].status, AttendanceStatus::Present);
        assert_eq!(list["P3"].status, AttendanceStatus::OnLeave);
    }

    #[test]
    fn a_turnstile_says_when_people_passed() {
        let text = "工号,通行时间\nP1,2026-03-16 09:50:00\nP1,2026-03-16 12:01:00\nP2,10:06\nP3,09:40\nP3,11:00\n";
        let (list, wrong) = listed(text, true);
        assert_eq!(wrong, []);
        assert_eq!(list["P1"].status, AttendanceStatus::Present);
        assert_eq!(list["P1"].left_at, "2026-03-16T04:01:00Z".parse().ok());
        assert_eq!((list["P2"].status, list["P3"].status), (AttendanceStatus::LeftEarly, AttendanceStatus::LeftEarly));
        let (list, _) = listed(text, false);
        assert_eq!((list["P2"].status, list["P3"].status), (AttendanceStatus::Late, AttendanceStatus::Present));
    }

    #[test]
    fn every_mistake_has_its_row() {
        let text = "工号,到会情况,签到时间\n,已到,\nP1,睡着,\nP2,,半夜\nP3,已到,\nP3,迟到,\nP4,,11:30\n";
        let (_, wrong) = listed(text, false);
        let codes = [
            (2, FieldCode::Required),
            (3, FieldCode::UnknownValue),
            (4, FieldCode::Invalid),
            (6, FieldCode::Duplicate),
            (7, FieldCode::OutOfRange),
        ];
        assert_eq!(wrong, codes);
        assert_eq!(listed("姓名\n张三\n", false).1, [(1, FieldCode::MissingColumn)]);
    }
}
