//! Answers that are saved as files.

use poem::http::header;
use poem::{Body, Response};
use poem_openapi::payload::Binary;
use poem_openapi::{ApiResponse, Enum};

use crate::files::Format;

/// The media type of a workbook (ECMA-376, part 2, annex F; registered with IANA).
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The kind of file that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum FileFormat {
    /// For Excel and WPS.
    Xlsx,
    /// UTF-8 with its mark.
    Csv,
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Xlsx => Self::Xlsx,
            FileFormat::Csv => Self::Csv,
        }
    }
}

/// A table to be saved, of the kind that was asked for.
#[derive(Debug, ApiResponse)]
pub enum Download {
    /// For Excel and WPS, or as csv in UTF-8 with its mark.
    #[oai(status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")]
    Xlsx(
        Binary<Body>,
        /// The name to save it under.
        #[oai(header = "Content-Disposition")]
        String,
    ),
    /// For Excel and WPS, or as csv in UTF-8 with its mark.
    #[oai(status = 200, content_type = "text/csv; charset=utf-8")]
    Csv(
        Binary<Body>,
        /// The name to save it under.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

impl Download {
    /// A table to be saved under a name, by whose ending its kind is known.
    pub fn new(name: &str, body: impl Into<Body>) -> Self {
        let (body, saved) = (Binary(body.into()), saved_as(name));
        match Format::of_name(name) {
            Some(Format::Csv) => Self::Csv(body, saved),
            Some(Format::Xlsx) | None => Self::Xlsx(body, saved),
        }
    }
}

/// A workbook to be saved.
#[derive(Debug, ApiResponse)]
pub enum Workbook {
    /// For Excel and WPS.
    #[oai(status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")]
    File(
        Binary<Vec<u8>>,
        /// The name to save it under.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

impl Workbook {
    /// A workbook to be saved under a name, to which its ending is put.
    #[must_use]
    pub fn new(bytes: Vec<u8>, name: &str) -> Self {
        Self::File(Binary(bytes), saved_as(&Format::Xlsx.named(name)))
    }

    /// The same as the answer to a form. It belongs to whoever asked, and is kept nowhere on the way.
    pub fn of_form(bytes: Vec<u8>, name: &str) -> Response {
        Response::builder()
            .content_type(WORKBOOK)
            .header(header::CONTENT_DISPOSITION, saved_as(&Format::Xlsx.named(name)))
            .header(header::CACHE_CONTROL, "no-store")
            .body(bytes)
    }
}

fn saved_as(name: &str) -> String {
    format!("attachment; filename=\"{name}\"")
}
