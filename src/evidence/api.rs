//! The operations of evidence.

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use poem::Body;
use poem_openapi::OpenApi;
use poem_openapi::param::Query;
use poem_openapi::payload::Binary;

use super::dto::{
    ConsistencyDto, EntryQuery, ExportResponse, HeadDto, InclusionDto, LogEntryDto, VerificationDto, which,
};
use super::service::Evidence;
use crate::auth::Caller;
use crate::http::{ApiPage, Json, PageQuery, Problem};

/// The log: an entry for every act, in a Merkle tree (RFC 9162) whose head is signed.
#[derive(Debug)]
pub struct EvidenceApi(pub Arc<Evidence>);

#[OpenApi(prefix_path = "/api/v1")]
impl EvidenceApi {
    /// Entries of the log, newest first, or oldest first from `from_index` on. An auditor reads those of their units, an
    /// audit administrator those about accounts, units, settings and backups. `action` is a whole word such as
    /// `exam.seal`, or a beginning such as `exam.`; `subject` likewise, such as `exam:…` or `exam:`. `from` is included,
    /// `to` is not. An entry appears within about a second, when it has its place.
    #[oai(path = "/log/entries", method = "get", operation_id = "list_log_entries")]
    #[allow(clippy::too_many_arguments, reason = "one for each parameter of the query")]
    async fn entries(
        &self,
        caller: Caller,
        from_index: Query<Option<u64>>,
        action: Query<Option<String>>,
        subject: Query<Option<String>>,
        actor: Query<Option<String>>,
        unit_id: Query<Option<String>>,
        from: Query<Option<String>>,
        to: Query<Option<String>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<LogEntryDto>>, Problem> {
        let query = EntryQuery {
            from_index: from_index.0,
            action: action.0,
            subject: subject.0,
            actor: actor.0,
            unit_id: unit_id.0,
            from: from.0,
            to: to.0,
        };
        let page = PageQuery::read(limit.0, cursor.0)?;
        Ok(Json(self.0.entries(&caller, &query.try_into()?, &page).await?.into()))
    }

    /// The newest signed head. For anybody who is logged in: who keeps one can show later that the log was rewritten.
    #[oai(path = "/log/head", method = "get", operation_id = "get_log_head")]
    async fn head(&self, _caller: Caller) -> Result<Json<HeadDto>, Problem> {
        Ok(Json(self.0.head().await?.into()))
    }

    /// Proof that an entry that the caller may read, named by `index` or `entry_id`, was in the log when it had `size`
    /// entries; without `size`, in the log of the newest head.
    #[oai(path = "/log/proofs/inclusion", method = "get", operation_id = "prove_inclusion")]
    async fn inclusion(
        &self,
        caller: Caller,
        index: Query<Option<u64>>,
        entry_id: Query<Option<String>>,
        size: Query<Option<u64>>,
    ) -> Result<Json<InclusionDto>, Problem> {
        let which = which(index.0, entry_id.0.as_deref())?;
        Ok(Json(self.0.inclusion(&caller, which, size.0).await?.into()))
    }

    /// Proof that the log of `to` entries, or of the newest head, begins with that of `from` entries. For anybody who is
    /// logged in.
    #[oai(path = "/log/proofs/consistency", method = "get", operation_id = "prove_consistency")]
    async fn consistency(
        &self,
        _caller: Caller,
        from: Query<u64>,
        to: Query<Option<u64>>,
    ) -> Result<Json<ConsistencyDto>, Problem> {
        Ok(Json(self.0.consistency(from.0, to.0).await?.into()))
    }

    /// The log as a file for `kaofa verify log`. Of entries that the caller may not read the hash alone is given, so that
    /// the whole still proves itself.
    #[oai(path = "/log/export", method = "get", operation_id = "export_log")]
    async fn export(&self, caller: Caller) -> Result<ExportResponse, Problem> {
        let lines = self.0.export(&caller).await?.map_err(std::io::Error::other);
        let name = "attachment; filename=\"kaofa-log.ndjson\"".to_owned();
        Ok(ExportResponse::Log(Binary(Body::from_bytes_stream(lines)), name))
    }

    /// What came out of the last check of the whole log: every entry, its hash, the tree and the signed heads. It is
    /// checked every six hours and when somebody asks.
    #[oai(path = "/log/verification", method = "get", operation_id = "get_log_verification")]
    async fn verification(&self, caller: Caller) -> Result<Json<VerificationDto>, Problem> {
        Ok(Json(self.0.checks(&caller).await?.into()))
    }

    /// Ask for a check of the whole log, which begins at once unless one is under way; a million entries take some minutes.
    #[oai(path = "/log/verification", method = "post", operation_id = "verify_log")]
    async fn verify(&self, caller: Caller) -> Result<Json<VerificationDto>, Problem> {
        self.0.ask_for_check(&caller).await?;
        Ok(Json(self.0.checks(&caller).await?.into()))
    }
}
