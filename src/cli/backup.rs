//! `kaofa backup`: a copy that was opened and checked before it is called one.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use entity::log::Outcome;
use serde_json::json;

use super::{CliError, core};
use crate::config::{Config, Flags};
use crate::core::Core;
use crate::db::{self, Db};
use crate::kernel::digest::{Digest, Hasher};
use crate::keys;
use crate::log::{self, Actor, Entry, Trust, Verdict};

#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// The file to write, which must not exist; its folder must
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    pub(super) flags: Flags,
}

/// Copies the database, checks the copy, gives it its name and notes it in the log.
pub(super) async fn run(backup: Backup, config: &Config) -> Result<(), CliError> {
    let file = &backup.file;
    if !config.database_url.starts_with("sqlite:") {
        return Err(CliError::Usage(format!(
            "PostgreSQL copies itself: run `pg_dump --format=custom --file={} --dbname={}` and keep {} apart from it",
            file.display(),
            db::redacted(&config.database_url),
            config.key_file().display(),
        )));
    }
    if file.exists() {
        return Err(CliError::Usage(format!("{} is there already; a backup replaces nothing", file.display())));
    }
    let unfinished = beside(file);
    let done = make(config, file, &unfinished).await;
    if done.is_err() {
        // Nothing that was not checked may be taken for a backup.
        let _ = fs::remove_file(&unfinished);
    }
    let (verdict, bytes, digest) = done?;
    println!("{}: {bytes} bytes, SHA-256 {digest}", file.display());
    println!("checked: every page, every reference, {} entries of the log, root {}", verdict.entries, verdict.root);
    println!("keep {} too, apart from it: without it nothing encrypted can be read", config.key_file().display());
    Ok(())
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}

async fn make(config: &Config, file: &Path, unfinished: &Path) -> Result<(Verdict, u64, Digest), CliError> {
    let cannot = |cause: io::Error| CliError::Usage(format!("{} cannot be written: {cause}", file.display()));
    // A backup of what is not there would be an empty database.
    let db = Db::open_to_read(&config.database_url).await?;
    // Another key than the one in use would find every signature wrong.
    keys::read(&config.key_file())?;
    let core = core(config, db, config.settings(config.listen, false))?;
    if unfinished.exists() {
        fs::remove_file(unfinished).map_err(cannot)?;
    }
    // SQLite would say no more than that it cannot open it.
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(unfinished).map_err(cannot)?;
    db::copy_sqlite(&config.database_url, unfinished).await?;
    let verdict = check(&core, unfinished).await?;
    let (bytes, digest) = digest(unfinished).map_err(cannot)?;
    fs::rename(unfinished, file).map_err(cannot)?;
    core.db.clone().close().await?;
    note(&core, config, bytes, digest).await?;
    Ok((verdict, bytes, digest))
}

/// Opens the copy as the program would and looks at all of it.
async fn check(core: &Core, copy: &Path) -> Result<Verdict, CliError> {
    let unsound = |what: String| CliError::Unsound(format!("the copy is not sound and was removed: {what}"));
    if let Some(first) = db::check_sqlite(copy).await?.into_iter().next() {
        return Err(unsound(first));
    }
    let db = Db::open_to_read(&format!("sqlite:{}", copy.display())).await?;
    let trust = Trust { keys: vec![core.keys.log_public()], head: None };
    let verdict = log::verify(db.read(), trust).await;
    db.close().await?;
    let verdict = verdict?;
    match verdict.findings.first() {
        Some(finding) => Err(unsound(format!("the log is not as it was signed: {finding}"))),
        None => Ok(verdict),
    }
}

/// The size and the digest of a file that is on the disk for good.
fn digest(file: &Path) -> io::Result<(u64, Digest)> {
    let mut opened = File::open(file)?;
    opened.sync_all()?;
    let mut hasher = Hasher::default();
    let bytes = io::copy(&mut opened, &mut hasher)?;
    Ok((bytes, hasher.finish()))
}

/// The log of the database that was copied tells of it; the copy was made before and does not.
async fn note(core: &Core, config: &Config, bytes: u64, digest: Digest) -> Result<(), CliError> {
    let entry = Entry {
        id: core.uuid(),
        at: core.now(),
        actor: Actor::SYSTEM,
        action: "backup.make",
        subject: format!("backup:{digest}"),
        unit: None,
        data: json!({ "bytes": bytes.to_string() }),
        outcome: Outcome::Done,
    };
    let db = Db::open(&config.database_url).await?;
    let noted = db.tx("backup.make", |tx| {
        let entry = entry.clone();
        Box::pin(async move { log::append(tx, entry).await })
    });
    let noted = noted.await;
    db.close().await?;
    Ok(noted?)
}
