//! Smaller answers for those who take them.

use poem::http::header;
use poem::web::{Compress, CompressionAlgo, CompressionLevel};
use poem::{Body, Endpoint, IntoResponse, Request, Response};

/// Below this many bytes compressing costs more than it saves.
const WORTH: usize = 1024;

/// Compresses the answers of an endpoint that are text, long enough and not a stream. Bodies of requests are left as
/// they are: whoever unpacks them must count what comes out.
pub async fn compress<E: Endpoint>(inner: std::sync::Arc<E>, request: Request) -> poem::Result<Response> {
    let taken = request.header(header::ACCEPT_ENCODING).is_some_and(takes_gzip);
    let mut response = inner.call(request).await?.into_response();
    if !is_text(&response) || response.headers().contains_key(header::CONTENT_ENCODING) {
        return Ok(response);
    }
    let bytes = response.take_body().into_bytes().await?;
    let long = bytes.len() >= WORTH;
    response.set_body(Body::from_bytes(bytes));
    if !long {
        return Ok(response);
    }
    let mut response = if taken {
        Compress::new(response, CompressionAlgo::GZIP).with_quality(CompressionLevel::Fastest).into_response()
    } else {
        response
    };
    response.headers_mut().append(header::VARY, header::HeaderValue::from_static("accept-encoding"));
    Ok(response)
}

fn takes_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip") && !matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

fn is_text(response: &Response) -> bool {
    let kind = response.content_type().unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    match kind.split_once('/') {
        Some(("text", "event-stream")) => false,
        Some(("text", _) | ("application", "json" | "javascript") | ("image", "svg+xml")) => true,
        _ => kind.ends_with("+json"),
    }
}
