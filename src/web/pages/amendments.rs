//! What was changed about an exam after its sealing, in words.

use std::collections::HashMap;

use entity::id::{PersonId, UnitId};
use entity::instant::Instant;
use serde_json::Value;

use crate::exam::{Amendment, AmendmentKind};
use crate::web::view::View;

/// One change.
#[derive(Debug, Clone)]
pub(in crate::web) struct Line {
    /// When.
    pub(in crate::web) at: Instant,
    /// What.
    pub(in crate::web) kind: AmendmentKind,
    /// What exactly.
    pub(in crate::web) what: Vec<String>,
    /// Whom it concerns; empty for everybody.
    pub(in crate::web) whom: String,
    /// Why.
    pub(in crate::web) reason: String,
}

/// The names that lines mention.
#[derive(Debug, Clone, Default)]
pub(in crate::web) struct Names {
    pub(in crate::web) people: HashMap<PersonId, String>,
    pub(in crate::web) units: HashMap<UnitId, String>,
}

/// Changes in words.
pub(in crate::web) fn lines(v: &View, amendments: Vec<Amendment>, names: &Names) -> Vec<Line> {
    let line = |a: Amendment| {
        let person = a.person_id.and_then(|id| names.people.get(&id));
        let unit = a.unit_id.and_then(|id| names.units.get(&id));
        Line {
            at: a.at,
            kind: a.kind,
            what: what(v, a.kind, &a.data),
            whom: person.or(unit).cloned().unwrap_or_default(),
            reason: a.reason,
        }
    };
    amendments.into_iter().map(line).collect()
}

/// What exactly was changed.
fn what(v: &View, kind: AmendmentKind, data: &Value) -> Vec<String> {
    match kind {
        AmendmentKind::Schedule => differences(v, data, SCHEDULE),
        AmendmentKind::Candidate => differences(v, data, ALLOWED),
        AmendmentKind::Extension | AmendmentKind::Reopen => said(v, &data["seconds"], Form::Length)
            .map(|time| v.t("amend-longer").with("time", time).to_string())
            .into_iter()
            .collect(),
        AmendmentKind::Resume => data["lasted_ms"]
            .as_i64()
            .map(|ms| v.t("amend-lasted").with("time", v.duration(ms / 1000)).to_string())
            .into_iter()
            .collect(),
        AmendmentKind::Void => data["kind"].as_str().map(|k| v.word("void-", k).to_string()).into_iter().collect(),
        AmendmentKind::Pause | AmendmentKind::Close | AmendmentKind::Addition => Vec::new(),
    }
}

/// How a value is said.
#[derive(Debug, Clone, Copy)]
enum Form {
    Moment,
    Length,
    Number,
}

const SCHEDULE: &[(&str, Form)] = &[
    ("opens_at", Form::Moment),
    ("closes_at", Form::Moment),
    ("latest_start_seconds", Form::Length),
    ("duration_seconds", Form::Length),
    ("grace_seconds", Form::Length),
];
const ALLOWED: &[(&str, Form)] =
    &[("extra_seconds", Form::Length), ("extra_attempts", Form::Number), ("admit_until", Form::Moment)];

/// What stands otherwise after than before.
fn differences(v: &View, data: &Value, fields: &[(&str, Form)]) -> Vec<String> {
    let (before, after) = (&data["before"], &data["after"]);
    let none = || v.t("amend-none").to_string();
    fields
        .iter()
        .filter(|(name, _)| before[*name] != after[*name])
        .map(|(name, form)| {
            let value = |from: &Value| said(v, &from[*name], *form).unwrap_or_else(none);
            let text = v.word("amend-", name);
            text.with("before", value(before)).with("after", value(after)).to_string()
        })
        .collect()
}

fn said(v: &View, value: &Value, form: Form) -> Option<String> {
    match form {
        Form::Moment => value.as_str()?.parse::<Instant>().ok().map(|at| v.near(at)),
        Form::Length => value.as_i64().map(|seconds| v.duration(seconds)),
        Form::Number => value.as_i64().map(|n| n.to_string()),
    }
}
