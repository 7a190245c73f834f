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
use crate::bank::BankApi;
use crate::evidence::EvidenceApi;
use crate::exam::ExamsApi;
use crate::exam::attempt::AttemptApi;
use crate::org::{OrgApi, OrgFilesApi};
use crate::report::ReportApi;
use crate::study::StudyApi;

mod docs;

pub(crate) use docs::{page, style};

/// The name of the interface.
pub const TITLE: &str = "Kaofa 考法";
/// Its version, the program's own.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The operations of every slice. A tuple holds 16 at most and may hold tuples.
pub type Apis = (AuthApi, OrgApi, OrgFilesApi, BankApi, StudyApi, ExamsApi, AttemptApi, ReportApi, EvidenceApi);

/// What an API declares, without anything behind it.
struct Shape<T>(PhantomData<T>);

impl<T: OpenApi> OpenApi for Shape<T> {
    fn meta() -> Vec<MetaApi> {
        T::meta()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
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

/// The methods that an address of the specification knows, as the header `Allow` lists them.
#[must_use]
pub fn methods(address: &str) -> Option<String> {
    static PATHS: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
        let document: Value = serde_json::from_str(document()).expect("the specification is JSON");
        let paths = document.get("paths").and_then(Value::as_object).cloned().unwrap_or_default();
        let names = |methods: Value| methods.as_object().into_iter().flatten().map(|(m, _)| m.to_uppercase()).collect();
        paths.into_iter().map(|(path, methods)| (path, names(methods))).collect()
    });
    let fits = |path: &str| {
        let segment = |(wanted, given): (&str, &str)| wanted == given || wanted.starts_with('{');
        path.split('/').count() == address.split('/').count() && path.split('/').zip(address.split('/')).all(segment)
    };
    // A path without parameters comes before one with, as it does in the router.
    let mut found: Vec<_> = PATHS.iter().filter(|(path, _)| fits(path)).collect();
    found.sort_by_key(|(path, _)| path.matches('{').count());
    found.first().map(|(_, methods)| methods.join(", "))
}
