//! Units and people: reading them and entering new ones.

use std::collections::{HashMap, HashSet};

use entity::auth::grant::Role;
use entity::id::{PersonId, UnitId};
use entity::log::Outcome;
use entity::org::{person, person_category, unit};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::audience::{Audience, RosterMember, preview};
use super::model::{NewPerson, NewUnit, PeopleFilter, Person, Unit};
use super::store;
use crate::auth::{Caller, Denied, authorise};
use crate::core::Core;
use crate::db::{Fault, faulty};
use crate::http::Problem;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::kernel::page::{Page, PageRequest};
use crate::log::{self, Entry};

/// Those who may read a unit's roster.
const ROSTER_READERS: &[Role] = &[Role::Coordinator, Role::Auditor, Role::Liaison];
/// Those who may read the tree: everybody sees the part below their grants.
const EVERYBODY: &[Role] = Role::ALL;

/// What can go wrong with units and people.
#[derive(Debug, thiserror::Error)]
pub enum OrgError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Bad fields.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}
faulty!(OrgError);

impl From<OrgError> for Problem {
    fn from(error: OrgError) -> Self {
        match error {
            OrgError::Denied(denied) => denied.into(),
            OrgError::Invalid(invalid) => invalid.into(),
            OrgError::Fault(fault) => fault.into(),
        }
    }
}

/// The slice's service.
#[derive(Debug)]
pub struct Org {
    core: Core,
}

impl Org {
    /// Over a core.
    #[must_use]
    pub fn new(core: Core) -> Self {
        Self { core }
    }

    /// The units directly below `parent` that lie within the caller's reach; without a parent the tops of it.
    pub async fn units(&self, caller: &Caller, parent: Option<UnitId>) -> Result<Vec<Unit>, OrgError> {
        let conn = self.core.db.read();
        let scope = caller.scope(EVERYBODY, self.core.now())?;
        if let Some(parent) = parent {
            authorise::<OrgError>(conn, caller, EVERYBODY, parent, self.core.now()).await?;
        }
        let within = store::units_within(conn, &scope.0).await?;
        let known: HashSet<UnitId> = within.iter().map(|u| u.id).collect();
        let asked = within.into_iter().filter(|u| match parent {
            Some(parent) => u.parent_id == Some(parent),
            None => u.parent_id.is_none_or(|above| !known.contains(&above)),
        });
        Self::with_paths(conn, asked.collect()).await
    }

    /// Every unit within the caller's reach for these roles, from the top down.
    pub async fn subtree(&self, caller: &Caller, roles: &[Role]) -> Result<Vec<Unit>, OrgError> {
        let conn = self.core.db.read();
        let scope = caller.scope(roles, self.core.now())?;
        let mut units = Self::with_paths(conn, store::units_within(conn, &scope.0).await?).await?;
        let place: HashMap<UnitId, usize> = units.iter().enumerate().map(|(i, u)| (u.id, i)).collect();
        let above: HashMap<UnitId, Option<UnitId>> = units.iter().map(|u| (u.id, u.parent_id)).collect();
        units.sort_by_cached_key(|u| {
            let mut trail = Vec::new();
            let mut at = Some(u.id);
            while let Some(id) = at {
                let Some(i) = place.get(&id) else { break };
                trail.push(*i);
                at = above.get(&id).copied().flatten();
            }
            trail.reverse();
            trail
        });
        Ok(units)
    }

    /// One unit within the caller's reach.
    pub async fn unit(&self, caller: &Caller, id: UnitId) -> Result<Unit, OrgError> {
        let conn = self.core.db.read();
        authorise::<OrgError>(conn, caller, EVERYBODY, id, self.core.now()).await?;
        let row = store::unit(conn, id).await?.ok_or(Denied::NotFound)?;
        Ok(Self::with_paths(conn, vec![row]).await?.pop().ok_or(Denied::NotFound)?)
    }

    async fn with_paths(conn: &impl ConnectionTrait, rows: Vec<unit::Model>) -> Result<Vec<Unit>, OrgError> {
        let ids: Vec<UnitId> = rows.iter().map(|u| u.id).collect();
        let mut paths = store::paths(conn, &ids).await?;
        Ok(rows
            .into_iter()
            .map(|u| {
                let path = paths.remove(&u.id).unwrap_or_default();
                Unit {
                    id: u.id,
                    parent_id: u.parent_id,
                    code: u.code,
                    name: u.name,
                    kind: u.kind,
                    depth: i32::try_from(path.len()).unwrap_or(i32::MAX).saturating_sub(1),
                    path,
                    active_from: u.active_from,
                    active_to: u.active_to,
                }
            })
            .collect())
    }

