//! The life of an exam: when it opens, when nobody can be sitting it any more, what may follow what.

use entity::exam::exam::{ExamStatus, Release};
use entity::instant::{Instant, Millis};

use crate::exam::clock::Schedule;

/// When an exam may be sat, as its blueprint says and amendments have left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// From when it can be started.
    pub opens_at: Instant,
    /// Nobody sits past this moment, but for extra time and pauses.
    pub closes_at: Instant,
    /// The latest start, after the opening; any time before closing if none.
    pub latest_start_seconds: Option<i32>,
    /// How long a candidate has.
    pub duration_seconds: i32,
    /// How long after the deadline a save on its way is still taken.
    pub grace_seconds: i32,
}

impl Times {
    /// As the clock reads it, with the pauses that are over.
    #[must_use]
    pub fn schedule(&self, paused: Millis) -> Schedule {
        Schedule {
            opens_at: self.opens_at,
            closes_at: self.closes_at,
            latest_start: self.latest_start_seconds.map(Millis::seconds),
            duration: Millis::seconds(self.duration_seconds),
            grace: Millis::seconds(self.grace_seconds),
            paused,
        }
    }

    /// The last moment at which it can be started, pauses and admissions left out.
    #[must_use]
    pub fn latest_start(&self) -> Instant {
        self.schedule(Millis(0)).latest().map_or(self.closes_at, |latest| latest.min(self.closes_at))
    }
}

/// How far an exam has come at a moment. That a sealed one opens needs nobody's act, so it is open from the moment on
/// even if the worker has yet to write it down.
pub(in crate::exam) fn status_at(status: ExamStatus, opens_at: Instant, now: Instant) -> ExamStatus {
    match status {
        ExamStatus::Sealed if opens_at <= now => ExamStatus::Open,
        status => status,
    }
}

/// Why an exam cannot go on to where it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused;

/// A draft may be sealed until its last moment has come; and what is sealed again, as long as nobody has ever started it.
pub(super) fn may_seal(status: ExamStatus, started: bool, closes_at: Instant, now: Instant) -> Result<(), Refused> {
    match status {
        ExamStatus::Draft | ExamStatus::Sealed | ExamStatus::Open if !started && now < closes_at => Ok(()),
        _ => Err(Refused),
    }
}

/// The value of a beacon is recorded between sealing and opening.
pub(super) fn may_record_beacon(status: ExamStatus) -> Result<(), Refused> {
    if status == ExamStatus::Sealed { Ok(()) } else { Err(Refused) }
}

/// Whether the papers of an exam may be drawn anew by everybody: nobody gets another one any more.
pub(super) fn shows_draw(status: ExamStatus) -> bool {
    matches!(status, ExamStatus::Closed | ExamStatus::Released)
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
        ExamStatus::Draft | ExamStatus::Sealed | ExamStatus::Open | ExamStatus::Paused | ExamStatus::Released => {
            Err(Refused)
        }
    }
}

/// Whether a candidate may see what a graded attempt scored.
pub(super) fn shows_results(status: ExamStatus, release: Release) -> bool {
    status == ExamStatus::Released || release == Release::OnSubmit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_start_lies_before_the_closing() {
        let times = Times {
            opens_at: Instant(0),
            closes_at: Instant(7_200_000),
            latest_start_seconds: None,
            duration_seconds: 3600,
            grace_seconds: 10,
        };
        let with = |seconds| Times { latest_start_seconds: Some(seconds), ..times }.latest_start();
        assert_eq!(times.latest_start(), Instant(7_200_000));
        assert_eq!((with(1800), with(10_000)), (Instant(1_800_000), Instant(7_200_000)));
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
    fn a_draft_is_sealed_while_time_is_left() {
        assert_eq!(may_seal(ExamStatus::Draft, false, Instant(2), Instant(1)), Ok(()));
        assert_eq!(may_seal(ExamStatus::Draft, false, Instant(2), Instant(2)), Err(Refused));
        assert_eq!(may_seal(ExamStatus::Closed, false, Instant(2), Instant(1)), Err(Refused));
    }

    #[test]
    fn what_is_sealed_is_sealed_again_until_somebody_starts() {
        for status in [ExamStatus::Sealed, ExamStatus::Open] {
            assert_eq!(may_seal(status, false, Instant(2), Instant(1)), Ok(()));
            assert_eq!(may_seal(status, true, Instant(2), Instant(1)), Err(Refused));
            assert_eq!(may_seal(status, false, Instant(2), Instant(2)), Err(Refused));
        }
        let recordable: Vec<_> = ExamStatus::ALL.iter().filter(|s| may_record_beacon(**s).is_ok()).collect();
        assert_eq!(recordable, [&ExamStatus::Sealed]);
        let shown: Vec<_> = ExamStatus::ALL.iter().filter(|s| shows_draw(**s)).collect();
        assert_eq!(shown, [&ExamStatus::Closed, &ExamStatus::Released]);
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
