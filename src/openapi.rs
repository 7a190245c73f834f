//! The specification of the operations: `openapi/kaofa.json`, what `/openapi.json` serves and the page `/docs` shows.

use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;
use std::sync::LazyLock;

use poem::endpoint::BoxEndpoint;
use poem::http::Method;
use poem_openapi::registry::{MetaApi, Registry};
use poem_openapi::{OpenApi, OpenApiService};
use serde_json::Value;

use crate::auth::AuthApi;
use crate::bank::{BankApi, ManyQuestionsApi};
use crate::desk::DeskApi;
use crate::evidence::EvidenceApi;
use crate::exam::attempt::AttemptApi;
use crate::exam::statistics::StatisticsApi;
use crate::exam::{BookApi, ConductApi, ExamsApi, ExemptionApi, MonitorApi, ObjectionApi, RegradeApi};
use crate::org::{OrgApi, OrgFilesApi};
use crate::report::{FilesApi, PastApi, ReportApi};
use crate::study::{AttendanceApi, LedgerApi, StudyApi};

mod docs;
mod shared;

pub(crate) use docs::{page, style};
pub(crate) use shared::takes_key;

/// The name of the interface.
pub const TITLE: &str = "Kaofa 考法";
/// Its version, the program's own.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The operations of every slice. A tuple holds 16 at most and may hold tuples.
pub type Apis = (
    AuthApi,
    OrgApi,
    OrgFilesApi,
    (BankApi, ManyQuestionsApi),
    (StudyApi, AttendanceApi, LedgerApi, DeskApi),
    (ExamsApi, ConductApi, StatisticsApi, RegradeApi, ObjectionApi, MonitorApi, BookApi, ExemptionApi),
    AttemptApi,
    (ReportApi, FilesApi, PastApi),
    EvidenceApi,
);

/// What an API declares, without anything behind it.
struct Shape<T>(PhantomData<T>);

impl<T: OpenApi> OpenApi for Shape<T> {
    fn meta() -> Vec<MetaApi> {
        let mut apis = T::meta();
        apis.iter_mut().for_each(shared::declare);
        apis
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
        registry.schemas.values_mut().for_each(shared::allow_null);
    }

    fn add_routes(self, _: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {}
}

/// The specification, in a form that does not change unless the operations do.
#[must_use]
pub fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
        let mut text = OpenApiService::new(Shape::<Apis>(PhantomData), TITLE, VERSION).spec();
        text.push('\n');
        text
    });
    &DOCUMENT
}

/// The operations of a path by method.
type Operations = BTreeMap<String, String>;

/// The operations that an address of the specification knows.
fn operations(address: &str) -> Option<&'static Operations> {
    static PATHS: LazyLock<BTreeMap<String, Operations>> = LazyLock::new(|| {
        let document: Value = serde_json::from_str(document()).expect("the specification is JSON");
        let paths = document.get("paths").and_then(Value::as_object).cloned().unwrap_or_default();
        let id = |operation: &Value| operation["operationId"].as_str().unwrap_or_default().to_owned();
        let all = |methods: Value| {
            methods.as_object().into_iter().flatten().map(|(method, o)| (method.to_uppercase(), id(o))).collect()
        };
        paths.into_iter().map(|(path, methods)| (path, all(methods))).collect()
    });
    let fits = |path: &str| {
        let segment = |(wanted, given): (&str, &str)| wanted == given || wanted.starts_with('{');
        path.split('/').count() == address.split('/').count() && path.split('/').zip(address.split('/')).all(segment)
    };
    // A path without parameters comes before one with, as it does in the router.
    let found = PATHS.iter().filter(|(path, _)| fits(path)).min_by_key(|(path, _)| path.matches('{').count());
    found.map(|(_, operations)| operations)
}

/// The methods that an address of the specification knows, as the header `Allow` lists them.
#[must_use]
pub fn methods(address: &str) -> Option<String> {
    // Whoever may get may ask for the head alone.
    let name = |method: &String| if method == "GET" { "GET, HEAD".to_owned() } else { method.clone() };
    Some(operations(address)?.keys().map(name).collect::<Vec<_>>().join(", "))
}

/// What the specification calls the operation of a method at an address.
#[must_use]
pub fn operation(method: &Method, address: &str) -> Option<&'static str> {
    operations(address)?.get(method.as_str()).map(String::as_str)
}

/// Whether what is made at this address can be read below it, by its id.
#[must_use]
pub fn is_readable(address: &str) -> bool {
    operation(&Method::GET, &format!("{address}/{{id}}")).is_some()
}
