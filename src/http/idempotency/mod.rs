//! `Idempotency-Key`: a request that is sent again is answered again and not carried out again.
//!
//! A run claims its key before it begins, for a short while that it renews. Every change appends to the log in its own
//! transaction, and that very transaction notes in the key what was changed ([`mark`]); a run whose claim was taken over
//! meanwhile fails there and changes nothing. So whatever dies and whenever, a key stands for one change at most: one
//! that changed nothing is carried out by whoever comes next, and one that did never again.

mod sealed;
mod store;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use entity::http::idempotency_key::Model;
use entity::id::AccountId;
use entity::instant::{Instant, Millis};
use futures_util::FutureExt as _;
use poem::http::{HeaderValue, Method, header};
use poem::{Body, Endpoint, Request, Response};
use sea_orm::{ConnectionTrait, DbErr};

use self::sealed::Cipher;
use super::problem::{Code, Problem};
use crate::db::{Db, Fault};
use crate::kernel::clock::Clock;
use crate::kernel::digest::{lp, sha256};
use crate::kernel::entropy::Entropy;
use crate::kernel::field::{FieldCode, Fields};

/// The header by which a client names a request.
pub const HEADER: &str = "Idempotency-Key";
/// The header that tells of an answer that it was given before.
const REPLAYED: &str = "Idempotent-Replayed";
/// How long an answer is kept.
const KEPT: Millis = Millis(24 * 3600 * 1000);
/// For how long a run is believed to be alive, and how often it says so.
const ALIVE: Millis = Millis(12_000);
const SIGN_OF_LIFE: Duration = Duration::from_secs(4);
/// How long a request waits for the run that has its key.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest key.
const MAX_KEY: usize = 255;

/// A run that carries a request out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) id: String,
    pub(super) claim: String,
}

tokio::task_local! {
    /// The run that this task is.
    static RUN: Run;
}

/// Notes, in the transaction of a change, what the request that carries a key has changed. Does nothing elsewhere.
///
/// # Errors
/// The key may have been taken over by another run; then the transaction must not be committed.
pub async fn mark(tx: &impl ConnectionTrait, subject: &str) -> Result<(), Fault> {
    let Ok(run) = RUN.try_with(Clone::clone) else { return Ok(()) };
    if store::mark(tx, &run, subject).await? {
        return Ok(());
    }
    let why = "the request took so long that its idempotency key was given to another".to_owned();
    Err(Fault::Unreachable(Arc::new(DbErr::Custom(why))))
}

/// Keeps keys and answers.
pub struct Idempotency {
    db: Db,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Entropy>,
    cipher: Cipher,
}

impl std::fmt::Debug for Idempotency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Idempotency")
    }
}

/// Who has a key.
enum Claimed {
    /// This run.
    Mine(Run),
    /// Another, which has ended with this answer.
    Answered(Response),
    /// Another, which changed this and died before it could answer.
    Lost(String),
}

impl Idempotency {
    /// Over a database. Answers are encrypted with this key: they may hold what the database keeps no other way, such as
    /// one-time codes.
    #[must_use]
    pub fn new(db: Db, clock: Arc<dyn Clock>, rng: Arc<dyn Entropy>, key: [u8; 32]) -> Arc<Self> {
        Arc::new(Self { db, clock, rng, cipher: Cipher::new(&key) })
    }

    /// Carries a request of an account out, unless it was carried out before.
    ///
    /// `readable` tells that what is made at this address can be read below it: then an answer that was lost is made up
    /// for by reading what was made.
    pub async fn call<E>(
        self: &Arc<Self>,
        inner: Arc<E>,
        mut request: Request,
        account: AccountId,
        readable: bool,
    ) -> poem::Result<Response>
    where
        E: Endpoint<Output = Response> + 'static,
    {
        let key = request.headers().get(HEADER).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if key.is_empty() || key.len() > MAX_KEY {
            let range = format!("1–{MAX_KEY}");
            let mut fields = Fields::new();
            fields.reject_with(HEADER, FieldCode::OutOfRange, range);
            fields.check().map_err(Problem::from)?;
        }
        let id = sha256(&[b"kaofa idempotency", account.0.as_bytes(), key.as_bytes()]).to_string();
        let body = request.take_body().into_bytes().await?;
        let fingerprint = fingerprint(&request, &body);
        match self.claim(id, fingerprint).await? {
            Claimed::Answered(response) => Ok(response),
            Claimed::Lost(subject) => make_up(inner, request, &subject, readable).await,
            Claimed::Mine(run) => {
                request.set_body(Body::from_bytes(body));
                let (this, span) = (Arc::clone(self), tracing::Span::current());
                // Whoever hangs up must not undo what is half done: the answer is for when they ask again.
                let running = async move { this.run(run, inner, request).await };
                let running = tokio::spawn(tracing::Instrument::instrument(running, span));
                running.await.map_err(|_ended| Problem::new(Code::Internal))?
            }
        }
    }

