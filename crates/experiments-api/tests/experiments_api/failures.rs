//! Who may do what, and what is answered when something fails.

use axum::body::Body;
use axum::http::{Method, Request};
use service::{Guard, Token};

use crate::lab::{Lab, request};

const CHANGES: [(&str, &str); 3] = [
    ("/api/deployments", r#"{"data":{}}"#),
    ("/api/node-restarts", r#"{"node_name":"n"}"#),
    ("/api/tracing/cleanup", ""),
];

#[tokio::test]
async fn without_its_tables_queries_and_changes_fail_as_documented() {
    let lab = Lab::start().await;
    lab.scene("DROP SCHEMA public CASCADE").await;
    for path in ["/api/experiments", "/api/experiment/x"] {
        let answer = lab.get(path).await;
        answer.is(500, r#"{"message":"Error executing query"}"#);
    }
    for (path, body) in CHANGES {
        let answer = lab.post(path, body).await;
        answer.is(500, r#"{"error":"Internal Server Error"}"#);
    }
    assert_eq!(lab.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn readiness_follows_the_database() {
    let lab = Lab::start().await;
    assert_eq!(lab.get("/readyz").await.status, 200);
    lab.test.database().close().await;
    assert_eq!(lab.get("/readyz").await.status, 503);
    assert_eq!(lab.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn requests_are_counted() {
    service::metrics::install().unwrap();
    let lab = Lab::start().await;
    lab.get("/api/experiments").await;
    let figures = lab.get("/metrics").await.body;
    let line = r#"http_requests_total{method="GET",route="/api/experiments",status="200"} 1"#;
    assert!(figures.contains(line), "{figures}");
}

#[tokio::test]
async fn changes_need_the_token_and_queries_do_not() {
    let secret = "correct-horse-battery";
    let token = Token::new(secret).unwrap();
    let address = "0.0.0.0:3003".parse().unwrap();
    let lab = Lab::guarded(&Guard::new(address, Some(token), false).unwrap()).await;
    for (path, body) in CHANGES {
        let refused = lab.post(path, body).await;
        assert_eq!(refused.status, 401, "{path}");
        // A page can read the refusal.
        assert_eq!(refused.headers["access-control-allow-origin"], "*");
        let permitted = Request::post(path)
            .header("authorization", format!("Bearer {secret}"))
            .header("content-type", "application/json")
            .body(Body::from(body));
        assert_eq!(lab.send(permitted.unwrap()).await.status, 201, "{path}");
    }
    assert_eq!(lab.get("/api/experiments").await.status, 200);
    let created = lab
        .test
        .texts("SELECT count(*)::text FROM deployment")
        .await;
    assert_eq!(created.unwrap(), ["1"]);
}

#[tokio::test]
async fn pages_of_any_origin_may_read_and_those_of_this_machine_may_change() {
    let lab = Lab::start().await;
    let send = async |method: Method, path: &str, origin: &str, body: &'static str| {
        let mut request = request(method, path, Some("application/json"), body);
        request
            .headers_mut()
            .insert("origin", origin.parse().unwrap());
        lab.send(request).await
    };
    let read = send(Method::GET, "/api/experiments", "https://a.example", "").await;
    assert_eq!(read.status, 200);
    assert_eq!(read.headers["access-control-allow-origin"], "*");
    for (path, body) in CHANGES {
        let foreign = send(Method::POST, path, "https://a.example", body).await;
        assert_eq!(foreign.status, 403, "{path}");
        let own = send(Method::POST, path, "http://localhost:4200", body).await;
        assert_eq!(own.status, 201, "{path}");
    }
    let preflight = Request::options("/api/deployments")
        .header("origin", "http://localhost:4200")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        )
        .body(Body::empty());
    let preflight = lab.send(preflight.unwrap()).await;
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.headers["access-control-allow-origin"], "*");
    assert_eq!(preflight.headers["access-control-allow-methods"], "*");
    let headers = &preflight.headers["access-control-allow-headers"];
    assert_eq!(headers, "authorization,content-type");
}

#[tokio::test]
async fn other_paths_are_not_found() {
    let lab = Lab::start().await;
    for path in ["/", "/api", "/api/experiment/", "/api/experiment/a/b"] {
        lab.get(path).await.is(404, r#"{"error":"Not Found"}"#);
    }
    assert_eq!(lab.get("/api/deployments").await.status, 405);
}
