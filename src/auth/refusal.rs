//! Writing down what somebody was not allowed to do.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use entity::id::AccountId;
use entity::instant::{Instant, Millis};
use entity::log::Outcome;
use parking_lot::Mutex;
use poem::{Endpoint, IntoResponse, Request, Response};
use serde_json::json;

use super::model::Caller;
use super::service::Auth;
use crate::core::Core;
use crate::db::Fault;
use crate::http::{Code, Problem};
use crate::log::{self, Entry};

/// How many refusals of one account are written down within [`WINDOW`]; after that they are only counted.
const LIMIT: u32 = 30;
/// For how long they count.
const WINDOW: Millis = Millis(60_000);
/// How many accounts are remembered at most.
const ROOM: usize = 10_000;

/// Who turned out to be asking, for a middleware that put it into the request and sees the answer.
#[derive(Debug, Clone, Default)]
pub struct Seen(Arc<OnceLock<Caller>>);

impl Seen {
    /// The one who asked; nobody if they did not show who they are, or were not asked.
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        self.0.get()
    }

    /// Notes who it is; the first that was found out is the one who asks.
    pub(super) fn see(&self, caller: &Caller) {
        let _ = self.0.set(caller.clone());
    }
}

/// The refusals of an account.
struct Window {
    since: Instant,
    refusals: u32,
    untold: u32,
}

/// Who was refused something lately, and how often.
#[derive(Default)]
pub(super) struct Refusals(Mutex<HashMap<AccountId, Window>>);

impl Refusals {
    /// Whether another refusal of an account is written down, and how many before it were not.
    fn is_told(&self, account: AccountId, now: Instant) -> Option<u32> {
        let mut windows = self.0.lock();
        if windows.len() >= ROOM {
            windows.retain(|_, w| now < w.since + WINDOW);
        }
        let window = windows.entry(account).or_insert(Window { since: now, refusals: 0, untold: 0 });
        if now >= window.since + WINDOW {
            *window = Window { since: now, refusals: 0, untold: window.untold };
        }
        if window.refusals >= LIMIT {
            window.untold += 1;
            return None;
        }
        window.refusals += 1;
        Some(std::mem::take(&mut window.untold))
    }
}

/// Middleware: an entry in the log for every request that was refused for want of a role.
pub async fn note_refusals<E: Endpoint>(inner: Arc<E>, mut request: Request) -> poem::Result<Response> {
    let seen = request.data::<Seen>().cloned().unwrap_or_default();
    request.extensions_mut().insert(seen.clone());
    let (core, auth) = (request.data::<Core>().cloned(), request.data::<Arc<Auth>>().cloned());
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let answer = inner.call(request).await;
    let error = match answer {
        Ok(response) => return Ok(response.into_response()),
        Err(error) => error,
    };
    let refused = error.downcast_ref::<Problem>().map(|p| p.code).filter(|code| {
        // Who has to choose a password first is not refused anything.
        code.status().as_u16() == 403 && !matches!(code, Code::PasswordChangeRequired | Code::AccountDisabled)
    });
    if let (Some(code), Some(caller), Some((core, auth))) = (refused, seen.caller(), core.zip(auth))
        && let Some(untold) = auth.refusals().is_told(caller.account.id, core.now())
    {
        let entry = Entry {
            id: core.uuid(),
            at: core.now(),
            actor: caller.actor(),
            action: "auth.refuse",
            subject: format!("account:{}", caller.account.id),
            unit: None,
            data: json!({ "method": method, "path": path, "code": code.as_str(), "untold": untold }),
            outcome: Outcome::Refused,
        };
        let written: Result<(), Fault> = core
            .db
            .tx("auth.refuse", |tx| {
                let entry = entry.clone();
                Box::pin(async move { log::append(tx, entry).await })
            })
            .await;
        if let Err(fault) = written {
            tracing::warn!(%fault, "a refusal could not be written down");
        }
    }
    Err(error)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_flood_is_counted_and_not_written() {
        let (refusals, account, now) = (Refusals::default(), AccountId(Uuid::from_u128(99)), Instant(5_000_000));
        let is_told = |account, now| refusals.is_told(account, now);
        for _ in 0..LIMIT {
            assert_eq!(is_told(account, now), Some(0));
        }
        assert_eq!(is_told(account, now), None);
        assert_eq!(is_told(account, now), None);
        assert_eq!(is_told(account, now + WINDOW), Some(2));
        assert_eq!(is_told(account, now + WINDOW), Some(0));
    }
}
