//! Which address leads where, and what happens to every request on its way.

use std::sync::Arc;

use poem::endpoint::BoxEndpoint;
use poem::http::{HeaderValue, StatusCode, header};
use poem::middleware::AddData;
use poem::{Endpoint, EndpointExt, Request, Response, Route, get, handler, web::Data};
use poem_openapi::{OpenApiService, OperationId};

use crate::auth::{self, AuthApi};
use crate::bank::{BankApi, ManyQuestionsApi};
use crate::core::Core;
use crate::desk::DeskApi;
use crate::evidence::EvidenceApi;
use crate::exam::attempt::AttemptApi;
use crate::exam::statistics::StatisticsApi;
use crate::exam::{BookApi, ConductApi, ExamsApi, ExemptionApi, MonitorApi, ObjectionApi, RegradeApi};
use crate::http::{Code, IDEMPOTENCY_KEY, Idempotency, Manners, Problem, compress};
use crate::jobs;
use crate::kernel::metrics::{CONTENT_TYPE, METRICS};
use crate::log;
use crate::openapi::{self, Apis};
use crate::org::{OrgApi, OrgFilesApi};
use crate::report::{FilesApi, PastApi, ReportApi};
use crate::study::{AttendanceApi, LedgerApi, StudyApi};
use crate::web::{self, Services};

mod views;

/// The whole application.
#[must_use]
pub fn app(services: &Services) -> BoxEndpoint<'static, Response> {
    let operations = OpenApiService::new(apis(services), openapi::TITLE, openapi::VERSION);
    let (https, proxied) = (services.core.settings.https(), services.core.settings.proxied);
    let shared = Arc::new(services.clone());
    Route::new()
        .nest_no_strip("/api", operations.map_to_response().around(keyed))
        .at("/openapi.json", get(specification))
        .at("/docs", get(openapi::page))
        .at("/docs/style.css", get(openapi::style))
        .at("/healthz", get(alive))
        .at("/readyz", get(ready))
        .at("/metrics", get(measures))
        .nest_no_strip("/", web::routes(Arc::clone(&shared)))
        .around(auth::note_refusals)
        .around(views::note_views)
        .with(AddData::new(services.core.clone()))
        .with(AddData::new(Arc::clone(&services.auth)))
        .with(AddData::new(Arc::clone(&services.idempotency)))
        .around(compress)
        .with(Manners::new(Arc::clone(&services.core.rng), web::page_of_problem(shared), proxied))
        .around(allow)
        .map(move |response: Response| async move { guard(response, https) })
        .map_to_response()
        .boxed()
}

/// Carries a request with a key out once, whoever sends it how often.
async fn keyed<E>(inner: Arc<E>, request: Request) -> poem::Result<Response>
where
    E: Endpoint<Output = Response> + 'static,
{
    let path = request.uri().path();
    if request.header(IDEMPOTENCY_KEY).is_none() || !openapi::takes_key(request.method(), path) {
        return inner.call(request).await;
    }
    let (readable, operation) = (openapi::is_readable(path), openapi::operation(request.method(), path));
    let answered = async {
        let account = auth::identify(&request).await?.account.id;
        let idempotency = Arc::clone(request.data::<Arc<Idempotency>>().expect("the router hands it to every request"));
        idempotency.call(inner, request, account, readable).await
    };
    let mut answered = answered.await;
    // What is answered without the operation is counted as its own all the same.
    if let Some(id) = operation.map(OperationId) {
        match &mut answered {
            Ok(response) => response.set_data(id),
            Err(error) => error.set_data(id),
        }
    }
    answered
}

/// The operations of every slice.
fn apis(services: &Services) -> Apis {
    (
        AuthApi(Arc::clone(&services.auth)),
        OrgApi(Arc::clone(&services.org)),
        OrgFilesApi(Arc::clone(&services.org)),
        (BankApi(Arc::clone(&services.bank)), ManyQuestionsApi(Arc::clone(&services.bank))),
        (
            StudyApi(Arc::clone(&services.study)),
            AttendanceApi(Arc::clone(&services.study)),
            LedgerApi(Arc::clone(&services.study)),
            DeskApi(Arc::clone(&services.desk)),
        ),
        (
            ExamsApi(Arc::clone(&services.exams)),
            ConductApi { conduct: Arc::clone(&services.conduct), exams: Arc::clone(&services.exams) },
            StatisticsApi(Arc::clone(&services.statistics)),
            RegradeApi(Arc::clone(&services.regrades)),
            ObjectionApi(Arc::clone(&services.objections)),
            MonitorApi(Arc::clone(&services.monitors)),
            BookApi(Arc::clone(&services.books)),
            ExemptionApi(Arc::clone(&services.exemptions)),
        ),
        AttemptApi(Arc::clone(&services.attempts)),
        (
            ReportApi(Arc::clone(&services.reports)),
            FilesApi(Arc::clone(&services.reports)),
            PastApi(Arc::clone(&services.reports)),
        ),
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

/// What the process counts about itself.
#[handler]
async fn measures(core: Data<&Core>) -> Response {
    core.db.note_connections();
    match log::waiting(&core.db).await {
        Ok((waiting, oldest)) => METRICS.log(waiting, oldest.map_or(0, |at| (core.now() - at).0.max(0) / 1000)),
        // What is counted in memory is told all the same: it is wanted most when the database is gone.
        Err(fault) => tracing::warn!(%fault, "the log could not be measured"),
    }
    match jobs::counted(core.db.read()).await {
        Ok(counts) => counts.into_iter().for_each(|(state, count)| METRICS.jobs(state.as_str(), count)),
        Err(fault) => tracing::warn!(%fault, "the jobs could not be measured"),
    }
    Response::builder().content_type(CONTENT_TYPE).body(METRICS.encode())
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
