//! Finding out who asks: a bearer token for programs, a cookie for pages.

use std::sync::Arc;

use poem::http::{Method, header};
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use sha2::{Digest as _, Sha256};

use super::model::Caller;
use super::refusal::Seen;
use super::service::Auth;
use crate::http::{Address, Code, Problem};

/// The cookie that holds a page's token: bound to the host over HTTPS, plain on loopback.
pub const COOKIE: [&str; 2] = ["__Host-kaofa", "kaofa"];
/// The header by which a page's script shows that it was loaded from here.
const CSRF_HEADER: &str = "x-csrf-token";

/// What a page of this token must send with every change, in a form's field or in a header.
#[must_use]
pub fn csrf_token(token_hash: &str) -> String {
    hex::encode(Sha256::digest(format!("kaofa csrf {token_hash}")))
}

/// A caller who may still have to change their first password.
#[derive(Debug, Clone)]
pub struct AnyCaller(pub Caller);

/// Who sent a request, whatever their password; a page's form must still show its CSRF token.
pub async fn identify(request: &Request) -> Result<Caller, Problem> {
    let auth = request.data::<Arc<Auth>>().expect("the router hands Auth to every request");
    let address = Address::of(request).0;
    let seen = |caller: &Caller| {
        if let Some(seen) = request.data::<Seen>() {
            seen.see(caller);
        }
    };
    if let Some(token) = bearer(request) {
        let caller = auth.authenticate(token, address).await?;
        seen(&caller);
        return Ok(caller);
    }
    let token = cookie(request, auth.cookie()).ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    let caller = auth.authenticate(token, address).await?;
    seen(&caller);
    // A form of a page carries the token in its body, which its handler checks; a script carries it in a header.
    let api = request.uri().path().starts_with("/api/") || request.original_uri().path().starts_with("/api/");
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if api && changes && request.header(CSRF_HEADER) != Some(csrf_token(&caller.token_hash).as_str()) {
        return Err(Problem::new(Code::CsrfFailed));
    }
    Ok(caller)
}

fn bearer(request: &Request) -> Option<&str> {
    let (scheme, token) = request.header(header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The token in the cookie of that name. Over HTTPS the plain one is not looked at: whoever controls a neighbouring host
/// could have set it.
fn cookie<'a>(request: &'a Request, wanted: &str) -> Option<&'a str> {
    let pairs = request.headers().get_all(header::COOKIE).into_iter().filter_map(|v| v.to_str().ok());
    pairs
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

/// The name of the one security scheme.
const SCHEME: &str = "bearer";

macro_rules! secured {
    ($extractor:ty, $take:expr) => {
        impl<'a> ApiExtractor<'a> for $extractor {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                registry.create_security_scheme(
                    SCHEME,
                    MetaSecurityScheme {
                        ty: "http",
                        description: Some("The token of a log-in. Pages keep the same token in a cookie."),
                        name: None,
                        key_in: None,
                        scheme: Some("bearer"),
                        bearer_format: None,
                        flows: None,
                        openid_connect_url: None,
                    },
                );
            }

            fn security_schemes() -> Vec<&'static str> {
                vec![SCHEME]
            }

            async fn from_request(
                request: &'a Request,
                _: &mut RequestBody,
                _: ExtractParamOptions<Self::ParamType>,
            ) -> poem::Result<Self> {
                let take: fn(Caller) -> Result<Self, Problem> = $take;
                Ok(take(identify(request).await?)?)
            }
        }
    };
}

secured!(AnyCaller, |caller| Ok(Self(caller)));
secured!(Caller, Caller::with_own_password);
