//! Wire types.

mod accounts;
mod activation;

pub(super) use accounts::{AccountChangeRequest, AccountQuery};
pub(super) use activation::{ActivateRequest, HandoutRequest, SlipDto, SlipList};

use entity::auth::grant::Role;
use entity::id::UnitId;
use entity::instant::Instant;
use poem_openapi::{Enum, Object};

use super::model::{AccountDetails, AccountRow, check_username};
use super::service::{LogIn, NewAccount, NewGrant};
use crate::http::Tagged;
use crate::kernel::field::{FieldCode, Fields, Invalid};

/// A role over a unit's subtree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "Role", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the words are those of `Role`")]
pub enum RoleDto {
    Official,
    Liaison,
    Coordinator,
    Auditor,
    SystemAdmin,
    SecurityAdmin,
    AuditAdmin,
}

impl From<Role> for RoleDto {
    fn from(role: Role) -> Self {
        match role {
            Role::Official => Self::Official,
            Role::Liaison => Self::Liaison,
            Role::Coordinator => Self::Coordinator,
            Role::Auditor => Self::Auditor,
            Role::SystemAdmin => Self::SystemAdmin,
            Role::SecurityAdmin => Self::SecurityAdmin,
            Role::AuditAdmin => Self::AuditAdmin,
        }
    }
}

/// What is typed to log in.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(super) struct LogInRequest {
    /// The user name; upper and lower case are the same.
    pub username: String,
    /// The password.
    pub password: String,
}

/// A token and whose it is.
#[derive(Debug, Object)]
pub(super) struct LogInResponse {
    /// To be sent as `Authorization: Bearer …`.
    token: String,
    /// When it ends at the latest, though not while an exam is sat that was begun with it.
    expires_at: String,
    /// It ends earlier when it is not used for so many seconds.
    idle_seconds: i64,
    /// The password must be changed before anything else.
    must_change_password: bool,
    /// Whose it is.
    account: AccountDto,
}

impl From<LogIn> for LogInResponse {
    fn from(log_in: LogIn) -> Self {
        Self {
            token: log_in.token,
            expires_at: log_in.expires_at.to_string(),
            idle_seconds: log_in.idle.0 / 1000,
            must_change_password: log_in.account.must_change_password,
            account: log_in.account.into(),
        }
    }
}

/// An account as those see it who look after accounts.
#[derive(Debug, Object)]
#[oai(rename = "AccountDetails")]
pub(super) struct DetailsDto {
    /// Its identifier.
    id: String,
    /// What is typed to log in.
    username: String,
    /// The name that pages show.
    display_name: String,
    /// The person on a roster that it belongs to.
    person_id: Option<String>,
    /// `active`, `waiting` (its owner has not used their one-time code) or `disabled`.
    status: String,
    /// After too many failures: when it may be tried again.
    locked_until: Option<String>,
    /// The password was chosen by somebody else and must be replaced.
    must_change_password: bool,
    /// When it was made.
    created_at: String,
    /// What it may do.
    grants: Vec<GrantDto>,
}

impl From<AccountDetails> for DetailsDto {
    fn from(details: AccountDetails) -> Self {
        let must_change_password = details.account.must_change_password;
        let account = AccountDto::from(details.account);
        Self {
            id: account.id,
            username: account.username,
            display_name: account.display_name,
            person_id: account.person_id,
            status: details.status.to_string(),
            locked_until: details.locked_until.map(|at| at.to_string()),
            must_change_password,
            created_at: details.created_at.to_string(),
            grants: account.grants,
        }
    }
}

impl From<AccountDetails> for Tagged<DetailsDto> {
    fn from(details: AccountDetails) -> Self {
        let version = details.version;
        Self::new(details, version)
    }
}

/// An account.
#[derive(Debug, Object)]
#[oai(rename = "Account")]
pub(super) struct AccountDto {
    /// Its identifier.
    id: String,
    /// What is typed to log in.
    username: String,
    /// The name that pages show.
    display_name: String,
    /// The person on a roster that it belongs to.
    person_id: Option<String>,
    /// What it may do.
    grants: Vec<GrantDto>,
}

/// A role over a unit's subtree.
#[derive(Debug, Object)]
#[oai(rename = "Grant")]
pub(super) struct GrantDto {
    /// Its identifier.
    id: String,
    /// The role.
    role: RoleDto,
    /// The top of the subtree.
    unit_id: String,
    /// When it ends; null for never.
    valid_until: Option<String>,
}

impl From<AccountRow> for AccountDto {
    fn from(account: AccountRow) -> Self {
        Self {
            id: account.id.to_string(),
            username: account.username,
            display_name: account.display_name,
            person_id: account.person_id.map(|p| p.to_string()),
            grants: account
                .grants
                .into_iter()
                .map(|g| GrantDto {
                    id: g.id.to_string(),
                    role: g.role.into(),
                    unit_id: g.unit_id.to_string(),
                    valid_until: g.valid_until.map(|t| t.to_string()),
                })
                .collect(),
        }
    }
}

/// The old password and the new one.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(super) struct PasswordRequest {
    /// The password in use.
    pub password: String,
    /// At least 10 characters, not the old one, without user name, name or number, and not a common one.
    pub new_password: String,
}

/// An account to be made.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(super) struct AccountRequest {
    /// What will be typed to log in: 2–40 letters, digits, `.`, `_`, `-`.
    username: String,
    /// The name that pages show.
    display_name: String,
    /// Its first password, to be replaced at the first log-in.
    password: String,
    /// The person on a roster that it belongs to.
    person_id: Option<String>,
}

impl TryFrom<AccountRequest> for NewAccount {
    type Error = Invalid;
    fn try_from(dto: AccountRequest) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let username = check_username(&mut fields, "username", &dto.username);
        let display_name = fields.line("display_name", &dto.display_name, 80);
        let person_id = fields.parse_optional("person_id", dto.person_id.as_deref(), FieldCode::UnknownReference);
        fields.finish(Some(Self {
            username,
            display_name,
            password: dto.password,
            must_change_password: true,
            person_id,
        }))
    }
}

/// A role to be given.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(super) struct GrantRequest {
    /// The role, one of `official`, `liaison`, `coordinator`, `auditor`, `system_admin`, `security_admin`, `audit_admin`.
    role: String,
    /// The top of the subtree.
    unit_id: String,
    /// When it ends, RFC 3339; null for never.
    valid_until: Option<String>,
}

impl TryFrom<GrantRequest> for NewGrant {
    type Error = Invalid;
    fn try_from(dto: GrantRequest) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let role: Option<Role> = fields.parse("role", &dto.role, FieldCode::UnknownValue);
        let unit_id: Option<UnitId> = fields.parse("unit_id", &dto.unit_id, FieldCode::UnknownReference);
        let valid_until: Option<Instant> =
            fields.parse_optional("valid_until", dto.valid_until.as_deref(), FieldCode::Invalid);
        let new = role.zip(unit_id).map(|(role, unit_id)| Self { role, unit_id, valid_until });
        fields.finish(new)
    }
}

/// The id of what was made.
#[derive(Debug, Object)]
pub(super) struct GrantCreated {
    /// Its identifier.
    pub id: String,
}
