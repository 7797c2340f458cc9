//! Who may change something: a token for services that other machines can reach.
//!
//! On a loopback address without a token every local client may, except web pages of strangers,
//! whose requests a browser on this machine sends as well. Such a page is known by where the
//! browser says that it comes from, and, if its own name leads to this machine ("DNS rebinding"),
//! by that name in `Host`. With a token, or on any other address, a request has to carry it:
//! `Authorization: Bearer <token>`.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::ErrorBody;

/// Shortest token that is accepted: 16 random characters cannot be guessed.
const TOKEN_BYTES_MIN: usize = 16;

/// Longest token that is accepted.
const TOKEN_BYTES_MAX: usize = 4096;

/// Why a service cannot be guarded as asked.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// Reachable from other machines, and nothing said about tokens.
    #[error(
        "{address} can be reached from other machines: give the token that changes need \
         (--token-file or the variable LOADLAB_TOKEN), or let everybody change things with \
         --allow-without-token"
    )]
    NoToken {
        /// Where the service was to listen.
        address: SocketAddr,
    },
    /// A token that could be guessed, or that no header can carry.
    #[error(
        "a token has {TOKEN_BYTES_MIN} to {TOKEN_BYTES_MAX} characters, all of them printable \
         ASCII without spaces"
    )]
    UnusableToken,
    /// The file with the token cannot be read.
    #[error("cannot read the token from {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// A secret that requests have to carry. Shown nowhere.
#[derive(Clone)]
pub struct Token(Arc<Zeroizing<Vec<u8>>>);

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

