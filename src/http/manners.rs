//! What happens to every request: an id, a limit, and an error in the shape of the contract.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use poem::error::{MethodNotAllowedError, NotFoundError};
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Endpoint, Error, IntoResponse, Middleware, PathPattern, Request, Response};
use poem_openapi::OperationId;
use poem_openapi::error::{ContentTypeError, ParseMultipartError, ParsePathError, ParseRequestPayloadError};

use super::json::NextCursor;
use super::limit::limit;
use super::problem::{Code, Problem};
use super::reader::{Address, Language};
use crate::kernel::entropy::Entropy;
use crate::kernel::field::{FieldCode, FieldError, Fields};
use crate::kernel::metrics::METRICS;

/// The id of a request, in its answer and in the server's log.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Puts an error into words for a page instead of a program.
pub type PageOfProblem = dyn Fn(&Problem, &Request, &str) -> Response + Send + Sync;

/// The middleware around the whole application.
#[derive(Clone)]
pub struct Manners {
    rng: Arc<dyn Entropy>,
    page: Arc<PageOfProblem>,
    proxied: bool,
}

impl std::fmt::Debug for Manners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Manners")
    }
}

impl Manners {
    /// With what shows an error to somebody who asked for a page. Only where requests come through a proxy is its word
    /// taken on where they come from.
    #[must_use]
    pub fn new(rng: Arc<dyn Entropy>, page: Arc<PageOfProblem>, proxied: bool) -> Self {
        Self { rng, page, proxied }
    }
}

impl<E: Endpoint> Middleware<E> for Manners {
    type Output = Mannered<E>;

    fn transform(&self, inner: E) -> Self::Output {
        Mannered { inner, manners: self.clone() }
    }
}

/// An endpoint with manners.
#[derive(Debug)]
pub struct Mannered<E> {
    inner: E,
    manners: Manners,
}

impl<E: Endpoint> Endpoint for Mannered<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let id = hex::encode(self.manners.rng.bytes::<12>());
        // Addresses of pages and operations hold ids; what was typed into a query is nobody's business here.
        let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
        let begun = std::time::Instant::now();
        let lang = Language::of(&request).0;
        // What an error page needs of the request outlives the request itself.
        let outline = outline(&request);
        request.extensions_mut().insert(RequestId(id.clone()));
        if let Some(address) = Address::forwarded(&request).filter(|_| self.manners.proxied) {
            request.extensions_mut().insert(address);
        }
        let limited = limit(&mut request);
        let packed = request.header(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
        let called = async {
            // What is packed small could unpack to more than any limit.
            if packed {
                return Err(Problem::new(Code::UnsupportedMediaType).into());
            }
            without_nul(&request)?;
            self.inner.call(request).await
        };
        let called = tracing::Instrument::instrument(called, span.clone());
        // A panic was told of where it happened.
        let called = AssertUnwindSafe(called).catch_unwind().await;
        let operation;
        let mut response = match called.unwrap_or_else(|_panic| Err(Problem::new(Code::Internal).into())) {
            Ok(response) => {
                let response = response.into_response();
                operation = name(response.data(), response.data());
                response
            }
            Err(error) => {
                operation = name(error.data(), error.data());
                // Whatever the framework makes of a body that was cut off.
                let problem = limited.problem().unwrap_or_else(|| problem_of(&error));
                let mut response = if wants_page(&outline) {
                    (self.manners.page)(&problem, &outline, &id)
                } else {
                    problem.render(lang, &id)
                };
                if let Some(Ok(allow)) = problem.allow.as_deref().map(HeaderValue::from_str) {
                    response.headers_mut().insert(header::ALLOW, allow);
                }
                response
            }
        };
        link(&mut response, &outline);
        let (operation, status) = (operation.unwrap_or(Cow::Borrowed("other")), response.status().as_u16());
        let took = begun.elapsed();
        // What went well is counted below; a line for each of thousands of saves would cost more than it tells.
        span.in_scope(|| match status {
            500.. => tracing::warn!(operation = &*operation, status, ms = took.as_millis(), "answered"),
            400.. => tracing::info!(operation = &*operation, status, ms = took.as_millis(), "answered"),
            _ => tracing::debug!(operation = &*operation, status, ms = took.as_millis(), "answered"),
        });
        METRICS.answered(operation, status, took);
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert("X-Request-Id", value);
        }
        Ok(response)
    }
}

/// What was asked for, as the specification or the router calls it.
fn name(operation: Option<&OperationId>, page: Option<&PathPattern>) -> Option<Cow<'static, str>> {
    let page = || page.filter(|page| !page.0.is_empty()).map(|page| Cow::Owned(page.0.to_string()));
    operation.map(|operation| Cow::Borrowed(operation.0)).or_else(page)
}

/// A request without its body: address and headers.
fn outline(request: &Request) -> Request {
    let mut outline = Request::builder().method(request.method().clone()).uri(request.uri().clone()).finish();
    *outline.headers_mut() = request.headers().clone();
    outline
}

