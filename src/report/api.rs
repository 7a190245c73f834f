//! The operations of reports and years.

mod files;
mod past;

pub use files::FilesApi;
pub use past::PastApi;

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use uuid::Uuid;

use super::dto::{
    ComparisonDto, FilterQuery, PersonRowDto, RatesDto, SnapshotDto, SnapshotRequest, SnapshotsDto, YearRequest,
    YearsDto,
};
use super::service::Reports;
use crate::auth::Caller;
use crate::http::{ApiPage, Json, PageQuery, Problem};
use crate::kernel::field::{FieldCode, Invalid};

/// Figures and closed years. For coordinators and auditors; years are closed by auditors.
#[derive(Debug)]
pub struct ReportApi(pub Arc<Reports>);

#[OpenApi(prefix_path = "/api/v1")]
impl ReportApi {
    /// Rates of a unit with its subtree and of the units below it, each figure with its numerator and denominator.
    ///
    /// Naming one exam leaves programmes out, and naming one programme leaves exams out; naming both counts both.
    #[oai(path = "/reports/rates", method = "get", operation_id = "get_rates")]
    #[allow(clippy::too_many_arguments, reason = "one for each parameter of the query")]
    async fn rates(
        &self,
        caller: Caller,
        /// The year.
        year: Query<i32>,
        /// The unit; the top of the caller's reach if null. Who has several must name one.
        unit_id: Query<Option<String>>,
        /// How many levels of units below it, 0–6; 1 if null.
        depth: Query<Option<i32>>,
        /// Only people who held this category on the roster.
        category: Query<Option<String>>,
        /// `annual` if null, or the kind of the exam that is named.
        exam_kind: Query<Option<String>>,
        /// One exam with its make-ups.
        exam_id: Query<Option<String>>,
        /// One programme.
        programme_id: Query<Option<String>>,
    ) -> Result<Json<RatesDto>, Problem> {
        let query = FilterQuery {
            year: year.0,
            unit_id: unit_id.0,
            category: category.0,
            exam_kind: exam_kind.0,
            exam_id: exam_id.0,
            programme_id: programme_id.0,
        };
        let (filter, _) = query.read(None)?;
        Ok(Json(self.0.rates(&caller, &filter, depth.0.unwrap_or(1)).await?.into()))
    }

