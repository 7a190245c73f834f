//! `kaofa serve`.

use tokio::signal::unix::{SignalKind, signal};

use super::{CliError, core};
use crate::boot;
use crate::config::{Config, Flags};
use crate::db::Db;

#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    #[command(flatten)]
    pub(super) flags: Flags,
}

/// Serves until SIGTERM or SIGINT.
pub(super) async fn serve(config: Config) -> Result<(), CliError> {
    config.check_exposure()?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // A taken port is found out before the database is touched.
    let bound = boot::bind(config.listen).await?;
    let db = Db::open(&config.database_url).await?;
    let services = boot::compose(core(&config, db, config.settings(bound.address, false))?);
    let workers = boot::workers(&services);
    println!("kaofa serves {}", services.core.settings.public_url);
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    Ok(boot::serve(bound, services, workers, stop).await?)
}
