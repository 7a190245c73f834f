//! The log as a file: a JSON object a line, which proves itself like the database that it came from.

use std::collections::HashMap;
use std::io::{self, BufRead};
use std::ops::Range;

use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::checker::{Checker, Finding, Place, Trust, Verdict};
use super::entry::leaf_of;
use super::head::SignedHead;
use super::store;
use crate::db::Fault;
use crate::kernel::digest::Digest;

/// A line of an export. The first is the head that the file leads to; then come the entries in order, each head after the
/// entries that it was signed for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// A signed head.
    Head {
        /// The head.
        head: SignedHead,
    },
    /// An entry.
    Entry {
        /// Its place, from 0.
        index: u64,
        /// The hash of its leaf.
        leaf: Digest,
        /// Its id. An id without an entry is that of one which is gone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// Its own fields. Of an entry outside the reader's units the hash alone is shown, which proves the others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entry: Option<Value>,
    },
}

/// The lines of these places. Of entries that are not `shown`, the hash alone.
pub async fn lines(
    conn: &impl ConnectionTrait,
    places: &Range<u64>,
    shown: impl Fn(&str) -> bool,
) -> Result<Vec<Line>, Fault> {
    let entries = store::entries(conn, places).await?;
    let mut entries: HashMap<i64, _> = entries.into_iter().filter_map(|e| Some((e.idx?, e))).collect();
    let mut heads = store::heads(conn, places).await?.into_iter().peekable();
    let mut lines = Vec::new();
    for leaf in store::leaves(conn, places).await? {
        let index = store::place(leaf.idx)?;
        let hash = leaf.hash.parse().map_err(|_bad| store::broken("a leaf's hash cannot be read"))?;
        let entry = entries.remove(&leaf.idx).filter(|entry| entry.id == leaf.entry_id);
        // An entry that is gone is told of to everybody: nobody can say any more whom it concerned.
        let visible = entry.is_none() || shown(&leaf.entry_id);
        let id = visible.then_some(leaf.entry_id);
        let entry = entry.filter(|_| visible).map(|entry| entry.value());
        lines.push(Line::Entry { index, leaf: hash, id, entry });
        while let Some(head) = heads.next_if(|head| head.size == index + 1) {
            lines.push(Line::Head { head });
        }
    }
    Ok(lines)
}

/// Why a file cannot be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It cannot be read.
    #[error("the export cannot be read: {0}")]
    Io(#[from] io::Error),
    /// A line is something else.
    #[error("line {line} is none of an export of the log: {cause}")]
    Line {
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        cause: serde_json::Error,
    },
    /// The first line is no head.
    #[error("an export of the log begins with a signed head, this file does not")]
    NoHead,
}

/// Checks an export, a line at a time.
pub fn verify_export(reader: impl BufRead, trust: Trust) -> Result<Verdict, ExportError> {
    let mut lines = (1..).zip(reader.lines()).map(|(line, text)| -> Result<Line, ExportError> {
        serde_json::from_str(&text?).map_err(|cause| ExportError::Line { line, cause })
    });
    let Some(Line::Head { head: last }) = lines.next().transpose()? else {
        return Err(ExportError::NoHead);
    };
    let mut checker = Checker::new(trust);
    while !checker.enough()
        && let Some(line) = lines.next().transpose()?
    {
        match line {
            Line::Head { head } => at_head(&mut checker, &head),
            Line::Entry { index, leaf, id, entry } => at_entry(&mut checker, index, leaf, id, entry.as_ref()),
        }
    }
    let entries = checker.size();
    if last.size == entries {
        at_head(&mut checker, &last);
    } else if !checker.enough() {
        checker.find(Finding::Short { size: last.size, entries });
    }
    Ok(checker.finish())
}

fn at_head(checker: &mut Checker, head: &SignedHead) {
    while checker.size() < head.size && !checker.enough() {
        missing(checker);
    }
    match head.size == checker.size() {
        true => checker.head(head),
        false if checker.enough() => {}
        // It covers fewer entries than stand before it.
        false => checker.find(Finding::Root { first: 0, size: head.size }),
    }
}

/// A place that is skipped leaves the tree without a leaf: nothing after it leads to a root.
fn missing(checker: &mut Checker) {
    checker.find(Finding::Missing { index: checker.size(), id: None });
    checker.place(&Place { id: "", kept: None, computed: None }, &mut Vec::new());
}

fn at_entry(checker: &mut Checker, index: u64, leaf: Digest, id: Option<String>, entry: Option<&Value>) {
    while checker.size() < index && !checker.enough() {
        missing(checker);
    }
    let id = id.unwrap_or_default();
    if index < checker.size() {
        checker.find(Finding::Replaced { index, id: id.clone(), by: id });
        return;
    }
    let computed = entry.and_then(leaf_of);
    match (entry, computed) {
        (None, _) if id.is_empty() => checker.note_withheld(),
        (None, _) => checker.find(Finding::Missing { index, id: Some(id.clone()) }),
        (Some(_), None) => checker.find(Finding::Changed { index, id: id.clone() }),
        (Some(_), Some(_)) => {}
    }
    checker.place(&Place { id: &id, kept: Some(leaf), computed }, &mut Vec::new());
}
