//! People: reading, entering, changing and removing them, and their numbers in full.

use std::collections::{HashMap, HashSet};

use entity::id::{PersonId, UnitId};
use entity::org::posting::PostingKind;
use entity::org::roster_change::ChangeSource;
use entity::org::{person, person_category, posting};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::changes::propose;
use super::{AmendError, KEEPERS, Org, OrgError, ROSTER_READERS};
use crate::auth::{Caller, Denied, authorise};
use crate::db::{Fault, Faulty};
use crate::http::IfMatch;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::kernel::page::{Page, PageRequest};
use crate::kernel::pinyin;
use crate::log::{self, Entry};
use crate::org::categories::{Held, change_categories};
use crate::org::model::{Departure, History, NewPerson, PeopleFilter, Person, PersonChange};
use crate::org::national_id::NationalId;
use crate::org::phone::Phone;
use crate::org::proposal::Moved;
use crate::org::sealing::Secret;
use crate::org::standing::{Posting, unit_on};
use crate::org::store;
use crate::tree;

/// The rows of people who are entered.
#[derive(Debug, Clone, Default)]
pub(super) struct NewRows {
    pub(super) people: Vec<person::Model>,
    pub(super) categories: Vec<person_category::Model>,
    pub(super) postings: Vec<posting::Model>,
}

impl NewRows {
    /// The same as rosters see it.
    pub(super) fn moved(&self, source: ChangeSource, reason: &str) -> Vec<Moved> {
        let mut held: HashMap<PersonId, Vec<_>> = HashMap::new();
        for row in &self.categories {
            held.entry(row.person_id).or_default().push(row.category);
        }
        let moved = |p: &person::Model| Moved {
            person: p.id,
            on: p.joined_on,
            unit: Some(p.unit_id),
            categories: held.get(&p.id).cloned().unwrap_or_default(),
            source,
            reason: reason.to_owned(),
        };
        self.people.iter().map(moved).collect()
    }
}

/// Where somebody stands in lists: by the pinyin of the name, namesakes by their numbers. 00 ends a key, which holds no
/// such byte, so that a name comes before those that begin with it.
pub(super) fn person_key(name: &str, staff_no: &str) -> String {
    format!("{}00{}", pinyin::sort_key(name), hex::encode(staff_no))
}

/// Somebody else took a number between the check and the commit.
pub(super) fn taken_meanwhile<E: From<Invalid> + Faulty>(error: E) -> E {
    match error.fault() {
        Some(fault) if fault.breaks_unique("people", "id_number_hash") => {
            Invalid::one("id_number", FieldCode::Duplicate).into()
        }
        Some(fault) if fault.breaks_unique("people", "staff_no") || fault.breaks_unique("people", "sort_key") => {
            Invalid::one("staff_no", FieldCode::Duplicate).into()
        }
        _ => error,
    }
}

