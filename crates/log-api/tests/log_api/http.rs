//! Which HTTP requests are GraphQL requests, and what all answers have in common.

use reqwest::Method;
use serde_json::json;

use crate::api::{TestApi, text};

const EMPTY: &str = r#"{"data":{"deployments":[]}}"#;

#[tokio::test]
async fn a_query_comes_in_many_ways() {
    let api = TestApi::start().await;
    let json = r#"{"query":"{deployments}"}"#;
    let named = r#"{"query":"query A{deployments} query B{nodes}","operationName":"A"}"#;
    let typed = |kind: &str, body: &str| {
        api.post()
            .header("content-type", kind)
            .body(body.to_owned())
    };
    let with_variables =
        "/graphql?query=query($d:Int){nodes(deployment_id:$d)}&variables={\"d\":1}";
    for (request, expected) in [
        (typed("application/json", json), EMPTY),
        (typed("application/json; charset=utf-8", json), EMPTY),
        (typed("Application/JSON", named), EMPTY),
        (typed("application/graphql", "{deployments}"), EMPTY),
        (api.post().body(json), EMPTY),
        (api.get("/graphql?query={deployments}"), EMPTY),
        (
            api.get("/graphql?query=query+A{deployments}query+B{nodes}&operationName=A"),
            EMPTY,
        ),
        (api.get(with_variables), r#"{"data":{"nodes":[]}}"#),
        // The address wins over the body.
        (
            api.request(Method::POST, "/graphql?query={nodes}")
                .body(json),
            r#"{"data":{"nodes":[]}}"#,
        ),
    ] {
        assert_eq!(text(request).await, (200, expected.to_owned()));
    }
}

#[tokio::test]
async fn a_request_without_a_query_is_refused() {
    let api = TestApi::start().await;
    let missing = "\"Must provide query string\"";
    let malformed = r#"{"errors":[{"message":"The body is not a GraphQL request in JSON"}]}"#;
    for (request, expected) in [
        (api.get("/graphql"), missing),
        (api.post(), missing),
        (api.post().body("{}"), missing),
        (
            api.post()
                .header("content-type", "text/plain")
                .body("{deployments}"),
            missing,
        ),
        (api.post().body("{deployments}"), malformed),
        (
            api.get("/graphql?query={deployments}&variables=no"),
            r#"{"errors":[{"message":"The variables are not a JSON object"}]}"#,
        ),
    ] {
        assert_eq!(text(request).await, (400, expected.to_owned()));
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_answered_as_by_the_original() {
    let api = TestApi::start().await;
    let blank = "This page is intentionally left blank. \
        The graphql endpoint can be found at `/graphql`.";
    for (method, path, status, expected) in [
        (Method::GET, "/", 200, blank),
        (Method::POST, "/", 200, blank),
        (Method::OPTIONS, "/graphql", 200, ""),
        (Method::OPTIONS, "/any/path", 200, ""),
        (Method::DELETE, "/graphql", 404, ""),
        (Method::GET, "/graphql/", 404, "Route not found"),
        (Method::GET, "/nowhere", 404, "Route not found"),
        (Method::GET, "/healthz", 200, "ok"),
        (Method::GET, "/readyz", 200, "ready"),
    ] {
        let answer = text(api.request(method.clone(), path)).await;
        assert_eq!(answer, (status, expected.to_owned()), "{method} {path}");
    }
}

#[tokio::test]
async fn pages_of_any_origin_may_read_every_answer() {
    let api = TestApi::start().await;
    for request in [
        api.get("/"),
        api.get("/nowhere"),
        api.get("/healthz"),
        api.get("/graphql?query={deployments}"),
        api.get("/graphql?query={nope}"),
        api.request(Method::OPTIONS, "/graphql"),
        api.post().body("x".repeat(300_000)),
    ] {
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("access-control-allow-origin"), "*");
        assert_eq!(
            header("access-control-allow-methods"),
            "GET, POST, PATCH, PUT, DELETE, OPTIONS"
        );
        assert_eq!(
            header("access-control-allow-headers"),
            "Content-Type, Authorization"
        );
    }
}

#[tokio::test]
async fn answers_say_that_they_are_json() {
    let api = TestApi::start().await;
    for query in ["{deployments}", "{nope}", "{"] {
        let response = api
            .post()
            .json(&json!({"query": query}))
            .send()
            .await
            .unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let api = TestApi::start().await;
    let (status, _) = text(api.post().body("x".repeat(300_000))).await;
    assert_eq!(status, 413);
}

#[tokio::test]
async fn a_header_names_the_node_where_the_request_does_not() {
    let api = TestApi::start().await;
    let query = r"query latestBlockHeight { blockTraces }";
    let body = serde_json::json!({"query": query});
    let without = api.post().json(&body).send().await.unwrap();
    assert_eq!(without.status(), 400);
    let with = api
        .post()
        .json(&body)
        .header("x-loadlab-node", "a-10.0.0.1-3086");
    let with = with.send().await.unwrap();
    assert_eq!(with.status(), 200);
    assert_eq!(
        with.text().await.unwrap(),
        r#"{"data":{"blockTraces":{"traces":[],"produced_traces":[]}}}"#
    );
}
