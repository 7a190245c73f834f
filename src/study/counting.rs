//! What each way of attending counts for (`rates/1`), and a session's times.

use entity::instant::{Instant, Millis};
use entity::study::attendance::AttendanceStatus;
use entity::study::credit::CreditBasis;
use entity::study::session;

use crate::kernel::rate::Rate;

/// Those who were there in some way: the numerator of the attendance rate.
pub(super) const fn attends(status: AttendanceStatus) -> bool {
    match status {
        AttendanceStatus::Present
        | AttendanceStatus::Late
        | AttendanceStatus::LeftEarly
        | AttendanceStatus::MadeUp
        | AttendanceStatus::Delegated => true,
        AttendanceStatus::Pending | AttendanceStatus::OnLeave | AttendanceStatus::Absent => false,
    }
}

/// Those who earn the session's hours whatever a programme says.
pub(super) fn earns(status: AttendanceStatus) -> bool {
    credited_as(status) == Some(CreditBasis::Full)
}

/// What somebody of this status is credited with, if anything; leaving early and sending somebody count only where a
/// programme says so.
pub(super) const fn credited_as(status: AttendanceStatus) -> Option<CreditBasis> {
    match status {
        AttendanceStatus::Present | AttendanceStatus::Late | AttendanceStatus::MadeUp => Some(CreditBasis::Full),
        AttendanceStatus::LeftEarly => Some(CreditBasis::LeftEarly),
        AttendanceStatus::Delegated => Some(CreditBasis::Delegated),
        AttendanceStatus::Pending | AttendanceStatus::OnLeave | AttendanceStatus::Absent => None,
    }
}

/// The statuses that leave a credit, wherever it counts.
pub(super) fn credits() -> impl Iterator<Item = AttendanceStatus> {
    AttendanceStatus::ALL.iter().copied().filter(|s| credited_as(*s).is_some())
}

/// Whether somebody of this status who comes with a valid code is checked in. Who was called or has checked in before
/// stays as they are; leave or absence was said of somebody who has come after all.
pub(super) const fn may_still_come(status: AttendanceStatus) -> bool {
    match status {
        AttendanceStatus::Pending | AttendanceStatus::OnLeave | AttendanceStatus::Absent => true,
        AttendanceStatus::Present
        | AttendanceStatus::Late
        | AttendanceStatus::LeftEarly
        | AttendanceStatus::MadeUp
        | AttendanceStatus::Delegated => false,
    }
}

/// The statuses that a roll call may give. Making up and sending a delegate come with their evidence.
pub(super) const GIVEN: &[AttendanceStatus] = &[
    AttendanceStatus::Present,
    AttendanceStatus::Late,
    AttendanceStatus::LeftEarly,
    AttendanceStatus::OnLeave,
    AttendanceStatus::Absent,
];

/// The statuses that a correction may give: all but that of somebody of whom nothing is known yet.
pub(super) fn corrected() -> impl Iterator<Item = AttendanceStatus> {
    AttendanceStatus::ALL.iter().copied().filter(|s| *s != AttendanceStatus::Pending)
}

/// How many attended a session in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Have not checked in yet.
    pub pending: i64,
    /// Were there.
    pub present: i64,
    /// Came late.
    pub late: i64,
    /// Left early.
    pub left_early: i64,
    /// On leave.
    pub on_leave: i64,
    /// Were not there.
    pub absent: i64,
    /// Made it up afterwards.
    pub made_up: i64,
    /// Sent somebody.
    pub delegated: i64,
}

impl Summary {
    pub(super) fn of(counts: &[(AttendanceStatus, i64)]) -> Self {
        let mut summary = Self::default();
        for (status, count) in counts {
            *summary.place(*status) += count;
        }
        summary
    }

    fn place(&mut self, status: AttendanceStatus) -> &mut i64 {
        match status {
            AttendanceStatus::Pending => &mut self.pending,
            AttendanceStatus::Present => &mut self.present,
            AttendanceStatus::Late => &mut self.late,
            AttendanceStatus::LeftEarly => &mut self.left_early,
            AttendanceStatus::OnLeave => &mut self.on_leave,
            AttendanceStatus::Absent => &mut self.absent,
            AttendanceStatus::MadeUp => &mut self.made_up,
            AttendanceStatus::Delegated => &mut self.delegated,
        }
    }

    fn sum(mut self, meant: impl Fn(AttendanceStatus) -> bool) -> i64 {
        AttendanceStatus::ALL.iter().filter(|s| meant(**s)).map(|s| *self.place(*s)).sum()
    }