    /// The people behind a figure: exactly as many rows as it counts, by unit and person.
    ///
    /// A figure is any count of `study` or `exam` (`study.participated`, `exam.absent`; `exam.sittings` gives an attempt a
    /// row), or what lacks between the parts of a rate: `study.not_participated`, `study.not_completed`,
    /// `study.not_completed_due`, `exam.not_sat`, `exam.not_passed` (sat, did not pass), `exam.not_passed_overall`
    /// (expected, did not pass), `exam.not_first_passed` and `exam.not_excellent` (sat the main exam without).
    #[oai(path = "/reports/people", method = "get", operation_id = "list_counted_people")]
    #[allow(clippy::too_many_arguments, reason = "one for each parameter of the query")]
    async fn people(
        &self,
        caller: Caller,
        /// The year.
        year: Query<i32>,
        /// The figure.
        figure: Query<String>,
        /// The unit, with its subtree; the top of the caller's reach if null. Who has several must name one.
        unit_id: Query<Option<String>>,
        /// Only people who held this category on the roster.
        category: Query<Option<String>>,
        /// `annual` if null, or the kind of the exam that is named.
        exam_kind: Query<Option<String>>,
        /// One exam with its make-ups.
        exam_id: Query<Option<String>>,
        /// One programme.
        programme_id: Query<Option<String>>,
        limit: Query<Option<u64>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<ApiPage<PersonRowDto>>, Problem> {
        let query = FilterQuery {
            year: year.0,
            unit_id: unit_id.0,
            category: category.0,
            exam_kind: exam_kind.0,
            exam_id: exam_id.0,
            programme_id: programme_id.0,
        };
        let (filter, figure) = query.read(Some(&figure.0))?;
        let figure = figure.ok_or_else(|| Invalid::one("figure", FieldCode::UnknownValue))?;
        let page = PageQuery::read(limit.0, cursor.0)?;
        Ok(Json(self.0.people(&caller, &filter, figure, &page).await?.into()))
    }

    /// The figures of a unit and of those directly below it, year by year.
    #[oai(path = "/reports/comparison", method = "get", operation_id = "compare_rates")]
    async fn compare(
        &self,
        caller: Caller,
        /// The first year; at most eleven before `year`.
        from_year: Query<i32>,
        /// The last year.
        year: Query<i32>,
        /// The unit; the top of the caller's reach if null. Who has several must name one.
        unit_id: Query<Option<String>>,
        /// Only people who held this category on the roster.
        category: Query<Option<String>>,
        /// `annual` if null.
        exam_kind: Query<Option<String>>,
    ) -> Result<Json<ComparisonDto>, Problem> {
        let query = FilterQuery {
            year: year.0,
            unit_id: unit_id.0,
            category: category.0,
            exam_kind: exam_kind.0,
            exam_id: None,
            programme_id: None,
        };
        let (filter, _) = query.read(None)?;
        Ok(Json(self.0.compare(&caller, &filter, from_year.0).await?.into()))
    }

    /// The years of a unit, the newest first, and whether they are closed.
    #[oai(path = "/years", method = "get", operation_id = "list_years")]
    async fn years(
        &self,
        caller: Caller,
        /// The unit; the top of the caller's reach if null. Who has several must name one.
        unit_id: Query<Option<Uuid>>,
    ) -> Result<Json<YearsDto>, Problem> {
        Ok(Json(self.0.years(&caller, unit_id.0.map(Into::into)).await?.into()))
    }

    /// Close a year for a unit with its subtree, and freeze its figures. By an auditor of the unit or above.
    ///
    /// Refused (`still_open`, with their titles) while an annual exam or make-up of the year with people of the subtree is
    /// not closed, a session that it holds or attends is published or running, or a programme of a unit outside it with
    /// people of it is not closed. Its own programmes are closed with the year. Drafts keep nothing open.
    #[oai(path = "/years/:year/close", method = "post", operation_id = "close_year")]
    async fn close(
        &self,
        caller: Caller,
        year: Path<i32>,
        body: Json<YearRequest>,
    ) -> Result<Json<SnapshotDto>, Problem> {
        let (unit, reason) = body.0.read()?;
        Ok(Json(self.0.close_year(&caller, year.0, unit, &reason).await?.into()))
    }

    /// Open a closed year again, for the very unit for which it was closed. By an auditor of the unit or above. What was
    /// frozen stays.
    #[oai(path = "/years/:year/reopen", method = "post", operation_id = "reopen_year")]
    async fn reopen(
        &self,
        caller: Caller,
        year: Path<i32>,
        body: Json<YearRequest>,
    ) -> Result<Json<YearsDto>, Problem> {
        let (unit, reason) = body.0.read()?;
        self.0.reopen_year(&caller, year.0, unit, &reason).await?;
        Ok(Json(self.0.years(&caller, Some(unit)).await?.into()))
    }

    /// Freeze the figures of a year and unit as they stand, with everybody behind them. By an auditor of the unit or above.
    /// The digests stand in the log; each month one is taken by itself for the top of the tree.
    #[oai(path = "/reports/snapshots", method = "post", operation_id = "create_snapshot")]
    async fn freeze(&self, caller: Caller, body: Json<SnapshotRequest>) -> Result<Json<SnapshotDto>, Problem> {
        let (year, unit, reason) = body.0.read()?;
        Ok(Json(self.0.freeze(&caller, year, unit, &reason).await?.into()))
    }

    /// The snapshots of a unit, the newest first.
    #[oai(path = "/reports/snapshots", method = "get", operation_id = "list_snapshots")]
    async fn snapshots(
        &self,
        caller: Caller,
        /// The unit; the top of the caller's reach if null. Who has several must name one.
        unit_id: Query<Option<Uuid>>,
        /// Of this year alone.
        year: Query<Option<i32>>,
    ) -> Result<Json<SnapshotsDto>, Problem> {
        Ok(Json(self.0.snapshots(&caller, unit_id.0.map(Into::into), year.0).await?.into()))
    }

    /// A frozen report as it was stored, with its digests, and whether today's records still give it: which counts are others
    /// now, who stands otherwise, and what the log tells of it, by whom and why.
    #[oai(path = "/reports/snapshots/:id", method = "get", operation_id = "get_snapshot")]
    async fn snapshot(&self, caller: Caller, id: Path<Uuid>) -> Result<Json<SnapshotDto>, Problem> {
        let frozen = SnapshotDto::from(self.0.snapshot(&caller, id.0.into()).await?);
        Ok(Json(frozen.with(self.0.today(&caller, id.0.into()).await?)))
    }
}
