//! People as lists of earlier years name them: whom they mean, and those who had left before anybody was entered.

use std::collections::{HashMap, HashSet};

use entity::id::{PersonId, UnitId};
use entity::instant::Day;
use entity::org::person::{self, Category};
use entity::org::person_category;
use entity::org::posting::{self, PostingKind};
use sea_orm::ConnectionTrait;

use super::Org;
use super::people::person_key;
use crate::db::Fault;
use crate::org::import::people;
use crate::org::store;

/// Somebody of a subtree, present or gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPerson {
    /// Who.
    pub id: PersonId,
    /// Their number.
    pub staff_no: String,
    /// Their name.
    pub name: String,
    /// Every unit on whose roster they are or were.
    pub units: HashSet<UnitId>,
}

/// Somebody who had left before anybody was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    /// Who.
    pub id: PersonId,
    /// Their number.
    pub staff_no: String,
    /// Their name.
    pub name: String,
    /// The unit in which they were last.
    pub unit_id: UnitId,
    /// What they were.
    pub categories: Vec<Category>,
    /// The first day that is known of.
    pub from_on: Day,
    /// The first day on which they were there no more.
    pub departed_on: Day,
}

/// Everybody whose unit lies in a subtree, those who have left too.
pub async fn known_people(conn: &impl ConnectionTrait, top: UnitId) -> Result<Vec<KnownPerson>, Fault> {
    let mut units: HashMap<PersonId, HashSet<UnitId>> = HashMap::new();
    for row in store::postings_of_all(conn, &[top]).await? {
        units.entry(row.person_id).or_default().insert(row.unit_id);
    }
    let known = |row: person::Model| KnownPerson {
        units: units.remove(&row.id).unwrap_or_default(),
        id: row.id,
        staff_no: row.staff_no,
        name: row.name,
    };
    Ok(store::everybody(conn, &[top]).await?.into_iter().map(known).collect())
}

/// Which of these numbers somebody has, wherever they are.
pub async fn taken_numbers(conn: &impl ConnectionTrait, wanted: &[String]) -> Result<HashSet<String>, Fault> {
    Ok(store::taken(conn, wanted).await?.into_iter().collect())
}

/// A category as files write it, whichever word they take.
#[must_use]
pub fn category_of(word: &str) -> Option<Category> {
    people::category_of(word)
}

/// A name as it is compared and kept: without the spaces that pad Chinese names.
#[must_use]
pub fn tight_name(name: &str) -> String {
    people::tight(name)
}

/// Enters people who have left. The caller answers for their units and logs it.
pub async fn enter_former(tx: &impl ConnectionTrait, former: &[Former]) -> Result<(), Fault> {
    let people = former.iter().map(|p| person::Model {
        id: p.id,
        sort_key: person_key(&p.name, &p.staff_no),
        staff_no: p.staff_no.clone(),
        name: p.name.clone(),
        post: String::new(),
        id_number: None,
        id_number_hash: None,
        phone: None,
        phone_hash: None,
        unit_id: p.unit_id,
        joined_on: p.from_on,
        departed_on: Some(p.departed_on),
        version: 1,
    });
    let categories = former.iter().flat_map(|p| {
        let held = |category: &Category| person_category::Model {
            person_id: p.id,
            category: *category,
            from_on: p.from_on,
            to_on: Some(p.departed_on),
        };
        p.categories.iter().map(held).collect::<Vec<_>>()
    });
    let postings = former.iter().map(|p| posting::Model {
        person_id: p.id,
        from_on: p.from_on,
        unit_id: p.unit_id,
        to_on: Some(p.departed_on),
        kind: PostingKind::Member,
        reason: String::new(),
    });
    store::insert_people(tx, people.collect(), categories.collect(), postings.collect()).await
}

impl Org {
    /// A number for somebody who has none.
    #[must_use]
    pub fn new_number(&self) -> String {
        format!("K{}", self.core.secret::<5>().to_uppercase())
    }
}
