//! What guards let through.

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
    std::fs::write(&path, "x".repeat(super::error::TOKEN_BYTES_MAX + 1)).unwrap();
    assert!(matches!(Token::read(&path), Err(GuardError::UnusableToken)));
    let error = Token::read(&folder.join("absent")).unwrap_err();
    assert!(matches!(error, GuardError::Unreadable { .. }), "{error}");
    std::fs::remove_dir_all(&folder).unwrap();
}
