//! Who reads the answer and from where.

use std::net::{IpAddr, SocketAddr};

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
    /// Of a request: what the manners found out, else where the connection comes from.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let found = request.extensions().get::<Self>().cloned();
        found.unwrap_or_else(|| Self(request.remote_addr().as_socket_addr().map(|a| a.ip().to_string())))
    }

    /// As the proxy right before the service saw it: the last address of `X-Forwarded-For`, else of `Forwarded`
    /// (RFC 7239). What stands before it was written by whoever sent the request. Nothing if the proxy says nothing.
    #[must_use]
    pub(super) fn forwarded(request: &Request) -> Option<Self> {
        let last = |name| {
            let lines = request.headers().get_all(name).into_iter().filter_map(|v| v.to_str().ok());
            lines.flat_map(|line| line.split(',')).next_back().map(str::trim)
        };
        let hop = match last("x-forwarded-for") {
            Some(hop) => hop,
            None => last("forwarded")?.split(';').find_map(|pair| {
                let (name, value) = pair.trim().split_once('=')?;
                name.eq_ignore_ascii_case("for").then_some(value)
            })?,
        };
        host(hop.trim_matches('"')).map(|ip| Self(Some(ip.to_string())))
    }
}

/// An IP address, with or without a port, in brackets or not.
fn host(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.split(']').next());
    bare.unwrap_or(text).parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

impl<'a> FromRequest<'a> for Address {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self::of(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxys_own_word_is_the_last() {
        let of = |headers: &[(&str, &str)]| {
            let request = headers.iter().fold(Request::builder(), |r, (name, value)| r.header(*name, *value)).finish();
            Address::forwarded(&request).and_then(|a| a.0)
        };
        assert_eq!(of(&[("x-forwarded-for", "10.0.0.9, 192.0.2.7")]).as_deref(), Some("192.0.2.7"));
        assert_eq!(
            of(&[("x-forwarded-for", "10.0.0.9"), ("x-forwarded-for", "192.0.2.7:555")]).as_deref(),
            Some("192.0.2.7")
        );
        assert_eq!(of(&[("x-forwarded-for", "[2001:db8::1]:555")]).as_deref(), Some("2001:db8::1"));
        assert_eq!(
            of(&[("forwarded", "for=10.0.0.9, proto=https;For=\"[2001:db8::1]\"")]).as_deref(),
            Some("2001:db8::1")
        );
        assert_eq!(
            of(&[("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=10.0.0.9")]).as_deref(),
            Some("192.0.2.7")
        );
        for odd in ["", "unknown", "<script>", "_hidden", "10.0.0.9, unknown"] {
            assert_eq!(of(&[("x-forwarded-for", odd)]), None, "{odd}");
        }
        assert_eq!(of(&[]), None);
    }
}
