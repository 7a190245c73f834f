//! Writing down who looked at other people's data, at keys, and who took files away: one place for all operations and
//! pages, so that none forgets it. Nothing is shown that could not be written down.

use std::sync::Arc;

use entity::id::{PersonId, UnitId};
use entity::log::Outcome;
use poem::http::{Method, StatusCode, header};
use poem::{Endpoint, IntoResponse, Request, Response};
use serde_json::{Map, Value, json};

use crate::auth::{Auth, Caller, Role, Seen};
use crate::core::Core;
use crate::db::Fault;
use crate::http::Problem;
use crate::log::{self, Entry};

/// What is written down: the address with `*` for an id, what looking at it is called, and the kind of thing it is.
const VIEWS: &[(&str, &str, &str)] = &[
    ("/api/v1/people/*", "org.view_person", "person"),
    ("/api/v1/people/*/record", "study.view_record", "person"),
    ("/api/v1/questions/*", "bank.view_key", "question"),
    ("/api/v1/questions/*/versions", "bank.view_key", "question"),
    ("/api/v1/attempts/*", "exam.view_attempt", "attempt"),
    ("/api/v1/attempts/*/result", "exam.view_result", "attempt"),
    ("/api/v1/attempts/*/history", "exam.view_history", "attempt"),
    ("/api/v1/reports/people", "report.view_people", "report"),
    ("/people/*", "org.view_person", "person"),
    ("/people/*/record", "study.view_record", "person"),
    ("/questions/*", "bank.view_key", "question"),
    ("/rates/people", "report.view_people", "report"),
    ("/rates/attempts/*", "exam.view_result", "attempt"),
];
/// The parameters of an address that name no person.
const TOLD: &[&str] = &[
    "year",
    "unit_id",
    "unit",
    "figure",
    "exam_id",
    "programme_id",
    "snapshot_id",
    "category",
    "exam_kind",
    "bank_id",
];
/// Those to whom other people's data are shown. Everybody else sees their own.
const SHOWN: &[Role] = &[Role::Liaison, Role::Coordinator, Role::Auditor];

/// Middleware: an entry in the log for each look at other people's data and for each file that is handed out.
pub(super) async fn note_views<E: Endpoint>(inner: Arc<E>, mut request: Request) -> poem::Result<Response> {
    let seen = Seen::default();
    request.extensions_mut().insert(seen.clone());
    let (core, auth) = (request.data::<Core>().cloned(), request.data::<Arc<Auth>>().cloned());
    let is_get = *request.method() == Method::GET;
    let uri = request.uri().clone();
    let response = inner.call(request).await?.into_response();
    let (Some(core), Some(auth), Some(caller)) = (core, auth, seen.caller()) else { return Ok(response) };
    if response.status() != StatusCode::OK {
        return Ok(response);
    }
    let file = response.headers().get(header::CONTENT_DISPOSITION).and_then(|v| v.to_str().ok());
    let act = if file.is_some_and(|v| v.starts_with("attachment")) {
        Some(("file.download", format!("file:{}", uri.path())))
    } else if is_get {
        look(uri.path(), caller, &core)
    } else {
        None
    };
    if let Some((action, subject)) = act {
        let data = data_of(uri.path(), uri.query().unwrap_or_default());
        write(&core, &auth, caller, action, subject, data).await.map_err(Problem::from)?;
    }
    Ok(response)
}

/// What looking at an address is called, and at what it is; nothing for what is one's own.
fn look(path: &str, caller: &Caller, core: &Core) -> Option<(&'static str, String)> {
    let (action, kind, id) = view_of(path)?;
    let own = kind == "person" && caller.account.person_id.is_some_and(|person| Some(person.to_string()) == id);
    let others = caller.has(SHOWN, core.now());
    (others && !own).then(|| (action, format!("{kind}:{}", id.unwrap_or_else(|| "people".to_owned()))))
}

fn view_of(path: &str) -> Option<(&'static str, &'static str, Option<String>)> {
    let given: Vec<&str> = path.split('/').collect();
    VIEWS.iter().find_map(|(pattern, action, kind)| {
        let wanted: Vec<&str> = pattern.split('/').collect();
        let is_id = |text: &str| uuid::Uuid::try_parse(text).is_ok();
        let fits = wanted.len() == given.len()
            && wanted.iter().zip(&given).all(|(w, g)| if *w == "*" { is_id(g) } else { w == g });
        let id = wanted.iter().zip(&given).find(|(w, _)| **w == "*").map(|(_, g)| (*g).to_owned());
        fits.then_some((*action, *kind, id))
    })
}

fn data_of(path: &str, query: &str) -> Value {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let told: Map<String, Value> =
        pairs.into_iter().filter(|(k, _)| TOLD.contains(&k.as_str())).map(|(k, v)| (k, Value::String(v))).collect();
    json!({ "path": path, "query": told })
}

async fn write(
    core: &Core,
    auth: &Auth,
    caller: &Caller,
    action: &'static str,
    subject: String,
    data: Value,
) -> Result<(), Fault> {
    let entry = Entry {
        id: core.uuid(),
        at: core.now(),
        actor: caller.actor(),
        action,
        unit: unit_of(auth, caller, &subject, core).await?,
        subject,
        data,
        outcome: Outcome::Done,
    };
    core.db
        .tx("router.view", |tx| {
            let entry = entry.clone();
            Box::pin(async move { log::append(tx, entry).await })
        })
        .await
}

/// Whose auditors are to see the entry: those of the person's unit, else those of the unit by which the caller may look.
async fn unit_of(auth: &Auth, caller: &Caller, subject: &str, core: &Core) -> Result<Option<UnitId>, Fault> {
    let person = subject.strip_prefix("person:").and_then(|id| id.parse::<PersonId>().ok());
    if let Some(person) = person
        && let Some(unit) = auth.unit_of(person).await?
    {
        return Ok(Some(unit));
    }
    let scope = caller.scope(SHOWN, core.now()).or_else(|_none| caller.scope(Role::ALL, core.now()));
    Ok(scope.ok().and_then(|scope| scope.0.first().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_with_ids_are_told_from_others() {
        let id = "0190a000-0000-7000-8000-000000000000";
        let seen = |path: &str| view_of(path).map(|(action, _, id)| (action, id));
        assert_eq!(seen(&format!("/api/v1/people/{id}")), Some(("org.view_person", Some(id.to_owned()))));
        assert_eq!(seen(&format!("/questions/{id}")), Some(("bank.view_key", Some(id.to_owned()))));
        assert_eq!(seen("/rates/people"), Some(("report.view_people", None)));
        for other in ["/people/new", "/people", "/questions/new", "/api/v1/people", &format!("/exams/{id}")] {
            assert_eq!(seen(other), None, "{other}");
        }
    }

    #[test]
    fn names_that_somebody_looked_for_are_not_kept() {
        let data = data_of("/rates/people", "year=2026&q=%E6%9D%8E%E6%98%8E&figure=exam.absent");
        assert_eq!(data["query"], json!({ "year": "2026", "figure": "exam.absent" }));
    }
}
