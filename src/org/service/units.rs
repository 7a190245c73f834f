//! The tree of units: reading it, making, changing, closing and removing nodes.

use std::collections::{HashMap, HashSet};

use entity::auth::grant::Role;
use entity::id::UnitId;
use entity::instant::Day;
use entity::org::unit;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{AmendError, BUILDERS, EVERYBODY, Org, OrgError, hidden};
use crate::auth::{Caller, Denied, authorise};
use crate::http::IfMatch;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::kernel::pinyin::sort_key;
use crate::log;
use crate::org::model::{NewUnit, Unit, UnitChange};
use crate::org::store;
use crate::tree;

impl Org {
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
                    merged_into_id: u.merged_into_id,
                    position: u.position,
                    version: u.version,
                }
            })
            .collect())
    }

    /// Makes a unit below one that a system administrator holds; the first unit of all by the program itself.
    pub async fn create_unit(&self, caller: &Caller, new: NewUnit) -> Result<Unit, OrgError> {
        let (now, roles) = (self.core.now(), &[Role::SystemAdmin]);
        let parent = new.parent_id.ok_or_else(|| Invalid::one("parent_id", FieldCode::Required))?;
        let conn = self.core.db.read();
        authorise(conn, caller, roles, parent, now).await.map_err(|denied| hidden("parent_id", denied))?;
        self.insert_unit(&caller.actor(), new).await
    }

    /// Makes a unit; for the program's own command line and demonstration, which make the top of the tree.
    pub async fn insert_unit(&self, actor: &log::Actor, new: NewUnit) -> Result<Unit, OrgError> {
        let row = unit::Model {
            id: self.core.id(),
            parent_id: new.parent_id,
            code: new.code,
            sort_key: sort_key(&new.name),
            name: new.name,
            kind: new.kind,
            position: 0,
            active_from: new.active_from.unwrap_or_else(|| self.core.today()),
            active_to: None,
            merged_into_id: None,
            version: 1,
        };
        let data = json!({ "code": row.code, "name": row.name, "kind": row.kind, "parent": row.parent_id });
        let entry = self.entry(actor.clone(), "org.create_unit", format!("unit:{}", row.id), Some(row.id), data);
        let made = self
            .core
            .db
            .tx("org.create_unit", |tx| {
                let (row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
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

    /// Changes a unit: its name or code, the node above it, its last day; or lets it become part of another, to which
    /// everybody on its roster moves. By a system administrator.
    pub async fn amend_unit(
        &self,
        caller: &Caller,
        id: UnitId,
        if_match: &IfMatch,
        change: UnitChange,
    ) -> Result<Unit, AmendError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        authorise::<AmendError>(conn, caller, BUILDERS, id, now).await?;
        let before = store::unit(conn, id).await?.ok_or(Denied::NotFound)?;
        if !if_match.allows(before.version) {
            return Err(AmendError::Stale);
        }
        self.check_unit_change(caller, &before, &change).await?;
        let after = changed_unit(&before, &change, self.core.today());
        let data = json!({
            "code": after.code, "name": after.name, "kind": after.kind, "parent": after.parent_id,
            "active_to": after.active_to.map(|day| day.to_string()), "merged_into": after.merged_into_id,
        });
        let entry = self.entry(caller.actor(), "org.amend_unit", format!("unit:{id}"), Some(id), data);
        let moves = match change.merged_into_id {
            Some(into) => self.moves_of_merger(&after, into).await?,
            None => Vec::new(),
        };
        let hangs_elsewhere = before.parent_id != after.parent_id;
        let actor = caller.actor();
        let done = self
            .core
            .db
            .tx("org.amend_unit", |tx| {
                let (core, after, entry) = (self.core.clone(), after.clone(), entry.clone());
                let (moves, actor) = (moves.clone(), actor.clone());
                Box::pin(async move {
                    if !store::update_unit(tx, after.clone()).await? {
                        return Err(AmendError::Stale);
                    }
                    if hangs_elsewhere {
                        // Somebody may have moved the new parent below this unit meanwhile.
                        if let Some(parent) = after.parent_id
                            && tree::is_within(tx, parent, &[id]).await?
                        {
                            return Err(Invalid::one("parent_id", FieldCode::Cycle).into());
                        }
                        store::move_unit(tx, id, after.parent_id).await?;
                    }
                    for step in moves {
                        step.carry_out(tx, &core, &actor).await?;
                    }
                    log::append(tx, entry).await?;
                    // Whoever came while this was prepared would be left on the roster of a unit that is gone.
                    let gone = after.active_to.is_some() || after.kind == unit::UnitKind::Group;
                    let last = after.active_to.unwrap_or_else(|| core.today());
                    if gone && !store::in_unit_after(tx, id, next(last)).await?.is_empty() {
                        return Err(AmendError::InUse);
                    }
                    Ok(())
                })
            })
            .await;
        match done {
            Err(AmendError::Fault(fault)) if fault.breaks_unique("units", "code") => {
                return Err(Invalid::one("code", FieldCode::Duplicate).into());
            }
            other => other?,
        }
        Ok(self.unit(caller, id).await?)
    }

    async fn check_unit_change(
        &self,
        caller: &Caller,
        before: &unit::Model,
        change: &UnitChange,
    ) -> Result<(), AmendError> {
        let (conn, now, id) = (self.core.db.read(), self.core.now(), before.id);
        if let Some(parent) = change.parent_id.filter(|parent| before.parent_id != Some(*parent)) {
            authorise(conn, caller, BUILDERS, parent, now).await.map_err(|denied| hidden("parent_id", denied))?;
            if tree::is_within(conn, parent, &[id]).await? {
                return Err(Invalid::one("parent_id", FieldCode::Cycle).into());
            }
        }
        let mut fields = Fields::new();
        let last = change.active_to.flatten();
        if let Some(last) = last
            && last < before.active_from
        {
            fields.reject_with("active_to", FieldCode::NotAfter, before.active_from);
        }
        if let Some(into) = change.merged_into_id {
            let (tops, today) = (caller.scope(BUILDERS, now)?, self.core.today());
            if into == id || store::holders(conn, &[into], &tops.0, today).await?.is_empty() {
                fields.reject("merged_into_id", FieldCode::UnknownReference);
            }
        }
        fields.check()?;
        let closes = last.or(change.merged_into_id.map(|_| self.core.today()));
        if let Some(last) = closes
            && store::has_children_after(conn, id, last).await?
        {
            return Err(AmendError::InUse);
        }
        Ok(())
    }

    /// Removes a unit that nothing has ever referred to. By a system administrator.
    pub async fn delete_unit(&self, caller: &Caller, id: UnitId) -> Result<(), AmendError> {
        let conn = self.core.db.read();
        authorise::<AmendError>(conn, caller, BUILDERS, id, self.core.now()).await?;
        let row = store::unit(conn, id).await?.ok_or(Denied::NotFound)?;
        let data = json!({ "code": row.code, "name": row.name });
        let entry = self.entry(caller.actor(), "org.delete_unit", format!("unit:{id}"), row.parent_id, data);
        let removed = self
            .core
            .db
            .tx("org.delete_unit", |tx| {
                let entry = entry.clone();
                Box::pin(async move {
                    store::delete_unit(tx, id).await?;
                    Ok::<_, AmendError>(log::append(tx, entry).await?)
                })
            })
            .await;
        match removed {
            Err(AmendError::Fault(crate::db::Fault::Reference(_))) => Err(AmendError::InUse),
            other => other,
        }
    }
}

fn next(day: Day) -> Day {
    Day(day.0.succ_opt().unwrap_or(day.0))
}

/// A unit as it is after a change.
fn changed_unit(before: &unit::Model, change: &UnitChange, today: Day) -> unit::Model {
    let mut after = before.clone();
    after.parent_id = change.parent_id.or(before.parent_id);
    if let Some(code) = &change.code {
        after.code.clone_from(code);
    }
    if let Some(name) = &change.name {
        after.name.clone_from(name);
        after.sort_key = sort_key(name);
    }
    after.kind = change.kind.unwrap_or(before.kind);
    after.position = change.position.unwrap_or(before.position);
    if let Some(active_to) = change.active_to {
        after.active_to = active_to;
        if active_to.is_none() {
            after.merged_into_id = None;
        }
    }
    if let Some(into) = change.merged_into_id {
        after.merged_into_id = Some(into);
        after.active_to = after.active_to.or(Some(today));
    }
    after
}
