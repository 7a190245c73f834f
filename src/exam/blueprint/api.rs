//! The operations of exams, but for sitting them.

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use poem::Body;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use uuid::Uuid;

use super::dto::{
    BeaconRequest, DrawFileResponse, ExamChanges, ExamCopyRequest, ExamDto, ExamKindDto, ExamRequest, ExamStatusDto,
    ExamSummaryDto, FeasibilityDto, ManifestDto, OverlapsDto, PreviewDto, ResultsDto, SealDto, SealRequest, results,
};
use super::model::{Copied, Exam, ExamFilter, Resealing};
use super::service::Exams;
use crate::auth::Caller;
use crate::http::{ApiPage, Code, IfMatch, Json, JsonStream, OptionalJson, PageQuery, Problem, Tagged};

/// Exams from draft to release.
#[derive(Debug)]
pub struct ExamsApi(pub Arc<Exams>);

pub(in crate::exam) fn tagged(exam: Exam) -> Tagged<ExamDto> {
    let version = exam.version;
    Tagged::new(exam, version)
}

#[OpenApi(prefix_path = "/api/v1")]
impl ExamsApi {
    /// The exams that the caller may see, newest first: those of units whose figures they read, and sealed ones on whose
    /// roster they, or people of their units, stand.
    #[oai(path = "/exams", method = "get", operation_id = "list_exams")]
    async fn exams(
        &self,
        caller: Caller,
        year: Query<Option<i32>>,
        kind: Query<Option<ExamKindDto>>,
        status: Query<Option<ExamStatusDto>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<ExamSummaryDto>>, Problem> {
        let filter = ExamFilter { year: year.0, kind: kind.0.map(Into::into), status: status.0.map(Into::into) };
        Ok(Json(self.0.exams(&caller, &filter, &PageQuery::read(limit.0, cursor.0)?).await?.into()))
    }

    /// Draft an exam. By a coordinator of its unit, its banks and its audience.
    #[oai(path = "/exams", method = "post", operation_id = "create_exam")]
    async fn create(&self, caller: Caller, body: Json<ExamRequest>) -> Result<Tagged<ExamDto>, Problem> {
        Ok(tagged(self.0.create(&caller, &body.0.into()).await?))
    }

    /// One exam.
    #[oai(path = "/exams/:id", method = "get", operation_id = "get_exam")]
    async fn exam(&self, caller: Caller, id: Path<Uuid>) -> Result<Tagged<ExamDto>, Problem> {
        Ok(tagged(self.0.exam(&caller, id.0.into()).await?))
    }

    /// Draft the exam of another year like this one: the same banks, sections, rules and audience, at the same hours of the
    /// same days. By a coordinator of all it refers to.
    #[oai(path = "/exams/:id/copy", method = "post", operation_id = "copy_exam")]
    async fn copy(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: OptionalJson<ExamCopyRequest>,
    ) -> Result<Tagged<ExamDto>, Problem> {
        let like = body.0.map(Copied::from).unwrap_or_default();
        Ok(tagged(self.0.copy(&caller, id.0.into(), &like).await?))
    }

    /// The other sealed exams that people on the roster of this one, or of a draft to be on it, would have to sit at the same
    /// time. By a coordinator of its unit.
    #[oai(path = "/exams/:id/overlaps", method = "get", operation_id = "list_overlaps")]
    async fn overlaps(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<OverlapsDto>, Problem> {
        Ok(Json(self.0.overlaps(&caller, id.0.into()).await?.into()))
    }

    /// Change a draft; what is left out stays as it is. By a coordinator of its unit.
    #[oai(path = "/exams/:id", method = "patch", operation_id = "change_exam")]
    async fn change(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        /// The version that is to be changed, as its `ETag` gave it.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<ExamChanges>,
    ) -> Result<Tagged<ExamDto>, Problem> {
        let expected = IfMatch::read(if_match.0.as_deref())?;
        Ok(tagged(self.0.change(&caller, id.0.into(), &expected, |input| body.0.apply(input)).await?))
    }

    /// Delete a draft. By a coordinator of its unit.
    #[oai(path = "/exams/:id", method = "delete", operation_id = "delete_exam")]
    async fn delete(&self, caller: Caller, id: Path<Uuid>) -> Result<(), Problem> {
        Ok(self.0.delete(&caller, id.0.into()).await?)
    }

    /// How much room the banks leave every section, whatever the sections before it draw, what can be done where it is too
    /// little, and how hard papers will be. For those who manage or audit the exam's unit.
    #[oai(path = "/exams/:id/feasibility", method = "get", operation_id = "get_feasibility")]
    async fn feasibility(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<FeasibilityDto>, Problem> {
        Ok(Json(self.0.feasibility(&caller, id.0.into()).await?.into()))
    }

    /// Three sample papers, drawn with a throw-away secret: never with the exam's own. By a coordinator of its unit who is
    /// not on its roster.
    #[oai(path = "/exams/:id/preview", method = "get", operation_id = "preview_exam")]
    async fn preview(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<PreviewDto>, Problem> {
        Ok(Json(self.0.preview(&caller, id.0.into()).await?.into()))
    }

    /// Seal a draft: its roster, its pool and its blueprint are frozen, the manifest and the commitment to a new secret
    /// published. Refused where a section lacks questions or nobody is on the roster. An exam that nobody has started yet
    /// is sealed again for a reason: with a new secret and what the banks hold now; its roster stays. By a coordinator of
    /// its unit.
    #[oai(path = "/exams/:id/seal", method = "post", operation_id = "seal_exam")]
    async fn seal(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: OptionalJson<SealRequest>,
    ) -> Result<Json<SealDto>, Problem> {
        let again = body.0.map(Resealing::from).unwrap_or_default();
        Ok(Json(self.0.seal(&caller, id.0.into(), &again).await?.into()))
    }

    /// Record the value that the beacon's rule named. The same again changes nothing, another is refused. Without it an exam
    /// with such a rule does not open. By a coordinator of its unit.
    #[oai(path = "/exams/:id/beacon", method = "post", operation_id = "record_beacon")]
    async fn beacon(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<BeaconRequest>,
    ) -> Result<Json<SealDto>, Problem> {
        Ok(Json(self.0.record_beacon(&caller, id.0.into(), &body.0.into()).await?.into()))
    }

    /// The manifest from which papers are drawn, from sealing on, for everybody who may see the exam.
    #[oai(path = "/exams/:id/manifest", method = "get", operation_id = "get_manifest")]
    async fn manifest(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<ManifestDto>, Problem> {
        let sealed = self.0.manifest(&caller, id.0.into()).await?;
        let manifest = ManifestDto::try_from(sealed).map_err(|error| {
            tracing::error!(%error, exam = %id.0, "a manifest cannot be read");
            Problem::new(Code::Internal)
        })?;
        Ok(Json(manifest))
    }

    /// The draw file of an exam that has closed, by which anybody derives every paper again (`openapi/draw.md`,
    /// `kaofa verify draw`). For everybody who may see the exam.
    #[oai(path = "/exams/:id/draw", method = "get", operation_id = "get_draw_file")]
    async fn draw(&self, caller: Caller, id: Path<Uuid>) -> Result<DrawFileResponse, Problem> {
        let pieces = self.0.draw_file(&caller, id.0.into()).await?.map_err(std::io::Error::other);
        let name = format!("attachment; filename=\"kaofa-draw-{}.json\"", id.0);
        Ok(DrawFileResponse::File(JsonStream(Body::from_bytes_stream(pieces)), name))
    }

    /// Release the results of an exam that has closed and is released by hand. By a coordinator of its unit.
    #[oai(path = "/exams/:id/release", method = "post", operation_id = "release_exam")]
    async fn release(&self, caller: Caller, id: Path<Uuid>) -> Result<Tagged<ExamDto>, Problem> {
        self.0.release(&caller, id.0.into()).await?;
        Ok(tagged(self.0.exam(&caller, id.0.into()).await?))
    }

    /// The results within the caller's reach, of one unit with its subtree if asked, by unit. For coordinators and
    /// auditors, from closing on, or at once where candidates see theirs on handing in.
    #[oai(path = "/exams/:id/results", method = "get", operation_id = "list_results")]
    async fn results(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        unit_id: Query<Option<Uuid>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ResultsDto>, Problem> {
        let page = PageQuery::read(limit.0, cursor.0)?;
        let unit = unit_id.0.map(Into::into);
        Ok(Json(results(self.0.results(&caller, id.0.into(), unit, &page).await?)))
    }
}
