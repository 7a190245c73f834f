//! What officials do: what is due, check-in, sitting exams, results, their record.

pub(in crate::web) mod calendar;
pub(in crate::web) mod check_in;
pub(in crate::web) mod record;
pub(in crate::web) mod results;
pub(in crate::web) mod sitting;
pub(in crate::web) mod tasks;

use std::borrow::Borrow;

use crate::study::AttendanceStatus;

/// The colour that goes with the word for how somebody attended.
pub(in crate::web) fn tone(status: impl Borrow<AttendanceStatus>) -> &'static str {
    match status.borrow() {
        AttendanceStatus::Present | AttendanceStatus::MadeUp => "ok",
        AttendanceStatus::Pending | AttendanceStatus::Late | AttendanceStatus::LeftEarly => "warn",
        AttendanceStatus::Absent => "bad",
        AttendanceStatus::OnLeave | AttendanceStatus::Delegated => "",
    }
}
