//! The operations that take and give files of people and units.

use std::collections::HashMap;
use std::sync::Arc;

use poem_openapi::param::Query;
use poem_openapi::types::multipart::Upload;
use poem_openapi::{Multipart, OpenApi};
use serde::Deserialize;
use uuid::Uuid;

use crate::auth::Caller;
use crate::files::Format;
use crate::http::{Code, Download, FileFormat, Json, Language, Problem, Workbook};
use crate::kernel::field::{FieldCode, Invalid};
use crate::org::dto::ImportReportDto;
use crate::org::import::report::Choice;
use crate::org::service::{ImportFile, Org};

/// A file, and the answers to what was asked about it.
#[derive(Debug, Multipart)]
#[oai(deny_unknown_fields)]
struct ImportForm {
    /// Xlsx, or csv in UTF-8 or GB18030; at most 20 MB and 60,000 rows.
    file: Upload,
    /// For rows that may mean several, whom they mean: JSON such as `[{"row":5,"person_id":"…"},{"row":9,"person_id":null}]`,
    /// null for somebody new.
    choices: Option<String>,
}

/// The answer to a row that may mean several.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoiceText {
    row: u32,
    person_id: Option<Uuid>,
}

impl ImportForm {
    async fn read(self) -> Result<ImportFile, Problem> {
        let choices = match self.choices.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            None => HashMap::new(),
            Some(text) => {
                let read: Vec<ChoiceText> =
                    serde_json::from_str(text).map_err(|_wrong| Invalid::one("choices", FieldCode::Invalid))?;
                let choice = |c: ChoiceText| (c.row, c.person_id.map_or(Choice::New, |id| Choice::Person(id.into())));
                read.into_iter().map(choice).collect()
            }
        };
        let bytes = self.file.into_vec().await.map_err(|error| {
            tracing::error!(%error, "a file that was sent cannot be read again");
            Problem::new(Code::Internal)
        })?;
        Ok(ImportFile { bytes, choices })
    }
}

/// Files of people and units.
#[derive(Debug)]
pub struct OrgFilesApi(pub Arc<Org>);

#[OpenApi(prefix_path = "/api/v1")]
impl OrgFilesApi {
    /// Bring people in from a file: all of it, or nothing if anything in it is wrong or unclear (`applied`). With `dry_run`
    /// nothing is written in any case. By a coordinator of their units.
    #[oai(path = "/imports/people", method = "post", operation_id = "import_people")]
    async fn people(
        &self,
        caller: Caller,
        language: Language,
        dry_run: Query<Option<bool>>,
        form: ImportForm,
    ) -> Result<Json<ImportReportDto>, Problem> {
        let report = self.0.import_people(&caller, form.read().await?, dry_run.0.unwrap_or(false)).await?;
        Ok(Json(ImportReportDto::new(report, language.0)))
    }

    /// The same file back, with what is wrong in it marked. Nothing is written.
    #[oai(path = "/imports/people/marked", method = "post", operation_id = "mark_people")]
    async fn marked_people(&self, caller: Caller, language: Language, form: ImportForm) -> Result<Workbook, Problem> {
        let bytes = self.0.marked_people(&caller, form.read().await?, language.0).await?;
        Ok(Workbook::new(bytes, "people-marked"))
    }

    /// The file to fill in with people. For coordinators.
    #[oai(path = "/imports/people/template.xlsx", method = "get", operation_id = "get_people_template")]
    async fn people_template(&self, caller: Caller) -> Result<Workbook, Problem> {
        Ok(Workbook::new(self.0.people_template(&caller).await?, "people"))
    }

    /// Bring units in from a file: all of it, or nothing if anything in it is wrong (`applied`). With `dry_run` nothing is
    /// written in any case. By a system administrator.
    #[oai(path = "/imports/units", method = "post", operation_id = "import_units")]
    async fn units(
        &self,
        caller: Caller,
        language: Language,
        dry_run: Query<Option<bool>>,
        form: ImportForm,
    ) -> Result<Json<ImportReportDto>, Problem> {
        let report = self.0.import_units(&caller, form.read().await?, dry_run.0.unwrap_or(false)).await?;
        Ok(Json(ImportReportDto::new(report, language.0)))
    }

    /// The same file back, with what is wrong in it marked. Nothing is written.
    #[oai(path = "/imports/units/marked", method = "post", operation_id = "mark_units")]
    async fn marked_units(&self, caller: Caller, language: Language, form: ImportForm) -> Result<Workbook, Problem> {
        let bytes = self.0.marked_units(&caller, form.read().await?, language.0).await?;
        Ok(Workbook::new(bytes, "units-marked"))
    }

    /// The file to fill in with units. For system administrators.
    #[oai(path = "/imports/units/template.xlsx", method = "get", operation_id = "get_units_template")]
    async fn units_template(&self, caller: Caller) -> Result<Workbook, Problem> {
        Ok(Workbook::new(self.0.units_template(&caller).await?, "units"))
    }

    /// Who is on the roster of a unit today, with its subtree if asked, as xlsx (unless said) or csv. Numbers are masked; the
    /// file can be brought in again. Who took it is kept in the log.
    #[oai(path = "/exports/people", method = "get", operation_id = "export_people")]
    async fn export(
        &self,
        caller: Caller,
        unit_id: Query<Uuid>,
        subtree: Query<Option<bool>>,
        format: Query<Option<FileFormat>>,
    ) -> Result<Download, Problem> {
        let subtree = subtree.0.unwrap_or(false);
        let format = format.0.map_or(Format::Xlsx, Format::from);
        let bytes = self.0.export_people(&caller, unit_id.0.into(), subtree, format).await?;
        Ok(Download::new(&format.named("people"), bytes))
    }
}
