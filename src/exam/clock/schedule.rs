//! When an exam can be sat, and what one candidate is allowed beside that.

use entity::instant::{Instant, Millis};

use super::times::Times;

/// How long after the last moment for a save the server hands a paper in by itself. A save that arrived in that last
/// moment is in the writer's queue by then, before the hand-in.
pub(super) const REST: Millis = Millis(1_000);
/// By when after that last moment the server has handed in.
const HAND_IN: Millis = Millis(5_000);

/// When an exam can be sat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The first moment to start.
    pub opens_at: Instant,
    /// Nobody sits past this moment, but for extra time and pauses.
    pub closes_at: Instant,
    /// The last moment to start, counted from the opening; without it, until it closes.
    pub latest_start: Option<Millis>,
    /// How long a candidate has.
    pub duration: Millis,
    /// How long after the deadline a save on its way is still taken.
    pub grace: Millis,
    /// How long it has been paused so far, a pause that still runs left out.
    pub paused: Millis,
}

/// What one candidate is allowed beyond the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowance {
    /// Extra time.
    pub extra: Millis,
    /// Extra attempts.
    pub attempts: i32,
    /// They may start until then, whatever the latest start is.
    pub admit_until: Option<Instant>,
    /// They need not sit, and so cannot.
    pub exempt: bool,
}

/// Whether an exam can be started at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// It has not opened yet.
    Early,
    /// It can.
    Open,
    /// The latest start has passed, or no time would be left.
    Late,
}

impl Schedule {
    /// The latest start of everybody: opening + latest start + pauses. None if the closing alone ends it.
    #[must_use]
    pub fn latest(&self) -> Option<Instant> {
        self.latest_start.map(|after| self.opens_at + after + self.paused)
    }

    /// Whether a candidate can start now: from the opening to the latest start or the moment until which they were
    /// admitted by name, both included, as long as any time is left to them.
    #[must_use]
    pub fn entry(&self, now: Instant, allowed: &Allowance) -> Entry {
        if now < self.opens_at {
            return Entry::Early;
        }
        let in_time = self.latest().map_or(now < self.closes_at, |latest| now <= latest);
        let admitted = allowed.admit_until.is_some_and(|until| now <= until);
        if (in_time || admitted) && now < self.times(now, allowed.extra).deadline { Entry::Open } else { Entry::Late }
    }

    /// The moments of a sitting that starts now: deadline = min(started + duration, closing) + extra time. Pauses that
    /// come later are given back by [`Times::resumed`].
    #[must_use]
    pub fn times(&self, started: Instant, extra: Millis) -> Times {
        self.times_after(started, extra, Millis(0))
    }

    /// The same of one that has been paused for some time since its start.
    #[must_use]
    pub fn times_after(&self, started: Instant, extra: Millis, paused: Millis) -> Times {
        let deadline = (started + self.duration).min(self.closes_at) + extra + paused;
        Times { deadline, due_at: deadline + self.grace + REST, paused_at: None }
    }

    /// The moments of a sitting that goes on now for so long, because it was reopened.
    #[must_use]
    pub fn reopened(&self, now: Instant, length: Millis) -> Times {
        let deadline = now + length;
        Times { deadline, due_at: deadline + self.grace + REST, paused_at: None }
    }

    /// When the last attempt that a candidate can possibly make has been handed in, by whomever. Attempts that run are
    /// another matter: they may have been paused or reopened.
    #[must_use]
    pub fn ends_at(&self, allowed: &Allowance) -> Instant {
        let latest = self.latest().unwrap_or(self.closes_at).max(allowed.admit_until.unwrap_or(self.opens_at));
        // Whoever starts later than the closing less the duration ends with the closing.
        self.times(latest, allowed.extra).last_save() + HAND_IN
    }
}
