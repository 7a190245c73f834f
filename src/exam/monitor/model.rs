//! What is seen of an exam that is being sat. No database, no clock.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use entity::exam::attempt::AttemptState;
use entity::exam::exam::ExamStatus;
use entity::id::{AttemptId, PersonId, UnitId};
use entity::instant::{Instant, Millis};

/// A device is connected if it was heard of within this time: an exam room asks for the clock every twenty seconds.
pub(super) const HEARD: Millis = Millis(45_000);

/// How somebody stands in an exam.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Has not started.
    Waiting,
    /// Sits.
    Sitting,
    /// Has handed in, or the server has for them.
    Submitted,
    /// Their newest attempt was voided.
    Voided,
}

impl Standing {
    /// The word on the wire and the end of its text's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sitting => "sitting",
            Self::Submitted => "submitted",
            Self::Voided => "voided",
        }
    }

    pub(super) fn of(state: Option<AttemptState>) -> Self {
        match state {
            None => Self::Waiting,
            Some(AttemptState::Running) => Self::Sitting,
            Some(AttemptState::Submitted | AttemptState::Graded) => Self::Submitted,
            Some(AttemptState::Voided) => Self::Voided,
        }
    }
}

/// What a coordinator can do for a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Give them more time.
    ExtraTime,
    /// Let them start later than everybody.
    Admit,
    /// Give them a new code to log in with.
    NewCode,
    /// Let the attempt that was handed in go on.
    Reopen,
    /// Void their attempt.
    Void,
}

/// One candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Who.
    pub person_id: PersonId,
    /// Their name on the roster.
    pub person_name: String,
    /// Their unit on the roster.
    pub unit_id: UnitId,
    /// How they stand.
    pub standing: Standing,
    /// Their device was heard of just now.
    pub connected: bool,
    /// Their newest attempt.
    pub attempt_id: Option<AttemptId>,
    /// The how manyth it is.
    pub number: i32,
    /// When it was started.
    pub started_at: Option<Instant>,
    /// When its time is up.
    pub deadline: Option<Instant>,
    /// When it was handed in.
    pub submitted_at: Option<Instant>,
    /// The server handed it in.
    pub by_server: bool,
    /// Their extra time, in seconds.
    pub extra_seconds: i32,
    /// They may start until then.
    pub admit_until: Option<Instant>,
    /// They saw the key of a question of the pool before they started, or have yet to start.
    pub saw_key: bool,
}

impl Row {
    /// What can be done for them by a coordinator of the exam's unit.
    #[must_use]
    pub fn acts(&self, status: ExamStatus) -> Vec<Act> {
        let before_the_end = matches!(status, ExamStatus::Sealed | ExamStatus::Open | ExamStatus::Paused);
        let reopens = matches!(status, ExamStatus::Open | ExamStatus::Closed);
        let can = |act| match (act, self.standing) {
            (Act::ExtraTime | Act::NewCode, Standing::Waiting | Standing::Sitting)
            | (Act::Admit, Standing::Waiting | Standing::Voided) => before_the_end,
            (Act::Reopen, Standing::Submitted) => reopens,
            (Act::Void, Standing::Sitting | Standing::Submitted) => true,
            _ => false,
        };
        let all = [Act::ExtraTime, Act::Admit, Act::NewCode, Act::Reopen, Act::Void];
        all.into_iter().filter(|act| can(*act)).collect()
    }
}

/// How many of some candidates stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// On the roster.
    pub on_roster: u64,
    /// Have started, at least once.
    pub started: u64,
    /// Sit now.
    pub sitting: u64,
    /// Of them, whose device was heard of just now.
    pub connected: u64,
    /// Have handed in.
    pub submitted: u64,
}

impl Counts {
    fn add(&mut self, row: &Row) {
        self.on_roster += 1;
        self.started += u64::from(row.standing != Standing::Waiting);
        self.sitting += u64::from(row.standing == Standing::Sitting);
        self.connected += u64::from(row.connected);
        self.submitted += u64::from(row.standing == Standing::Submitted);
    }
}

/// The counts of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitCounts {
    /// Which.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// Of its own people on the roster.
    pub counts: Counts,
}

/// An exam at a moment, as its one watcher has found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Board {
    /// When it was looked at.
    pub(super) at: Instant,
    /// How far the exam has come.
    pub(super) status: ExamStatus,
    /// Everybody on the roster, by unit and person.
    pub(super) rows: Vec<Row>,
    /// The names of their units.
    pub(super) units: Arc<HashMap<UnitId, String>>,
}

