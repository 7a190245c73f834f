//! The specification of the operations: `openapi/kaofa.json`, what `/openapi.json` serves and the page `/docs` shows.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::LazyLock;

use poem::endpoint::BoxEndpoint;
use poem::http::Method;
use poem_openapi::registry::{MetaApi, Registry};
use poem_openapi::{OpenApi, OpenApiService};

use crate::auth::AuthApi;
use crate::bank::BankApi;
use crate::exam::ExamsApi;
use crate::org::OrgApi;

mod docs;

pub(crate) use docs::{escape, page, style};

/// The name of the interface.
pub const TITLE: &str = "Kaofa 考法";
/// Its version, the program's own.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The operations of every slice. A tuple holds 16 at most and may hold tuples.
pub type Apis = (AuthApi, OrgApi, BankApi, ExamsApi);

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
