//! A running log API for one test.

use std::net::SocketAddr;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use store::testing::TestDatabase;
use tokio_util::sync::{CancellationToken, DropGuard};
use trace::Compatibility;

/// A log API on a free port; ends when dropped.
pub(crate) struct TestApi {
    pub(crate) address: SocketAddr,
    pub(crate) database: TestDatabase,
    client: Client,
    _shutdown: DropGuard,
}

impl TestApi {
    pub(crate) async fn start() -> Self {
        Self::start_with(Compatibility::Corrected).await
    }

    pub(crate) async fn start_with(compatibility: Compatibility) -> Self {
        let database = TestDatabase::create().await.unwrap();
        let router = log_api::router(database.database().clone(), compatibility).unwrap();
        let listener = service::bind(service::loopback(0), "--port").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        tokio::spawn(service::serve(listener, router, shutdown.clone()));
        Self {
            address,
            database,
            client: service::proxy::direct().build().unwrap(),
            _shutdown: shutdown.drop_guard(),
        }
    }

    pub(crate) fn request(&self, method: Method, path_and_query: &str) -> RequestBuilder {
        self.client
            .request(method, format!("http://{}{path_and_query}", self.address))
    }

    pub(crate) fn get(&self, path_and_query: &str) -> RequestBuilder {
        self.request(Method::GET, path_and_query)
    }

    pub(crate) fn post(&self) -> RequestBuilder {
        self.request(Method::POST, "/graphql")
    }

    /// Status and body of the answer to a query.
    pub(crate) async fn query(&self, query: &str) -> (u16, Value) {
        self.query_with(query, Value::Null).await
    }

    pub(crate) async fn query_with(&self, query: &str, variables: Value) -> (u16, Value) {
        let body = json!({"query": query, "variables": variables});
        let response = self.post().json(&body).send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap())
    }
}

/// Status and text of an answer.
pub(crate) async fn text(request: RequestBuilder) -> (u16, String) {
    let response: Response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}
