//! Floor 5: what every slice is handed.

use std::fmt;
use std::sync::Arc;

use entity::instant::{Day, Instant};
use uuid::Uuid;

use crate::db::Db;
use crate::kernel::clock::Clock;
use crate::kernel::entropy::Entropy;
use crate::kernel::settings::Settings;
use crate::keys::Keys;

/// Clock, randomness, database, keys and settings. Cheap to clone.
#[derive(Clone)]
pub struct Core {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for secrets, tokens and ids.
    pub rng: Arc<dyn Entropy>,
    /// The database.
    pub db: Db,
    /// The installation's secret keys.
    pub keys: Arc<Keys>,
    /// The installation's settings.
    pub settings: Arc<Settings>,
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Core {
    /// This moment.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Today, by the district's calendar.
    #[must_use]
    pub fn today(&self) -> Day {
        self.settings.calendar.day(self.now())
    }

    /// A new UUID version 7.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.rng.uuid(self.now())
    }

    /// A new identifier.
    #[must_use]
    pub fn id<T: From<Uuid>>(&self) -> T {
        self.uuid().into()
    }

    /// So many random bytes, in hex.
    #[must_use]
    pub fn secret<const N: usize>(&self) -> String {
        hex::encode(self.rng.bytes::<N>())
    }
}
