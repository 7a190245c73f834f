//! Smaller answers for those who take them.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use poem::error::InternalServerError;
use poem::http::header;
use poem::web::{Compress, CompressionAlgo, CompressionLevel};
use poem::{Body, Endpoint, IntoResponse, Request, Response};

/// Below this many bytes compressing costs more than it saves.
const WORTH: usize = 1024;

/// Compresses the answers of an endpoint that are text and long enough, those that are written piece by piece as they come.
/// Bodies of requests are left as they are: whoever unpacks them must count what comes out.
pub async fn compress<E: Endpoint>(inner: std::sync::Arc<E>, request: Request) -> poem::Result<Response> {
    let taken = request.header(header::ACCEPT_ENCODING).is_some_and(takes_gzip);
    let mut response = inner.call(request).await?.into_response();
    if !is_text(&response) || response.headers().contains_key(header::CONTENT_ENCODING) {
        return Ok(response);
    }
    // No more is read ahead than tells whether there is more than one piece: a file may be larger than memory.
    let mut pieces = Box::pin(response.take_body().into_bytes_stream());
    let first = pieces.try_next().await.map_err(InternalServerError)?.unwrap_or_default();
    let second = pieces.try_next().await.map_err(InternalServerError)?;
    let long = second.is_some() || first.len() >= WORTH;
    response.set_body(match second {
        None => Body::from_bytes(first),
        Some(second) => Body::from_bytes_stream(stream::iter([Ok(first), Ok(second)]).chain(pieces)),
    });
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use poem::endpoint::make_sync;

    use super::*;

    async fn answer(body: impl Fn() -> Body + Send + Sync + 'static, takes: &str) -> Response {
        let endpoint = make_sync(move |_| Response::builder().content_type("application/json").body(body()));
        let request = Request::builder().header(header::ACCEPT_ENCODING, takes).finish();
        compress(Arc::new(endpoint), request).await.unwrap()
    }

    /// A file without end is answered at once, and its pieces come as they are taken.
    #[tokio::test]
    async fn a_file_is_not_held_in_memory() {
        let endless = || Body::from_bytes_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 4096])));
        for takes in ["", "gzip"] {
            let mut answered = answer(endless, takes).await;
            let mut pieces = Box::pin(answered.take_body().into_bytes_stream());
            for _ in 0..3 {
                assert!(!pieces.try_next().await.unwrap().unwrap().is_empty());
            }
        }
    }

    #[tokio::test]
    async fn short_ones_stay_as_they_are() {
        let short = answer(|| Body::from_string("{}".to_owned()), "gzip").await;
        assert!(!short.headers().contains_key(header::CONTENT_ENCODING));
        assert_eq!(short.into_body().into_string().await.unwrap(), "{}");
        let long = answer(|| Body::from_string(" ".repeat(WORTH)), "gzip").await;
        assert_eq!(long.headers()[header::CONTENT_ENCODING], "gzip");
        let pieces = || Body::from_bytes_stream(stream::iter(["a", "b", "c"].map(Ok::<_, std::io::Error>)));
        assert_eq!(answer(pieces, "").await.into_body().into_string().await.unwrap(), "abc");
    }
}
