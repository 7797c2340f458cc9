//! The dashboard over HTTP, with stand-ins for the services behind it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use dashboard::{Config, Upstreams};
use serde_json::{Value, json};
use service::{Guard, Tasks, Token, loopback};
use tokio_util::sync::CancellationToken;

const SECRET: &str = "correct-horse-battery";

/// What a service was asked: method, path with query, authorization, body.
type Asked = Arc<Mutex<Vec<(Method, String, Option<String>, String)>>>;

async fn listen(router: Router) -> SocketAddr {
    let listener = service::bind(loopback(0), "--port").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(service::serve(listener, router, CancellationToken::new()));
    address
}

/// A service that notes what it is asked, and whose nodes are `nodes`.
async fn stand_in(nodes: Arc<Mutex<Value>>) -> (SocketAddr, Asked) {
    let asked = Asked::default();
    let noted = Arc::clone(&asked);
    let answer =
        async move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| -> Response {
            let authorization = headers.get("authorization");
            let authorization = authorization.map(|value| value.to_str().unwrap().to_owned());
            let body = String::from_utf8(body.to_vec()).unwrap();
            let path = uri.to_string();
            noted
                .lock()
                .unwrap()
                .push((method, path.clone(), authorization, body));
            match path.as_str() {
                "/healthz" | "/readyz" => "ok".into_response(),
                "/metrics" => {
                    // Three services are here, each asked once a look: 30 requests more each time.
                    let asked = noted.lock().unwrap();
                    let looks = asked
                        .iter()
                        .filter(|(_, path, ..)| path == "/metrics")
                        .count();
                    let requests = looks.div_ceil(3) * 30;
                    format!(
                        "service_build_info{{version=\"9.8.7\"}} 1\n\
                         process_start_time_seconds 1000\n\
                         service_request_duration_seconds_bucket{{service=\"orchestrator\",\
                         le=\"+Inf\"}} {requests}\n"
                    )
                    .into_response()
                }
                "/nodes" => Json(nodes.lock().unwrap().clone()).into_response(),
                "/api/v1/summary" => Json(json!({ "frozen": true })).into_response(),
                "/api/v1/experiments?q=NODE&limit=12" => {
                    Json(json!([{ "name": "node race", "status": "success" }])).into_response()
                }
                "/api/v1/blocks?q=3NN&limit=12" | "/api/v1/blocks?q=871&limit=12" => {
                    Json(json!({ "blocks": [{ "hash": "3NNode", "height": 871 }] })).into_response()
                }
                "/api/v1/transactions?q=5Jab&limit=12" => Json(json!({ "transactions": [
                    { "hash": "5Jabc", "kind": "payment", "memo": "run-0-0-0" }
                ] }))
                .into_response(),
                "/api/v1/nodes" => {
                    ([("etag", "\"7\""), ("set-cookie", "a=b")], "[]").into_response()
                }
                "/api/v1/nodes/none" => (StatusCode::NOT_FOUND, "none").into_response(),
                _ => Json(json!({})).into_response(),
            }
        };
    let router = Router::new().fallback(answer);
    (listen(router).await, asked)
}

struct Lab {
    address: String,
    asked: Asked,
    nodes: Arc<Mutex<Value>>,
    client: reqwest::Client,
    tasks: Tasks,
}

async fn lab(token: Option<&str>) -> Lab {
    let nodes = Arc::new(Mutex::new(json!([node("a", "fetching")])));
    let (service, asked) = stand_in(Arc::clone(&nodes)).await;
    let url = format!("http://{service}/")
        .parse::<reqwest::Url>()
        .unwrap();
    let token = token.map(|text| Token::new(text).unwrap());
    let config = Config {
        upstreams: Upstreams {
            fetcher: url.clone(),
            traces: "http://127.0.0.1:1/".parse().unwrap(),
            results: url.clone(),
            runs: url,
            uptime: None,
            simnet: None,
        },
        guard: Guard::new(loopback(0), token.clone(), false).unwrap(),
        token,
        ..Config::default()
    };
    let mut tasks = Tasks::new(&CancellationToken::new());
    let router = dashboard::router(&config, &mut tasks).unwrap();
    let address = format!("http://{}", listen(router).await);
    let client = service::proxy::direct().build().unwrap();
    Lab {
        address,
        asked,
        nodes,
        client,
        tasks,
    }
}

fn node(name: &str, state: &str) -> Value {
    json!({ "node_name": name, "ip": "10.0.0.1", "graphql_port": 3085, "state": state,
        "stored_entries": 10, "lost_entries": 1, "unknown_gaps": 0, "fetched_seconds_ago": 0.5 })
}

