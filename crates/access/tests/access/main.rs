//! Tokens and the audit log against a database.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::sync::Arc;
use std::time::Duration;

use access::{DatabaseBook, Secret};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::{get, post};
use axum::{Extension, Router};
use service::{Caller, Guard, Verdict, loopback};
use store::access::{AuditPage, NewAccessToken, TokenError, TokenRole};
use store::testing::TestDatabase;
use store::{Database, StoreError};
use tower::ServiceExt as _;

const YEAR: Duration = Duration::from_hours(365 * 24);

fn new<'a>(name: &'a str, role: TokenRole, digest: &'a [u8; 32]) -> NewAccessToken<'a> {
    NewAccessToken {
        name,
        role,
        digest,
        lifetime_s: None,
    }
}

async fn make(database: &Database, name: &str, role: TokenRole) -> Secret {
    let secret = Secret::new().unwrap();
    let digest = secret.digest();
    let token = new(name, role, &digest);
    database.create_access_token(&token).await.unwrap();
    secret
}

fn guard(database: &Database) -> Guard {
    let book = DatabaseBook::new(database.clone(), "test-service", YEAR);
    Guard::for_lab(loopback(0), None, false).with_book(Arc::new(book))
}

fn router(database: &Database, guard: &Guard) -> Router {
    let creating = database.clone();
    let create = post(
        async move |Extension(caller): Extension<Caller>, body: String| {
            let metadata = serde_json::from_str(&body).unwrap();
            creating.create_deployment(&metadata).await.unwrap();
            caller.name
        },
    );
    let changing = Router::new()
        .route("/change/{name}", create)
        .route("/refuse", post(async || StatusCode::CONFLICT));
    let asking = Router::new().route("/ask", get(async || "asked"));
    let reading = Router::new().route("/read", get(async || "read"));
    let routes = guard
        .protect(changing)
        .merge(guard.protect_asking(asking))
        .merge(guard.protect_reading(reading));
    service::layers::standard("test", routes, service::layers::Limits::default())
}

async fn ask(router: &Router, method: &str, path: &str, token: Option<&str>) -> (u16, String) {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("x-request-id", "req-1")
        .header("x-forwarded-for", "192.0.2.7");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body = Body::from(r#"{"note":"n","password":"hidden-word"}"#);
    let response = router.clone().oneshot(request.body(body).unwrap());
    let response = response.await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await;
    (status, String::from_utf8(body.unwrap().to_vec()).unwrap())
}

#[tokio::test]
async fn roles_decide_once_there_are_tokens_and_nothing_changes_before() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let open = router(database, &guard(database));
    for (method, path) in [("POST", "/change/a"), ("GET", "/ask"), ("GET", "/read")] {
        assert_eq!(ask(&open, method, path, None).await.0, 200, "{path}");
    }
    let viewer = make(database, "ada", TokenRole::Viewer).await;
    let operator = make(database, "bob", TokenRole::Operator).await;
    let closed = router(database, &guard(database));
    let wrong = Secret::new().unwrap();
    for (token, change, asking) in [
        (None, 401, 401),
        (Some(wrong.expose()), 401, 401),
        (Some("short"), 401, 401),
        (Some(viewer.expose()), 403, 200),
        (Some(operator.expose()), 200, 200),
    ] {
        assert_eq!(ask(&closed, "POST", "/change/a", token).await.0, change);
        assert_eq!(ask(&closed, "GET", "/ask", token).await.0, asking);
        assert_eq!(ask(&closed, "GET", "/read", token).await.0, 200);
    }
    let restricted = router(database, &guard(database).also_for_reading());
    for (token, status) in [
        (None, 401),
        (Some(wrong.expose()), 401),
        (Some(viewer.expose()), 200),
    ] {
        assert_eq!(ask(&restricted, "GET", "/read", token).await.0, status);
    }
    let (_, name) = ask(&closed, "POST", "/change/a", Some(operator.expose())).await;
    assert_eq!(name, "bob");
    let (_, refusal) = ask(&closed, "POST", "/change/a", Some(viewer.expose())).await;
    assert!(refusal.contains("operator_required") && refusal.contains("\"request_id\":\"req-1\""));
}

#[tokio::test]
async fn expired_and_revoked_tokens_are_refused() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let keeper = make(database, "keeper", TokenRole::Operator).await;
    let old = Secret::new().unwrap();
    let digest = old.digest();
    let token = NewAccessToken {
        lifetime_s: Some(0.001),
        ..new("old", TokenRole::Operator, &digest)
    };
    database.create_access_token(&token).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let (status, body) = ask(
        &router(database, &guard(database)),
        "POST",
        "/change/a",
        Some(old.expose()),
    )
    .await;
    assert_eq!(status, 401);
    assert!(body.contains("token_expired"), "{body}");
    let tokens = database.access_tokens().await.unwrap();
    let one = |name: &str| tokens.iter().find(|token| token.name == name).unwrap();
    assert!(one("old").is_expired && !one("keeper").is_expired);

    let gone = make(database, "gone", TokenRole::Operator).await;
    let id = database.access_tokens().await.unwrap();
    let id = id.iter().find(|token| token.name == "gone").unwrap().id;
    let revoked = database.revoke_access_token(id).await.unwrap();
    assert_eq!(revoked.as_deref(), Some("gone"));
    assert_eq!(database.revoke_access_token(id).await.unwrap(), None);
    let now = router(database, &guard(database));
    assert_eq!(
        ask(&now, "POST", "/change/a", Some(gone.expose())).await.0,
        401
    );
    assert_eq!(
        ask(&now, "POST", "/change/a", Some(keeper.expose()))
            .await
            .0,
        200
    );
    // Its name is free again.
    make(database, "gone", TokenRole::Viewer).await;
}

