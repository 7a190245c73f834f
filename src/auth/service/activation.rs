//! One-time codes: handed out for a whole unit or for one account, and used once to choose a password.

use std::collections::{HashMap, HashSet};

use entity::auth::grant::Role;
use entity::auth::{account, activation, grant};
use entity::id::{AccountId, PersonId, UnitId};
use entity::instant::{Day, Instant, Millis};
use entity::log::Outcome;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use serde_json::json;

use super::{Auth, AuthError, LogIn, Secret, act, normal};
use crate::auth::choice::check_length;
use crate::auth::code;
use crate::auth::model::{AccountStatus, Caller, Denied, Slip, authorise, check_username};
use crate::auth::slips::workbook;
use crate::auth::store::{self, Member};
use crate::core::Core;
use crate::db::Fault;
use crate::kernel::field::Fields;
use crate::log::{self, Actor, Entry};

/// Those who hand out codes to the officials of their units.
pub(super) const HANDING: &[Role] = &[Role::Coordinator, Role::Liaison];
/// How long a code for one account is good.
const SHORT: Millis = Millis(30 * 60 * 1000);
const DAY: Millis = Millis(24 * 3600 * 1000);
/// How often a unit's accounts are made anew when somebody else made some of them at the same time.
const TRIES: usize = 3;

/// For whom codes are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Handout {
    /// The unit.
    pub unit: UnitId,
    /// The units below it too.
    pub subtree: bool,
    /// New codes also for those whose account waits for its owner; their old codes end.
    pub renew: bool,
    /// How many days the codes are good.
    pub days: u8,
}

/// What is about to be written.
#[derive(Default)]
struct Issue {
    accounts: Vec<account::Model>,
    grants: Vec<grant::Model>,
    codes: Vec<activation::Model>,
    entries: Vec<Entry>,
    slips: Vec<Slip>,
}

/// Makes codes, and accounts where there are none.
struct Issuer {
    core: Core,
    key: [u8; 32],
    actor: Actor,
    now: Instant,
    expires_at: Instant,
}

impl Issuer {
    fn code(&self, issue: &mut Issue, account: AccountId, member: Option<&Member>, username: &str, is_new: bool) {
        let plain = code::generate(&*self.core.rng);
        issue.codes.push(activation::Model {
            account_id: account,
            code_hash: code::hash(&self.key, account, &plain),
            expires_at: self.expires_at,
            created_at: self.now,
        });
        let unit = member.map(|m| m.person.unit_id);
        let mut entry = act(self.core.uuid(), self.now, &self.actor, "auth.issue_code", account, Outcome::Done);
        entry.unit = unit;
        entry.data = json!({ "expires_at": self.expires_at.to_string() });
        issue.entries.push(entry);
        issue.slips.push(Slip {
            person_id: member.map(|m| m.person.id),
            staff_no: member.map(|m| m.person.staff_no.clone()).unwrap_or_default(),
            name: member.map(|m| m.person.name.clone()).unwrap_or_default(),
            unit_name: member.map(|m| m.unit_name.clone()).unwrap_or_default(),
            username: username.to_owned(),
            code: code::printed(&plain),
            expires_at: self.expires_at,
            is_new,
        });
    }

    /// An account of a person who has none, that waits for its owner.
    fn account(&self, issue: &mut Issue, member: &Member, username: String) {
        let id: AccountId = self.core.id();
        let (person, unit) = (&member.person, member.person.unit_id);
        issue.grants.push(grant::Model {
            id: self.core.id(),
            account_id: id,
            role: Role::Official,
            unit_id: unit,
            valid_until: None,
            created_at: self.now,
        });
        let mut entry = act(self.core.uuid(), self.now, &self.actor, "auth.create_account", id, Outcome::Done);
        entry.unit = Some(unit);
        entry.data = json!({ "username": username, "person": person.id, "role": Role::Official, "unit": unit });
        issue.entries.push(entry);
        self.code(issue, id, Some(member), &username, true);
        issue.accounts.push(account::Model {
            id,
            username,
            display_name: person.name.clone(),
            password_hash: None,
            person_id: Some(person.id),
            must_change_password: false,
            disabled_at: None,
            version: 1,
            created_at: self.now,
        });
    }

    /// What people log in with: their number if it fits, else one that is made up.
    async fn usernames(
        &self,
        conn: &impl ConnectionTrait,
        members: &[&Member],
    ) -> Result<HashMap<PersonId, String>, AuthError> {
        let wanted: Vec<String> = members.iter().filter_map(|m| fitting(&m.person.staff_no)).collect();
        let mut taken: HashSet<String> = store::taken(conn, &wanted).await?.into_iter().collect();
        let mut names = HashMap::new();
        for member in members {
            let mut name = fitting(&member.person.staff_no);
            while name.as_ref().is_none_or(|name| taken.contains(name)) {
                let made = format!("u{}", code::generate(&*self.core.rng).to_lowercase());
                let clash = !store::taken(conn, std::slice::from_ref(&made)).await?.is_empty();
                name = (!clash).then_some(made);
            }
            let name = name.unwrap_or_default();
            taken.insert(name.clone());
            names.insert(member.person.id, name);
        }
        Ok(names)
    }
}

