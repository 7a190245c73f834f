//! `kaofa account`: accounts that nobody could make from inside, because nobody is there yet.

use std::net::SocketAddr;

use entity::id::UnitId;

use super::{CliError, core};
use crate::auth::{AuthError, NewAccount, NewGrant, Role, check_username};
use crate::boot;
use crate::config::{Config, Flags};
use crate::db::Db;
use crate::kernel::field::Fields;
use crate::log::Actor;
use crate::org::{NewUnit, UnitKind};
use crate::tree;
use crate::web::Services;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Account {
    /// Make a security administrator of the whole district, whose password is printed once and replaced at the first log-in
    CreateSecurityAdmin(CreateSecurityAdmin),
    /// Give a security administrator who is locked out a new password, printed once and replaced at the next log-in; whoever uses the account is logged out
    ResetSecurityAdmin(ResetSecurityAdmin),
}

#[derive(Debug, clap::Args)]
pub(super) struct CreateSecurityAdmin {
    /// What will be typed to log in: 2–40 letters, digits, ., _ and -
    #[arg(long, value_name = "NAME")]
    username: String,
    /// The name that pages show; the user name if not given
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// The district's name, needed when there is no unit yet
    #[arg(long, value_name = "NAME", requires = "code")]
    district: Option<String>,
    /// The district's code, such as its six digits of GB/T 2260
    #[arg(long, value_name = "CODE", requires = "district")]
    code: Option<String>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, clap::Args)]
pub(super) struct ResetSecurityAdmin {
    /// The account's user name
    #[arg(long, value_name = "NAME")]
    username: String,
    #[command(flatten)]
    flags: Flags,
}

impl Account {
    pub(super) fn flags(&self) -> &Flags {
        match self {
            Self::CreateSecurityAdmin(command) => &command.flags,
            Self::ResetSecurityAdmin(command) => &command.flags,
        }
    }
}

pub(super) async fn run(account: Account, config: &Config) -> Result<(), CliError> {
    let db = Db::open(&config.database_url).await?;
    let services = boot::compose(core(config, db, config.settings(SocketAddr::from(([127, 0, 0, 1], 0)), false))?);
    let made = match account {
        Account::CreateSecurityAdmin(command) => create_security_admin(&services, command).await,
        Account::ResetSecurityAdmin(command) => reset_security_admin(&services, &command.username).await,
    };
    services.core.db.close().await?;
    let (username, password) = made?;
    println!("user name: {username}\npassword:  {password}");
    Ok(())
}

async fn create_security_admin(
    services: &Services,
    command: CreateSecurityAdmin,
) -> Result<(String, String), CliError> {
    let mut fields = Fields::new();
    let username = check_username(&mut fields, "username", &command.username);
    let display_name = fields.line("display_name", command.display_name.as_deref().unwrap_or(&username), 80);
    fields.check()?;
    let unit_id = top(services, command.district, command.code).await?;
    let password = services.core.secret::<10>();
    let hash = services.auth.hash(&password).await;
    let new =
        NewAccount { username, display_name, password: String::new(), must_change_password: true, person_id: None };
    let account = services.auth.insert_account(&Actor::SYSTEM, new, hash).await?;
    let grant = NewGrant { role: Role::SecurityAdmin, unit_id, valid_until: None };
    services.auth.insert_grant(&Actor::SYSTEM, account.id, grant).await?;
    Ok((account.username, password))
}

/// Whoever can read the key file may let a security administrator in again, and nobody else: those reset the others.
async fn reset_security_admin(services: &Services, username: &str) -> Result<(String, String), CliError> {
    let found = services.auth.act_as(&username.trim().to_lowercase()).await;
    let account = found.map_err(|error| match error {
        AuthError::Denied(_) => CliError::Usage(format!("--username: there is no account `{username}`")),
        other => other.into(),
    })?;
    let account = account.account;
    if !account.grants.iter().any(|grant| grant.role == Role::SecurityAdmin) {
        return Err(CliError::Usage(format!(
            "--username: `{username}` is no security administrator; one of those gives others a new password"
        )));
    }
    let password = services.core.secret::<10>();
    let hash = services.auth.hash(&password).await;
    services.auth.reset_password(&Actor::SYSTEM, account.id, &hash, true).await?;
    Ok((account.username.clone(), password))
}

/// The top of the tree of units, which is made if the tree is empty.
async fn top(services: &Services, name: Option<String>, code: Option<String>) -> Result<UnitId, CliError> {
    let tops = tree::children(services.core.db.read(), None).await?;
    match (tops.first(), name.zip(code)) {
        (Some(top), None) => Ok(top.id),
        (Some(top), Some(_)) => Err(CliError::Usage(format!(
            "--district and --code are for an empty database; this one is that of {}",
            top.name
        ))),
        (None, None) => Err(CliError::Usage(
            "there is no unit yet; give the district's name and code with --district and --code".to_owned(),
        )),
        (None, Some((name, code))) => {
            let mut fields = Fields::new();
            let name = fields.line("district", &name, 80);
            let code = fields.line("code", &code, 40);
            fields.check()?;
            let new = NewUnit { parent_id: None, code, name, kind: UnitKind::Group, active_from: None };
            Ok(services.org.insert_unit(&Actor::SYSTEM, new).await?.id)
        }
    }
}