impl Token {
    /// A token given as text. White space around it is no part of it.
    pub fn new(text: &str) -> Result<Self, GuardError> {
        let text = text.trim();
        let usable = (TOKEN_BYTES_MIN..=TOKEN_BYTES_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !usable {
            return Err(GuardError::UnusableToken);
        }
        Ok(Self(Arc::new(Zeroizing::new(text.as_bytes().to_vec()))))
    }

    /// The token that a file holds.
    pub fn read(path: &Path) -> Result<Self, GuardError> {
        let limit = u64::try_from(TOKEN_BYTES_MAX).unwrap_or(u64::MAX) * 2;
        let text = text_file::read(path, limit).map_err(|source| GuardError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::new(&text)
    }

    /// The value of the header `Authorization` with this token. Shown nowhere.
    #[must_use]
    pub fn bearer(&self) -> HeaderValue {
        let text = Zeroizing::new([b"Bearer ".as_slice(), &self.0].concat());
        // A token has printable ASCII only, as `new` has seen to.
        let mut value =
            HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
        value.set_sensitive(true);
        value
    }

    /// Takes the same time wherever the first difference is.
    fn is(&self, presented: &[u8]) -> bool {
        self.0.ct_eq(presented).into()
    }
}

/// Decides about requests that change something. Clones decide alike.
#[derive(Debug, Clone)]
pub struct Guard(Rule);

#[derive(Debug, Clone)]
enum Rule {
    /// Local clients, but no web pages of strangers.
    ThisMachine,
    /// The same for a container: others in its network call it by a name of one word.
    Container,
    /// Whoever has the token.
    Token(Token),
    /// Everybody, as the operator has said.
    Everybody,
}

impl Guard {
    /// The guard of a service on `address`: the token if there is one; else everybody on this
    /// machine if only they can connect; else everybody if `allow_without_token` says so.
    pub fn new(
        address: SocketAddr,
        token: Option<Token>,
        allow_without_token: bool,
    ) -> Result<Self, GuardError> {
        match token {
            Some(token) => Ok(Self(Rule::Token(token))),
            None if allow_without_token => Ok(Self(Rule::Everybody)),
            None if address.ip().to_canonical().is_loopback() => Ok(Self(Rule::ThisMachine)),
            None => Err(GuardError::NoToken { address }),
        }
    }

    /// The guard of a service in a container whose port is published on a loopback address of the
    /// machine only: the token if there is one; else clients on the machine and in the container's
    /// network, but no web pages of strangers.
    #[must_use]
    pub fn published_on_loopback(token: Option<Token>) -> Self {
        Self(token.map_or(Rule::Container, Rule::Token))
    }

    /// The guard of a service that only this machine can reach.
    #[must_use]
    pub fn this_machine() -> Self {
        Self(Rule::ThisMachine)
    }

    /// Whether a change needs the token.
    #[must_use]
    pub fn needs_token(&self) -> bool {
        matches!(self.0, Rule::Token(_))
    }

    /// Puts the guard before all routes that `router` has already. A refused request is answered
    /// with 401 (code `token_required`) or 403 (code `foreign_host` or `foreign_page`) and its body
    /// is not read.
    pub fn protect<S: Clone + Send + Sync + 'static>(&self, router: Router<S>) -> Router<S> {
        router.route_layer(middleware::from_fn_with_state(self.clone(), check))
    }

    /// Whether a request with these headers may change something.
    pub fn permits(&self, headers: &HeaderMap) -> Result<(), ErrorBody> {
        match &self.0 {
            Rule::Token(token) if bearer(headers).is_some_and(|text| token.is(text)) => Ok(()),
            Rule::Token(_) => Err(ErrorBody::new(
                StatusCode::UNAUTHORIZED,
                "token_required",
                "this needs the service's token: send it as `Authorization: Bearer <token>`",
            )),
            Rule::ThisMachine | Rule::Container if !self.knows_host(headers) => {
                Err(ErrorBody::new(
                    StatusCode::FORBIDDEN,
                    "foreign_host",
                    "without a token this service may be asked as localhost or 127.0.0.1 only: use \
                 that name, or start the service with --token-file or --allow-without-token",
                ))
            }
            Rule::ThisMachine | Rule::Container if is_of_foreign_page(headers) => {
                Err(ErrorBody::new(
                    StatusCode::FORBIDDEN,
                    "foreign_page",
                    "web pages of other machines may not change anything here without a token",
                ))
            }
            Rule::ThisMachine | Rule::Container | Rule::Everybody => Ok(()),
        }
    }

    /// Whether `Host` is a name that leads to this service only. Browsers always send it; it is
    /// missing in requests of HTTP/1.0 only, which no browser sends.
    fn knows_host(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        hosts.all(|host| {
            let authority = host.to_str().ok().and_then(|text| text.parse().ok());
            authority.is_some_and(|authority: Authority| {
                let host = authority.host();
                is_this_machine(host)
                    || matches!(self.0, Rule::Container) && cannot_be_rebound(host)
            })
        })
    }
}

async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match guard.permits(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            ::metrics::counter!("guard_refusals_total").increment(1);
            tracing::warn!(
                path = request.uri().path(),
                "a request without permission was refused"
            );
            let mut response = refusal.into_response();
            if response.status() == StatusCode::UNAUTHORIZED {
                let scheme = header::HeaderValue::from_static("Bearer");
                response
                    .headers_mut()
                    .insert(header::WWW_AUTHENTICATE, scheme);
            }
            response
        }
    }
}

/// What follows the scheme `Bearer`, whose case does not matter (RFC 9110, section 11.1).
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked("Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}

/// Whether a browser sent this for a page that is not of this machine. Browsers add `Origin` to
/// whatever may change something but GET, and scripts cannot forge it. For a link, an image or a
/// form that is sent by GET they say at least `Sec-Fetch-Site: cross-site`, or older ones the
/// `Referer`. Other clients send none of these.
fn is_of_foreign_page(headers: &HeaderMap) -> bool {
    let is_foreign = |name: &HeaderName| {
        let mut pages = headers.get_all(name).iter();
        pages.any(|page| {
            let page = page.to_str().ok().and_then(|text| text.parse().ok());
            !page.is_some_and(|page: Uri| is_this_machine(page.host().unwrap_or_default()))
        })
    };
    if headers.contains_key(header::ORIGIN) {
        return is_foreign(&header::ORIGIN);
    }
    let is_cross_site = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site.as_bytes().eq_ignore_ascii_case(b"cross-site"));
    is_cross_site || is_foreign(&header::REFERER)
}