fn fitting(staff_no: &str) -> Option<String> {
    let mut fields = Fields::new();
    let name = check_username(&mut fields, "username", &normal(staff_no));
    fields.finish(Some(name)).ok()
}

/// Whether these grants are those of an official and of nothing else, now or ever.
pub(super) fn official_alone<'a>(mut grants: impl Iterator<Item = &'a grant::Model>) -> bool {
    grants.next().is_some_and(|first| first.role == Role::Official) && grants.all(|g| g.role == Role::Official)
}

impl Auth {
    /// Gives everybody in post in a unit who has no account one, with a one-time code. The codes are told this once. By
    /// its liaison or a coordinator.
    pub async fn hand_out(&self, caller: &Caller, handout: Handout) -> Result<Vec<Slip>, AuthError> {
        let now = self.core.now();
        authorise::<AuthError>(self.core.db.read(), caller, HANDING, handout.unit, now).await?;
        let expires_at = now + Millis(DAY.0 * i64::from(handout.days));
        let issuer = || self.issuer(caller.actor(), now, expires_at);
        let today = self.core.today();
        for tried in 1.. {
            let done = self
                .core
                .db
                .tx("auth.hand_out", |tx| {
                    let issuer = issuer();
                    Box::pin(async move { hand_out(tx, &issuer, handout, today).await })
                })
                .await;
            match done {
                // Somebody made one of these accounts meanwhile.
                Err(AuthError::Fault(Fault::Unique(_))) if tried < TRIES => {}
                other => return other,
            }
        }
        Err(AuthError::WrongState)
    }

    /// The same as a workbook.
    pub async fn hand_out_sheet(&self, caller: &Caller, handout: Handout) -> Result<Vec<u8>, AuthError> {
        let slips = self.hand_out(caller, handout).await?;
        let calendar = self.core.settings.calendar;
        let broken = |error| Fault::from(DbErr::Custom(format!("a sheet of codes cannot be written: {error}")));
        Ok(workbook(&slips, calendar).map_err(broken)?)
    }

    fn issuer(&self, actor: Actor, now: Instant, expires_at: Instant) -> Issuer {
        Issuer { core: self.core.clone(), key: self.codes_key, actor, now, expires_at }
    }

    /// A new one-time code for a person, good for half an hour, which also unlocks; an account is made if they have none.
    /// Only for accounts that were never anything but an official's: whoever hands out a code could use it themself. By
    /// the liaison or a coordinator of the person's unit.
    pub async fn hand_one(&self, caller: &Caller, person: PersonId) -> Result<Slip, AuthError> {
        let now = self.core.now();
        let conn = self.core.db.read();
        caller.scope(HANDING, now)?;
        let member = store::member(conn, person).await?.ok_or(Denied::NotFound)?;
        authorise::<AuthError>(conn, caller, HANDING, member.person.unit_id, now).await?;
        if let Some(account) = store::of_person(conn, person).await? {
            if !official_alone(store::grants_of(conn, &[account.id]).await?.iter()) {
                return Err(Denied::Forbidden.into());
            }
            return self.renew(caller.actor(), account, Some(member)).await;
        }
        let today = self.core.today();
        if member.person.departed_on.is_some_and(|day| day <= today) {
            return Err(AuthError::WrongState);
        }
        let slips = self
            .core
            .db
            .tx("auth.hand_one", |tx| {
                let (issuer, member) = (self.issuer(caller.actor(), now, now + SHORT), member.clone());
                Box::pin(async move {
                    let mut issue = Issue::default();
                    let mut names = issuer.usernames(tx, &[&member]).await?;
                    issuer.account(&mut issue, &member, names.remove(&person).unwrap_or_default());
                    write(tx, issue).await
                })
            })
            .await;
        match slips {
            Err(AuthError::Fault(Fault::Unique(_))) => Err(AuthError::WrongState),
            other => other?.pop().ok_or(AuthError::WrongState),
        }
    }

    /// A new one-time code for any account, good for half an hour, which also unlocks. By a security administrator of all
    /// units that the account concerns.
    pub async fn hand_account(&self, caller: &Caller, id: AccountId) -> Result<Slip, AuthError> {
        let account = self.kept(caller, id).await?;
        let member = match account.person_id {
            Some(person) => store::member(self.core.db.read(), person).await?,
            None => None,
        };
        self.renew(caller.actor(), account, member).await
    }

