//! Static files, part of the program. Their address holds a digest of their content, so a browser keeps them for good.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use poem::http::{HeaderMap, header};
use poem::web::{Compress, CompressionAlgo, CompressionLevel, Path};
use poem::{Body, IntoResponse, Response, handler};
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use crate::http::{Code, Problem};

#[derive(RustEmbed)]
#[folder = "src/web/static"]
struct Files;

/// A file and how it travels.
struct Asset {
    name: String,
    content: Cow<'static, [u8]>,
    tag: String,
    mime: &'static str,
    brotli: OnceCell<Vec<u8>>,
    gzip: OnceCell<Vec<u8>>,
}

/// Every file, by its name.
static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    let read = |name: Cow<'static, str>| {
        let content = Files::get(&name)?.data;
        let tag: String = hex::encode(Sha256::digest(&content)).chars().take(12).collect();
        let mime = match mime_guess::from_path(&*name).first_raw() {
            Some("text/css") => "text/css; charset=utf-8",
            Some("text/javascript") => "text/javascript; charset=utf-8",
            Some(other) => other,
            None => "application/octet-stream",
        };
        let name = name.into_owned();
        let asset = Asset { name: name.clone(), content, tag, mime, brotli: OnceCell::new(), gzip: OnceCell::new() };
        Some((name, asset))
    };
    Files::iter().filter_map(read).collect()
});

impl Asset {
    fn address(&self) -> String {
        match self.name.rsplit_once('.') {
            Some((stem, extension)) => format!("{stem}.{}.{extension}", self.tag),
            None => format!("{}.{}", self.name, self.tag),
        }
    }

    async fn squeezed(&self, by: CompressionAlgo) -> &[u8] {
        let cell = if by == CompressionAlgo::BR { &self.brotli } else { &self.gzip };
        cell.get_or_init(|| async {
            let plain = Response::builder().body(self.content.to_vec());
            let squeezed = Compress::new(plain, by).with_quality(CompressionLevel::Best).into_response();
            squeezed.into_body().into_vec().await.expect("bytes in memory can be read")
        })
        .await
    }
}

/// The address of a file.
pub(super) fn url(name: &str) -> String {
    debug_assert!(ASSETS.contains_key(name), "no static file {name}");
    ASSETS.get(name).map_or_else(String::new, |asset| format!("/static/{}", asset.address()))
}

/// Serves a file. One of another version is served as it is now, and not kept: a page that was loaded before the program
/// was replaced goes on looking right.
#[handler]
pub(super) async fn serve(Path(address): Path<String>, headers: &HeaderMap) -> Result<Response, Problem> {
    let (asset, exact) = find(&address).ok_or_else(|| Problem::new(Code::NotFound))?;
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let takes =
        |coding: &str| accepts.split(',').any(|part| part.split(';').next().unwrap_or_default().trim() == coding);
    let mut response = Response::builder()
        .content_type(asset.mime)
        .header(header::CACHE_CONTROL, if exact { "public, max-age=31536000, immutable" } else { "no-cache" })
        .header(header::VARY, "Accept-Encoding");
    let body = if takes("br") {
        response = response.header(header::CONTENT_ENCODING, "br");
        asset.squeezed(CompressionAlgo::BR).await.to_vec()
    } else if takes("gzip") {
        response = response.header(header::CONTENT_ENCODING, "gzip");
        asset.squeezed(CompressionAlgo::GZIP).await.to_vec()
    } else {
        asset.content.to_vec()
    };
    Ok(response.body(Body::from_vec(body)))
}

/// The file of an address, and whether its content is the one that the address means.
fn find(address: &str) -> Option<(&'static Asset, bool)> {
    let (rest, extension) = address.rsplit_once('.')?;
    let (stem, tag) = rest.rsplit_once('.')?;
    let asset = ASSETS.get(&format!("{stem}.{extension}"))?;
    Some((asset, asset.tag == tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_back_to_its_file() {
        let address = url("app.css");
        let (asset, exact) = find(address.trim_start_matches("/static/")).unwrap();
        assert!(exact);
        assert!(asset.mime.starts_with("text/css"));
        assert!(!find("app.000000000000.css").unwrap().1);
        assert!(find("app.css").is_none());
        assert!(find("../mod.rs").is_none());
    }

    #[tokio::test]
    async fn files_travel_light() {
        let (asset, _) = find(url("app.css").trim_start_matches("/static/")).unwrap();
        assert!(asset.squeezed(CompressionAlgo::BR).await.len() * 3 < asset.content.len());
        assert!(asset.squeezed(CompressionAlgo::GZIP).await.len() * 3 < asset.content.len());
    }
}
