//! The life of an exam: when it opens, when nobody can be sitting it any more, what may follow what.

use entity::exam::exam::{ExamStatus, Release};
use entity::instant::{Instant, Millis};

/// How long after deadline and grace the server itself may take to hand an attempt in.
const HAND_IN: Millis = Millis(5_000);

/// When an exam may be sat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// From when it can be started.
    pub opens_at: Instant,
    /// Nobody sits past this moment.
    pub closes_at: Instant,
    /// The latest start, after the opening; any time before closing if none.
    pub latest_start_seconds: Option<i32>,
    /// How long a candidate has.
    pub duration_seconds: i32,
    /// How long after the deadline a save on its way is still taken.
    pub grace_seconds: i32,
}

impl Times {
    /// The last moment at which it can be started.
    #[must_use]
    pub fn latest_start(&self) -> Instant {
        let latest = self.latest_start_seconds.map(|seconds| self.opens_at + Millis::seconds(seconds));
        latest.map_or(self.closes_at, |latest| latest.min(self.closes_at))
    }

    /// The latest deadline that any attempt can have.
    #[must_use]
    pub fn last_deadline(&self) -> Instant {
        (self.latest_start() + Millis::seconds(self.duration_seconds)).min(self.closes_at)
    }

    /// When the last possible attempt has been handed in, by whomever: the exam closes if none is running.
    #[must_use]
    pub fn ends_at(&self) -> Instant {
        self.last_deadline() + Millis::seconds(self.grace_seconds) + HAND_IN
    }
}

/// How far an exam has come at a moment. That a sealed one opens needs nobody's act, so it is open from the moment on
/// even if the worker has yet to write it down.
pub(super) fn status_at(status: ExamStatus, opens_at: Instant, now: Instant) -> ExamStatus {
    match status {
        ExamStatus::Sealed if opens_at <= now => ExamStatus::Open,
        status => status,
    }
}

/// Why an exam cannot go on to where it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused;

/// A draft may be sealed until its last moment has come.
pub(super) fn may_seal(status: ExamStatus, closes_at: Instant, now: Instant) -> Result<(), Refused> {
    match status {
        ExamStatus::Draft if now < closes_at => Ok(()),
        _ => Err(Refused),
    }
}

/// What a make-up may make up: a main exam that has closed.
pub(super) fn may_be_made_up(status: ExamStatus) -> bool {
    matches!(status, ExamStatus::Closed | ExamStatus::Released)
}

/// Where closing leads: results that nobody has to release are released with it.
pub(super) fn after_closing(release: Release) -> ExamStatus {
    match release {
        Release::OnSubmit | Release::OnClose => ExamStatus::Released,
        Release::Manual => ExamStatus::Closed,
    }
}

/// Results are released by hand once the exam has closed.
pub(super) fn may_release(status: ExamStatus) -> Result<(), Refused> {
    match status {
        ExamStatus::Closed => Ok(()),
        ExamStatus::Draft | ExamStatus::Sealed | ExamStatus::Open | ExamStatus::Released => Err(Refused),
    }
}

/// Whether a candidate may see what a graded attempt scored.
pub(super) fn shows_results(status: ExamStatus, release: Release) -> bool {
    status == ExamStatus::Released || release == Release::OnSubmit
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: Times = Times {
        opens_at: Instant(0),
        closes_at: Instant(7_200_000),
        latest_start_seconds: None,
        duration_seconds: 3600,
        grace_seconds: 10,
    };

    #[test]
    fn an_exam_ends_with_its_last_possible_attempt() {
        assert_eq!(TIMES.latest_start(), Instant(7_200_000));
        assert_eq!(TIMES.ends_at(), Instant(7_215_000));
        let early = Times { latest_start_seconds: Some(1800), ..TIMES };
        assert_eq!((early.latest_start(), early.ends_at()), (Instant(1_800_000), Instant(5_415_000)));
        let late = Times { latest_start_seconds: Some(5400), ..TIMES };
        assert_eq!(late.ends_at(), Instant(7_215_000));
        let past = Times { latest_start_seconds: Some(10_000), ..TIMES };
        assert_eq!(past.latest_start(), Instant(7_200_000));
    }

    #[test]
    fn time_opens_what_is_sealed_and_nothing_else() {
        for status in ExamStatus::ALL.iter().copied() {
            assert_eq!(status_at(status, Instant(1), Instant(0)), status);
            let then = if status == ExamStatus::Sealed { ExamStatus::Open } else { status };
            assert_eq!(status_at(status, Instant(1), Instant(1)), then);
        }
    }

    #[test]
    fn only_a_draft_with_time_left_is_sealed() {
        assert_eq!(may_seal(ExamStatus::Draft, Instant(2), Instant(1)), Ok(()));
        assert_eq!(may_seal(ExamStatus::Draft, Instant(2), Instant(2)), Err(Refused));
        assert_eq!(may_seal(ExamStatus::Sealed, Instant(2), Instant(1)), Err(Refused));
    }

    #[test]
    fn results_are_released_once() {
        assert_eq!(after_closing(Release::OnClose), ExamStatus::Released);
        assert_eq!(after_closing(Release::Manual), ExamStatus::Closed);
        let releasable: Vec<_> = ExamStatus::ALL.iter().filter(|s| may_release(**s).is_ok()).collect();
        assert_eq!(releasable, [&ExamStatus::Closed]);
        assert!(
            shows_results(ExamStatus::Open, Release::OnSubmit) && !shows_results(ExamStatus::Closed, Release::OnClose)
        );
    }
}
