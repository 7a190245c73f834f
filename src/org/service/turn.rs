//! What happens to people and units without anybody's doing: the day turns, and keys of another edition are made anew.

use entity::id::PersonId;
use entity::instant::Day;
use entity::org::{person, unit};

use super::people::person_key;
use super::{AmendError, Org};
use crate::kernel::pinyin::{EDITION, sort_key};
use crate::org::standing::{Posting, standing};
use crate::org::store;

/// How many people are changed in one transaction, so that nobody waits long for it.
const STEP: usize = 500;

impl Org {
    /// Does what is due since this instance looked last. Safe on several instances at once, and again after a crash.
    pub async fn tick(&self) -> Result<(), AmendError> {
        let (today, turned) = (self.core.today(), *self.turned.lock());
        if turned == Some(today) {
            return Ok(());
        }
        if turned.is_none() {
            self.rekey().await?;
        }
        // At first everything that ever began or ended is looked at: the program may have been down for long.
        let beginning = Day::new(1900, 1, 1).unwrap_or(today);
        self.turn_day(turned.unwrap_or(beginning), today).await?;
        *self.turned.lock() = Some(today);
        Ok(())
    }

    /// What lists show of those whose postings begin or end after one day and by another.
    async fn turn_day(&self, after_day: Day, today: Day) -> Result<(), AmendError> {
        let conn = self.core.db.read();
        let people = store::turning(conn, after_day, today).await?;
        let ids: Vec<PersonId> = people.iter().map(|p| p.id).collect();
        let postings = store::postings(conn, &ids).await?;
        let shown: Vec<store::Standing> = people
            .iter()
            .filter_map(|p| {
                let postings: Vec<Posting> = postings.get(&p.id)?.iter().map(Posting::from).collect();
                let (unit, departed_on) = standing(&postings, today)?;
                let differs = unit != p.unit_id || departed_on != p.departed_on;
                differs.then_some(store::Standing { person: p.id, version: p.version, unit, departed_on })
            })
            .collect();
        for part in shown.chunks(STEP) {
            self.core
                .db
                .tx("org.turn_day", |tx| {
                    let part = part.to_vec();
                    Box::pin(async move {
                        for shown in part {
                            // Whoever was changed meanwhile has been looked at then.
                            store::set_standing(tx, shown).await?;
                        }
                        Ok::<_, AmendError>(())
                    })
                })
                .await?;
        }
        Ok(())
    }

    /// Makes the keys anew by which lists are sorted, where another edition of the collation made them.
    async fn rekey(&self) -> Result<(), AmendError> {
        loop {
            let conn = self.core.db.read();
            let people: Vec<person::Model> = store::people_of_other_editions(conn, EDITION, STEP).await?;
            let units: Vec<unit::Model> = store::units_of_other_editions(conn, EDITION, STEP).await?;
            if people.is_empty() && units.is_empty() {
                return Ok(());
            }
            let people: Vec<_> = people.into_iter().map(|p| (p.id, person_key(&p.name, &p.staff_no))).collect();
            let units: Vec<_> = units.into_iter().map(|u| (u.id, sort_key(&u.name))).collect();
            self.core
                .db
                .tx("org.rekey", |tx| {
                    let (people, units) = (people.clone(), units.clone());
                    Box::pin(async move {
                        for (id, key) in people {
                            store::set_person_key(tx, id, key).await?;
                        }
                        for (id, key) in units {
                            store::set_unit_key(tx, id, key).await?;
                        }
                        Ok::<_, AmendError>(())
                    })
                })
                .await?;
        }
    }
}
