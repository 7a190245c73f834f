//! `kaofa verify`: checking evidence, on the server's machine or far from it.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::{CliError, speak};
use crate::config::{Config, Flags};
use crate::db::Db;
use crate::kernel::clock::{Clock as _, SystemClock};
use crate::keys::{self, PublicKey};
use crate::log::{self, SignedHead, Trust, Verdict};
use crate::report::verify_records;

#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant, reason = "one is made in the life of the program")]
pub(super) enum Verify {
    /// Check every entry of the log against its signed heads, and name the first that differs or is missing
    Log(VerifyLog),
    /// Check the records: recount the tally and everybody's figures from the facts, and hold every snapshot against its
    /// digests, the log and today's rows; each thing that differs is named
    Records(VerifyRecords),
    /// Check the draw file of an exam: draw every paper anew and name the first that differs
    ///
    /// Ends with 0 if the file holds, with 1 if it does not, with 2 if there is no verdict because something cannot be read.
    Draw(super::verify_draw::VerifyDraw),
}

#[derive(Debug, clap::Args)]
pub(super) struct VerifyLog {
    /// An export of the log (GET /api/v1/log/export); without it the database is read
    #[arg(value_name = "FILE")]
    export: Option<PathBuf>,
    /// Believe heads signed with this key alone; may be given again. By default that of the secret key file, if it is there
    #[arg(long, value_name = "HEX")]
    public_key: Vec<String>,
    /// A signed head kept from earlier (GET /api/v1/log/head): the log must still begin with what it covered
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, clap::Args)]
pub(super) struct VerifyRecords {
    #[command(flatten)]
    flags: Flags,
}

fn records(
    command: &VerifyRecords,
    runtime: impl FnOnce() -> std::io::Result<tokio::runtime::Runtime>,
) -> Result<(), CliError> {
    let config = Config::read(&command.flags)?;
    speak(&config)?;
    let now = SystemClock.now();
    let today = config.calendar.day(now);
    let (findings, snapshots) = runtime()?.block_on(async {
        let db = Db::open_to_read(&config.database_url).await?;
        let found = verify_records(db.read(), today, now).await;
        db.close().await?;
        found.map_err(|error| CliError::NoVerdict(error.to_string()))
    })?;
    println!("{snapshots} snapshots");
    for finding in &findings {
        println!("{finding}");
    }
    match findings.as_slice() {
        [] => {
            println!("the records are what the facts give and what was frozen");
            Ok(())
        }
        [first, rest @ ..] => {
            let more = if rest.is_empty() { String::new() } else { format!(" (and {} findings more)", rest.len()) };
            Err(CliError::Unsound(format!("the records do not hold: {first}{more}")))
        }
    }
}

pub(super) fn run(
    verify: Verify,
    runtime: impl FnOnce() -> std::io::Result<tokio::runtime::Runtime>,
) -> Result<(), CliError> {
    let command = match verify {
        Verify::Log(command) => command,
        Verify::Records(command) => return records(&command, runtime),
        Verify::Draw(command) => return super::verify_draw::run(&command),
    };
    let config = Config::read(&command.flags)?;
    speak(&config)?;
    let trust = trust(&command, &config)?;
    let known = !trust.keys.is_empty();
    let verdict = match &command.export {
        Some(file) => {
            let opened = File::open(file).map_err(|cause| CliError::Usage(unreadable(file, &cause)))?;
            log::verify_export(BufReader::new(opened), trust)?
        }
        None => runtime()?.block_on(async {
            let db = Db::open_to_read(&config.database_url).await?;
            let verdict = log::verify(db.read(), trust).await;
            db.close().await?;
            Ok::<_, CliError>(verdict?)
        })?,
    };
    tell(&verdict, known)
}

fn trust(command: &VerifyLog, config: &Config) -> Result<Trust, CliError> {
    let parsed = command.public_key.iter().map(|key| {
        key.parse::<PublicKey>().map_err(|error| CliError::Usage(format!("--public-key: `{key}`: {error}")))
    });
    let mut keys = parsed.collect::<Result<Vec<_>, _>>()?;
    // An export may come from anywhere; a database is that of the installation whose settings these are.
    if keys.is_empty() && command.export.is_none() && config.key_file().exists() {
        keys.push(keys::read(&config.key_file())?.log_public());
    }
    let head = command.head.as_ref().map(|file| -> Result<SignedHead, CliError> {
        let text = std::fs::read_to_string(file).map_err(|cause| CliError::Usage(unreadable(file, &cause)))?;
        let no_head = |error| CliError::Usage(format!("{} holds no signed head: {error}", file.display()));
        serde_json::from_str(&text).map_err(no_head)
    });
    Ok(Trust { keys, head: head.transpose()? })
}

pub(super) fn unreadable(file: &Path, cause: &std::io::Error) -> String {
    format!("{} cannot be read: {cause}", file.display())
}

fn tell(verdict: &Verdict, known: bool) -> Result<(), CliError> {
    println!("{} entries, {} signed heads, root {}", verdict.entries, verdict.heads, verdict.root);
    if verdict.withheld > 0 {
        println!("of {} entries the export shows the hash alone", verdict.withheld);
    }
    if verdict.unnumbered > 0 {
        println!("{} new entries have no place yet", verdict.unnumbered);
    }
    for key in &verdict.keys {
        let whose = if known { "" } else { ", which nobody vouched for: compare it, or give --public-key" };
        println!("signed with {key}{whose}");
    }
    for finding in &verdict.findings {
        println!("{finding}");
    }
    match verdict.findings.as_slice() {
        [] => {
            println!("the log is as it was signed");
            Ok(())
        }
        [only] => Err(CliError::Unsound(format!("the log is not as it was signed: {only}"))),
        [first, rest @ ..] => {
            let more = rest.len();
            Err(CliError::Unsound(format!("the log is not as it was signed: {first} (and {more} findings more)")))
        }
    }
}
