//! What is around GraphQL: other paths, methods, the URL's parameters, limits.

use itn::authorization::basic;

use super::node::{Server, key};

async fn status_of(server: &Server, line: &str, headers: &[&str], body: &str) -> u16 {
    server.request(line, headers, body).await.status
}

#[tokio::test]
async fn other_paths_need_no_authentication() {
    let server = Server::start().await;
    let notice = server.request("GET /", &[], "").await;
    assert_eq!(notice.status, 200);
    assert!(notice.body.contains("/graphql"), "{notice:?}");
    for path in ["/status", "/status/performance"] {
        let status = server.request(&format!("GET {path}"), &[], "").await;
        assert_eq!(status.status, 200);
        assert_eq!(status.json()["sync_status"], "Synced");
    }
    for path in [
        "/graphiql",
        "/graphql/x",
        "/GRAPHQL",
        "/x/graphql",
        "/status/",
    ] {
        let other = server.request(&format!("GET {path}"), &[], "").await;
        assert_eq!(
            (other.status, other.body.as_str()),
            (404, "Route not found"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_get_executes_its_url_and_signs_an_empty_body() {
    let server = Server::start().await;
    let authorization = format!("Authorization: {}", basic(&key(), b""));
    let line = "GET /graphql?query=query+Q%28%24x%3ABoolean%21%29%7Bauth%40include%28if%3A%24x%29%7BserverUuid%7D%7D&variables=%7B%22x%22%3Atrue%7D&operationName=Q";
    let answer = server.request(line, &[&authorization], "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        r#"{"data":{"auth":{"serverUuid":"24511be6-320d-4ef2-8dff-89916bcb6751"}}}"#
    );
    let html = "Accept: text/html,*/*";
    let page = server
        .request("GET /graphql", &[&authorization, html], "")
        .await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("GraphiQL"), "{page:?}");
    assert_eq!(status_of(&server, "GET /graphql", &[html], "").await, 401);
    let none = server.request("GET /graphql", &[&authorization], "").await;
    assert_eq!(
        (none.status, none.body.as_str()),
        (400, "Must provide query string")
    );
}

#[tokio::test]
async fn a_document_may_be_the_body() {
    let server = Server::start().await;
    let body = "{ auth { libp2pPort } }";
    let authorization = format!("Authorization: {}", basic(&key(), body.as_bytes()));
    let headers = [authorization.as_str(), "Content-Type: application/graphql"];
    let answer = server.request("POST /graphql", &headers, body).await;
    assert_eq!(answer.body, r#"{"data":{"auth":{"libp2pPort":"8302"}}}"#);
}

#[tokio::test]
async fn a_charset_makes_the_body_count_as_empty() {
    let server = Server::start().await;
    let body = r#"{"query":"{ auth { libp2pPort } }"}"#;
    let authorization = format!("Authorization: {}", basic(&key(), body.as_bytes()));
    for (content_type, status) in [
        ("application/json", 200),
        ("application/json; charset=utf-8", 400),
        ("application/JSON", 400),
        ("text/json", 400),
    ] {
        let header = format!("Content-Type: {content_type}");
        let headers = [authorization.as_str(), &header];
        let answer = server.request("POST /graphql", &headers, body).await;
        assert_eq!(answer.status, status, "{content_type}");
        if status == 400 {
            assert_eq!(answer.body, "Must provide query string");
        }
    }
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused() {
    let server = Server::start().await;
    let head =
        "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5000000\r\n\r\n";
    let request = [head.as_bytes(), &vec![b' '; 4_200_000]].concat();
    // The server may close before it has read all.
    let answer = server.raw_until_closed(&request).await;
    assert!(answer.is_none_or(|answer| answer.status == 413));
}
