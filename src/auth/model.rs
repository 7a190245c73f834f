//! The one who asks, and what their grants allow.

use std::sync::Arc;

use entity::auth::account;
use entity::auth::grant::Role;
use entity::id::{AccountId, GrantId, PersonId, UnitId};
use entity::instant::Instant;
use futures_util::future::BoxFuture;
use sea_orm::ConnectionTrait;

use crate::db::Fault;
use crate::http::{Code, Problem};
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::log::Actor;
use crate::tree;

/// Those who change things in their subtree.
pub const MANAGERS: &[Role] = &[Role::Coordinator];
/// Those who read figures and what is behind them.
pub const READERS: &[Role] = &[Role::Coordinator, Role::Auditor];

/// A role over a subtree, for some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRow {
    /// Its identifier.
    pub id: GrantId,
    /// The role.
    pub role: Role,
    /// The top of the subtree.
    pub unit_id: UnitId,
    /// It ends at this moment.
    pub valid_until: Option<Instant>,
}

impl GrantRow {
    fn holds(&self, roles: &[Role], now: Instant) -> bool {
        roles.contains(&self.role) && self.valid_until.is_none_or(|end| now < end)
    }
}

/// An account with what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its identifier.
    pub id: AccountId,
    /// What is typed to log in.
    pub username: String,
    /// The name that pages show.
    pub display_name: String,
    /// The person on a roster that it belongs to.
    pub person_id: Option<PersonId>,
    /// The password must be replaced before anything else.
    pub must_change_password: bool,
    /// Its grants.
    pub grants: Vec<GrantRow>,
}

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStatus {
    /// Somebody can log in with it.
    Active,
    /// It has no password yet: its owner has not used their one-time code.
    Waiting,
    /// Somebody took it out of use.
    Disabled,
}

impl AccountStatus {
    /// Each of them.
    pub const ALL: &'static [Self] = &[Self::Active, Self::Waiting, Self::Disabled];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Disabled => "disabled",
        }
    }

    pub(super) fn of(account: &account::Model) -> Self {
        match (account.disabled_at, &account.password_hash) {
            (Some(_), _) => Self::Disabled,
            (None, None) => Self::Waiting,
            (None, Some(_)) => Self::Active,
        }
    }
}

impl std::fmt::Display for AccountStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for AccountStatus {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|status| status.as_str() == text).ok_or(())
    }
}

/// An account as those see it who look after accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountDetails {
    /// The account and what it may do.
    pub account: AccountRow,
    /// Whether it can be used.
    pub status: AccountStatus,
    /// After too many failures, nobody can log in with it before this moment.
    pub locked_until: Option<Instant>,
    /// Counts its changes.
    pub version: i32,
    /// When it was made.
    pub created_at: Instant,
}

/// What is to be changed of an account; what is not given stays.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    /// The name that pages show.
    pub display_name: Option<String>,
    /// The person on a roster that it belongs to; `Some(None)` for nobody.
    pub person_id: Option<Option<PersonId>>,
    /// Whether it is out of use.
    pub disabled: Option<bool>,
}

/// Which accounts are looked for. What is not given does not matter.
#[derive(Debug, Clone, Default)]
pub struct AccountFilter {
    /// Those whose user name or display name holds this text.
    pub q: Option<String>,
    /// Those that hold this role over any unit.
    pub role: Option<Role>,
    /// Those that hold a role, or that role, over this unit or one below it.
    pub unit_id: Option<UnitId>,
    /// Those of this status.
    pub status: Option<AccountStatus>,
    /// Those that are locked after too many failures.
    pub locked: bool,
}

/// Somebody's one-time code, as it is handed out once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// Whose it is.
    pub person_id: Option<PersonId>,
    /// Their number; empty if they have none.
    pub staff_no: String,
    /// Their name.
    pub name: String,
    /// Their unit; empty if they have none.
    pub unit_name: String,
    /// What they log in with.
    pub username: String,
    /// The code, as it is printed.
    pub code: String,
    /// It is good until this moment.
    pub expires_at: Instant,
    /// The account was made for it.
    pub is_new: bool,
}

/// How it stands with the account of somebody in post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub person_id: PersonId,
    /// Their number.
    pub staff_no: String,
    /// Their name.
    pub name: String,
    /// What they log in with.
    pub username: Option<String>,
    /// Whether their account can be used; none if they have none.
    pub status: Option<AccountStatus>,
    /// After too many failures, nobody can log in with it before this moment.
    pub locked_until: Option<Instant>,
    /// A one-time code for it is good until this moment.
    pub code_until: Option<Instant>,
    /// Whether a liaison may hand out a code for it.
    pub may_hand: bool,
}