fn is_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Whether no web page can have this name and lead it elsewhere: an address, or a name such as
/// `log-fetcher`, which only the network of a container knows. Names of web pages have a dot.
fn cannot_be_rebound(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_word = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    host.parse::<std::net::IpAddr>().is_ok() || !host.is_empty() && host.chars().all(is_word)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::{get, post};

    use super::*;
    use crate::layers::test_client::{body_text, send};
    use crate::loopback;

    const SECRET: &str = "correct-horse-battery";

    fn token() -> Token {
        Token::new(SECRET).unwrap()
    }

    async fn post_with(guard: &Guard, headers: &[(&str, &str)]) -> Response {
        let router = guard
            .protect(Router::new().route("/change", post(async || "changed")))
            .route("/look", get(async || "seen"));
        let mut request = Request::post("/change");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(router, request.body(Body::empty()).unwrap()).await
    }

    async fn status(guard: &Guard, headers: &[(&str, &str)]) -> u16 {
        post_with(guard, headers).await.status().as_u16()
    }

    #[tokio::test]
    async fn with_a_token_only_its_owners_may_change_something() {
        let elsewhere = SocketAddr::from(([0, 0, 0, 0], 3003));
        for address in [elsewhere, loopback(3003)] {
            let guard = Guard::new(address, Some(token()), false).unwrap();
            let with = async |value: &str| status(&guard, &[("authorization", value)]).await;
            assert_eq!(with("Bearer correct-horse-battery").await, 200);
            assert_eq!(with("bearer  correct-horse-battery ").await, 200);
            for wrong in [
                "Bearer correct-horse-batterz",
                "Bearer correct-horse-batter",
                "Bearer correct-horse-battery2",
                "Basic correct-horse-battery",
                "correct-horse-battery",
                "Bearer",
                "",
            ] {
                assert_eq!(with(wrong).await, 401, "{wrong}");
            }
            assert_eq!(status(&guard, &[]).await, 401);
        }
    }

    #[tokio::test]
    async fn a_refusal_says_what_to_do_and_nothing_secret() {
        let guard = Guard::new(loopback(0), Some(token()), false).unwrap();
        let response = post_with(&guard, &[]).await;
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let body = body_text(response).await;
        assert!(body.contains(r#""code":"token_required""#), "{body}");
        assert!(!body.contains(SECRET), "{body}");
        assert!(!format!("{guard:?}").contains(SECRET));
    }

    #[tokio::test]
    async fn on_this_machine_foreign_pages_are_refused_and_others_are_not() {
        let guard = Guard::new(loopback(3003), None, false).unwrap();
        for (headers, expected) in [
            (vec![], 200),
            (vec![("origin", "http://localhost:4200")], 200),
            (vec![("origin", "http://127.0.0.1:4200")], 200),
            (vec![("origin", "http://[::1]:4200")], 200),
            (
                vec![
                    ("origin", "http://localhost:4200"),
                    ("sec-fetch-site", "cross-site"),
                ],
                200,
            ),
            (vec![("sec-fetch-site", "same-origin")], 200),
            (vec![("origin", "https://evil.example")], 403),
            (vec![("origin", "http://localhost.evil.example")], 403),
            (vec![("origin", "http://localhost@evil.example")], 403),
            (vec![("origin", "null")], 403),
            (vec![("origin", "")], 403),
            (vec![("sec-fetch-site", "cross-site")], 403),
            (vec![("sec-fetch-site", "none")], 200),
            (vec![("referer", "http://localhost:4200/page?a=b#c")], 200),
            (vec![("referer", "http://127.0.0.1/")], 200),
            (vec![("referer", "https://evil.example/page")], 403),
            (
                vec![("referer", "https://evil.example/?http://localhost")],
                403,
            ),
            (vec![("referer", "localhost.evil.example")], 403),
            (
                vec![
                    ("origin", "http://localhost:4200"),
                    ("origin", "https://evil.example"),
                ],
                403,
            ),
        ] {
            assert_eq!(status(&guard, &headers).await, expected, "{headers:?}");
        }
    }

    #[tokio::test]
    async fn without_a_token_the_host_must_be_this_machine() {
        let guard = Guard::new(loopback(3003), None, false).unwrap();
        for (host, expected) in [
            ("localhost", 200),
            ("localhost:3003", 200),
            ("LOCALHOST:3003", 200),
            ("127.0.0.1:3003", 200),
            ("127.9.9.9", 200),
            ("[::1]:3003", 200),
            ("[::ffff:127.0.0.1]:3003", 200),
            ("evil.example", 403),
            ("evil.example:3003", 403),
            ("localhost.evil.example:3003", 403),
            ("127.0.0.1.evil.example", 403),
            ("192.0.2.1:3003", 403),
            ("0.0.0.0:3003", 403),
            ("", 403),
        ] {
            // Rebound pages are of the same origin as what they ask.
            let rebound = [("host", host), ("sec-fetch-site", "same-origin")];
            assert_eq!(status(&guard, &rebound).await, expected, "{host}");
        }
        let two = [("host", "localhost"), ("host", "evil.example")];
        assert_eq!(status(&guard, &two).await, 403);
        let refusal = post_with(&guard, &[("host", "lab.example")]).await;
        let body = body_text(refusal).await;
        assert!(body.contains("--token-file"), "{body}");
        // A token says more than a name.
        let guard = Guard::new(loopback(3003), Some(token()), false).unwrap();
        let named = [
            ("host", "lab.example"),
            ("authorization", "Bearer correct-horse-battery"),
        ];
        assert_eq!(status(&guard, &named).await, 200);
    }

    #[tokio::test]
    async fn a_container_is_known_by_its_name_and_by_the_port_that_is_published() {
        let guard = Guard::published_on_loopback(None);
        for (host, expected) in [
            ("localhost:3003", 200),
            ("127.0.0.1:3003", 200),
            ("experiments-api:3003", 200),
            ("lab_experiments-api_1", 200),
            ("evil.example", 403),
            ("evil.example.:80", 403),
            ("172.18.0.3:3003", 200),
            ("[2001:db8::1]:3003", 200),
            ("", 403),
        ] {
            let rebound = [("host", host), ("sec-fetch-site", "same-origin")];
            assert_eq!(status(&guard, &rebound).await, expected, "{host}");
        }
        let foreign = [("host", "localhost"), ("origin", "https://evil.example")];
        assert_eq!(status(&guard, &foreign).await, 403);
        let guard = Guard::published_on_loopback(Some(token()));
        assert_eq!(status(&guard, &[("host", "localhost")]).await, 401);
    }

    #[tokio::test]
    async fn what_others_can_reach_needs_a_decision() {
        for address in ["0.0.0.0:1", "192.0.2.1:1", "[::]:1", "[2001:db8::1]:1"] {
            let address: SocketAddr = address.parse().unwrap();
            let error = Guard::new(address, None, false).unwrap_err();
            assert!(error.to_string().contains("--token-file"), "{error}");
            let guard = Guard::new(address, None, true).unwrap();
            assert_eq!(
                status(&guard, &[("origin", "https://lab.example")]).await,
                200
            );
        }
        for address in [
            "127.0.0.1:1",
            "127.9.9.9:1",
            "[::1]:1",
            "[::ffff:127.0.0.1]:1",
        ] {
            assert!(
                Guard::new(address.parse().unwrap(), None, false).is_ok(),
                "{address}"
            );
        }
    }

    #[tokio::test]
    async fn reading_needs_no_token() {
        let guard = Guard::new(loopback(0), Some(token()), false).unwrap();
        let router = guard
            .protect(Router::new().route("/change", post(async || "changed")))
            .route("/look", get(async || "seen"));
        let request = Request::get("/look").body(Body::empty()).unwrap();
        assert_eq!(send(router, request).await.status().as_u16(), 200);
    }

    #[test]
    fn a_token_is_read_from_a_file_and_must_be_usable() {
        let folder = std::env::temp_dir().join(format!("loadlab-guard-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("token");
        std::fs::write(&path, format!("{SECRET}\n")).unwrap();
        assert!(Token::read(&path).unwrap().is(SECRET.as_bytes()));
        for bad in [
            "",
            "short",
            "fifteen-charact",
            "sixteen chars ok",
            "sechzehn-zeichen-ä",
        ] {
            std::fs::write(&path, bad).unwrap();
            let error = Token::read(&path).unwrap_err();
            assert!(matches!(error, GuardError::UnusableToken), "{bad}: {error}");
        }
        std::fs::write(&path, "x".repeat(TOKEN_BYTES_MAX + 1)).unwrap();
        assert!(matches!(Token::read(&path), Err(GuardError::UnusableToken)));
        let error = Token::read(&folder.join("absent")).unwrap_err();
        assert!(matches!(error, GuardError::Unreadable { .. }), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
