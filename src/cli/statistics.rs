//! `kaofa statistics`: how hard and how good the items of any test are, from a table.

use std::fs::File;
use std::path::PathBuf;

use entity::points::Points;

use super::CliError;
use super::verify::unreadable;
use crate::exam::statistics::{Report, measure, read};

#[derive(Debug, clap::Args)]
pub(super) struct Statistics {
    /// A table in CSV: the header names the items, each row holds the points of one person
    #[arg(value_name = "FILE")]
    table: PathBuf,
    /// What each item can score, in order, with commas between; 1 for all if not said
    #[arg(long, value_name = "POINTS")]
    max: Option<String>,
}

pub(super) fn run(command: &Statistics) -> Result<(), CliError> {
    let maximum = |text: &str| {
        let text = text.trim();
        text.parse::<Points>().map_err(|_no_points| {
            CliError::Usage(format!("--max: {text:?} is not a number of points with at most two decimals"))
        })
    };
    let maxima = command.max.as_deref().map(|all| all.split(',').map(maximum).collect::<Result<Vec<_>, _>>());
    let maxima = maxima.transpose()?;
    let opened = File::open(&command.table).map_err(|cause| CliError::Usage(unreadable(&command.table, &cause)))?;
    let sums = read(opened, maxima.as_deref())
        .map_err(|error| CliError::Usage(format!("{}: {error}", command.table.display())))?;
    let report = serde_json::to_string_pretty(&Report::from(measure(&sums)))
        .map_err(|error| CliError::Usage(error.to_string()))?;
    println!("{report}");
    Ok(())
}
