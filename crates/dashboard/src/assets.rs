//! The files of the page, as they are in the program: plain and compressed.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use service::{ErrorBody, accepts};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The page itself.
const INDEX: &str = "index.html";
/// Below it, names hold a hash of the content.
const HASHED: &str = "assets/";

struct Asset {
    path: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
    brotli: &'static [u8],
}

/// The file at a path without a slash at its beginning. A file that is not there belongs to another
/// version of the page.
pub(crate) fn file(path: &str, headers: &HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.path == path) else {
        return ErrorBody::new(
            StatusCode::NOT_FOUND,
            "unknown_asset",
            "this version of the dashboard has no such file: load the page anew",
        )
        .into_response();
    };
    let (encoding, body) = if accepts(headers, "br") {
        (Some("br"), asset.brotli)
    } else if accepts(headers, "gzip") {
        (Some("gzip"), asset.gzip)
    } else {
        (None, asset.plain)
    };
    let lifetime = if asset.path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "public, max-age=3600"
    };
    let mut response = (
        [
            (header::CONTENT_TYPE, media_type(asset.path)),
            (header::CACHE_CONTROL, lifetime),
            (header::VARY, "Accept-Encoding"),
        ],
        body,
    )
        .into_response();
    if let Some(encoding) = encoding {
        let value = HeaderValue::from_static(encoding);
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, value);
    }
    response
}

/// The page for a path, however deep: the addresses in it are relative, so that it works below the
/// path of a reverse proxy, and so they depend on where the browser believes to be.
pub(crate) fn page(path: &str) -> Response {
    let index = ASSETS.iter().find(|asset| asset.path == INDEX);
    let text = index.and_then(|asset| std::str::from_utf8(asset.plain).ok());
    let Some(text) = text else {
        return ErrorBody::internal().into_response();
    };
    let depth = path.matches('/').count().saturating_sub(1);
    let up = if depth == 0 {
        "./".to_owned()
    } else {
        "../".repeat(depth)
    };
    let text = text.replace("=\"./", &format!("=\"{up}"));
    let content = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (content, text).into_response()
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "html" => "text/html; charset=utf-8",
        "json" => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use axum::body::to_bytes;
    use flate2::read::GzDecoder;

    use super::*;

    async fn body(response: Response) -> Vec<u8> {
        to_bytes(response.into_body(), 16 << 20)
            .await
            .unwrap()
            .to_vec()
    }

    fn script() -> &'static Asset {
        ASSETS
            .iter()
            .find(|asset| {
                asset
                    .path
                    .rsplit_once('.')
                    .is_some_and(|(_, kind)| kind == "js")
            })
            .unwrap()
    }

    #[tokio::test]
    async fn files_with_a_hash_are_kept_for_good_and_sent_compressed() {
        let mut headers = HeaderMap::new();
        headers.insert("accept-encoding", HeaderValue::from_static("gzip, br;q=0"));
        let response = file(script().path, &headers);
        assert_eq!(response.headers()["content-encoding"], "gzip");
        assert_eq!(response.headers()["vary"], "Accept-Encoding");
        let lifetime = response.headers()["cache-control"].to_str().unwrap();
        assert!(lifetime.contains("immutable"), "{lifetime}");
        let compressed = body(response).await;
        let mut plain = Vec::new();
        GzDecoder::new(compressed.as_slice())
            .read_to_end(&mut plain)
            .unwrap();
        assert_eq!(plain, script().plain);

        headers.insert("accept-encoding", HeaderValue::from_static("gzip, br"));
        let response = file(script().path, &headers);
        assert_eq!(response.headers()["content-encoding"], "br");
        let response = file(script().path, &HeaderMap::new());
        assert!(!response.headers().contains_key("content-encoding"));
        assert_eq!(body(response).await, script().plain);
    }

    #[tokio::test]
    async fn the_page_is_asked_for_each_time_and_finds_its_files_from_any_depth() {
        for (path, up) in [
            ("/", "./"),
            ("/nodes", "./"),
            ("/nodes/a", "../"),
            ("/trace/a/b", "../../"),
        ] {
            let response = page(path);
            assert_eq!(response.headers()["cache-control"], "no-cache");
            let text = String::from_utf8(body(response).await).unwrap();
            assert!(
                text.contains(&format!("src=\"{up}assets/")),
                "{path}: {text}"
            );
            assert!(!text.contains("=\"/"), "{path}: an absolute address");
        }
    }

    #[test]
    fn a_file_of_another_version_is_not_there() {
        let response = file("assets/gone-12345678.js", &HeaderMap::new());
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }
}
