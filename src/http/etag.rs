//! Versions on the wire: the tag of what was read, and the tag that a change expects (RFC 9110, 8.8.3 and 13.1.1).

use poem_openapi::ApiResponse;
use poem_openapi::types::{ToJSON, Type};

use super::json::Json;
use super::problem::{Code, Problem};

/// A resource together with its version, which a change of it must send back as `If-Match`.
#[derive(Debug, ApiResponse)]
pub enum Tagged<T: Type + ToJSON> {
    /// The resource.
    #[oai(status = 200)]
    Ok(
        Json<T>,
        /// Its version; send it as `If-Match` with a change.
        #[oai(header = "ETag")]
        String,
    ),
}

impl<T: Type + ToJSON> Tagged<T> {
    /// A resource in this version.
    pub fn new(resource: impl Into<T>, version: i32) -> Self {
        Self::Ok(Json(resource.into()), tag(version))
    }
}

/// The version that a change expects to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// Whatever is there.
    Any,
    /// One of these tags.
    OneOf(Vec<String>),
}

impl IfMatch {
    /// Reads the header; a change without one is refused.
    pub fn read(header: Option<&str>) -> Result<Self, Problem> {
        match header.map(str::trim) {
            None | Some("") => Err(Problem::new(Code::PreconditionRequired)),
            Some("*") => Ok(Self::Any),
            // A tag that is none, or a weak one, is simply not that of any version.
            Some(tags) => Ok(Self::OneOf(tags.split(',').map(|tag| tag.trim().to_owned()).collect())),
        }
    }

    /// Exactly this version; for pages, which carry it in their forms.
    #[must_use]
    pub fn version(version: i32) -> Self {
        Self::OneOf(vec![tag(version)])
    }

    /// Whether this version may be changed.
    #[must_use]
    pub fn allows(&self, version: i32) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => tags.contains(&tag(version)),
        }
    }
}

fn tag(version: i32) -> String {
    format!("\"{version}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_names_the_version_that_it_saw() {
        let allows = |header: &str, version| IfMatch::read(Some(header)).unwrap().allows(version);
        assert!(allows("\"3\"", 3) && allows("\"2\", \"3\"", 3) && allows("*", 3));
        assert!(!allows("\"2\"", 3) && !allows("3", 3) && !allows("W/\"3\"", 3) && !allows("\"33\"", 3));
        assert!(IfMatch::version(3).allows(3) && !IfMatch::version(3).allows(4));
        for none in [None, Some(""), Some("  ")] {
            assert_eq!(IfMatch::read(none).unwrap_err().code, Code::PreconditionRequired);
        }
    }
}