impl Board {
    /// Whether anything but the moment is otherwise.
    pub(super) fn tells_more_than(&self, before: &Self) -> bool {
        (self.status, &self.rows, &self.units) != (before.status, &before.rows, &before.units)
    }
}

/// What somebody sees of a board: their units, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// When it was looked at.
    pub at: Instant,
    /// How far the exam has come.
    pub status: ExamStatus,
    /// Everybody whom they see together.
    pub counts: Counts,
    /// Unit by unit.
    pub units: Vec<UnitCounts>,
    /// Whoever stands otherwise than they saw last; everybody at first.
    pub rows: Vec<Row>,
}

impl Sight {
    /// Of a board, after one that was seen before.
    pub(super) fn of(board: &Board, before: Option<&Board>, units: &HashSet<UnitId>) -> Self {
        // The whole row is compared, so whoever goes by unseen is seen with the next change.
        let known: HashMap<PersonId, &Row> =
            before.map(|b| b.rows.iter().map(|row| (row.person_id, row)).collect()).unwrap_or_default();
        let mut sight =
            Self { at: board.at, status: board.status, counts: Counts::default(), units: Vec::new(), rows: Vec::new() };
        for row in board.rows.iter().filter(|row| units.contains(&row.unit_id)) {
            sight.counts.add(row);
            if sight.units.last().is_none_or(|unit| unit.unit_id != row.unit_id) {
                let unit_name = board.units.get(&row.unit_id).cloned().unwrap_or_default();
                sight.units.push(UnitCounts { unit_id: row.unit_id, unit_name, counts: Counts::default() });
            }
            if let Some(unit) = sight.units.last_mut() {
                unit.counts.add(row);
            }
            if known.get(&row.person_id).is_none_or(|known| *known != row) {
                sight.rows.push(row.clone());
            }
        }
        sight
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn row(n: u128, unit: u128, standing: Standing) -> Row {
        Row {
            person_id: PersonId(Uuid::from_u128(n)),
            person_name: n.to_string(),
            unit_id: UnitId(Uuid::from_u128(unit)),
            standing,
            connected: standing == Standing::Sitting,
            attempt_id: None,
            number: 0,
            started_at: None,
            deadline: None,
            submitted_at: None,
            by_server: false,
            extra_seconds: 0,
            admit_until: None,
            saw_key: false,
        }
    }

    fn board(rows: Vec<Row>) -> Board {
        Board { at: Instant(0), status: ExamStatus::Open, rows, units: Arc::default() }
    }

    #[test]
    fn only_what_changed_is_told_and_only_of_ones_own_units() {
        let own = HashSet::from([UnitId(Uuid::from_u128(1)), UnitId(Uuid::from_u128(3))]);
        let (waiting, sitting) = (Standing::Waiting, Standing::Sitting);
        let first = board(vec![row(1, 1, waiting), row(2, 1, sitting), row(3, 2, waiting), row(4, 3, waiting)]);
        let all = Sight::of(&first, None, &own);
        assert_eq!((all.rows.len(), all.units.len(), all.counts.on_roster), (3, 2, 3));
        assert_eq!((all.counts.started, all.counts.connected, all.units[0].counts.on_roster), (1, 1, 2));
        let second = board(vec![row(1, 1, sitting), row(2, 1, sitting), row(3, 2, sitting), row(4, 3, waiting)]);
        assert!(second.tells_more_than(&first));
        let then = Sight::of(&second, Some(&first), &own);
        assert_eq!(then.rows.iter().map(|r| r.person_name.as_str()).collect::<Vec<_>>(), ["1"]);
        assert_eq!((then.counts.started, then.counts.on_roster), (2, 3));
        assert!(!Board { at: Instant(9), ..second.clone() }.tells_more_than(&second));
    }

    #[test]
    fn what_can_be_done_follows_from_how_somebody_stands() {
        let acts = |standing, status| row(1, 1, standing).acts(status);
        assert_eq!(acts(Standing::Waiting, ExamStatus::Open), [Act::ExtraTime, Act::Admit, Act::NewCode]);
        assert_eq!(acts(Standing::Sitting, ExamStatus::Paused), [Act::ExtraTime, Act::NewCode, Act::Void]);
        assert_eq!(acts(Standing::Submitted, ExamStatus::Closed), [Act::Reopen, Act::Void]);
        assert_eq!(acts(Standing::Submitted, ExamStatus::Released), [Act::Void]);
        assert_eq!(acts(Standing::Waiting, ExamStatus::Closed), []);
    }
}
