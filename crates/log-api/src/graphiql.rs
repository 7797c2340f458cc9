//! The page for trying queries in a browser. It is made of files of this crate
//! only and asks nobody but this server, so it works without the internet.

use axum::http::{HeaderName, header};
use axum::response::{Html, IntoResponse, Response};

const PAGE: &str = include_str!("graphiql/page.html");
const STYLE: &str = include_str!("graphiql/style.css");
const SCRIPT: &str = include_str!("graphiql/script.js");

/// The page. Its policy allows no code and no style but its own, marked with a
/// number that is never used again.
pub(crate) fn page() -> Response {
    let nonce = format!("{:032x}", rand::random::<u128>());
    let page = PAGE
        .replace("{{nonce}}", &nonce)
        .replace("{{style}}", STYLE)
        .replace("{{script}}", SCRIPT);
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers: [(HeaderName, String); 4] = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    (headers, Html(page)).into_response()
}
