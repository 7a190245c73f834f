//! What an entry is, before and after it was written.

use entity::id::{AccountId, UnitId};
use entity::instant::Instant;
use entity::log::Outcome;
use sea_orm::FromQueryResult;
use serde_json::{Number, Value, json};
use uuid::Uuid;

use crate::kernel::digest::Digest;
use crate::kernel::{jcs, merkle};

/// Who did it, and from where.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The account; none when the server acts by itself, or nobody is logged in.
    pub account: Option<AccountId>,
    /// The client's address.
    pub address: Option<String>,
}

impl Actor {
    /// The server itself: a deadline passed, a year's tally was folded.
    pub const SYSTEM: Self = Self { account: None, address: None };

    /// Somebody who did not show who they are: whoever tries to log in.
    #[must_use]
    pub fn nobody(address: Option<String>) -> Self {
        Self { account: None, address: Some(address.unwrap_or_else(|| "unknown".to_owned())) }
    }

    /// Who it is, as the log writes it: an account's id, `nobody` who came from somewhere, or the `system`.
    pub(super) fn text(&self) -> String {
        match (&self.account, &self.address) {
            (Some(account), _) => account.to_string(),
            (None, Some(_)) => "nobody".to_owned(),
            (None, None) => "system".to_owned(),
        }
    }
}

/// What the log is to keep.
#[derive(Debug, Clone)]
pub struct Entry {
    /// A new id.
    pub id: Uuid,
    /// When.
    pub at: Instant,
    /// Who.
    pub actor: Actor,
    /// What, as `slice.act`.
    pub action: &'static str,
    /// To what, as `kind:id`.
    pub subject: String,
    /// The unit it concerns.
    pub unit: Option<UnitId>,
    /// What changed; integers, text, lists and objects, no personal data beyond ids.
    pub data: Value,
    /// Whether it was carried out.
    pub outcome: Outcome,
}

/// The canonical text of what changed. A number that has no canonical form is written as text: an act is not refused,
/// nor the log held up, over how its entry was phrased.
pub(super) fn data_text(data: Value) -> String {
    let bytes = jcs::canonical(&data).or_else(|_number| jcs::canonical(&without_odd_numbers(data)));
    let bytes = bytes.expect("a JSON value without odd numbers has a canonical form");
    String::from_utf8(bytes).expect("canonical JSON is made of text")
}

fn without_odd_numbers(value: Value) -> Value {
    let odd = |number: &Number| jcs::canonical(number).is_err();
    match value {
        Value::Number(number) if odd(&number) => Value::String(number.to_string()),
        Value::Array(items) => items.into_iter().map(without_odd_numbers).collect(),
        Value::Object(fields) => fields.into_iter().map(|(k, v)| (k, without_odd_numbers(v))).collect(),
        other => other,
    }
}

/// An entry as it stands in the database: in plain texts, so that it can be read and hashed whatever became of it.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Written {
    /// Its identifier.
    pub id: String,
    /// Its place in the log, from 0; nothing until it was numbered.
    pub idx: Option<i64>,
    /// When, in milliseconds since 1970 in UTC.
    pub at: i64,
    /// Who: an account's id, `nobody` or `system`.
    pub actor: String,
    /// What, as `slice.act`.
    pub action: String,
    /// To what, as `kind:id`.
    pub subject: String,
    /// The unit it concerns.
    pub unit_id: Option<String>,
    /// What changed, as canonical JSON.
    pub data: String,
    /// The client's address.
    pub address: Option<String>,
    /// `done` or `refused`.
    pub outcome: String,
}

impl Written {
    /// What is hashed and shown: the entry's own fields, neither its id nor its index among them.
    #[must_use]
    pub fn value(&self) -> Value {
        json!({
            "at": Instant(self.at),
            "actor": self.actor,
            "action": self.action,
            "subject": self.subject,
            "unit": self.unit_id,
            "data": self.data(),
            "address": self.address,
            "outcome": self.outcome,
        })
    }

    /// What changed. A text that is not the one canonical spelling of its value was not written by this program: it is
    /// given as it stands, so that not even another spelling passes for the entry.
    #[must_use]
    pub fn data(&self) -> Value {
        let value: Option<Value> = serde_json::from_str(&self.data).ok();
        let canonical = value.filter(|v| jcs::canonical(v).is_ok_and(|bytes| bytes == self.data.as_bytes()));
        canonical.unwrap_or_else(|| json!({ "unreadable": self.data }))
    }

    /// The hash of its leaf: H(0x00 || JCS(entry)).
    #[must_use]
    pub fn leaf(&self) -> Digest {
        leaf_of(&self.value()).expect("an entry has no numbers but those of its data, which are canonical")
    }
}

/// The hash of an entry's leaf, from what is shown of it. `None` if it holds a number without a canonical form.
pub(super) fn leaf_of(entry: &Value) -> Option<Digest> {
    jcs::canonical(entry).ok().map(|bytes| merkle::leaf(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(data: &str) -> Written {
        Written {
            id: "0195a0e0-0000-7000-8000-000000000001".to_owned(),
            idx: Some(3),
            at: 1_796_086_800_000,
            actor: "system".to_owned(),
            action: "exam.seal".to_owned(),
            subject: "exam:1".to_owned(),
            unit_id: None,
            data: data.to_owned(),
            address: None,
            outcome: "done".to_owned(),
        }
    }

    #[test]
    fn the_leaf_is_the_hash_of_the_entrys_own_fields() {
        let text = r#"{"action":"exam.seal","actor":"system","address":null,"at":"2026-12-01T01:00:00.000Z","data":{"n":1},"outcome":"done","subject":"exam:1","unit":null}"#;
        assert_eq!(jcs::canonical(&written(r#"{"n":1}"#).value()).unwrap(), text.as_bytes());
        assert_eq!(written(r#"{"n":1}"#).leaf(), merkle::leaf(text.as_bytes()));
        let moved = Written { id: String::new(), idx: None, ..written(r#"{"n":1}"#) };
        assert_eq!(moved.leaf(), written(r#"{"n":1}"#).leaf());
    }

    #[test]
    fn another_spelling_is_another_entry() {
        let leaf = written(r#"{"n":"\n"}"#).leaf();
        for other in [r#"{ "n":"\n"}"#, r#"{"n":"\u000a"}"#, r#"{"n":"\n""#, r#"{"n":"\n","n":"\n"}"#, ""] {
            assert_ne!(written(other).leaf(), leaf, "{other}");
        }
    }

    #[test]
    fn odd_numbers_become_text() {
        assert_eq!(data_text(json!({"b": [1, {"c": 0.5}], "a": u64::MAX})), {
            r#"{"a":"18446744073709551615","b":[1,{"c":"0.5"}]}"#
        });
    }

    proptest::proptest! {
        #[test]
        fn a_changed_byte_is_another_leaf(at: proptest::sample::Index, byte in 0x20_u8..0x7f) {
            let entry = written(r#"{"reason":"补考 \n","rows":[1,2,{"a":null}]}"#);
            let mut bytes = entry.data.clone().into_bytes();
            let at = at.index(bytes.len());
            proptest::prop_assume!(bytes[at] != byte);
            bytes[at] = byte;
            if let Ok(data) = String::from_utf8(bytes) {
                proptest::prop_assert_ne!(Written { data, ..entry.clone() }.leaf(), entry.leaf());
            }
        }
    }
}
