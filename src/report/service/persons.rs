//! How many different people stand on several rosters, remembered for as long as nobody comes or leaves.

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::{SubjectId, UnitId};
use entity::org::person::Category;
use parking_lot::Mutex;
use sea_orm::ConnectionTrait;

use crate::db::Fault;
use crate::tally::{self, Rosters, Subject};

/// How many answers are remembered: of 10,000 units each takes about half a megabyte.
const SETS: usize = 64;

type Key = (Vec<SubjectId>, Option<Category>);
type Numbers = Arc<HashMap<UnitId, i64>>;

/// What was counted, beside how far the rosters had come then.
#[derive(Debug, Default)]
pub(super) struct Persons {
    known: Mutex<HashMap<Key, (Rosters, Numbers)>>,
    /// Counting reads whole rosters: whoever asks the same meanwhile waits for the answer.
    counting: tokio::sync::Mutex<()>,
}

impl Persons {
    /// How many different people stand on the rosters of these subjects, for every unit with its subtree.
    pub(super) async fn of(
        &self,
        conn: &impl ConnectionTrait,
        subjects: &[Subject],
        category: Option<Category>,
    ) -> Result<Numbers, Fault> {
        let key: Key = (subjects.iter().map(|s| s.id).collect(), category);
        let now = tally::rosters(conn, subjects).await?;
        if let Some(known) = self.known(&key, now.as_ref()) {
            return Ok(known);
        }
        let _alone = self.counting.lock().await;
        let now = tally::rosters(conn, subjects).await?;
        if let Some(known) = self.known(&key, now.as_ref()) {
            return Ok(known);
        }
        let numbers = Arc::new(tally::persons(conn, subjects, category).await?);
        // Somebody may have come while it was counted.
        let after = tally::rosters(conn, subjects).await?;
        if let Some(now) = now.filter(|now| after.as_ref() == Some(now)) {
            let mut known = self.known.lock();
            if known.len() >= SETS {
                known.clear();
            }
            known.insert(key, (now, Arc::clone(&numbers)));
        }
        Ok(numbers)
    }

    fn known(&self, key: &Key, now: Option<&Rosters>) -> Option<Numbers> {
        let known = self.known.lock();
        let (then, numbers) = known.get(key)?;
        (Some(then) == now).then(|| Arc::clone(numbers))
    }
}