/// How many people of a subtree have accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountCounts {
    /// People in post.
    pub people: u64,
    /// Those with an account.
    pub accounts: u64,
    /// Those whose account waits for its owner.
    pub waiting: u64,
}

/// Knows who is in the midst of something during which nobody is logged out: sitting an exam. Whatever lies on a higher
/// floor can be it.
pub trait Vigil: Send + Sync {
    /// Since when somebody is at it; nothing if they are not.
    fn since(&self, person: PersonId) -> BoxFuture<'_, Result<Option<Instant>, Fault>>;
}

/// Somebody who is logged in, or the program itself acting for an operator.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account.
    pub account: Arc<AccountRow>,
    /// SHA-256 of the token in use, hex; empty for the program itself.
    pub token_hash: String,
    /// The client's address.
    pub address: Option<String>,
}

impl Caller {
    /// Who acts, for the log.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { account: Some(self.account.id), address: self.address.clone() }
    }

    /// The caller, unless they still use a password that somebody else chose.
    pub fn with_own_password(self) -> Result<Self, Problem> {
        if self.account.must_change_password { Err(Problem::new(Code::PasswordChangeRequired)) } else { Ok(self) }
    }

    /// Whether one of these roles is held over any unit.
    #[must_use]
    pub fn has(&self, roles: &[Role], now: Instant) -> bool {
        self.account.grants.iter().any(|g| g.holds(roles, now))
    }

    /// The subtrees over which one of these roles is held. Nobody without such a role may go on.
    pub fn scope(&self, roles: &[Role], now: Instant) -> Result<Scope, Denied> {
        let tops: Vec<UnitId> = self.account.grants.iter().filter(|g| g.holds(roles, now)).map(|g| g.unit_id).collect();
        if tops.is_empty() { Err(Denied::Forbidden) } else { Ok(Scope(tops)) }
    }

    /// The person whose sessions and exams these are. An account without a person has none.
    pub fn person(&self) -> Result<PersonId, Denied> {
        self.account.person_id.ok_or(Denied::Forbidden)
    }
}

/// A user name as it may be chosen: 2–40 letters, digits, `.`, `_`, `-`.
pub fn check_username(fields: &mut Fields, field: &str, username: &str) -> String {
    let username = fields.line(field, username, 40);
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !fields.has(field) && (username.chars().count() < 2 || !username.chars().all(plain)) {
        fields.reject(field, FieldCode::Invalid);
    }
    username
}

/// The tops of the subtrees within which a caller may do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(pub Vec<UnitId>);

impl Scope {
    /// That of the subtree below one unit.
    #[must_use]
    pub fn of(unit: UnitId) -> Self {
        Self(vec![unit])
    }
}

/// Why somebody may not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The role does not allow it.
    #[error("the caller's roles do not allow this")]
    Forbidden,
    /// Outside the caller's units: the same as if it did not exist.
    #[error("outside the caller's units")]
    NotFound,
}

/// Ok if the caller holds one of `roles` over `unit`. A unit outside every grant of the caller is not found, one inside
/// a grant of another role forbidden.
pub async fn authorise<E>(
    conn: &impl ConnectionTrait,
    caller: &Caller,
    roles: &[Role],
    unit: UnitId,
    now: Instant,
) -> Result<(), E>
where
    E: From<Denied> + From<Fault>,
{
    let scope = caller.scope(roles, now)?;
    if tree::is_within(conn, unit, &scope.0).await? {
        return Ok(());
    }
    let every: Vec<UnitId> = caller.account.grants.iter().map(|g| g.unit_id).collect();
    if tree::is_within(conn, unit, &every).await? {
        Err(Denied::Forbidden.into())
    } else {
        Err(Denied::NotFound.into())
    }
}

/// The unit that is meant: the one asked for, if the caller holds one of `roles` over it; without one the top of the
/// subtrees in which they hold one. Who has several must name one, as `unit_id`.
pub async fn meant_unit<E>(
    conn: &impl ConnectionTrait,
    caller: &Caller,
    roles: &[Role],
    asked: Option<UnitId>,
    now: Instant,
) -> Result<UnitId, E>
where
    E: From<Denied> + From<Fault> + From<Invalid>,
{
    if let Some(unit) = asked {
        authorise::<E>(conn, caller, roles, unit, now).await?;
        return Ok(unit);
    }
    match *tree::tops(conn, &caller.scope(roles, now)?.0).await? {
        [top] => Ok(top),
        _ => Err(Invalid::one("unit_id", FieldCode::Required).into()),
    }
}
