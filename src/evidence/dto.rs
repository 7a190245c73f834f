//! Wire types.

use entity::instant::Instant;
use poem::Body;
use poem_openapi::payload::Binary;
use poem_openapi::{ApiResponse, Object};
use serde_json::Value;

use super::model::{Check, EntryFilter, Finding, LogEntry, Outcome, Which};
use crate::kernel::digest::Digest;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::log::{Consistency, Inclusion, SignedHead};

/// An entry of the log.
#[derive(Debug, Object)]
#[oai(rename = "LogEntry")]
pub(super) struct LogEntryDto {
    /// Its place in the log, from 0.
    index: Option<i64>,
    /// Its identifier.
    id: String,
    /// When it happened, by the server's clock.
    at: String,
    /// Who did it: an account's id, `nobody` or `system`.
    actor: String,
    /// That account's display name today.
    actor_name: Option<String>,
    /// What was done, as `slice.act`.
    action: String,
    /// What it was done to, as `kind:id`.
    subject: String,
    /// The unit it concerns.
    unit_id: Option<String>,
    /// That unit's name today.
    unit_name: Option<String>,
    /// What changed.
    data: Value,
    /// The client's address.
    address: Option<String>,
    /// `done` or `refused`.
    outcome: String,
}

impl From<LogEntry> for LogEntryDto {
    fn from(LogEntry { entry, actor_name, unit_name }: LogEntry) -> Self {
        Self {
            index: entry.idx,
            at: Instant(entry.at).to_string(),
            data: entry.data(),
            id: entry.id,
            actor: entry.actor,
            actor_name,
            action: entry.action,
            subject: entry.subject,
            unit_id: entry.unit_id,
            unit_name,
            address: entry.address,
            outcome: entry.outcome,
        }
    }
}

/// A signed head of the log: Ed25519 over the RFC 8785 form of
/// `{"algorithm":"kaofa-log/1","at":…,"public_key":…,"root":…,"size":…}`.
#[derive(Debug, Object)]
#[oai(rename = "LogHead")]
pub(super) struct HeadDto {
    /// How many entries the log had.
    size: u64,
    /// The root over them (RFC 9162), in hex.
    root: String,
    /// When it was signed.
    at: String,
    /// The key that checks the signature, in hex.
    public_key: String,
    /// The signature, in hex.
    signature: String,
}

impl From<SignedHead> for HeadDto {
    fn from(head: SignedHead) -> Self {
        Self {
            size: head.size,
            root: head.root.to_string(),
            at: head.at.to_string(),
            public_key: head.public_key.to_string(),
            signature: head.signature.to_string(),
        }
    }
}

/// Proof that an entry is in the log: H(0x00 || JCS(entry)) and the path lead to the root.
#[derive(Debug, Object)]
#[oai(rename = "LogInclusion")]
pub(super) struct InclusionDto {
    /// The entry's own fields.
    entry: Value,
    /// Its place, from 0.
    index: u64,
    /// How many entries the log had.
    size: u64,
    /// The root over them.
    root: String,
    /// The hashes from the leaf up.
    path: Vec<String>,
    /// The head signed for that size; null if none was, one being signed a batch.
    head: Option<HeadDto>,
}

impl From<(Inclusion, Option<SignedHead>)> for InclusionDto {
    fn from((proof, head): (Inclusion, Option<SignedHead>)) -> Self {
        Self {
            entry: proof.entry,
            index: proof.index,
            size: proof.size,
            root: proof.root.to_string(),
            path: texts(&proof.path),
            head: head.map(HeadDto::from),
        }
    }
}

/// Proof that the log only grew.
#[derive(Debug, Object)]
#[oai(rename = "LogConsistency")]
pub(super) struct ConsistencyDto {
    /// How many entries the older log had.
    from: u64,
    /// How many the newer has.
    to: u64,
    /// The older root.
    from_root: String,
    /// The newer root.
    to_root: String,
    /// The hashes, as RFC 9162 orders them.
    proof: Vec<String>,
    /// The head signed for the older size, if one was.
    from_head: Option<HeadDto>,
    /// The head signed for the newer size, if one was.
    to_head: Option<HeadDto>,
}

impl From<(Consistency, [Option<SignedHead>; 2])> for ConsistencyDto {
    fn from((proof, [from_head, to_head]): (Consistency, [Option<SignedHead>; 2])) -> Self {
        Self {
            from: proof.from,
            to: proof.to,
            from_root: proof.from_root.to_string(),
            to_root: proof.to_root.to_string(),
            proof: texts(&proof.proof),
            from_head: from_head.map(HeadDto::from),
            to_head: to_head.map(HeadDto::from),
        }
    }
}

fn texts(hashes: &[Digest]) -> Vec<String> {
    hashes.iter().map(Digest::to_string).collect()
}