    /// Takes the key, or waits until the run that has it has ended.
    async fn claim(&self, id: String, fingerprint: String) -> Result<Claimed, Problem> {
        let claim = hex::encode(self.rng.bytes::<16>());
        let mine = Run { id: id.clone(), claim: claim.clone() };
        if self.try_insert(&mine, &fingerprint).await? {
            return Ok(Claimed::Mine(mine));
        }
        let asked = tokio::time::Instant::now();
        let mut pause = Duration::from_millis(10);
        loop {
            let Some(row) = store::find(self.db.read(), &id).await? else {
                // It was given back a moment ago.
                if self.try_insert(&mine, &fingerprint).await? {
                    return Ok(Claimed::Mine(mine));
                }
                continue;
            };
            if row.fingerprint != fingerprint {
                return Err(Problem::new(Code::IdempotencyKeyReused));
            }
            if let (Some(status), Some(answer)) = (row.status, &row.answer) {
                let open = self.cipher.open(&id, status, answer);
                return open.map(Claimed::Answered).ok_or_else(|| Problem::new(Code::AnswerLost).about(subject(&row)));
            }
            if row.claimed_until <= self.clock.now() {
                if let Some(subject) = row.subject {
                    return Ok(Claimed::Lost(subject));
                }
                if self.take_over(&row, &mine).await? {
                    return Ok(Claimed::Mine(mine));
                }
            }
            if asked.elapsed() > PATIENCE {
                return Err(Problem::new(Code::InProgress).retry_after(3));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(250));
        }
    }

