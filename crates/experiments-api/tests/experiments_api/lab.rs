//! An API under test.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, header};
use serde_json::Value;
use service::Guard;
use store::testing::TestDatabase;
use store::{ConnectOptions, Database};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// The router over a database of its own.
pub(crate) struct Lab {
    pub(crate) test: TestDatabase,
    pub(crate) router: Router,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status, self.body.as_str()), (status, body));
        let media_type = &self.headers[header::CONTENT_TYPE];
        assert_eq!(media_type, "application/json; charset=utf-8");
    }
}

async fn answer_of(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 64 << 20).await.unwrap();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

impl Lab {
    pub(crate) async fn start() -> Self {
        Self::guarded(&Guard::this_machine()).await
    }

    pub(crate) async fn guarded(guard: &Guard) -> Self {
        let test = TestDatabase::create().await.unwrap();
        let router =
            experiments_api::router(test.database().clone(), guard, CancellationToken::new());
        Self { test, router }
    }

    /// Runs statements that set the scene.
    pub(crate) async fn scene(&self, sql: &str) {
        self.test.execute(sql).await.unwrap();
    }

    /// The only text of a query.
    pub(crate) async fn text(&self, sql: &str) -> String {
        self.test.texts(sql).await.unwrap().remove(0)
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        answer_of(&self.router, request).await
    }

    /// The answers of a process that has just been started over the same database.
    pub(crate) async fn answers_anew(&self, paths: &[&str]) -> Vec<Answer> {
        let options = ConnectOptions::for_queries();
        let database = Database::connect(self.test.url(), &options).await.unwrap();
        let router = experiments_api::router(
            database.clone(),
            &Guard::this_machine(),
            CancellationToken::new(),
        );
        let mut answers = Vec::new();
        for path in paths {
            answers.push(answer_of(&router, request(Method::GET, path, None, "")).await);
        }
        database.close().await;
        answers
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path, None, "")).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        let json = Some("application/json");
        self.send(request(Method::POST, path, json, body)).await
    }
}

pub(crate) fn request(
    method: Method,
    path: &str,
    content_type: Option<&str>,
    body: impl Into<Body>,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(content_type) = content_type {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    request.body(body.into()).unwrap()
}