/// What came out of checking the log.
#[derive(Debug, Object)]
#[oai(rename = "LogVerdict")]
pub(super) struct VerdictDto {
    /// When the check was done.
    done_at: String,
    /// Whether everything is as it was signed.
    sound: bool,
    /// How many entries were looked at.
    entries: u64,
    /// How many signed heads were looked at.
    heads: u64,
    /// The root over the entries as they are.
    root: String,
    /// The keys with which heads were signed.
    public_keys: Vec<String>,
    /// How many entries have no place yet.
    unnumbered: u64,
    /// What is not as it was signed, by place; at most a hundred.
    findings: Vec<FindingDto>,
}

/// Something that is not as it was signed.
#[derive(Debug, Object)]
#[oai(rename = "LogFinding")]
pub(super) struct FindingDto {
    /// `changed`, `missing`, `replaced`, `leaf`, `node`, `root`, `signature`, `key`, `unsigned`, `short` or `rewritten`.
    kind: String,
    /// The place from which on something is wrong.
    index: u64,
    /// The entry concerned, where it is one and its id is known.
    entry_id: Option<String>,
    /// The same in a sentence.
    text: String,
}

impl From<Finding> for FindingDto {
    fn from(finding: Finding) -> Self {
        Self { kind: finding.kind, index: finding.index, entry_id: finding.entry_id, text: finding.text }
    }
}

impl From<(Instant, Outcome)> for VerdictDto {
    fn from((at, outcome): (Instant, Outcome)) -> Self {
        Self {
            done_at: at.to_string(),
            sound: outcome.sound,
            entries: outcome.entries,
            heads: outcome.heads,
            root: outcome.root,
            public_keys: outcome.public_keys,
            unnumbered: outcome.unnumbered,
            findings: outcome.findings.into_iter().map(FindingDto::from).collect(),
        }
    }
}

/// A check that is asked for or under way.
#[derive(Debug, Object)]
#[oai(rename = "LogCheck")]
pub(super) struct CheckDto {
    /// When it was asked for, or was due.
    asked_at: String,
    /// How many entries were looked at.
    checked: u64,
    /// How many there are to look at; 0 before it has begun.
    entries: u64,
}

/// How it stands with checking the log.
#[derive(Debug, Object)]
#[oai(rename = "LogVerification")]
pub(super) struct VerificationDto {
    /// What came out of the last check; null before the first.
    last: Option<VerdictDto>,
    /// The check that is asked for or under way; null if none is.
    running: Option<CheckDto>,
}

impl From<(Option<Check>, Option<Check>)> for VerificationDto {
    fn from((last, open): (Option<Check>, Option<Check>)) -> Self {
        Self {
            last: last.and_then(|check| check.done).map(VerdictDto::from),
            running: open.map(|check| CheckDto {
                asked_at: check.asked_at.to_string(),
                checked: check.checked,
                entries: check.entries,
            }),
        }
    }
}

/// The log as a file.
#[derive(Debug, ApiResponse)]
pub(super) enum ExportResponse {
    /// A JSON object a line: first the head that the file leads to, then the entries in order with the heads signed
    /// between them.
    #[oai(status = 200, content_type = "application/x-ndjson")]
    Log(
        Binary<Body>,
        /// The name to save it under.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

/// The parameters of a search, as they come.
#[derive(Debug)]
pub(super) struct EntryQuery {
    pub(super) from_index: Option<u64>,
    pub(super) action: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) actor: Option<String>,
    pub(super) unit_id: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

impl TryFrom<EntryQuery> for EntryFilter {
    type Error = Invalid;
    fn try_from(query: EntryQuery) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let mut word = |field, value: Option<String>| {
            let value = value.filter(|v| !v.trim().is_empty());
            value.map(|value| fields.optional_line(field, &value, 120))
        };
        let action = word("action", query.action);
        let subject = word("subject", query.subject);
        let actor = word("actor", query.actor);
        let unit_id = fields.parse_optional("unit_id", query.unit_id.as_deref(), FieldCode::Invalid);
        let from: Option<Instant> = fields.parse_optional("from", query.from.as_deref(), FieldCode::Invalid);
        let to: Option<Instant> = fields.parse_optional("to", query.to.as_deref(), FieldCode::Invalid);
        if from.zip(to).is_some_and(|(from, to)| to <= from) {
            fields.reject("to", FieldCode::NotAfter);
        }
        fields.finish(Some(Self { from_index: query.from_index, action, subject, actor, unit_id, from, to }))
    }
}

/// Which entry is meant: one of the two must be given.
pub(super) fn which(index: Option<u64>, entry_id: Option<&str>) -> Result<Which, Invalid> {
    match (index, entry_id) {
        (Some(index), None) => Ok(Which::Index(index)),
        (None, Some(id)) => {
            let mut fields = Fields::new();
            let id = fields.parse("entry_id", id, FieldCode::Invalid);
            fields.finish(id.map(Which::Id))
        }
        (None, None) => Err(Invalid::one("index", FieldCode::Required)),
        (Some(_), Some(_)) => Err(Invalid::one("entry_id", FieldCode::Conflict)),
    }
}
