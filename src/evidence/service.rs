//! Searching, exporting, proving and verifying the log.

use entity::id::{AccountId, UnitId};
use entity::instant::Instant;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use sea_orm::ConnectionTrait;
use tokio::sync::Mutex;

use super::model::{EntryFilter, Kept, LogEntry, Sight, Which};
use super::store;
use crate::auth::{Caller, Denied, Role, account_names, authorise};
use crate::core::Core;
use crate::db::{Fault, faulty};
use crate::http::Problem;
use crate::kernel::digest::Digest;
use crate::kernel::field::{FieldCode, Fields, Invalid};
use crate::kernel::page::{Page, PageRequest};
use crate::log::{self, Consistency, Inclusion, Line, SignedHead, Written};
use crate::tree;

mod checking;

use checking::Underway;

/// Who reads entries.
pub const LOG_READERS: &[Role] = &[Role::Auditor, Role::AuditAdmin];
/// How many entries of an export are in memory at once.
const CHUNK: u64 = 500;

/// What can go wrong with evidence.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Bad fields.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}
faulty!(EvidenceError);

impl From<EvidenceError> for Problem {
    fn from(error: EvidenceError) -> Self {
        match error {
            EvidenceError::Denied(denied) => denied.into(),
            EvidenceError::Invalid(invalid) => invalid.into(),
            EvidenceError::Fault(fault) => fault.into(),
        }
    }
}

/// The slice's service.
#[derive(Debug)]
pub struct Evidence {
    core: Core,
    /// The check that this instance is at.
    underway: Mutex<Option<Underway>>,
    /// Since when this instance is there.
    started_at: Instant,
    /// By which other instances know this one.
    name: String,
}

impl Evidence {
    /// On this core.
    #[must_use]
    pub fn new(core: Core) -> Self {
        Self { name: core.secret::<8>(), started_at: core.now(), core, underway: Mutex::default() }
    }

    fn sight(&self, caller: &Caller) -> Result<Sight, Denied> {
        let now = self.core.now();
        caller.scope(LOG_READERS, now)?;
        let tops = |role| caller.scope(&[role], now).map(|scope| scope.0).unwrap_or_default();
        Ok(Sight { audited: tops(Role::Auditor), administered: tops(Role::AuditAdmin) })
    }

    /// Numbered entries that the caller may read: an auditor those of their units, an audit administrator those about
    /// accounts, units, settings and backups. Newest first, or from a place on.
    pub async fn entries(
        &self,
        caller: &Caller,
        filter: &EntryFilter,
        page: &PageRequest,
    ) -> Result<Page<LogEntry>, EvidenceError> {
        let sight = self.sight(caller)?;
        let conn = self.core.db.read();
        if let Some(unit) = filter.unit_id {
            authorise::<EvidenceError>(conn, caller, LOG_READERS, unit, self.core.now()).await?;
        }
        let after = page.after.as_ref().map(|key| key.parse::<i64>());
        let after = after.transpose().map_err(|_none| Invalid::one("cursor", FieldCode::Invalid))?;
        let rows = store::entries(conn, &sight, filter, after, page.limit).await?;
        let found = Page::cut(rows, page, |entry| entry.idx.unwrap_or_default().to_string());
        named(conn, found).await
    }

    /// The newest signed head. Anybody who is logged in may have it, and the more keep it the better: who has an old head
    /// sees whether the log was rewritten since.
    pub async fn head(&self) -> Result<SignedHead, EvidenceError> {
        Ok(log::head(self.core.db.read()).await?.ok_or(Denied::NotFound)?)
    }

    /// Proves that an entry within the caller's sight was in the log when it had `size` entries, or has the newest head's.
    pub async fn inclusion(
        &self,
        caller: &Caller,
        which: Which,
        size: Option<u64>,
    ) -> Result<(Inclusion, Option<SignedHead>), EvidenceError> {
        let sight = self.sight(caller)?;
        let conn = self.core.db.read();
        let (id, index) = store::entry(conn, &sight, which).await?.ok_or(Denied::NotFound)?;
        let newest = self.head().await?.size;
        let mut fields = Fields::new();
        fields.within("size", size.unwrap_or(newest), index + 1, newest);
        fields.check()?;
        let proof = log::inclusion(conn, id, size).await?.ok_or(Denied::NotFound)?;
        let head = log::head_at(conn, proof.size).await?;
        Ok((proof, head))
    }