    /// Everybody on the roster.
    #[must_use]
    pub fn expected(self) -> i64 {
        self.sum(|_| true)
    }

    /// Everybody who was there in some way, of all expected.
    #[must_use]
    pub fn attendance_rate(self) -> Rate {
        Rate::new(self.sum(attends), self.expected())
    }

    /// The same of all but those on leave.
    #[must_use]
    pub fn attendance_rate_without_leave(self) -> Rate {
        Rate::new(self.sum(attends), self.expected() - self.on_leave)
    }
}

/// When check-in opens, people are late, and check-in closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckInTimes {
    /// The roster is frozen and check-in opens.
    pub opens_at: Instant,
    /// From here on one is late.
    pub late_from: Instant,
    /// From here on nobody is checked in.
    pub closes_at: Instant,
    /// Who checks out before has left early.
    pub ends_at: Instant,
}

impl CheckInTimes {
    pub(super) fn of(session: &session::Model) -> Self {
        let start = session.starts_at;
        Self {
            opens_at: start - Millis::seconds(session.opens_before_seconds),
            late_from: start + Millis::seconds(session.late_after_seconds),
            closes_at: start + Millis::seconds(session.closes_after_seconds),
            ends_at: session.ends_at,
        }
    }

    /// Whether somebody who arrives now can be checked in.
    #[must_use]
    pub fn is_open(&self, at: Instant) -> bool {
        self.opens_at <= at && at < self.closes_at
    }

    /// The status of somebody who arrives at that moment; nothing while check-in is not open.
    pub(super) fn status(&self, arrived: Instant) -> Option<AttendanceStatus> {
        let status = if arrived < self.late_from { AttendanceStatus::Present } else { AttendanceStatus::Late };
        self.is_open(arrived).then_some(status)
    }

    /// The status of somebody who arrived and left at these moments, where people check out.
    pub(super) fn status_of_stay(&self, arrived: Instant, left: Option<Instant>) -> AttendanceStatus {
        match left {
            Some(left) if left >= self.ends_at && arrived < self.late_from => AttendanceStatus::Present,
            Some(left) if left >= self.ends_at => AttendanceStatus::Late,
            _ => AttendanceStatus::LeftEarly,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrival_decides_the_status() {
        let times = CheckInTimes {
            opens_at: Instant(0),
            late_from: Instant(100),
            closes_at: Instant(200),
            ends_at: Instant(300),
        };
        assert_eq!(times.status(Instant(-1)), None);
        assert_eq!(times.status(Instant(0)), Some(AttendanceStatus::Present));
        assert_eq!(times.status(Instant(99)), Some(AttendanceStatus::Present));
        assert_eq!(times.status(Instant(100)), Some(AttendanceStatus::Late));
        assert_eq!(times.status(Instant(199)), Some(AttendanceStatus::Late));
        assert_eq!(times.status(Instant(200)), None);
        let stay = |left| times.status_of_stay(Instant(0), left);
        assert_eq!(stay(Some(Instant(300))), AttendanceStatus::Present);
        assert_eq!(stay(Some(Instant(299))), AttendanceStatus::LeftEarly);
        assert_eq!(stay(None), AttendanceStatus::LeftEarly, "never checked out");
        assert_eq!(times.status_of_stay(Instant(100), Some(Instant(301))), AttendanceStatus::Late);
    }

    #[test]
    fn every_status_counts_where_it_should() {
        let one_each: Vec<_> = AttendanceStatus::ALL.iter().map(|s| (*s, 1)).collect();
        let summary = Summary::of(&one_each);
        assert_eq!(summary.expected(), 8);
        assert_eq!(summary.attendance_rate(), Rate::new(5, 8));
        assert_eq!(summary.attendance_rate_without_leave(), Rate::new(5, 7));
        let earning: Vec<_> = AttendanceStatus::ALL.iter().copied().filter(|s| earns(*s)).collect();
        assert_eq!(earning, [AttendanceStatus::Present, AttendanceStatus::Late, AttendanceStatus::MadeUp]);
        assert!(earning.iter().all(|s| attends(*s)), "who earns was there");
    }

    #[test]
    fn nobody_expected_has_no_rate() {
        assert_eq!(Summary::default().attendance_rate().percent(), None);
        let all_on_leave = Summary { on_leave: 3, ..Summary::default() };
        assert_eq!(all_on_leave.attendance_rate_without_leave().percent(), None);
    }
}
