//! What happens to every request: an id, a limit, and an error in the shape of the contract.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{FutureExt, StreamExt};
use poem::error::{MethodNotAllowedError, NotFoundError};
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Body, Endpoint, Error, IntoResponse, Middleware, Request, Response};
use poem_openapi::error::{ContentTypeError, ParseMultipartError, ParsePathError, ParseRequestPayloadError};

use super::problem::{Code, Problem};
use super::reader::Language;
use crate::kernel::entropy::Entropy;
use crate::kernel::field::{FieldCode, FieldError};

/// The id of a request, in its answer and in the server's log.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// The largest body that an operation takes, in bytes.
const MAX_BODY: usize = 1 << 20;
/// The same of the operations that take a file.
const MAX_FILE: usize = 20 << 20;
/// Where those are.
const FILES: &str = "/api/v1/imports/";
/// How much more of a body is read before the connection is broken off.
const MAX_SENT: usize = 16 << 20;

/// Puts an error into words for a page instead of a program.
pub type PageOfProblem = dyn Fn(&Problem, &Request, &str) -> Response + Send + Sync;

/// The middleware around the whole application.
#[derive(Clone)]
pub struct Manners {
    rng: Arc<dyn Entropy>,
    page: Arc<PageOfProblem>,
}

impl std::fmt::Debug for Manners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Manners")
    }
}

impl Manners {
    /// With what shows an error to somebody who asked for a page.
    #[must_use]
    pub fn new(rng: Arc<dyn Entropy>, page: Arc<PageOfProblem>) -> Self {
        Self { rng, page }
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
        let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
        let lang = Language::of(&request).0;
        // What an error page needs of the request outlives the request itself.
        let outline = outline(&request);
        request.extensions_mut().insert(RequestId(id.clone()));
        let exceeded = limit(&mut request);
        let packed = request.header(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
        let called = async {
            // What is packed small could unpack to more than any limit.
            if packed {
                return Err(Problem::new(Code::UnsupportedMediaType).into());
            }
            self.inner.call(request).await
        };
        let called = tracing::Instrument::instrument(called, span);
        let mut response = match AssertUnwindSafe(called).catch_unwind().await {
            Ok(Ok(response)) => response.into_response(),
            Ok(Err(error)) => {
                // Whatever the framework makes of a body that was cut off.
                let too_large = exceeded.load(Ordering::Relaxed);
                let problem = if too_large { Problem::new(Code::TooLarge) } else { problem_of(&error) };
                if wants_page(&outline) {
                    (self.manners.page)(&problem, &outline, &id)
                } else {
                    problem.render(lang, &id)
                }
            }
            Err(_panic) => Problem::new(Code::Internal).render(lang, &id),
        };
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert("X-Request-Id", value);
        }
        Ok(response)
    }
}

/// A request without its body: address and headers.
fn outline(request: &Request) -> Request {
    let mut outline = Request::builder().method(request.method().clone()).uri(request.uri().clone()).finish();
    *outline.headers_mut() = request.headers().clone();
    outline
}

/// Whether the one who asked is a browser that shows a page.
fn wants_page(request: &Request) -> bool {
    let accepts = request.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    accepts.contains("text/html") && !request.uri().path().starts_with("/api/")
}

/// Refuses a body that is larger than allowed, whether or not it said so beforehand; the flag tells when it was. What is too
/// much is read on for a while and thrown away: whoever is cut off in the midst of sending never gets to see the answer.
fn limit(request: &mut Request) -> Arc<AtomicBool> {
    let most = if request.uri().path().starts_with(FILES) { MAX_FILE } else { MAX_BODY };
    let exceeded = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&exceeded);
    let too_large = move || {
        flag.store(true, Ordering::Relaxed);
        std::io::Error::new(std::io::ErrorKind::FileTooLarge, "the body is too large")
    };
    let body = Box::pin(request.take_body().into_bytes_stream());
    let limited = futures_util::stream::unfold((body, 0_usize), move |(mut body, mut taken)| {
        let too_large = too_large.clone();
        async move {
            loop {
                match body.next().await {
                    Some(Ok(chunk)) => {
                        taken = taken.saturating_add(chunk.len());
                        if taken <= most {
                            return Some((Ok(chunk), (body, taken)));
                        }
                        if taken > most.saturating_add(MAX_SENT) {
                            return Some((Err(too_large()), (body, 0)));
                        }
                    }
                    Some(Err(error)) => return Some((Err(error), (body, 0))),
                    None if taken > most => return Some((Err(too_large()), (body, 0))),
                    None => return None,
                }
            }
        }
    });
    request.set_body(Body::from_bytes_stream(limited));
    exceeded
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