/// Tells where the next page of a list is (RFC 8288): at the address of the request, with another cursor.
fn link(response: &mut Response, request: &Request) {
    let Some(NextCursor(cursor)) = response.extensions().get::<NextCursor>() else { return };
    let asked: Vec<(String, String)> =
        serde_urlencoded::from_str(request.uri().query().unwrap_or_default()).unwrap_or_default();
    let mut wanted: Vec<_> = asked.into_iter().filter(|(name, _)| name != "cursor").collect();
    wanted.push(("cursor".to_owned(), cursor.clone()));
    let Ok(query) = serde_urlencoded::to_string(wanted) else { return };
    if let Ok(link) = HeaderValue::try_from(format!("<{}?{query}>; rel=\"next\"", request.uri().path())) {
        response.headers_mut().append(header::LINK, link);
    }
}

/// Refuses an address with a NUL in it, which PostgreSQL takes in no text and nobody means.
fn without_nul(request: &Request) -> Result<(), Problem> {
    if request.uri().path().contains("%00") {
        return Err(Problem::new(Code::NotFound));
    }
    let query = request.uri().query().filter(|query| query.contains("%00")).unwrap_or_default();
    let mut fields = Fields::new();
    for (name, value) in serde_urlencoded::from_str::<Vec<(String, String)>>(query).unwrap_or_default() {
        if value.contains('\0') || name.contains('\0') {
            fields.reject(name, FieldCode::ControlCharacters);
        }
    }
    fields.check().map_err(Problem::from)
}

/// Whether the one who asked is a browser that shows a page.
fn wants_page(request: &Request) -> bool {
    let accepts = request.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    accepts.contains("text/html") && !request.uri().path().starts_with("/api/")
}

/// A form with a file in it, of which the framework tells in one sentence what is wrong, the field in quotes.
fn of_multipart(reason: &str) -> Problem {
    let code = if reason.ends_with("is required") { FieldCode::Required } else { FieldCode::UnknownField };
    match reason.split('`').nth(1) {
        Some(field) if reason.ends_with("is required") || reason.starts_with("unknown field") => {
            let error = FieldError { field: field.to_owned(), code, detail: String::new() };
            Problem { errors: vec![error], ..Problem::new(Code::InvalidFields) }
        }
        _ => Problem::new(Code::Malformed).about(reason),
    }
}

/// Any error as a problem: our own as it is, the framework's by what it says.
fn problem_of(error: &Error) -> Problem {
    if let Some(problem) = error.downcast_ref::<Problem>() {
        return problem.clone();
    }
    if error.downcast_ref::<NotFoundError>().is_some() {
        return Problem::new(Code::NotFound);
    }
    if error.downcast_ref::<MethodNotAllowedError>().is_some() {
        return Problem::new(Code::MethodNotAllowed);
    }
    if error.downcast_ref::<ContentTypeError>().is_some() {
        return Problem::new(Code::UnsupportedMediaType);
    }
    if let Some(path) = error.downcast_ref::<ParsePathError>() {
        // An address with an id that is none leads nowhere.
        tracing::debug!(error = %path, "a path that cannot be read");
        return Problem::new(Code::NotFound);
    }
    if error.downcast_ref::<poem::error::ParsePathError>().is_some() {
        return Problem::new(Code::NotFound);
    }
    if let Some(parameter) = error.downcast_ref::<poem_openapi::error::ParseParamError>() {
        let error = FieldError { field: parameter.name.to_owned(), code: FieldCode::Invalid, detail: String::new() };
        return Problem { errors: vec![error], ..Problem::new(Code::InvalidFields) };
    }
    if let Some(payload) = error.downcast_ref::<ParseRequestPayloadError>() {
        return Problem::new(Code::Malformed).about(&payload.reason);
    }
    if let Some(multipart) = error.downcast_ref::<ParseMultipartError>() {
        return of_multipart(&multipart.reason);
    }
    match error.status() {
        StatusCode::BAD_REQUEST => Problem::new(Code::Malformed).about(error.to_string()),
        StatusCode::UNAUTHORIZED => Problem::new(Code::Unauthenticated),
        StatusCode::FORBIDDEN => Problem::new(Code::Forbidden),
        StatusCode::NOT_FOUND => Problem::new(Code::NotFound),
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(Code::MethodNotAllowed),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Code::TooLarge),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(Code::UnsupportedMediaType),
        _ => {
            tracing::error!(%error, "an error without a shape");
            Problem::new(Code::Internal)
        }
    }
}

#[cfg(test)]
mod tests {
    use poem::{EndpointExt as _, handler};

    use super::*;
    use crate::kernel::entropy::SeededEntropy;

    #[handler]
    fn broken() -> &'static str {
        panic!("a mistake")
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_for_a_program_and_a_page_for_a_reader() {
        let page: Arc<PageOfProblem> =
            Arc::new(|problem, _, id| Response::builder().status(problem.code.status()).body(format!("page {id}")));
        let app = broken.with(Manners::new(Arc::new(SeededEntropy::new(1)), page, false));
        for (path, accept, kind) in [
            ("/api/v1/exams", "text/html", Some("application/problem+json")),
            ("/exams", "*/*", Some("application/problem+json")),
            ("/exams", "text/html", None),
        ] {
            let request = Request::builder().uri(path.parse().unwrap()).header("accept", accept).finish();
            let mut answer = app.call(request).await.unwrap();
            assert_eq!((answer.status().as_u16(), answer.content_type()), (500, kind));
            let body = answer.take_body().into_string().await.unwrap();
            assert!(!body.contains("mistake") && body.contains(answer.header("x-request-id").unwrap()), "{body}");
        }
    }
}
