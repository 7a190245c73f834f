//! Which address leads where, and what happens to every request on its way.

use std::sync::Arc;

use poem::endpoint::BoxEndpoint;
use poem::http::{HeaderValue, StatusCode, header};
use poem::middleware::AddData;
use poem::{Endpoint, EndpointExt, Request, Response, Route, get, handler, web::Data};
use poem_openapi::OpenApiService;

use crate::auth::AuthApi;
use crate::bank::BankApi;
use crate::core::Core;
use crate::evidence::EvidenceApi;
use crate::exam::ExamsApi;
use crate::exam::attempt::AttemptApi;
use crate::http::{Code, Manners, Problem, compress};
use crate::openapi::{self, Apis};
use crate::org::{OrgApi, OrgFilesApi};
use crate::report::ReportApi;
use crate::study::StudyApi;
use crate::web::{self, Services};

/// The whole application.
#[must_use]
pub fn app(services: &Services) -> BoxEndpoint<'static, Response> {
    let operations = OpenApiService::new(apis(services), openapi::TITLE, openapi::VERSION);
    let https = services.core.settings.https();
    let shared = Arc::new(services.clone());
    Route::new()
        .nest_no_strip("/api", operations)
        .at("/openapi.json", get(specification))
        .at("/docs", get(openapi::page))
        .at("/docs/style.css", get(openapi::style))
        .at("/healthz", get(alive))
        .at("/readyz", get(ready))
        .nest_no_strip("/", web::routes(Arc::clone(&shared)))
        .with(AddData::new(services.core.clone()))
        .with(AddData::new(Arc::clone(&services.auth)))
        .around(compress)
        .with(Manners::new(Arc::clone(&services.core.rng), web::page_of_problem(shared)))
        .around(allow)
        .map(move |response: Response| async move { guard(response, https) })
        .map_to_response()
        .boxed()
}

/// The operations of every slice.
fn apis(services: &Services) -> Apis {
    (
        AuthApi(Arc::clone(&services.auth)),
        OrgApi(Arc::clone(&services.org)),
        OrgFilesApi(Arc::clone(&services.org)),
        BankApi(Arc::clone(&services.bank)),
        StudyApi(Arc::clone(&services.study)),
        ExamsApi(Arc::clone(&services.exams)),
        AttemptApi(Arc::clone(&services.attempts)),
        ReportApi(Arc::clone(&services.reports)),
        EvidenceApi(Arc::clone(&services.evidence)),
    )
}

/// The document that describes the operations.
#[handler]
fn specification() -> Response {
    Response::builder().content_type("application/json").body(openapi::document())
}

/// The process answers.
#[handler]
fn alive() -> &'static str {
    "ok\n"
}

/// The database answers and holds every step that this program knows.
#[handler]
async fn ready(core: Data<&Core>) -> Result<&'static str, Problem> {
    match core.db.is_current().await {
        Ok(true) => Ok("ok\n"),
        Ok(false) => Err(Problem::new(Code::Unavailable).retry_after(5)),
        Err(fault) => {
            tracing::warn!(%fault, "not ready");
            Err(Problem::new(Code::Unavailable).retry_after(5))
        }
    }
}

/// Tells whoever used a wrong method which ones there are.
async fn allow<E: Endpoint<Output = Response>>(inner: Arc<E>, request: Request) -> poem::Result<Response> {
    let path = request.uri().path().to_owned();
    let mut response = inner.call(request).await?;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let methods = openapi::methods(&path).unwrap_or_else(|| "GET, HEAD".to_owned());
        if let Ok(methods) = HeaderValue::from_str(&methods) {
            response.headers_mut().entry(header::ALLOW).or_insert(methods);
        }
    }
    Ok(response)
}

/// What browsers are told to forbid, on every answer.
fn guard(mut response: Response, https: bool) -> Response {
    const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                          object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    // What may be kept says so itself.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
