//! Who is meant, and the names of units and people for those who show them.

use std::collections::HashMap;

use entity::auth::grant::Role;
use entity::id::{PersonId, UnitId};

use super::{Org, OrgError};
use crate::auth::Caller;
use crate::kernel::field::{FieldCode, Fields};
use crate::org::audience::{Audience, RosterMember, preview};
use crate::org::store;
use crate::tree;

impl Org {
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
        Ok(tree::unit_names(self.core.db.read(), ids).await?)
    }

    /// The staff numbers of people, for lists that their reader may see.
    pub async fn staff_numbers(&self, ids: &[PersonId]) -> Result<HashMap<PersonId, String>, OrgError> {
        Ok(store::numbers_of_people(self.core.db.read(), ids).await?)
    }

    /// The names of people, for pages and lists that their reader may see.
    pub async fn person_names(&self, ids: &[PersonId]) -> Result<HashMap<PersonId, String>, OrgError> {
        Ok(store::names_of_people(self.core.db.read(), ids).await?)
    }
}
