//! How it stands with the accounts of a unit: for those who hand out codes.

use std::collections::HashMap;

use entity::id::{AccountId, PersonId, UnitId};

use super::activation::{HANDING, official_alone};
use super::{Auth, AuthError};
use crate::auth::model::{AccountCounts, AccountStatus, Caller, Standing, authorise};
use crate::auth::store;
use entity::auth::{account, grant};

impl Auth {
    /// How many of a unit and those below it have accounts. For its liaison and coordinators.
    pub async fn account_counts(&self, caller: &Caller, unit: UnitId) -> Result<AccountCounts, AuthError> {
        let conn = self.core.db.read();
        authorise::<AuthError>(conn, caller, HANDING, unit, self.core.now()).await?;
        Ok(store::account_counts(conn, unit, self.core.today()).await?)
    }

    /// Everybody in post in one unit, and how it stands with their accounts. For its liaison and coordinators.
    pub async fn standings(&self, caller: &Caller, unit: UnitId) -> Result<Vec<Standing>, AuthError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        authorise::<AuthError>(conn, caller, HANDING, unit, now).await?;
        let members = store::members(conn, unit, false, self.core.today()).await?;
        let people: Vec<PersonId> = members.iter().map(|m| m.person.id).collect();
        let accounts: HashMap<PersonId, account::Model> =
            store::accounts_of(conn, &people).await?.into_iter().filter_map(|a| Some((a.person_id?, a))).collect();
        let ids: Vec<AccountId> = accounts.values().map(|a| a.id).collect();
        let mut held: HashMap<AccountId, Vec<grant::Model>> = HashMap::new();
        for grant in store::grants_of_many(conn, &ids).await? {
            held.entry(grant.account_id).or_default().push(grant);
        }
        let locks: HashMap<AccountId, _> = store::locks(conn, &ids, now).await?.into_iter().collect();
        let codes = store::codes_of(conn, &ids, now).await?;
        let standing = |member: store::Member| {
            let account = accounts.get(&member.person.id);
            let grants = account.and_then(|a| held.get(&a.id));
            let status = account.map(AccountStatus::of);
            Standing {
                person_id: member.person.id,
                staff_no: member.person.staff_no,
                name: member.person.name,
                username: account.map(|a| a.username.clone()),
                status,
                locked_until: account.and_then(|a| locks.get(&a.id)).copied(),
                code_until: account.and_then(|a| codes.get(&a.id)).copied(),
                may_hand: match (account, grants) {
                    (None, _) => true,
                    (Some(_), Some(grants)) => official_alone(grants.iter()) && status != Some(AccountStatus::Disabled),
                    (Some(_), None) => false,
                },
            }
        };
        Ok(members.into_iter().map(standing).collect())
    }
}