#[tokio::test]
async fn a_token_is_refused_seconds_after_it_was_revoked() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    make(database, "keeper", TokenRole::Operator).await;
    let secret = make(database, "soon-gone", TokenRole::Operator).await;
    let running = router(database, &guard(database));
    let change = async || {
        ask(&running, "POST", "/change/a", Some(secret.expose()))
            .await
            .0
    };
    assert_eq!(change().await, 200);
    let tokens = database.access_tokens().await.unwrap();
    let id = tokens
        .iter()
        .find(|token| token.name == "soon-gone")
        .unwrap()
        .id;
    database.revoke_access_token(id).await.unwrap();
    let refused = async {
        while change().await != 401 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), refused).await;
    assert!(in_time.is_ok());
}

#[tokio::test]
async fn the_database_has_hashes_only_and_the_last_use_of_each_token() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let secret = make(database, "ada", TokenRole::Operator).await;
    let used = router(database, &guard(database));
    assert_eq!(
        ask(&used, "POST", "/change/a", Some(secret.expose()))
            .await
            .0,
        200
    );
    let last_use = async {
        loop {
            let tokens = database.access_tokens().await.unwrap();
            if let Some(at) = tokens[0].last_used_at {
                return at;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let first = tokio::time::timeout(Duration::from_secs(10), last_use)
        .await
        .unwrap();
    // Less than a minute later nothing is written, whichever process asks.
    let id = database.access_tokens().await.unwrap()[0].id;
    database.note_token_use(id).await.unwrap();
    let again = database.access_tokens().await.unwrap()[0].last_used_at;
    assert_eq!(again, Some(first));
    let rows = test
        .texts("SELECT access_token::text || audit::text FROM loadlab.access_token, loadlab.audit")
        .await
        .unwrap();
    assert!(!rows.is_empty());
    for row in rows {
        assert!(
            !row.contains(secret.expose()) && !row.contains("hidden-word"),
            "{row}"
        );
    }
}

#[tokio::test]
async fn names_and_numbers_of_tokens_are_bounded() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let digest = [1; 32];
    for name in ["", " a", "a\nb", "a\0b", &"a".repeat(65)] {
        let error = database
            .create_access_token(&new(name, TokenRole::Viewer, &digest))
            .await;
        assert!(matches!(error, Err(TokenError::Name)), "{name:?}");
    }
    make(database, "ada", TokenRole::Viewer).await;
    let taken = database
        .create_access_token(&new("ada", TokenRole::Viewer, &digest))
        .await;
    assert!(matches!(taken, Err(TokenError::NameTaken(name)) if name == "ada"));
    test.execute(
        "INSERT INTO loadlab.access_token (name, role, digest)
         SELECT 'token ' || n, 'viewer', sha256(n::text::bytea) FROM generate_series(1, 999) AS n",
    )
    .await
    .unwrap();
    let more = database
        .create_access_token(&new("more", TokenRole::Viewer, &digest))
        .await;
    assert!(matches!(more, Err(TokenError::TooMany)));
}

#[tokio::test]
async fn every_change_is_on_record_with_who_where_what_and_result() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let operator = make(database, "bob", TokenRole::Operator).await;
    let routes = router(database, &guard(database));
    let token = Some(operator.expose());
    ask(&routes, "POST", "/change/x%20y?mode=1", token).await;
    ask(&routes, "POST", "/refuse", token).await;
    // Neither questions nor refused requests are changes.
    ask(&routes, "GET", "/ask", token).await;
    ask(&routes, "POST", "/refuse", None).await;
    let page = AuditPage {
        limit: 10,
        ..AuditPage::default()
    };
    let entries = database.audit(&page).await.unwrap();
    assert_eq!(entries.len(), 2, "{entries:?}");
    let (refused, made) = (&entries[0], &entries[1]);
    assert_eq!(
        (made.actor.as_str(), made.role.as_str()),
        ("bob", "operator")
    );
    assert_eq!(
        (made.method.as_str(), made.path.as_str()),
        ("POST", "/change/x%20y")
    );
    assert_eq!(made.target.as_deref(), Some("x y"));
    assert_eq!(made.service, "test-service");
    assert_eq!(made.forwarded_for.as_deref(), Some("192.0.2.7"));
    assert_eq!(made.request_id.as_deref(), Some("req-1"));
    assert_eq!(made.status, Some(200));
    assert!(
        made.changed_at.is_some() && made.ended_at.is_some(),
        "{made:?}"
    );
    assert_eq!(
        made.parameters,
        Some(serde_json::json!({"mode": "1", "note": "n", "password": "***"}))
    );
    assert_eq!(refused.status, Some(409));
    assert_eq!(refused.changed_at, None, "nothing was changed");
    let found = AuditPage {
        contains: Some("X%20Y".to_owned()),
        ..page.clone()
    };
    assert_eq!(database.audit(&found).await.unwrap().len(), 1);
    let second = AuditPage {
        before: Some(refused.id),
        ..page
    };
    assert_eq!(database.audit(&second).await.unwrap()[0].id, made.id);
}