    /// Makes a unit below one that a system administrator holds; the first unit of all by the program itself.
    pub async fn create_unit(&self, caller: &Caller, new: NewUnit) -> Result<Unit, OrgError> {
        let (now, roles) = (self.core.now(), &[Role::SystemAdmin]);
        let parent = new.parent_id.ok_or_else(|| Invalid::one("parent_id", FieldCode::Required))?;
        let conn = self.core.db.read();
        if let Err(denied) = authorise::<OrgError>(conn, caller, roles, parent, now).await {
            return Err(match denied {
                OrgError::Denied(Denied::NotFound) => Invalid::one("parent_id", FieldCode::UnknownReference).into(),
                other => other,
            });
        }
        self.insert_unit(&caller.actor(), new).await
    }

    /// Makes a unit; for the program's own command line and demonstration, which make the top of the tree.
    pub async fn insert_unit(&self, actor: &log::Actor, new: NewUnit) -> Result<Unit, OrgError> {
        let now = self.core.now();
        let row = unit::Model {
            id: self.core.id(),
            parent_id: new.parent_id,
            code: new.code,
            name: new.name,
            kind: new.kind,
            position: 0,
            active_from: new.active_from.unwrap_or_else(|| self.core.today()),
            active_to: None,
            version: 1,
        };
        let id = row.id;
        let entry = Entry {
            id: self.core.uuid(),
            at: now,
            actor: actor.clone(),
            action: "org.create_unit",
            subject: format!("unit:{id}"),
            unit: Some(id),
            data: json!({ "code": row.code, "name": row.name, "kind": row.kind, "parent": row.parent_id }),
            outcome: Outcome::Done,
        };
        let made = self
            .core
            .db
            .tx("org.create_unit", |tx| {
                let (mut row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    let siblings = store::count_children(tx, row.parent_id).await?;
                    row.position = i32::try_from(siblings).unwrap_or(i32::MAX);
                    store::insert_unit(tx, row).await?;
                    Ok::<_, OrgError>(log::append(tx, entry).await?)
                })
            })
            .await;
        match made {
            Err(OrgError::Fault(fault)) if fault.breaks_unique("units", "code") => {
                return Err(Invalid::one("code", FieldCode::Duplicate).into());
            }
            other => other?,
        }
        let conn = self.core.db.read();
        Ok(Self::with_paths(conn, vec![row]).await?.pop().ok_or(Denied::NotFound)?)
    }

    /// People within the caller's reach, by staff number.
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

    async fn with_details(
        &self,
        conn: &impl ConnectionTrait,
        rows: Vec<person::Model>,
    ) -> Result<Vec<Person>, OrgError> {
        let today = self.core.today();
        let people: Vec<PersonId> = rows.iter().map(|p| p.id).collect();
        let units: Vec<UnitId> = rows.iter().map(|p| p.unit_id).collect();
        let names = store::names_of_units(conn, &units).await?;
        let held = store::categories_of(conn, &people, today).await?;
        Ok(rows
            .into_iter()
            .map(|p| Person {
                categories: held.iter().filter(|c| c.person_id == p.id).map(|c| c.category).collect(),
                unit_name: names.get(&p.unit_id).cloned().unwrap_or_default(),
                in_post: p.joined_on <= today && p.departed_on.is_none_or(|day| day > today),
                id: p.id,
                staff_no: p.staff_no,
                name: p.name,
                post: p.post,
                unit_id: p.unit_id,
            })
            .collect())
    }

    /// Enters people, all or none. By a coordinator of their units.
    pub async fn create_people(&self, caller: &Caller, new: Vec<NewPerson>) -> Result<Vec<PersonId>, OrgError> {
        let scope = caller.scope(&[Role::Coordinator], self.core.now())?;
        self.check_people(&scope.0, &new).await?;
        let now = self.core.now();
        let (people, categories) = self.rows(new);
        let ids: Vec<PersonId> = people.iter().map(|p| p.id).collect();
        let entries: Vec<Entry> = people
            .iter()
            .map(|p| Entry {
                id: self.core.uuid(),
                at: now,
                actor: caller.actor(),
                action: "org.create_person",
                subject: format!("person:{}", p.id),
                unit: Some(p.unit_id),
                data: json!({ "staff_no": p.staff_no, "unit": p.unit_id }),
                outcome: Outcome::Done,
            })
            .collect();
        let entered = self
            .core
            .db
            .tx("org.create_people", |tx| {
                let (people, categories, entries) = (people.clone(), categories.clone(), entries.clone());
                Box::pin(async move {
                    store::insert_people(tx, people, categories).await?;
                    Ok::<_, OrgError>(log::append_all(tx, entries).await?)
                })
            })
            .await;
        match entered {
            // Somebody else took the number between the check and the commit.
            Err(OrgError::Fault(fault)) if fault.breaks_unique("people", "staff_no") => {
                Err(Invalid::one("staff_no", FieldCode::Duplicate).into())
            }
            other => other.map(|()| ids),
        }
    }

    async fn check_people(&self, tops: &[UnitId], new: &[NewPerson]) -> Result<(), OrgError> {
        let conn = self.core.db.read();
        let units: HashSet<UnitId> = new.iter().map(|p| p.unit_id).collect();
        let units: Vec<UnitId> = units.into_iter().collect();
        let holders: HashSet<UnitId> = store::holders(conn, &units, tops).await?.into_iter().collect();
        let wanted: Vec<String> = new.iter().filter_map(|p| p.staff_no.clone()).collect();
        let mut taken: HashSet<String> = store::taken(conn, &wanted).await?.into_iter().collect();
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
        }
        Ok(fields.check()?)
    }

    fn rows(&self, new: Vec<NewPerson>) -> (Vec<person::Model>, Vec<person_category::Model>) {
        let today = self.core.today();
        let mut categories = Vec::new();
        let people = new
            .into_iter()
            .map(|p| {
                let id: PersonId = self.core.id();
                let joined_on = p.joined_on.unwrap_or(today);
                for category in p.categories {
                    categories.push(person_category::Model {
                        person_id: id,
                        category,
                        from_on: joined_on,
                        to_on: None,
                    });
                }
                person::Model {
                    id,
                    // Short enough to be read out, and not to be taken for somebody's number elsewhere.
                    staff_no: p.staff_no.unwrap_or_else(|| format!("K{}", self.core.secret::<5>().to_uppercase())),
                    name: p.name,
                    post: p.post,
                    unit_id: p.unit_id,
                    joined_on,
                    departed_on: None,
                    version: 1,
                }
            })
            .collect();
        (people, categories)
    }

    /// Who would be on a roster that was frozen today. By those who manage one of the audience's units.
    pub async fn preview(&self, caller: &Caller, audience: &Audience) -> Result<Vec<RosterMember>, OrgError> {
        self.check_audience(caller, audience).await?;
        Ok(preview(self.core.db.read(), audience, self.core.today()).await?)
    }

    /// Ok if every unit of the audience lies within the caller's reach as coordinator, and every person's unit too.
    pub async fn check_audience(&self, caller: &Caller, audience: &Audience) -> Result<(), OrgError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let scope = caller.scope(&[Role::Coordinator], now)?;
        let mut fields = Fields::new();
        if audience.unit_ids.is_empty() && audience.person_ids.is_empty() {
            fields.reject("audience.unit_ids", FieldCode::Required);
        }
        for (i, unit) in audience.unit_ids.iter().enumerate() {
            if !crate::tree::is_within(conn, *unit, &scope.0).await? {
                fields.reject(format!("audience.unit_ids[{i}]"), FieldCode::UnknownReference);
            }
        }
        for (i, person) in audience.person_ids.iter().enumerate() {
            let within = match store::person(conn, *person).await? {
                Some(row) => crate::tree::is_within(conn, row.unit_id, &scope.0).await?,
                None => false,
            };
            if !within {
                fields.reject(format!("audience.person_ids[{i}]"), FieldCode::UnknownReference);
            }
        }
        Ok(fields.check()?)
    }

    /// The names of units, for pages and lists.
    pub async fn unit_names(&self, ids: &[UnitId]) -> Result<HashMap<UnitId, String>, OrgError> {
        Ok(store::names_of_units(self.core.db.read(), ids).await?)
    }

    /// The names of people, for pages and lists that their reader may see.
    pub async fn person_names(&self, ids: &[PersonId]) -> Result<HashMap<PersonId, String>, OrgError> {
        Ok(store::names_of_people(self.core.db.read(), ids).await?)
    }
}
