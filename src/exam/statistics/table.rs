//! Statistics of a table from elsewhere: a row a person, a column an item.

use std::io::Read;

use entity::points::Points;

use super::measure::Sums;

/// Why a table cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It is no CSV, or a row has another number of cells than the header.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// The header names nothing, or a name is missing or there twice.
    #[error("the header names no items, or one without a name or twice")]
    Header,
    /// Another number of maxima than of items.
    #[error("{0} maxima were given for {1} items")]
    Maxima(usize, usize),
    /// A maximum that nobody can reach.
    #[error("the maximum of {0} is not above 0")]
    Maximum(String),
    /// A cell that is no number of points with at most two decimals.
    #[error("line {line}, {item}: {cell:?} is not a number of points with at most two decimals")]
    Cell {
        /// The line of the file, from 1.
        line: u64,
        /// The item's name.
        item: String,
        /// What stands there.
        cell: String,
    },
    /// A cell outside 0 to the item's maximum.
    #[error("line {line}, {item}: {cell} is not between 0 and {maximum}")]
    Range {
        /// The line of the file, from 1.
        line: u64,
        /// The item's name.
        item: String,
        /// What stands there.
        cell: Points,
        /// The item's maximum.
        maximum: Points,
    },
}

/// The sums of a table in CSV. The header names the items; `maxima` says what each can score, 1 if nothing is said.
pub fn read(table: impl Read, maxima: Option<&[Points]>) -> Result<Sums, TableError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(table);
    let header = reader.headers()?;
    // Excel and WPS put a byte order mark before the first name.
    let names: Vec<String> = header.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
    let once: std::collections::HashSet<_> = names.iter().collect();
    if names.is_empty() || once.len() != names.len() || names.iter().any(String::is_empty) {
        return Err(TableError::Header);
    }
    let maxima = maxima.map_or_else(|| vec![Points::whole(1); names.len()], <[Points]>::to_vec);
    if maxima.len() != names.len() {
        return Err(TableError::Maxima(maxima.len(), names.len()));
    }
    if let Some((name, _)) = names.iter().zip(&maxima).find(|(_, maximum)| maximum.0 <= 0) {
        return Err(TableError::Maximum(name.clone()));
    }
    let mut sums = Sums { order: names.clone(), ..Sums::default() };
    for name in &names {
        sums.items.entry(name.clone()).or_default();
    }
    for row in reader.records() {
        let row = row?;
        let line = row.position().map_or(0, csv::Position::line);
        let mut paper = Vec::with_capacity(names.len());
        for ((cell, item), maximum) in row.iter().zip(&names).zip(&maxima) {
            let points: Points = cell.parse().map_err(|_no_points| TableError::Cell {
                line,
                item: item.clone(),
                cell: cell.to_owned(),
            })?;
            if points.0 < 0 || points > *maximum {
                return Err(TableError::Range { line, item: item.clone(), cell: points, maximum: *maximum });
            }
            paper.push((item.as_str(), points.0, maximum.0));
        }
        sums.add(paper.iter().copied());
    }
    Ok(sums)
}