impl Org {
    /// People within the caller's reach, by the pinyin of their names.
    pub async fn people(
        &self,
        caller: &Caller,
        filter: &PeopleFilter,
        page: &PageRequest,
    ) -> Result<Page<Person>, OrgError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let scope = caller.scope(ROSTER_READERS, now)?;
        if let Some(unit) = filter.unit_id {
            authorise::<OrgError>(conn, caller, ROSTER_READERS, unit, now).await?;
        }
        let found = store::people(conn, &scope.0, filter, self.core.today(), page).await?;
        let next_cursor = found.next_cursor.clone();
        Ok(Page { items: self.with_details(conn, found.items).await?, next_cursor })
    }

    /// One person, by those who may read the roster of their unit, or the person themself.
    pub async fn person(&self, caller: &Caller, id: PersonId) -> Result<Person, OrgError> {
        let conn = self.core.db.read();
        let row = store::person(conn, id).await?.ok_or(Denied::NotFound)?;
        if caller.account.person_id != Some(id) {
            authorise::<OrgError>(conn, caller, ROSTER_READERS, row.unit_id, self.core.now()).await?;
        }
        Ok(self.with_details(conn, vec![row]).await?.pop().ok_or(Denied::NotFound)?)
    }

    pub(super) async fn with_details(
        &self,
        conn: &impl ConnectionTrait,
        rows: Vec<person::Model>,
    ) -> Result<Vec<Person>, OrgError> {
        let today = self.core.today();
        let people: Vec<PersonId> = rows.iter().map(|p| p.id).collect();
        let units: Vec<UnitId> = rows.iter().map(|p| p.unit_id).collect();
        let names = tree::unit_names(conn, &units).await?;
        let held = store::categories_of(conn, &people, today).await?;
        Ok(rows
            .into_iter()
            .map(|p| Person {
                categories: held.iter().filter(|c| c.person_id == p.id).map(|c| c.category).collect(),
                unit_name: names.get(&p.unit_id).cloned().unwrap_or_default(),
                in_post: p.joined_on <= today && p.departed_on.is_none_or(|day| day > today),
                id_number_masked: self.masked_id(&p),
                phone_masked: self.masked_phone(&p),
                id: p.id,
                staff_no: p.staff_no,
                name: p.name,
                post: p.post,
                unit_id: p.unit_id,
                joined_on: p.joined_on,
                departed_on: p.departed_on,
                version: p.version,
            })
            .collect())
    }

    /// Enters people, all or none. By a coordinator of their units.
    pub async fn create_people(&self, caller: &Caller, new: Vec<NewPerson>) -> Result<Vec<PersonId>, OrgError> {
        let scope = caller.scope(KEEPERS, self.core.now())?;
        self.check_people(&scope.0, &new).await?;
        let rows = self.rows(new);
        let ids: Vec<PersonId> = rows.people.iter().map(|p| p.id).collect();
        let entry = |p: &person::Model| {
            let data = json!({ "staff_no": p.staff_no, "unit": p.unit_id });
            self.entry(caller.actor(), "org.create_person", format!("person:{}", p.id), Some(p.unit_id), data)
        };
        let entries: Vec<Entry> = rows.people.iter().map(entry).collect();
        let entered = self
            .core
            .db
            .tx("org.create_people", |tx| {
                let (core, rows, entries) = (self.core.clone(), rows.clone(), entries.clone());
                Box::pin(async move {
                    let moved = rows.moved(ChangeSource::Entry, "");
                    store::insert_people(tx, rows.people, rows.categories, rows.postings).await?;
                    propose(tx, &core, moved).await?;
                    Ok::<_, OrgError>(log::append_all(tx, entries).await?)
                })
            })
            .await;
        entered.map_err(taken_meanwhile)?;
        Ok(ids)
    }

    async fn check_people(&self, tops: &[UnitId], new: &[NewPerson]) -> Result<(), OrgError> {
        let conn = self.core.db.read();
        let units: HashSet<UnitId> = new.iter().map(|p| p.unit_id).collect();
        let units: Vec<UnitId> = units.into_iter().collect();
        let holders: HashSet<UnitId> =
            store::holders(conn, &units, tops, self.core.today()).await?.into_iter().collect();
        let wanted: Vec<String> = new.iter().filter_map(|p| p.staff_no.clone()).collect();
        let mut taken: HashSet<String> = store::taken(conn, &wanted).await?.into_iter().collect();
        let hashes: Vec<String> = new.iter().filter_map(|p| p.id_number.as_ref()).map(|id| self.id_hash(id)).collect();
        let mut held: HashSet<String> = store::taken_id_numbers(conn, &hashes).await?.into_iter().collect();
        let mut fields = Fields::new();
        let one = new.len() == 1;
        for (i, person) in new.iter().enumerate() {
            let name = |field: &str| if one { field.to_owned() } else { format!("people[{i}].{field}") };
            if !holders.contains(&person.unit_id) {
                fields.reject(name("unit_id"), FieldCode::UnknownReference);
            }
            if let Some(number) = &person.staff_no
                && !taken.insert(number.clone())
            {
                fields.reject(name("staff_no"), FieldCode::Duplicate);
            }
            if let Some(number) = &person.id_number
                && !held.insert(self.id_hash(number))
            {
                fields.reject(name("id_number"), FieldCode::Duplicate);
            }
        }
        Ok(fields.check()?)
    }

    /// The rows of people who were checked.
    pub(super) fn rows(&self, new: Vec<NewPerson>) -> NewRows {
        let today = self.core.today();
        let mut rows = NewRows::default();
        for p in new {
            let id: PersonId = self.core.id();
            let from_on = p.joined_on.unwrap_or(today);
            let held = |category| person_category::Model { person_id: id, category, from_on, to_on: None };
            rows.categories.extend(p.categories.iter().copied().map(held));
            rows.postings.push(posting::Model {
                person_id: id,
                from_on,
                unit_id: p.unit_id,
                to_on: None,
                kind: PostingKind::Member,
                reason: String::new(),
            });
            // Short enough to be read out, and not to be taken for somebody's number elsewhere.
            let staff_no = p.staff_no.unwrap_or_else(|| format!("K{}", self.core.secret::<5>().to_uppercase()));
            rows.people.push(person::Model {
                id,
                sort_key: person_key(&p.name, &staff_no),
                staff_no,
                name: p.name,
                post: p.post,
                id_number: p.id_number.as_ref().map(|number| self.seal(Secret::IdNumber, id, number.as_str())),
                id_number_hash: p.id_number.as_ref().map(|number| self.id_hash(number)),
                phone: p.phone.as_ref().map(|number| self.seal(Secret::Phone, id, number.as_str())),
                phone_hash: p.phone.as_ref().map(|number| self.phone_hash(number)),
                unit_id: p.unit_id,
                joined_on: from_on,
                departed_on: None,
                version: 1,
            });
        }
        rows
    }

    pub(super) fn seal(&self, secret: Secret, person: PersonId, text: &str) -> String {
        self.sealing.seal(&*self.core.rng, secret, person, text)
    }

    pub(super) fn id_hash(&self, number: &NationalId) -> String {
        self.sealing.hash(Secret::IdNumber, number.as_str())
    }

    pub(super) fn phone_hash(&self, number: &Phone) -> String {
        self.sealing.hash(Secret::Phone, number.as_str())
    }

    /// A national ID as it is shown; stars alone where the key does not open it, which the server's log tells.
    pub(super) fn masked_id(&self, row: &person::Model) -> Option<String> {
        let kept = row.id_number.as_ref()?;
        let opened = self.sealing.open(Secret::IdNumber, row.id, kept).ok().and_then(|n| n.parse::<NationalId>().ok());
        Some(opened.map_or_else(|| unopened(row.id), |number| number.masked()))
    }

    /// The same of a phone number.
    pub(super) fn masked_phone(&self, row: &person::Model) -> Option<String> {
        let kept = row.phone.as_ref()?;
        let opened = self.sealing.open(Secret::Phone, row.id, kept).ok().and_then(|n| n.parse::<Phone>().ok());
        Some(opened.map_or_else(|| unopened(row.id), |number| number.masked()))
    }

    /// Changes what is written about a person, and their categories from a day on. By a coordinator of their unit.
    pub async fn amend_person(
        &self,
        caller: &Caller,
        id: PersonId,
        if_match: &IfMatch,
        change: PersonChange,
    ) -> Result<Person, AmendError> {
        let before = self.kept(caller, id).await?;
        if !if_match.allows(before.version) {
            return Err(AmendError::Stale);
        }
        let mut fields = Fields::new();
        if change.unit_id.is_some_and(|unit| unit != before.unit_id) {
            fields.reject_with("unit_id", FieldCode::Conflict, format!("/people/{id}/transfers"));
        }
        let (conn, today) = (self.core.db.read(), self.core.today());
        let from = change.categories_from.unwrap_or(today);
        let held = store::every_category(conn, id).await?;
        let held: Vec<Held> = held.iter().map(Held::from).collect();
        let categories = match &change.categories {
            None => Vec::new(),
            Some(wanted) => change_categories(&held, wanted, from).unwrap_or_else(|earliest| {
                fields.reject_with("categories_from", FieldCode::NotAfter, earliest);
                Vec::new()
            }),
        };
        fields.check()?;
        let after = self.changed_person(&before, &change);
        let touched = Moved {
            person: id,
            on: from,
            unit: unit_on(&self.postings_of(id).await?, from),
            categories: change.categories.clone().unwrap_or_default(),
            source: ChangeSource::Categories,
            reason: String::new(),
        };
        let names: Vec<&str> = changed_fields(&before, &after, !categories.is_empty());
        let data = json!({ "fields": names, "from": from.to_string() });
        let entry = self.entry(caller.actor(), "org.amend_person", format!("person:{id}"), Some(before.unit_id), data);
        let done = self
            .core
            .db
            .tx("org.amend_person", |tx| {
                let (core, after, entry) = (self.core.clone(), after.clone(), entry.clone());
                let (categories, touched) = (categories.clone(), touched.clone());
                Box::pin(async move {
                    if !store::update_person(tx, after).await? {
                        return Err(AmendError::Stale);
                    }
                    if !categories.is_empty() {
                        store::put_categories(tx, categories.into_iter().map(|held| held.row(id)).collect()).await?;
                        propose(tx, &core, vec![touched]).await?;
                    }
                    Ok::<_, AmendError>(log::append(tx, entry).await?)
                })
            })
            .await;
        done.map_err(taken_meanwhile)?;
        Ok(self.person(caller, id).await?)
    }

    fn changed_person(&self, before: &person::Model, change: &PersonChange) -> person::Model {
        let mut after = before.clone();
        if let Some(number) = &change.staff_no {
            after.staff_no.clone_from(number);
        }
        if let Some(name) = &change.name {
            after.name.clone_from(name);
        }
        after.sort_key = person_key(&after.name, &after.staff_no);
        if let Some(post) = &change.post {
            after.post.clone_from(post);
        }
        if let Some(number) = &change.id_number {
            after.id_number_hash = number.as_ref().map(|number| self.id_hash(number));
            if after.id_number_hash != before.id_number_hash {
                after.id_number = number.as_ref().map(|n| self.seal(Secret::IdNumber, before.id, n.as_str()));
            }
        }
        if let Some(number) = &change.phone {
            after.phone_hash = number.as_ref().map(|number| self.phone_hash(number));
            if after.phone_hash != before.phone_hash {
                after.phone = number.as_ref().map(|n| self.seal(Secret::Phone, before.id, n.as_str()));
            }
        }
        after
    }

    /// Somebody whom the caller may change.
    pub(super) async fn kept(&self, caller: &Caller, id: PersonId) -> Result<person::Model, AmendError> {
        let conn = self.core.db.read();
        let row = store::person(conn, id).await?.ok_or(Denied::NotFound)?;
        authorise::<AmendError>(conn, caller, KEEPERS, row.unit_id, self.core.now()).await?;
        Ok(row)
    }

    /// Removes somebody who was entered by mistake: nothing but their own data may tell of them. By a coordinator of their
    /// unit.
    pub async fn delete_person(&self, caller: &Caller, id: PersonId) -> Result<(), AmendError> {
        let row = self.kept(caller, id).await?;
        let data = json!({ "staff_no": row.staff_no });
        let entry = self.entry(caller.actor(), "org.delete_person", format!("person:{id}"), Some(row.unit_id), data);
        let removed = self
            .core
            .db
            .tx("org.delete_person", |tx| {
                let entry = entry.clone();
                Box::pin(async move {
                    store::delete_person(tx, id).await?;
                    Ok::<_, AmendError>(log::append(tx, entry).await?)
                })
            })
            .await;
        match removed {
            Err(AmendError::Fault(Fault::Reference(_))) => Err(AmendError::InUse),
            other => other,
        }
    }

    /// A person's national ID in full; nothing if it is not known. The view and its reason go into the log first. By a
    /// coordinator of their unit.
    pub async fn id_number(&self, caller: &Caller, id: PersonId, reason: &str) -> Result<Option<String>, AmendError> {
        let row = self.kept(caller, id).await?;
        let data = json!({ "reason": reason });
        let entry = self.entry(caller.actor(), "org.view_id_number", format!("person:{id}"), Some(row.unit_id), data);
        self.core
            .db
            .tx("org.view_id_number", |tx| {
                let entry = entry.clone();
                Box::pin(async move { Ok::<_, AmendError>(log::append(tx, entry).await?) })
            })
            .await?;
        Ok(row.id_number.map(|kept| self.sealing.open(Secret::IdNumber, id, &kept)).transpose()?)
    }

    /// Where somebody was, what they were, and how they left. By those who may read the roster of their unit, or the
    /// person themself.
    pub async fn history(&self, caller: &Caller, id: PersonId) -> Result<History, AmendError> {
        self.person(caller, id).await?;
        let conn = self.core.db.read();
        let rows = store::postings(conn, &[id]).await?.remove(&id).unwrap_or_default();
        let units: Vec<UnitId> = rows.iter().map(|row| row.unit_id).collect();
        let names = tree::unit_names(conn, &units).await?;
        let posted = |row: posting::Model| {
            let name = names.get(&row.unit_id).cloned().unwrap_or_default();
            (Posting::from(&row), name, row.reason)
        };
        let departures = store::departures(conn, id).await?.into_iter().map(|row| Departure {
            kind: row.kind,
            effective_on: row.effective_on,
            counted_unit_id: row.counted_unit_id,
            reason: row.reason,
        });
        let categories = store::every_category(conn, id).await?.into_iter();
        Ok(History {
            postings: rows.into_iter().map(posted).collect(),
            categories: categories.map(|row| (row.category, row.from_on, row.to_on)).collect(),
            departures: departures.collect(),
        })
    }

    pub(super) async fn postings_of(&self, id: PersonId) -> Result<Vec<Posting>, AmendError> {
        let rows = store::postings(self.core.db.read(), &[id]).await?.remove(&id).unwrap_or_default();
        Ok(rows.iter().map(Posting::from).collect())
    }
}

fn unopened(person: PersonId) -> String {
    tracing::error!(%person, "a number that is kept cannot be opened with this installation's key");
    "*".repeat(8)
}

/// Which fields differ, by their names in the contract: for the log, which keeps no personal data.
pub(super) fn changed_fields(before: &person::Model, after: &person::Model, categories: bool) -> Vec<&'static str> {
    [
        ("staff_no", before.staff_no != after.staff_no),
        ("name", before.name != after.name),
        ("post", before.post != after.post),
        ("categories", categories),
        ("id_number", before.id_number_hash != after.id_number_hash),
        ("phone", before.phone_hash != after.phone_hash),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}