    /// Proves that the log only grew between two sizes, and gives the heads that were signed for them, if any were. For
    /// anybody who is logged in, as heads are.
    pub async fn consistency(
        &self,
        from: u64,
        to: Option<u64>,
    ) -> Result<(Consistency, [Option<SignedHead>; 2]), EvidenceError> {
        let conn = self.core.db.read();
        let newest = self.head().await?.size;
        let to = to.unwrap_or(newest);
        let mut fields = Fields::new();
        fields.within("to", to, 1, newest);
        fields.within("from", from, 1, to.min(newest));
        fields.check()?;
        let proof = log::consistency(conn, from, Some(to)).await?.ok_or(Denied::NotFound)?;
        Ok((proof, [log::head_at(conn, from).await?, log::head_at(conn, to).await?]))
    }

    /// Whether the log still begins with the `size` entries that a head covered which somebody kept, by the head's root.
    /// For those who read entries.
    pub async fn compare(&self, caller: &Caller, size: u64, root: Digest) -> Result<Kept, EvidenceError> {
        self.sight(caller)?;
        let conn = self.core.db.read();
        let newest = match log::head(conn).await? {
            Some(head) if head.size >= size => head,
            shorter => return Ok(Kept::Shorter(shorter.map_or(0, |head| head.size))),
        };
        let proof = log::consistency(conn, size, Some(newest.size)).await?;
        let proof = proof.ok_or_else(|| Invalid::one("size", FieldCode::OutOfRange))?;
        let same = proof.from_root == root;
        Ok(if same { Kept::Grown(Box::new((proof, newest))) } else { Kept::Rewritten(proof.from_root) })
    }

    /// The log as lines of JSON, which [`log::verify_export`] checks. Of entries outside the caller's sight the hash alone
    /// is given, so that the whole still proves itself.
    pub async fn export(&self, caller: &Caller) -> Result<BoxStream<'static, Result<String, Fault>>, EvidenceError> {
        let sight = self.sight(caller)?;
        let head = self.head().await?;
        let (core, size) = (self.core.clone(), head.size);
        let first = stream::once(async move { Ok(line(&Line::Head { head })) });
        let chunks = stream::iter((0..size).step_by(usize::try_from(CHUNK).unwrap_or(1)));
        let rest = chunks.then(move |start| {
            let (core, sight) = (core.clone(), sight.clone());
            async move {
                let (conn, places) = (core.db.read(), start..size.min(start + CHUNK));
                let shown = store::ids(conn, &sight, &places).await?;
                let lines = log::lines(conn, &places, |id| shown.contains(id)).await?;
                Ok::<_, Fault>(lines.iter().map(line).collect::<String>())
            }
        });
        Ok(first.chain(rest).inspect_err(|fault| tracing::warn!(%fault, "an export of the log broke off")).boxed())
    }
}

fn line(line: &Line) -> String {
    let mut text = serde_json::to_string(line).expect("a line is made of texts, numbers and JSON");
    text.push('\n');
    text
}

async fn named(conn: &impl ConnectionTrait, page: Page<Written>) -> Result<Page<LogEntry>, EvidenceError> {
    let accounts: Vec<AccountId> = page.items.iter().filter_map(|e| e.actor.parse().ok()).collect();
    let units: Vec<UnitId> = page.items.iter().filter_map(|e| e.unit_id.as_ref()?.parse().ok()).collect();
    let accounts = account_names(conn, &accounts).await?;
    let units = tree::unit_names(conn, &units).await?;
    Ok(page.map(|entry| LogEntry {
        actor_name: entry.actor.parse().ok().and_then(|id| accounts.get(&id)).cloned(),
        unit_name: entry.unit_id.as_ref().and_then(|id| units.get(&id.parse().ok()?)).cloned(),
        entry,
    }))
}
