//! What sessions came to: activities by kind, and the ledger of a unit by month.

use std::collections::BTreeMap;

use chrono::Datelike;
use entity::id::UnitId;
use entity::study::session::SessionKind;

use super::super::model::{Activity, LedgerLine};
use super::super::store;
use super::{Study, StudyError, WATCHERS};
use crate::auth::{Caller, READERS, meant_unit};

impl Study {
    /// What the closed sessions of a year came to that a unit or one below it held, by kind. Sessions, people and times that
    /// somebody was there are counted apart.
    pub async fn activities(
        &self,
        caller: &Caller,
        year: i32,
        unit: Option<UnitId>,
    ) -> Result<(UnitId, Vec<Activity>), StudyError> {
        let unit = meant_unit::<StudyError>(self.core.db.read(), caller, READERS, unit, self.core.now()).await?;
        Ok((unit, store::activities(self.core.db.read(), year, unit).await?))
    }

    /// Counts anew how many different people were at what was held, of every kind and year whose credits have changed. It
    /// can be repeated, and run on several instances at once.
    pub async fn count_turnouts(&self) -> Result<(), StudyError> {
        let conn = self.core.db.read();
        for (heap, marks) in store::marked(conn).await? {
            let turnouts = store::count_turnouts(conn, heap).await?;
            let put = self.core.db.tx("study.count_turnouts", |tx| {
                let (marks, turnouts) = (marks.clone(), turnouts.clone());
                Box::pin(async move {
                    if store::put_turnouts(tx, heap, &marks, turnouts).await? {
                        return Ok(());
                    }
                    Err(StudyError::WrongState)
                })
            });
            match put.await {
                // Another instance has counted too; if it came too early, the mark is still there.
                Ok(()) | Err(StudyError::WrongState) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What a year brought the people of a unit with its subtree, month by month and by kind: closed sessions that it held
    /// or that its people were expected at.
    pub async fn ledger(
        &self,
        caller: &Caller,
        year: i32,
        unit: Option<UnitId>,
    ) -> Result<(UnitId, Vec<LedgerLine>), StudyError> {
        let unit = meant_unit::<StudyError>(self.core.db.read(), caller, WATCHERS, unit, self.core.now()).await?;
        let calendar = self.core.settings.calendar;
        let mut lines: BTreeMap<(u32, SessionKind), LedgerLine> = BTreeMap::new();
        for (at, kind, expected, attended) in store::ledger(self.core.db.read(), year, unit).await? {
            let month = calendar.day(at).0.month();
            let empty = LedgerLine { month, kind, sessions: 0, expected: 0, person_times: 0 };
            let line = lines.entry((month, kind)).or_insert(empty);
            line.sessions += 1;
            line.expected += expected;
            line.person_times += attended;
        }
        Ok((unit, lines.into_values().collect()))
    }
}
