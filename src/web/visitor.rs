//! Who asks for a page.

use std::sync::Arc;

use poem::{FromRequest, Request, RequestBody};

use super::Services;
use super::view::View;
use crate::auth::{Caller, identify};
use crate::http::Problem;

fn services(request: &Request) -> &Arc<Services> {
    request.data::<Arc<Services>>().expect("the router hands Services to every page")
}

/// Somebody who is logged in and uses a password of their own. Anybody else is sent to log in, or to choose one, and
/// comes back afterwards.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    /// Whom the services are told of.
    pub(super) caller: Caller,
    /// The frame of the page.
    pub(super) view: View,
    /// What the page asks.
    pub(super) services: Arc<Services>,
}

impl Visitor {
    fn new(request: &Request, caller: Caller) -> Self {
        let services = Arc::clone(services(request));
        Self { view: View::new(request, &services, Some(&caller)), caller, services }
    }
}

impl<'a> FromRequest<'a> for Visitor {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let caller = identify(request).await.and_then(Caller::with_own_password)?;
        Ok(Self::new(request, caller))
    }
}

/// Somebody who is logged in, perhaps still with the password that somebody else chose.
#[derive(Debug, Clone)]
pub(super) struct AnyVisitor(pub(super) Visitor);

impl<'a> FromRequest<'a> for AnyVisitor {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self(Visitor::new(request, identify(request).await?)))
    }
}

/// Anybody.
#[derive(Debug, Clone)]
pub(super) struct Guest {
    /// The frame of the page, with the reader if they are logged in after all.
    pub(super) view: View,
    /// What the page asks.
    pub(super) services: Arc<Services>,
}

impl<'a> FromRequest<'a> for Guest {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let services = Arc::clone(services(request));
        // A token that is no longer valid makes a guest of its bearer; what else may fail is not hidden.
        let caller = match identify(request).await {
            Ok(caller) => Some(caller),
            Err(Problem { code: crate::http::Code::Unauthenticated, .. }) => None,
            Err(other) => return Err(other.into()),
        };
        Ok(Self { view: View::new(request, &services, caller.as_ref()), services })
    }
}
