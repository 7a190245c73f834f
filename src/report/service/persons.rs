//! How many different people stand on several rosters: remembered, and kept up to date by who moved since.

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::{SubjectId, UnitId};
use entity::org::person::Category;
use parking_lot::Mutex;

use crate::core::Core;
use crate::db::Fault;
use crate::tally::{self, Rosters, Stands, Subject};

/// How many answers are remembered: of 10,000 units each takes about a megabyte.
const SETS: usize = 64;

type Key = (Vec<SubjectId>, Option<Category>);
type Numbers = Arc<HashMap<UnitId, i64>>;

/// Where the rosters had come, what was counted then, and where everybody stood who has a place among those who moved.
#[derive(Debug, Clone)]
struct Known {
    then: Rosters,
    numbers: Numbers,
    stands: Option<Arc<Stands>>,
}

/// What was counted, beside how far the rosters had come then.
#[derive(Debug)]
pub(super) struct Persons {
    core: Core,
    known: Mutex<HashMap<Key, Known>>,
    /// The first count reads whole rosters: whoever asks the same meanwhile waits for the answer.
    counting: tokio::sync::Mutex<()>,
}

impl Persons {
    pub(super) fn new(core: Core) -> Self {
        Self { core, known: Mutex::default(), counting: tokio::sync::Mutex::default() }
    }

    /// How many different people stand on the rosters of these subjects, for every unit with its subtree.
    pub(super) async fn of(&self, subjects: &[Subject], category: Option<Category>) -> Result<Numbers, Fault> {
        let key: Key = (subjects.iter().map(|s| s.id).collect(), category);
        let now = tally::rosters(self.core.db.read(), subjects).await?;
        if let Some(numbers) = self.known(&key, &now) {
            return Ok(numbers);
        }
        let _alone = self.counting.lock().await;
        let conn = &self.core.db.snapshot().await?;
        let now = tally::rosters(conn, subjects).await?;
        if let Some(numbers) = self.known(&key, &now) {
            return Ok(numbers);
        }
        let before = self.known.lock().get(&key).cloned();
        let followed = match before.and_then(|known| Some((known.stands?, known.then))) {
            Some((stands, then)) => Stands::clone(&stands).follow(conn, subjects, category, (&then, &now)).await?,
            None => None,
        };
        let (stands, placed) = match followed {
            Some(followed) => followed,
            None => Stands::read(conn, subjects, category).await?,
        };
        let numbers = Arc::new(stands.persons(conn).await?);
        let mut known = self.known.lock();
        if known.len() >= SETS {
            known.clear();
        }
        known.insert(key, Known { then: now, numbers: Arc::clone(&numbers), stands: placed.map(Arc::new) });
        Ok(numbers)
    }

    fn known(&self, key: &Key, now: &Rosters) -> Option<Numbers> {
        let known = self.known.lock();
        let known = known.get(key)?;
        (known.then == *now).then(|| Arc::clone(&known.numbers))
    }
}
