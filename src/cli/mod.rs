//! The command line.
//!
//! What goes wrong is told in one line on the standard error and ends the program with 1; `verify draw` tells with 2 that it
//! came to no verdict.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "here the program speaks with its operator")]

mod account;
mod backup;
mod serve;
mod statistics;
mod verify;
mod verify_draw;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use sea_orm::DbBackend;

use crate::auth::AuthError;
use crate::boot::BootError;
use crate::config::{Config, ConfigError, Flags, LogFormat};
use crate::core::Core;
use crate::db::{Db, Fault, OpenError};
use crate::demo::DemoError;
use crate::http::Problem;
use crate::kernel::clock::SystemClock;
use crate::kernel::entropy::SystemEntropy;
use crate::kernel::field::{FieldError, Invalid};
use crate::kernel::settings::Settings;
use crate::kernel::texts::Lang;
use crate::keys::{self, KeyFileError};
use crate::log::ExportError;
use crate::openapi;
use crate::org::OrgError;

/// Law study and law exams of a district's officials (学法考法).
#[derive(Debug, Parser)]
#[command(name = "kaofa", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve pages and operations until told to stop
    Serve(serve::Serve),
    /// Bring the database to the newest step
    Migrate(Flags),
    /// Print the specification of the operations, OpenAPI 3 in JSON
    Openapi,
    /// Copy the database while it is being served, and check the copy
    Backup(backup::Backup),
    /// Make accounts that nobody could make from inside
    #[command(subcommand)]
    Account(account::Account),
    /// Say how hard and how good the items of a test are, from a table of points
    Statistics(statistics::Statistics),
    /// Check what the program keeps as evidence
    #[command(subcommand)]
    Verify(verify::Verify),
}

/// What ends the program, in one line.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    #[error(transparent)]
    Boot(#[from] BootError),
    #[error("{0}")]
    Auth(AuthError),
    #[error("{0}")]
    Org(OrgError),
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("the program cannot start: {0}")]
    Runtime(#[from] std::io::Error),
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error(transparent)]
    Export(#[from] ExportError),
    /// What was to be verified does not hold.
    #[error("{0}")]
    Unsound(String),
    /// It cannot be said whether what was to be verified holds.
    #[error("{0}")]
    NoVerdict(String),
    #[error("{0}")]
    Usage(String),
}

impl From<Invalid> for CliError {
    fn from(invalid: Invalid) -> Self {
        let words = |e: &FieldError| format!("{}: {}", e.field, Problem::field_words(e, Lang::En));
        Self::Usage(invalid.0.iter().map(words).collect::<Vec<_>>().join("; "))
    }
}

impl From<AuthError> for CliError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Invalid(invalid) => invalid.into(),
            other => Self::Auth(other),
        }
    }
}

impl From<OrgError> for CliError {
    fn from(error: OrgError) -> Self {
        match error {
            OrgError::Invalid(invalid) => invalid.into(),
            other => Self::Org(other),
        }
    }
}

/// Does what the arguments say.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(asked) if !asked.use_stderr() => {
            // Help and version. A reader that has gone away is no mistake.
            let _ = asked.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => return fail(&summary(&error)),
    };
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ CliError::NoVerdict(_)) => {
            fail(&error.to_string());
            ExitCode::from(2)
        }
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("kaofa: {}", message.split_whitespace().collect::<Vec<_>>().join(" "));
    ExitCode::FAILURE
}

/// What clap found, without the advice that follows it.
fn summary(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a command is missing; see --help".to_owned();
    }
    let text = error.to_string();
    let first: Vec<&str> = text.lines().take_while(|line| !line.trim().is_empty()).collect();
    first.join(" ").trim_start_matches("error: ").to_owned()
}

fn run(command: Command) -> Result<(), CliError> {
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match command {
        Command::Openapi => {
            print!("{}", openapi::document());
            Ok(())
        }
        Command::Migrate(flags) => {
            let config = Config::read(&flags)?;
            speak(&config)?;
            runtime()?.block_on(async {
                Db::open(&config.database_url).await?.close().await?;
                println!("the database is at the newest step");
                Ok(())
            })
        }
        Command::Serve(serve) => {
            let config = Config::read(&serve.flags)?;
            speak(&config)?;
            runtime()?.block_on(serve::serve(config, serve.demo))
        }
        Command::Backup(backup) => {
            let config = Config::read(&backup.flags)?;
            speak(&config)?;
            runtime()?.block_on(backup::run(backup, &config))
        }
        Command::Account(account) => {
            let config = Config::read(account.flags())?;
            speak(&config)?;
            runtime()?.block_on(account::run(account, &config))
        }
        Command::Statistics(command) => statistics::run(&command),
        Command::Verify(verify) => verify::run(verify, runtime),
    }
}

/// Starts the server's log, on the standard error.
fn speak(config: &Config) -> Result<(), CliError> {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::builder().parse(&config.log).map_err(|error| ConfigError::Bad {
        key: "log",
        why: format!("`{}` is no filter such as info or kaofa=debug: {error}", config.log),
    })?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let log = log.with_ansi(std::io::stderr().is_terminal());
    match config.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

/// The core of this process: the machine's clock and randomness, and the keys of the installation.
fn core(config: &Config, db: Db, settings: Settings) -> Result<Core, CliError> {
    let file = config.key_file();
    let keys = Arc::new(keys::open(&file, &SystemEntropy)?);
    if config.secret_key_file.is_none() && db.backend() == DbBackend::Postgres {
        tracing::warn!(
            file = %file.display(),
            "KAOFA_SECRET_KEY_FILE is not set: every instance that serves this database needs this very file"
        );
    }
    Ok(Core { clock: Arc::new(SystemClock), rng: Arc::new(SystemEntropy), db, keys, settings: Arc::new(settings) })
}