impl Lab {
    async fn get(&self, path: &str) -> reqwest::Response {
        self.client
            .get(format!("{}{path}", self.address))
            .send()
            .await
            .unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.get(path).await.bytes().await.unwrap()).unwrap()
    }

    fn post(&self, path: &str) -> reqwest::RequestBuilder {
        let address = format!("{}{path}", self.address);
        self.client.post(address).header("x-loadlab-request", "1")
    }

    fn asked(&self) -> Vec<(Method, String, Option<String>, String)> {
        self.asked.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn every_page_is_the_page_and_no_page_may_load_anything_else() {
    let lab = lab(None).await;
    for path in ["/", "/nodes", "/trace/3NK/a%2Fb", "/no/such/page"] {
        let answer = lab.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers()["referrer-policy"], "same-origin");
        assert_eq!(answer.headers()["cache-control"], "no-cache");
        let text = answer.text().await.unwrap();
        assert!(text.contains("<div id=\"app\">"), "{text}");
    }
    assert_eq!(lab.get("/assets/gone-1.js").await.status(), 404);
    assert_eq!(lab.get("/healthz").await.status(), 200);
    assert_eq!(lab.get("/readyz").await.status(), 200);
}

#[tokio::test]
async fn what_is_allowed_is_passed_on_as_it_is_and_nothing_else() {
    let lab = lab(None).await;
    let answer = lab.get("/api/results/v1/nodes/a%2Fb%20c?q=%20x").await;
    assert_eq!(answer.status(), 200);
    let path = "/api/v1/nodes/a%2Fb%20c?q=%20x".to_owned();
    assert_eq!(lab.asked()[0].1, path);
    let answer = lab.get("/api/results/v1/nodes").await;
    assert_eq!(answer.headers()["etag"], "\"7\"");
    assert!(
        !answer.headers().contains_key("set-cookie"),
        "not for this origin"
    );
    assert_eq!(lab.get("/api/results/v1/nodes/none").await.status(), 404);
    let before = lab.asked().len();
    for path in [
        "/api/fetcher/freeze",
        "/api/results/metrics",
        "/api/results/v1/nodes/%2e%2e",
        "/api/simnet/x",
        "/api/results",
    ] {
        let answer = lab.get(path).await;
        assert_eq!(answer.status(), 404, "{path}");
    }
    assert_eq!(lab.asked().len(), before);
}

#[tokio::test]
async fn a_service_that_is_away_is_named() {
    let lab = lab(None).await;
    let answer = lab.get("/api/traces/v1/trace-diff").await;
    assert_eq!(answer.status(), 503);
    let text = answer.text().await.unwrap();
    assert!(
        text.contains("The log API does not answer") && text.contains("service_away"),
        "{text}"
    );
    let services = lab.json("/api/lab/v1/services").await;
    let ready = |name: &str| {
        let services = services["services"].as_array().unwrap();
        services.iter().find(|one| one["name"] == name).unwrap()["ready"].clone()
    };
    assert_eq!(ready("log-fetcher"), true);
    assert_eq!(ready("log-api"), false);
}

#[tokio::test]
async fn services_say_their_version_and_how_much_they_are_asked() {
    let lab = lab(None).await;
    let first = lab.json("/api/lab/v1/services").await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let second = lab.json("/api/lab/v1/services").await;
    let of = |answer: &Value, name: &str| {
        let services = answer["services"].as_array().unwrap();
        let found = services.iter().find(|service| service["name"] == name);
        found.unwrap().clone()
    };
    let before = of(&first, "orchestrator");
    assert_eq!(before["version"], "9.8.7");
    assert_eq!(before["started"], "1970-01-01T00:16:40Z");
    assert!(before["requests_min"].is_null(), "nothing to compare with");
    let rate = of(&second, "orchestrator")["requests_min"].as_f64();
    assert!((100.0..=1_700.0).contains(&rate.unwrap()), "{rate:?}");
    let away = of(&second, "log-api");
    assert!(away["version"].is_null() && away["requests_min"].is_null());
    let itself = of(&second, "dashboard");
    assert_eq!(
        (&itself["healthy"], &itself["ready"]),
        (&json!(true), &json!(true))
    );
}

#[tokio::test]
async fn changes_come_from_the_page_only() {
    let lab = lab(None).await;
    let freeze = format!("{}/api/fetcher/freeze", lab.address);
    let bare = lab.client.post(&freeze).send().await.unwrap();
    assert_eq!(bare.status(), 403);
    let foreign = lab
        .post("/api/fetcher/freeze")
        .header("origin", "http://evil.example");
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    assert!(lab.asked().is_empty());
    let own = lab
        .post("/api/fetcher/freeze")
        .header("origin", &lab.address);
    assert_eq!(own.send().await.unwrap().status(), 200);
    assert_eq!(lab.asked()[0].1, "/freeze");
    let rebound = lab.client.get(format!("{}/api/fetcher/nodes", lab.address));
    let rebound = rebound.header("host", "evil.example").send().await.unwrap();
    assert_eq!(rebound.status(), 403);
}

