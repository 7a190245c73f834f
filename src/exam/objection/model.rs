//! Objections as other rooms see them, and until when one may be raised.

use entity::exam::exam::{ExamStatus, Release};
use entity::exam::objection::ObjectionState;
use entity::id::{AttemptId, ExamId, ObjectionId, PersonId, UnitId};
use entity::instant::{Instant, Millis};

/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

/// An objection to be raised, nothing checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewObjection {
    /// The item that is doubted, `question id@version`; the score as a whole if neither this nor a position is said.
    pub item: Option<String>,
    /// The same by its place on the paper, from 1.
    pub position: Option<i32>,
    /// What is doubted, and why.
    pub text: String,
}

/// Which objections are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ObjectionFilter {
    /// That have come this far.
    pub state: Option<ObjectionState>,
}

/// An objection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Its identifier.
    pub id: ObjectionId,
    /// The exam.
    pub exam_id: ExamId,
    /// The attempt that it is about.
    pub attempt_id: AttemptId,
    /// Whose.
    pub person_id: PersonId,
    /// Their name on the roster.
    pub person_name: String,
    /// Their unit on the roster.
    pub unit_id: Option<UnitId>,
    /// Its name.
    pub unit_name: String,
    /// The item that is doubted; none for the score as a whole.
    pub item: Option<String>,
    /// Where it stands on that paper.
    pub position: Option<i32>,
    /// What is doubted.
    pub text: String,
    /// How far it has come.
    pub state: ObjectionState,
    /// Why it was decided so; empty before.
    pub reason: String,
    /// Who decided; empty before.
    pub decided_by: String,
    /// When.
    pub decided_at: Option<Instant>,
    /// When it was raised.
    pub created_at: Instant,
}

/// An exam with objections to be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The exam.
    pub exam_id: ExamId,
    /// Its title.
    pub title: String,
    /// How many wait.
    pub open: u64,
}

/// What of an exam says whether results may be objected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) status: ExamStatus,
    pub(super) release: Release,
    pub(super) released_at: Option<Instant>,
    pub(super) days: i32,
}

/// Why nobody may object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shut {
    /// There is nothing to see yet.
    NotReleased,
    /// It was too late, or never possible.
    Over,
}

impl Window {
    /// Ok while results can be seen and so many days have not passed since their release.
    pub(super) fn open(&self, now: Instant) -> Result<(), Shut> {
        if self.status != ExamStatus::Released && self.release != Release::OnSubmit {
            return Err(Shut::NotReleased);
        }
        let open = self.days > 0 && self.until().is_none_or(|until| now < until);
        if open { Ok(()) } else { Err(Shut::Over) }
    }

    /// Until when; none before the release.
    pub(super) fn until(&self) -> Option<Instant> {
        self.released_at.map(|at| at + Millis(i64::from(self.days) * DAY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_opens_with_the_results_and_shuts_after_its_days() {
        let window = |status, release, released_at, days| Window { status, release, released_at, days };
        let released = window(ExamStatus::Released, Release::Manual, Some(Instant(0)), 2);
        assert_eq!(released.open(Instant(2 * DAY - 1)), Ok(()));
        assert_eq!(released.open(Instant(2 * DAY)), Err(Shut::Over));
        assert_eq!(Window { days: 0, ..released }.open(Instant(1)), Err(Shut::Over));
        let closed = window(ExamStatus::Closed, Release::Manual, None, 2);
        assert_eq!(closed.open(Instant(1)), Err(Shut::NotReleased));
        let at_once = window(ExamStatus::Open, Release::OnSubmit, None, 2);
        assert_eq!((at_once.open(Instant(1)), at_once.until()), (Ok(()), None));
    }
}
