//! Where somebody was, what they were, and how they left.

use poem_openapi::Object;

use super::CategoryDto;
use crate::org::model::{Departure, History};

/// Somebody's past.
#[derive(Debug, Object)]
#[oai(rename = "PersonHistory")]
pub(in crate::org) struct HistoryDto {
    /// Their times on rosters, from the first.
    postings: Vec<PostingDto>,
    /// Their categories, from the first.
    categories: Vec<HeldDto>,
    /// Their leavings, from the first.
    departures: Vec<DepartureDto>,
}

/// A time on a unit's roster.
#[derive(Debug, Object)]
#[oai(rename = "Posting")]
struct PostingDto {
    /// Where.
    unit_id: String,
    /// Its name today.
    unit_name: String,
    /// The first day.
    from_on: String,
    /// The first day no more; null while none is known.
    to_on: Option<String>,
    /// `member`, or `seconded` where they were lent to it.
    kind: String,
    /// Why it began; empty for the first.
    reason: String,
}

/// A category that was held for a time.
#[derive(Debug, Object)]
#[oai(rename = "HeldCategory")]
struct HeldDto {
    /// Which.
    category: CategoryDto,
    /// The first day.
    from_on: String,
    /// The first day no more; null while none is known.
    to_on: Option<String>,
}

/// A leaving.
#[derive(Debug, Object)]
#[oai(rename = "Departure")]
struct DepartureDto {
    /// `retired`, `resigned`, `died`, `seconded`.
    kind: String,
    /// The first day that they were gone.
    effective_on: String,
    /// The unit on whose roster somebody lent elsewhere counts; null if on none.
    counted_unit_id: Option<String>,
    /// What was written about it.
    reason: String,
}

impl From<Departure> for DepartureDto {
    fn from(departure: Departure) -> Self {
        Self {
            kind: departure.kind.to_string(),
            effective_on: departure.effective_on.to_string(),
            counted_unit_id: departure.counted_unit_id.map(|id| id.to_string()),
            reason: departure.reason,
        }
    }
}

impl From<History> for HistoryDto {
    fn from(history: History) -> Self {
        let posting = |(posting, unit_name, reason): (crate::org::Posting, String, String)| PostingDto {
            unit_id: posting.unit_id.to_string(),
            unit_name,
            from_on: posting.from_on.to_string(),
            to_on: posting.to_on.map(|day| day.to_string()),
            kind: posting.kind.to_string(),
            reason,
        };
        let held = history.categories.into_iter().map(|(category, from_on, to_on)| HeldDto {
            category: category.into(),
            from_on: from_on.to_string(),
            to_on: to_on.map(|day| day.to_string()),
        });
        Self {
            postings: history.postings.into_iter().map(posting).collect(),
            categories: held.collect(),
            departures: history.departures.into_iter().map(DepartureDto::from).collect(),
        }
    }
}
