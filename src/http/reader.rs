//! Who reads the answer and from where.

use poem::http::header;
use poem::{FromRequest, Request, RequestBody};

use crate::kernel::texts::Lang;

/// The language in which to answer: the cookie that the pages set, else `Accept-Language`, else Chinese.
#[derive(Debug, Clone, Copy)]
pub struct Language(pub Lang);

impl Language {
    /// The cookie by which a reader of the pages chose a language.
    pub const COOKIE: &'static str = "lang";

    /// Of a request.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let header = |name| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let chosen = header(header::COOKIE)
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == Self::COOKIE)
            .map(|(_, value)| value.to_owned());
        Self(Lang::negotiate(chosen.as_deref().unwrap_or(header(header::ACCEPT_LANGUAGE))))
    }
}

impl<'a> FromRequest<'a> for Language {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self::of(request))
    }
}

/// The client's address as the log keeps it.
#[derive(Debug, Clone)]
pub struct Address(pub Option<String>);

impl Address {
    /// Of a request. A proxy's word is not taken until one is configured.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        Self(request.remote_addr().as_socket_addr().map(|a| a.ip().to_string()))
    }
}

impl<'a> FromRequest<'a> for Address {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self::of(request))
    }
}
