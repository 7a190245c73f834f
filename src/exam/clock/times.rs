//! The moments of one sitting, and what becomes of them while it runs.

use entity::instant::{Instant, Millis};

use super::schedule::{REST, Schedule};

/// The moments of one sitting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When its time is up, a pause that still runs left out.
    pub deadline: Instant,
    /// From when on the server hands it in by itself, unless it is paused.
    pub due_at: Instant,
    /// Since when it is paused.
    pub paused_at: Option<Instant>,
}

impl Times {
    /// When its time is up as things stand: during a pause it moves on with the clock.
    #[must_use]
    pub fn deadline_at(&self, now: Instant) -> Instant {
        self.deadline + self.lost(now)
    }

    /// How long a pause that still runs has lasted.
    fn lost(&self, now: Instant) -> Millis {
        self.paused_at.map_or(Millis(0), |since| Millis((now - since).0.max(0)))
    }

    /// The last moment at which a save may arrive: deadline + grace.
    #[must_use]
    pub fn last_save(&self) -> Instant {
        self.due_at - REST
    }

    /// Whether a save that arrived then is taken. A pause takes nobody's answers away.
    #[must_use]
    pub fn takes(&self, arrival: Instant) -> bool {
        self.paused_at.is_some() || arrival <= self.last_save()
    }

    /// Whether the server hands it in by itself now.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        self.paused_at.is_none() && now >= self.due_at
    }

    /// When a paper counts as handed in whose hand-in arrived then: min(arrival, deadline).
    #[must_use]
    pub fn submitted_at(&self, arrival: Instant) -> Instant {
        arrival.min(self.deadline_at(arrival))
    }

    /// Paused from now on, unless its time is up already or it is paused.
    #[must_use]
    pub fn paused(self, now: Instant) -> Self {
        if self.paused_at.is_some() || self.deadline <= now { self } else { Self { paused_at: Some(now), ..self } }
    }

    /// Going on from now, the lost time given back.
    #[must_use]
    pub fn resumed(self, now: Instant) -> Self {
        Self { paused_at: None, ..self.extended(self.lost(now)) }
    }

    /// With more time.
    #[must_use]
    pub fn extended(self, by: Millis) -> Self {
        Self { deadline: self.deadline + by, due_at: self.due_at + by, ..self }
    }

    /// After the schedule was amended, of a sitting with so much extra time and so long a time in pauses: never earlier
    /// than it was, and with no shorter a grace.
    #[must_use]
    pub fn amended(self, schedule: &Schedule, started: Instant, extra: Millis, paused: Millis) -> Self {
        let now = schedule.times_after(started, extra, paused);
        let deadline = self.deadline.max(now.deadline);
        let rest = (self.due_at - self.deadline).max(now.due_at - now.deadline);
        Self { deadline, due_at: deadline + rest, ..self }
    }
}
