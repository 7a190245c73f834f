//! The draw file of a closed exam, and writing it: one JSON document, its papers streamed.

use std::fmt;
use std::io::{self, Write};

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Number, Value};

use super::manifest::{Manifest, Secret};
use super::paper::{Paper, PaperItem};
use crate::kernel::digest::Digest;

/// What stands in a draw file before its papers, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// What was sealed.
    pub manifest: Manifest,
    /// Its digest.
    pub manifest_digest: Digest,
    /// The secret, now disclosed.
    pub secret: Secret,
    /// The recorded beacon; `None` if the manifest has no rule for one.
    pub beacon: Option<String>,
    /// That the seal was logged.
    pub log: LogProof,
}

/// Proof by RFC 9162 that the seal's entry was in the log when it had `size` entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogProof {
    /// The entry's own fields, its index not among them; `data.manifest_digest` is the manifest's digest.
    #[serde(deserialize_with = "unambiguous")]
    pub entry: Value,
    /// The entry's place in the log, from 0.
    pub index: u64,
    /// How many entries the log had.
    pub size: u64,
    /// The log's root at that size.
    pub root: Digest,
    /// The inclusion path, from the leaf up.
    pub path: Vec<Digest>,
}

/// A paper as the file has it: the paper's fields, then its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilePaper {
    /// Who it was for.
    pub candidate: Digest,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// Which try of the balance.
    pub k: u32,
    /// Its questions.
    pub items: Vec<PaperItem>,
    /// The digest stated for it.
    pub digest: Digest,
}

impl From<Paper> for FilePaper {
    fn from(paper: Paper) -> Self {
        let digest = paper.digest();
        let Paper { candidate, attempt, k, items } = paper;
        Self { candidate, attempt, k, items, digest }
    }
}

/// Why a draw file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A paper is not after the one before it, by candidate and attempt.
    #[error("attempt {attempt} of candidate {candidate} is out of order in the draw file")]
    Order {
        /// Whose paper.
        candidate: Digest,
        /// Which attempt.
        attempt: u32,
    },
    /// The file could not be written to.
    #[error("the draw file could not be written")]
    Io(#[from] io::Error),
    /// A part of it could not be turned into JSON.
    #[error("the draw file could not be written")]
    Json(#[from] serde_json::Error),
}

/// Writes a draw file paper by paper, so that no more than one is in memory. The papers stand on a line each.
#[derive(Debug)]
pub struct DrawFileWriter<W> {
    out: W,
    last: Option<(Digest, u32)>,
}

impl<W: Write> DrawFileWriter<W> {
    /// Writes the head and opens the list of papers. `out` is written in small pieces: buffer a file or a socket.
    pub fn start(mut out: W, head: &Head) -> Result<Self, WriteError> {
        let Head { manifest, manifest_digest, secret, beacon, log } = head;
        field(&mut out, "{\"manifest\":", manifest)?;
        field(&mut out, ",\n\"manifest_digest\":", manifest_digest)?;
        field(&mut out, ",\n\"secret\":", secret)?;
        field(&mut out, ",\n\"beacon\":", beacon)?;
        field(&mut out, ",\n\"log\":", log)?;
        out.write_all(b",\n\"papers\":[")?;
        Ok(Self { out, last: None })
    }

    /// Writes the next paper; they come sorted by candidate and attempt.
    pub fn paper(&mut self, paper: &FilePaper) -> Result<(), WriteError> {
        let (candidate, attempt) = (paper.candidate, paper.attempt);
        let this = Some((candidate, attempt));
        if self.last >= this {
            return Err(WriteError::Order { candidate, attempt });
        }
        field(&mut self.out, if self.last.is_none() { "\n" } else { ",\n" }, paper)?;
        self.last = this;
        Ok(())
    }

    /// What is written to; who sends the file in pieces takes them out of it between papers.
    pub fn out(&mut self) -> &mut W {
        &mut self.out
    }

    /// Closes the document and gives back what it was written to, flushed.
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.out.write_all(b"\n]}\n")?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Writes a whole draw file from papers that come sorted by candidate and attempt.
pub fn write<W: Write>(out: W, head: &Head, papers: impl IntoIterator<Item = FilePaper>) -> Result<W, WriteError> {
    let mut file = DrawFileWriter::start(out, head)?;
    for paper in papers {
        file.paper(&paper)?;
    }
    file.finish()
}

fn field<T: Serialize>(out: &mut impl Write, before: &str, value: &T) -> Result<(), WriteError> {
    out.write_all(before.as_bytes())?;
    serde_json::to_writer(out, value)?;
    Ok(())
}

/// A JSON value in which no object names a member twice. Parsers disagree on which of the two counts; what is hashed
/// must not depend on that.
fn unambiguous<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Unambiguous.deserialize(deserializer)
}

struct Unambiguous;

impl<'de> DeserializeSeed<'de> for Unambiguous {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unambiguous {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        // Refused when it is hashed, with the number named.
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Self)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(Self)?;
            if fields.contains_key(&key) {
                return Err(de::Error::custom(format_args!("duplicate field `{key}`")));
            }
            fields.insert(key, value);
        }
        Ok(Value::Object(fields))
    }
}
