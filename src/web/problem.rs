//! An error as a page: what went wrong and what to do next.

use std::sync::Arc;

use askama::Template;
use poem::http::{Method, header};
use poem::{Request, Response};

use super::Services;
use super::form::{wait, words};
use super::texts::Text;
use super::view::{View, go_to, own_address, page_with};
use crate::http::{Code, PageOfProblem, Problem};
use crate::kernel::texts::Lang;

/// The page of an error.
#[derive(Debug, Template)]
#[template(path = "problem.html")]
pub(super) struct ProblemPage {
    v: View,
    status: u16,
    title: String,
    detail: String,
    fields: Vec<String>,
    next: Text,
    wait: Option<i64>,
    back: Option<String>,
    again: bool,
    request_id: String,
}

impl ProblemPage {
    /// For a problem and the request that met it.
    #[must_use]
    pub(super) fn new(view: View, problem: &Problem, request: &Request, request_id: &str) -> Self {
        let (title, detail) = problem.words(view.lang);
        let status = problem.code.status().as_u16();
        let next = Text::new(view.lang, format!("next-{}", next_word(problem.code)));
        let fields =
            problem.errors.iter().map(|e| format!("{}：{}", e.field, Problem::field_words(e, view.lang))).collect();
        Self {
            status,
            title,
            detail,
            fields,
            next,
            wait: problem.retry_after.map(wait),
            back: referrer(request),
            again: *request.method() == Method::GET && matches!(status, 429 | 500 | 503),
            request_id: request_id.to_owned(),
            v: view,
        }
    }
}

/// Which advice a problem gets.
fn next_word(code: Code) -> &'static str {
    match code {
        Code::CsrfFailed => "csrf",
        Code::StillOpen => "still-open",
        Code::Infeasible => "infeasible",
        Code::NotOnRoster => "roster",
        _ => match code.status().as_u16() {
            401 | 403 => "forbidden",
            404 | 405 => "not-found",
            409 => "conflict",
            412 => "stale",
            413 => "too-large",
            429 => "too-many",
            503 => "unavailable",
            500 => "internal",
            _ => "malformed",
        },
    }
}

/// The page of ours that led here.
fn referrer(request: &Request) -> Option<String> {
    let said = |name| request.headers().get(name).and_then(|v| v.to_str().ok());
    let (_, rest) = said(header::REFERER)?.split_once("://")?;
    let (host, path) = rest.split_at(rest.find('/')?);
    (Some(host) == said(header::HOST) && own_address(Some(path)) == path).then(|| path.to_owned())
}

/// What shows an error to somebody who asked for a page: somebody who is not logged in is led to log in, somebody who
/// uses the password that somebody else chose is led to choose another, and both come back afterwards.
#[must_use]
pub fn page_of_problem(services: Arc<Services>) -> Arc<PageOfProblem> {
    Arc::new(move |problem, request, id| {
        let view = View::new(request, &services, None);
        match problem.code {
            Code::Unauthenticated => return go_to(&format!("/login{}", next(request))),
            Code::PasswordChangeRequired => return go_to(&format!("/password{}", next(request))),
            _ => {}
        }
        let (lang, status) = (view.lang, problem.code.status());
        let page = ProblemPage::new(view, problem, request, id);
        let mut response = page_with(status, &page).unwrap_or_else(|_| plain(problem, lang));
        if let Some(seconds) = problem.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    })
}

/// Where to go on after log-in, as a query: where somebody wanted to go, or the page whose form they sent.
fn next(request: &Request) -> String {
    let uri = request.uri();
    let wanted = match *request.method() {
        Method::GET => uri.path_and_query().map(ToString::to_string),
        _ => referrer(request),
    };
    let wanted = wanted.filter(|w| w != "/");
    let query = wanted.and_then(|w| serde_urlencoded::to_string([("next", w)]).ok());
    query.map_or_else(String::new, |q| format!("?{q}"))
}

/// Where even the template fails.
fn plain(problem: &Problem, lang: Lang) -> Response {
    Response::builder()
        .status(problem.code.status())
        .content_type("text/plain; charset=utf-8")
        .body(words(problem, lang))
}
