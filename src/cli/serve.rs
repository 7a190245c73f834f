//! `kaofa serve`.

use std::time::Instant;

use tokio::signal::unix::{SignalKind, signal};

use super::{CliError, core};
use crate::boot;
use crate::config::{Config, Flags};
use crate::core::Core;
use crate::db::Db;
use crate::demo::{self, SHOWN};

#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    #[command(flatten)]
    pub(super) flags: Flags,
    /// Fill an empty database with the demonstration district, or go on with it
    #[arg(long)]
    pub(super) demo: bool,
}

/// Serves until SIGTERM or SIGINT.
pub(super) async fn serve(config: Config, demo: bool) -> Result<(), CliError> {
    config.check_exposure()?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // A taken port is found out before the database is touched.
    let bound = boot::bind(config.listen, config.tls.as_ref()).await?;
    let db = Db::open(&config.database_url).await?;
    let core = core(&config, db, config.settings(bound.address, demo))?;
    let password = if demo { Some(fill(&core, &config).await?) } else { None };
    let services = boot::compose(core);
    let workers = boot::workers(&services);
    println!("kaofa serves {}", services.core.settings.public_url);
    if let Some(password) = password {
        println!("log in as {} with the password {password}", SHOWN.join(", "));
    }
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    Ok(boot::serve(bound, services, workers, stop).await?)
}

/// Fills the demonstration and tells how far it has come. Gives the password of its accounts.
async fn fill(core: &Core, config: &Config) -> Result<String, CliError> {
    let password = config.demo_password.clone().unwrap_or_else(|| core.secret::<8>());
    let begun = Instant::now();
    demo::fill(core, &password, boot::compose, &move |step| {
        println!("demonstration: {step} ({:.1} s)", begun.elapsed().as_secs_f32());
    })
    .await?;
    println!("demonstration: ready after {:.1} s", begun.elapsed().as_secs_f32());
    Ok(password)
}
