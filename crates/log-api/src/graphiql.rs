//! The page for trying queries in a browser: `GraphiQL`, built by `web/tools/graphiql`. It is made
//! of files of this crate only and asks nobody but this server, so it works without the internet.

use std::io::Write as _;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use service::accepts;

const PAGE: &str = include_str!("graphiql/page.html");

/// A file of the page.
struct File {
    plain: &'static [u8],
    gzip: Bytes,
    media_type: &'static str,
}

impl File {
    fn new(plain: &'static [u8], media_type: &'static str) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        // Writing to memory does not fail; if it did, the plain file is sent.
        let written = encoder.write_all(plain).and_then(|()| encoder.finish());
        Self {
            plain,
            gzip: written.unwrap_or_default().into(),
            media_type,
        }
    }
}

/// Compressed when the page is first asked for: most servers never serve it.
static SCRIPT: LazyLock<File> = LazyLock::new(|| {
    let plain = include_bytes!("../assets/graphiql.js");
    File::new(plain, "text/javascript; charset=utf-8")
});
static STYLE: LazyLock<File> = LazyLock::new(|| {
    let plain = include_bytes!("../assets/graphiql.css");
    File::new(plain, "text/css; charset=utf-8")
});

/// The page. Its policy allows no code but its own files. Dialogs bring a style of their own, which
/// is marked with a number that is never used again.
pub(crate) fn page() -> Response {
    let nonce = format!("{:032x}", rand::random::<u128>());
    let page = PAGE.replace("{{nonce}}", &nonce);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; \
         img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    let headers: [(HeaderName, String); 4] = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    (headers, Html(page)).into_response()
}

/// A file of the page, by its name.
pub(crate) async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let file = match name.as_str() {
        "graphiql.js" => &SCRIPT,
        "graphiql.css" => &STYLE,
        _ => return (StatusCode::NOT_FOUND, "Route not found").into_response(),
    };
    let fixed: [(HeaderName, HeaderValue); 4] = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(file.media_type),
        ),
        // The name stays when the file changes.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    if accepts(&headers, "gzip") && !file.gzip.is_empty() {
        let encoding = [(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
        return (fixed, encoding, file.gzip.clone()).into_response();
    }
    (fixed, file.plain).into_response()
}