#[tokio::test]
async fn a_change_and_its_mark_are_one_transaction() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let entry = store::access::NewAuditEntry::default();
    let entry = database.begin_audit(&entry).await.unwrap();
    // There is no deployment yet: the restart is not stored, and neither is the mark.
    let restart = store::deployments::NodeRestart::default();
    let noting = database.record_node_restart(&restart);
    let failed = store::access::within(entry, noting).await;
    assert!(matches!(failed, Err(StoreError::NoDeployment)));
    let marks = "SELECT coalesce(changed_at::text, 'none') FROM loadlab.audit";
    assert_eq!(test.texts(marks).await.unwrap(), ["none"]);
    let metadata = serde_json::Map::new();
    let creating = database.create_deployment(&metadata);
    store::access::within(entry, creating).await.unwrap();
    assert_ne!(test.texts(marks).await.unwrap(), ["none"]);
    // The row is there before the answer, which a crash may have cut.
    let page = AuditPage {
        limit: 1,
        ..AuditPage::default()
    };
    let entries = database.audit(&page).await.unwrap();
    assert_eq!((entries[0].status, entries[0].ended_at), (None, None));
}

#[tokio::test]
async fn a_run_keeps_the_id_of_the_request_that_it_came_with() {
    use store::experiment_runs::{Admission, NewRun};
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let entry = store::access::NewAuditEntry {
        request_id: Some("req-9".to_owned()),
        ..store::access::NewAuditEntry::default()
    };
    let entry = database.begin_audit(&entry).await.unwrap();
    let empty = serde_json::json!({});
    let run = NewRun {
        name: "a",
        setup: &empty,
        script: "",
        seed: Some(1),
        rounds: &empty,
        sealed_webhook: None,
        queue: false,
    };
    let admitting = database.admit_experiment(&run);
    let admitted = store::access::within(entry, admitting).await.unwrap();
    assert_eq!(admitted, Admission::Started);
    let holder = database.slot_holder().await.unwrap().unwrap();
    assert_eq!(holder.request_id.as_deref(), Some("req-9"));
    let marks = "SELECT (changed_at IS NOT NULL)::text FROM loadlab.audit";
    assert_eq!(test.texts(marks).await.unwrap(), ["true"]);
}

#[tokio::test]
async fn old_records_are_deleted_with_the_next_change() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    for days in [1, 400] {
        test.execute(&format!(
            "INSERT INTO loadlab.audit (at, actor, role, service, method, path)
             VALUES (now() - interval '{days} days', 'a', 'local', 's', 'POST', '/{days}')"
        ))
        .await
        .unwrap();
    }
    ask(&router(database, &guard(database)), "POST", "/refuse", None).await;
    let left = "SELECT path FROM loadlab.audit ORDER BY at";
    let deleted = async {
        while test.texts(left).await.unwrap() != ["/1", "/refuse"] {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), deleted).await;
    assert!(in_time.is_ok());
}

#[tokio::test]
async fn without_the_database_nothing_is_changed() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database().clone();
    let routes = router(&database, &guard(&database));
    database.close().await;
    let (status, body) = ask(&routes, "POST", "/refuse", None).await;
    assert_eq!(status, 503);
    assert!(body.contains("tokens_unavailable"), "{body}");
    assert_eq!(ask(&routes, "GET", "/read", None).await.0, 200);
}

#[tokio::test]
async fn a_public_address_needs_tokens_or_the_word_of_an_operator() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    let public = "192.0.2.1:1".parse().unwrap();
    let with_book = |allow| {
        let book = DatabaseBook::new(database.clone(), "test-service", YEAR);
        Guard::for_lab(public, None, allow).with_book(Arc::new(book))
    };
    let error = with_book(false).require_tokens(public).await.unwrap_err();
    assert!(error.to_string().contains("loadlab token new"), "{error}");
    assert!(with_book(true).require_tokens(public).await.is_ok());
    make(database, "ada", TokenRole::Operator).await;
    let closed = with_book(false);
    assert!(closed.require_tokens(public).await.is_ok());
    assert_eq!(
        ask(&router(database, &closed), "POST", "/refuse", None)
            .await
            .0,
        401
    );
    let headers = axum::http::HeaderMap::new();
    assert_eq!(closed.verdict(&headers).await.unwrap(), Verdict::Unknown);
}