#[tokio::test]
async fn with_a_token_one_reads_until_one_has_signed_in() {
    let lab = lab(Some(SECRET)).await;
    assert_eq!(lab.json("/api/lab/v1/session").await["role"], "viewer");
    assert_eq!(lab.get("/api/fetcher/nodes").await.status(), 200);
    let refused = lab.post("/api/fetcher/freeze").send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let plan = || lab.post("/api/runs/v1/experiments/plan").body("{}");
    let refused = plan().send().await.unwrap();
    assert_eq!(
        refused.status(),
        401,
        "the dashboard's token plans for nobody"
    );
    let reached = |path: &str| {
        lab.asked()
            .iter()
            .any(|(_, asked, ..)| asked.ends_with(path))
    };
    assert!(!reached("/plan"));

    let sign_in = |token: &str| {
        let body = json!({ "token": token }).to_string();
        let request = lab.post("/api/lab/v1/session").body(body);
        request.header("content-type", "application/json").send()
    };
    assert_eq!(sign_in("wrong-horse-battery").await.unwrap().status(), 401);
    let begun = sign_in(SECRET).await.unwrap();
    let cookie = begun.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    assert!(!begun.text().await.unwrap().contains(SECRET));
    let cookie = cookie.split(';').next().unwrap();

    let freeze = lab.post("/api/fetcher/freeze").header("cookie", cookie);
    assert_eq!(freeze.send().await.unwrap().status(), 200);
    let planned = plan().header("cookie", cookie).send().await.unwrap();
    assert_eq!(planned.status(), 200);
    assert!(reached("/plan"));
    let asked = lab.asked();
    let (_, _, authorization, _) = asked
        .iter()
        .find(|(_, path, ..)| path == "/freeze")
        .expect("it was passed on");
    assert_eq!(
        authorization.as_deref(),
        Some("Bearer correct-horse-battery")
    );
    assert!(
        asked
            .iter()
            .filter(|(method, ..)| method == Method::GET)
            .all(|(_, _, token, _)| token.is_none())
    );
}

#[tokio::test]
async fn the_state_of_the_lab_is_short_and_a_search_finds_what_has_a_name() {
    let lab = lab(None).await;
    let state = lab.json("/api/lab/v1/state").await;
    assert_eq!(state, json!({ "frozen": true }), "as the log fetcher says");
    *lab.nodes.lock().unwrap() = json!([node("node-1", "fetching"), node("other", "frozen")]);
    for (wanted, expected) in [
        ("NODE", vec!["/nodes/node-1", "/experiments/node%20race"]),
        ("3NN", vec!["/blocks/3NNode"]),
        ("871", vec!["/blocks/3NNode"]),
        ("5Jab", vec!["/transactions/5Jabc"]),
        ("5Ja", vec![]),
        ("%20", vec![]),
    ] {
        let hits = lab.json(&format!("/api/lab/v1/search?q={wanted}")).await;
        let hits = hits["hits"].as_array().unwrap();
        let found: Vec<&str> = hits
            .iter()
            .map(|hit| hit["href"].as_str().unwrap())
            .collect();
        assert_eq!(found, expected, "{wanted}");
    }
}

/// Reads a stream until it holds `text`.
async fn read_until(stream: &mut reqwest::Response, text: &str) -> String {
    let mut read = String::new();
    let reading = async {
        while !read.contains(text) {
            let piece = stream.chunk().await.unwrap().expect("the stream goes on");
            read.push_str(std::str::from_utf8(&piece).unwrap());
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(20), reading).await;
    assert!(ended.is_ok(), "no {text:?} in {read:?}");
    read
}

#[tokio::test]
async fn the_stream_says_what_has_changed_and_what_was_missed() {
    let lab = lab(None).await;
    let mut stream = lab.get("/api/lab/v1/stream?topics=nodes").await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    read_until(&mut stream, "event: beat").await;
    // The first look is the state to compare with.
    while !lab.asked().iter().any(|(_, path, ..)| path == "/nodes") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    *lab.nodes.lock().unwrap() = json!([node("a", "frozen")]);
    let read = read_until(&mut stream, "event: nodes").await;
    let read = format!("{read}{}", read_until(&mut stream, "\n\n").await);
    let id = read
        .lines()
        .find_map(|line| line.strip_prefix("id: "))
        .unwrap()
        .to_owned();
    drop(stream);

    let (start, number) = id.split_once('-').unwrap();
    let before = number.parse::<u64>().unwrap() - 1;
    let mut again = lab
        .get(&format!(
            "/api/lab/v1/stream?topics=nodes&after={start}-{before}"
        ))
        .await;
    read_until(&mut again, &format!("id: {id}")).await;
    let mut other = lab.get("/api/lab/v1/stream?topics=nodes&after=0-7").await;
    let read = read_until(&mut other, "event: reset").await;
    assert!(!read.contains("event: nodes"), "{read}");
    let refused = lab.get("/api/lab/v1/stream?topics=knots").await;
    assert_eq!(refused.status(), 400);
    let stop = lab.tasks.stop_token();
    stop.cancel();
    let ending = async { while other.chunk().await.unwrap().is_some() {} };
    let ended = tokio::time::timeout(Duration::from_secs(5), ending).await;
    assert!(ended.is_ok(), "streams do not hold up the end");
}

#[tokio::test]
async fn the_description_names_every_route_of_the_dashboard() {
    let lab = lab(None).await;
    let document = lab.json("/api/v1/openapi.json").await;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let address = format!("{}{path}", lab.address);
            let answer = lab.client.request(method, address).send().await.unwrap();
            assert!(![404, 405].contains(&answer.status().as_u16()), "{path}");
        }
    }
}