    async fn renew(&self, actor: Actor, account: account::Model, member: Option<Member>) -> Result<Slip, AuthError> {
        if account.disabled_at.is_some() {
            return Err(AuthError::WrongState);
        }
        let now = self.core.now();
        let tries = self.all_tries_of(&account.username);
        let slips = self
            .core
            .db
            .tx("auth.issue_code", |tx| {
                let issuer = self.issuer(actor.clone(), now, now + SHORT);
                let (account, member, tries) = (account.clone(), member.clone(), tries.clone());
                Box::pin(async move {
                    let mut issue = Issue::default();
                    issuer.code(&mut issue, account.id, member.as_ref(), &account.username, false);
                    store::forgive(tx, &tries).await?;
                    let grants = store::grants_of(tx, &[account.id]).await?;
                    // What was decided before this transaction must still be so.
                    if store::by_id(tx, account.id).await?.is_none_or(|a| a.version != account.version) {
                        return Err(AuthError::WrongState);
                    }
                    let unit = grants.first().map(|g| g.unit_id);
                    issue.entries.iter_mut().for_each(|entry| entry.unit = entry.unit.or(unit));
                    let mut slips = write(tx, issue).await?;
                    slips
                        .iter_mut()
                        .filter(|s| s.name.is_empty())
                        .for_each(|s| s.name.clone_from(&account.display_name));
                    Ok(slips)
                })
            })
            .await?;
        slips.into_iter().next().ok_or(AuthError::WrongState)
    }

    /// Chooses a password by a one-time code and logs in. Tokens from before end.
    pub async fn activate(
        &self,
        username: &str,
        typed: &str,
        password: &str,
        address: Option<String>,
    ) -> Result<LogIn, AuthError> {
        let username = normal(username);
        // What is wrong whoever's it is costs no try.
        let mut fields = Fields::new();
        check_length(&mut fields, "new_password", password);
        fields.check()?;
        let (now, conn) = (self.core.now(), self.core.db.read());
        let found = store::by_username(conn, &username).await?;
        let last = self.try_one(Secret::Code, &username, found.as_ref(), address.as_deref()).await?;
        // Somebody without an account costs the same queries as somebody with one.
        let id = found.as_ref().map_or(AccountId(uuid::Uuid::nil()), |a| a.id);
        let kept = store::code(conn, id, now).await?;
        let hash = code::hash(&self.codes_key, id, &code::meant(typed));
        let right = kept.is_some_and(|kept| kept.code_hash == hash);
        let account = match found {
            Some(account) if right => account,
            other => {
                self.note_failure("auth.activate", other.as_ref(), &username, address.as_deref(), last).await?;
                return Err(AuthError::WrongCode);
            }
        };
        if AccountStatus::of(&account) == AccountStatus::Disabled {
            return Err(AuthError::Disabled);
        }
        let mut fields = Fields::new();
        self.check_choice(&mut fields, "new_password", password, &account).await?;
        if let Err(invalid) = fields.check() {
            // The code was right: choosing badly is no guess.
            let tries = self.tries_of(Secret::Code, &username);
            self.forgive(tries).await?;
            return Err(invalid.into());
        }
        let chosen = self.passwords.hash(&*self.core.rng, password).await;
        let log_in = self.give_token(account, address, "auth.activate", Some((hash, chosen))).await?;
        self.cache.forget_account(id);
        Ok(log_in)
    }

    async fn forgive(&self, tries: String) -> Result<(), AuthError> {
        self.core
            .db
            .tx("auth.forgive", |tx| {
                let tries = [tries.clone()];
                Box::pin(async move { Ok(store::forgive(tx, &tries).await?) })
            })
            .await
    }
}

async fn hand_out(
    tx: &DatabaseTransaction,
    issuer: &Issuer,
    handout: Handout,
    today: Day,
) -> Result<Vec<Slip>, AuthError> {
    let members = store::members(tx, handout.unit, handout.subtree, today).await?;
    let people: Vec<PersonId> = members.iter().map(|m| m.person.id).collect();
    let accounts: HashMap<PersonId, account::Model> =
        store::accounts_of(tx, &people).await?.into_iter().filter_map(|a| Some((a.person_id?, a))).collect();
    let lacking: Vec<&Member> = members.iter().filter(|m| !accounts.contains_key(&m.person.id)).collect();
    let mut names = issuer.usernames(tx, &lacking).await?;
    let waiting: Vec<AccountId> = accounts
        .values()
        .filter(|a| handout.renew && AccountStatus::of(a) == AccountStatus::Waiting)
        .map(|a| a.id)
        .collect();
    let mut held: HashMap<AccountId, Vec<grant::Model>> = HashMap::new();
    for grant in store::grants_of_many(tx, &waiting).await? {
        held.entry(grant.account_id).or_default().push(grant);
    }
    let mut issue = Issue::default();
    for member in &members {
        match accounts.get(&member.person.id) {
            None => {
                let name = names.remove(&member.person.id).unwrap_or_default();
                issuer.account(&mut issue, member, name);
            }
            Some(account) if held.get(&account.id).is_some_and(|grants| official_alone(grants.iter())) => {
                issuer.code(&mut issue, account.id, Some(member), &account.username, false);
            }
            Some(_) => {}
        }
    }
    write(tx, issue).await
}

async fn write(tx: &DatabaseTransaction, issue: Issue) -> Result<Vec<Slip>, AuthError> {
    store::insert_all(tx, issue.accounts, issue.grants).await?;
    store::put_codes(tx, issue.codes).await?;
    log::append_all(tx, issue.entries).await?;
    Ok(issue.slips)
}
