//! Addresses that know their methods, so that whoever uses another is told which there are.

use poem::{Endpoint, IntoEndpoint, Request, RouteMethod};

use crate::http::{Code, Problem};

/// What an address does by method.
pub(super) struct Methods {
    route: RouteMethod,
    allow: &'static str,
}

/// An address that is read.
pub(super) fn get<E: IntoEndpoint>(endpoint: E) -> Methods
where
    E::Endpoint: 'static,
{
    Methods { route: poem::get(endpoint), allow: "GET, HEAD" }
}

/// An address to which a form is sent and that shows nothing itself.
pub(super) fn post<E: IntoEndpoint>(endpoint: E) -> Methods
where
    E::Endpoint: 'static,
{
    Methods { route: poem::post(endpoint), allow: "POST" }
}

impl Methods {
    /// Their names, as the header `Allow` lists them.
    pub(super) fn allow(&self) -> &'static str {
        self.allow
    }

    /// The same, with a form that is sent to it.
    pub(super) fn post<E: IntoEndpoint>(self, endpoint: E) -> Self
    where
        E::Endpoint: 'static,
    {
        Self { route: self.route.post(endpoint), allow: "GET, HEAD, POST" }
    }
}

impl IntoEndpoint for Methods {
    type Endpoint = Known;

    fn into_endpoint(self) -> Known {
        Known { route: self.route, allow: self.allow }
    }
}

/// The same, being served.
pub(super) struct Known {
    route: RouteMethod,
    allow: &'static str,
}

impl Endpoint for Known {
    type Output = poem::Response;

    async fn call(&self, request: Request) -> poem::Result<poem::Response> {
        if self.allow.split(", ").any(|method| method == request.method().as_str()) {
            return self.route.call(request).await;
        }
        Err(Problem { allow: Some(self.allow.to_owned()), ..Problem::new(Code::MethodNotAllowed) }.into())
    }
}
