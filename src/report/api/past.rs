//! The operations on years before Kaofa.

use std::sync::Arc;

use poem_openapi::param::{Path, Query};
use poem_openapi::types::multipart::Upload;
use poem_openapi::{Multipart, OpenApi};
use uuid::Uuid;

use crate::auth::Caller;
use crate::http::{Code, Json, Language, Problem, Workbook};
use crate::org::ImportReportDto;
use crate::report::dto::{PastYearsDto, WithdrawRequest};
use crate::report::service::{PastFile, Reports};

/// A file of years before Kaofa.
#[derive(Debug, Multipart)]
#[oai(deny_unknown_fields)]
struct PastForm {
    /// Xlsx, or csv in UTF-8 or GB18030; at most 20 MB and 60,000 rows. A person of a year a row.
    file: Upload,
    /// Where the figures come from, at most 200 characters: printed wherever they count.
    source: String,
    /// The unit, with its subtree; the top of the caller's reach if absent. Who has several must name one.
    unit_id: Option<Uuid>,
}

/// Closed years before Kaofa (补录). For coordinators; auditors read.
#[derive(Debug)]
pub struct PastApi(pub Arc<Reports>);

#[OpenApi(prefix_path = "/api/v1")]
impl PastApi {
    /// Bring in closed years before Kaofa, person by person: all of the file, or nothing if anything in it is wrong
    /// (`applied`). With `dry_run` nothing is written in any case. By a coordinator of the unit.
    ///
    /// Each year is closed for the unit and frozen (`imported`); it must have no records of Kaofa's own there. `created` are
    /// people who are not known in the unit and are entered as having left with the year; `updated` counts the rows taken.
    #[oai(path = "/imports/past-years", method = "post", operation_id = "import_past_years")]
    async fn import(
        &self,
        caller: Caller,
        language: Language,
        dry_run: Query<Option<bool>>,
        form: PastForm,
    ) -> Result<Json<ImportReportDto>, Problem> {
        let bytes = form.file.into_vec().await.map_err(|error| {
            tracing::error!(%error, "a file that was sent cannot be read again");
            Problem::new(Code::Internal)
        })?;
        let file = PastFile { unit_id: form.unit_id.map(Into::into), source: form.source, bytes };
        let report = self.0.import_past_years(&caller, file, dry_run.0.unwrap_or_default()).await?;
        Ok(Json(ImportReportDto::new(report, language.0)))
    }

    /// The file to fill in with years before Kaofa. For coordinators.
    #[oai(path = "/imports/past-years/template.xlsx", method = "get", operation_id = "get_past_years_template")]
    async fn template(&self, caller: Caller) -> Result<Workbook, Problem> {
        Ok(Workbook::new(self.0.past_years_template(&caller).await?, "past-years"))
    }

    /// The years before Kaofa that tell of a unit, the newest first, those taken back too.
    #[oai(path = "/past-years", method = "get", operation_id = "list_past_years")]
    async fn list(
        &self,
        caller: Caller,
        /// The unit; the top of the caller's reach if null. Who has several must name one.
        unit_id: Query<Option<Uuid>>,
    ) -> Result<Json<PastYearsDto>, Problem> {
        Ok(Json(self.0.past_years(&caller, unit_id.0.map(Into::into)).await?.into()))
    }

    /// Take a year back that was brought in, once it is open again: nobody of it counts any more. What was frozen stays. By a
    /// coordinator of its unit.
    #[oai(path = "/past-years/:id/withdraw", method = "post", operation_id = "withdraw_past_year")]
    async fn withdraw(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        body: Json<WithdrawRequest>,
    ) -> Result<Json<PastYearsDto>, Problem> {
        let reason = body.0.read()?;
        let unit = self.0.withdraw_past_year(&caller, id.0.into(), &reason).await?;
        Ok(Json(self.0.past_years(&caller, Some(unit)).await?.into()))
    }
}
