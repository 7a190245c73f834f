//! What time does by itself: sessions open, and requirements come due.

use entity::instant::{Day, Millis};
use entity::study::programme;

use super::super::counting::CheckInTimes;
use super::super::model::MAX_OPENS_BEFORE;
use super::super::store;
use super::standing::{plan_of, restate_all};
use super::{Study, StudyError};

impl Study {
    /// Opens sessions whose time has come, takes up changes of rosters, and states anew who has met what came due. It can be repeated, and run on
    /// several instances at once.
    pub async fn tick(&self) -> Result<(), StudyError> {
        let (conn, now, today) = (self.core.db.read(), self.core.now(), self.core.today());
        for row in store::published_before(conn, now + Millis::seconds(MAX_OPENS_BEFORE)).await? {
            if CheckInTimes::of(&row).opens_at <= now {
                self.open_session(&row).await?;
            }
        }
        self.take_up_amendments().await?;
        for row in store::stated_before(conn, today).await? {
            self.state_due(&row, today).await?;
        }
        Ok(())
    }

    async fn state_due(&self, row: &programme::Model, today: Day) -> Result<(), StudyError> {
        let Some(since) = row.due_stated_on else { return Ok(()) };
        self.core
            .db
            .tx("study.state_due", |tx| {
                let row = row.clone();
                Box::pin(async move {
                    store::hold_programmes(tx, row.year).await?;
                    if !store::set_due_stated(tx, row.id, since, today).await? {
                        return Ok(());
                    }
                    let asked = store::requirements(tx, &[row.id]).await?.remove(&row.id).unwrap_or_default();
                    if plan_of(&row, asked).came_due(since, today) {
                        restate_all(tx, &row, today).await?;
                    }
                    Ok::<_, StudyError>(())
                })
            })
            .await
    }
}