    async fn try_insert(&self, run: &Run, fingerprint: &str) -> Result<bool, Fault> {
        let now = self.clock.now();
        let row = Model {
            id: run.id.clone(),
            fingerprint: fingerprint.to_owned(),
            claim: run.claim.clone(),
            claimed_until: now + ALIVE,
            subject: None,
            status: None,
            answer: None,
            expires_at: now + KEPT,
        };
        let inserted = self
            .db
            .tx("http.claim_key", |tx| {
                let row = row.clone();
                Box::pin(async move { store::insert(tx, row).await })
            })
            .await;
        match inserted {
            Ok(()) => Ok(true),
            Err(Fault::Unique(_)) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    async fn take_over(&self, row: &Model, mine: &Run) -> Result<bool, Fault> {
        let dead = Run { id: row.id.clone(), claim: row.claim.clone() };
        let now = self.clock.now();
        self.db
            .tx("http.take_key_over", |tx| {
                let (dead, claim) = (dead.clone(), mine.claim.clone());
                Box::pin(async move { store::take_over(tx, &dead, &claim, now, now + ALIVE).await })
            })
            .await
    }

    /// Carries the request out and keeps the answer.
    async fn run<E>(&self, run: Run, inner: Arc<E>, request: Request) -> poem::Result<Response>
    where
        E: Endpoint<Output = Response> + 'static,
    {
        let mut called = Box::pin(RUN.scope(run.clone(), AssertUnwindSafe(inner.call(request)).catch_unwind()));
        let ended = loop {
            tokio::select! {
                ended = &mut called => break ended,
                () = tokio::time::sleep(SIGN_OF_LIFE) => self.renew(&run).await,
            }
        };
        match ended.unwrap_or_else(|_panic| Err(Problem::new(Code::Internal).into())) {
            Ok(response) if response.status().is_success() => self.keep(&run, response).await,
            // A refusal changed nothing, and may be lifted: the same request is judged anew.
            refused => {
                self.release(&run).await;
                refused
            }
        }
    }

    async fn renew(&self, run: &Run) {
        let until = self.clock.now() + ALIVE;
        let renewed = self.db.tx("http.renew_key", |tx| {
            let run = run.clone();
            Box::pin(async move { store::renew(tx, &run, until).await })
        });
        if let Err(fault) = renewed.await {
            tracing::warn!(%fault, "an idempotency key could not be kept");
        }
    }

    async fn keep(&self, run: &Run, mut response: Response) -> poem::Result<Response> {
        let status = i32::from(response.status().as_u16());
        let body = response.take_body().into_bytes().await?;
        let answer = self.cipher.seal(&*self.rng, &run.id, response.headers(), &body);
        response.set_body(Body::from_bytes(body));
        let expires_at = self.clock.now() + KEPT;
        let kept = self.db.tx("http.keep_answer", |tx| {
            let (run, answer) = (run.clone(), answer.clone());
            Box::pin(async move { store::complete(tx, &run, status, answer, expires_at).await })
        });
        if let Err(fault) = kept.await {
            // What was changed is noted: the request will not be carried out again.
            tracing::warn!(%fault, "an answer could not be kept");
        }
        Ok(response)
    }

    async fn release(&self, run: &Run) {
        let now = self.clock.now();
        let released = self.db.tx("http.release_key", |tx| {
            let run = run.clone();
            Box::pin(async move { store::release(tx, &run, now).await })
        });
        if let Err(fault) = released.await {
            tracing::warn!(%fault, "an idempotency key could not be given back");
        }
    }

    /// Forgets what is older than a day.
    pub async fn forget(&self) -> Result<(), Fault> {
        let now: Instant = self.clock.now();
        if !store::any_expired(self.db.read(), now).await? {
            return Ok(());
        }
        self.db.tx("http.forget_keys", |tx| Box::pin(async move { store::forget(tx, now).await })).await
    }
}

fn subject(row: &Model) -> &str {
    row.subject.as_deref().unwrap_or_default()
}

/// What two requests have in common that are the same.
fn fingerprint(request: &Request, body: &[u8]) -> String {
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    let kind = request.content_type().unwrap_or_default();
    let head = [lp(request.method().as_str().as_bytes()), lp(target.as_bytes())].concat();
    let Some((_, boundary)) = kind.split_once("boundary=").filter(|_| kind.starts_with("multipart/")) else {
        return sha256(&[&head, &lp(kind.as_bytes()), body]).to_string();
    };
    // A client makes up a boundary for each try.
    let boundary = format!("--{}", boundary.trim_matches('"'));
    let lines = body.split_inclusive(|byte| *byte == b'\n').filter(|line| !line.starts_with(boundary.as_bytes()));
    let parts: Vec<&[u8]> = [head.as_slice(), b"multipart"].into_iter().chain(lines).collect();
    sha256(&parts).to_string()
}

/// Answers with what was made, as it is now, in place of an answer that was lost.
async fn make_up<E>(inner: Arc<E>, mut request: Request, subject: &str, readable: bool) -> poem::Result<Response>
where
    E: Endpoint<Output = Response> + 'static,
{
    let lost = || Problem::new(Code::AnswerLost).about(subject);
    let (_, id) = subject.split_once(':').filter(|_| readable).ok_or_else(lost)?;
    let uri = format!("{}/{id}", request.uri().path()).parse().map_err(|_no_address| lost())?;
    request.set_method(Method::GET);
    *request.uri_mut() = uri;
    request.headers_mut().remove(header::CONTENT_TYPE);
    let mut response = inner.call(request).await?;
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_file_is_the_same_request_whatever_separates_its_parts() {
        let of = |boundary: &str, file: &str, target: &str| {
            let request = Request::builder()
                .method(Method::POST)
                .uri(target.parse().unwrap())
                .content_type(&format!("multipart/form-data; boundary={boundary}"))
                .finish();
            let body = format!("--{boundary}\r\nx: y\r\n\r\n{file}\r\n--{boundary}--\r\n");
            fingerprint(&request, body.as_bytes())
        };
        assert_eq!(of("a1", "file", "/x"), of("b2", "file", "/x"));
        assert_ne!(of("a1", "file", "/x"), of("a1", "fill", "/x"));
        assert_ne!(of("a1", "file", "/x"), of("a1", "file", "/x?dry_run=true"));
    }
}
