//! `POST /api/deployments`, and the bodies of all changes.

use axum::body::Body;
use axum::http::{Method, Request, header};
use futures_util::stream;

use crate::lab::{Lab, request};

const PATH: &str = "/api/deployments";

async fn metadata(lab: &Lab) -> Vec<String> {
    let sql = "SELECT metadata_json::text FROM deployment ORDER BY deployment_id";
    lab.test.texts(sql).await.unwrap()
}

#[tokio::test]
async fn a_deployment_gets_the_next_number_and_keeps_its_data() {
    let lab = Lab::start().await;
    let body = r#"{"data":{"commit":"https://example.com/c","n":[1,{"ä":null}]}}"#;
    let created = |id| format!(r#"{{"message":"Deployment created","deployment_id":{id}}}"#);
    lab.post(PATH, body).await.is(201, &created(1));
    lab.post(PATH, r#"{"data":{},"more":1}"#)
        .await
        .is(201, &created(2));
    assert_eq!(
        metadata(&lab).await,
        [
            r#"{"n": [1, {"ä": null}], "commit": "https://example.com/c"}"#,
            "{}"
        ]
    );
}

#[tokio::test]
async fn without_data_nothing_is_created() {
    let lab = Lab::start().await;
    let missing = r#"{"error":"Missing \"data\" in request body"}"#;
    for body in [
        "",
        "{}",
        r#"{"Data":{}}"#,
        r#"{"data":null}"#,
        r#"{"data":0}"#,
        r#"{"data":""}"#,
        r#"{"data":false}"#,
    ] {
        lab.post(PATH, body).await.is(400, missing);
    }
    let without_type = request(Method::POST, PATH, None, "");
    lab.send(without_type).await.is(400, missing);
    let no_object = r#"{"error":"\"data\" must be a JSON object"}"#;
    for body in [r#"{"data":7}"#, r#"{"data":"x"}"#, r#"{"data":[{}]}"#] {
        lab.post(PATH, body).await.is(400, no_object);
    }
    assert!(metadata(&lab).await.is_empty());
}

#[tokio::test]
async fn what_is_not_json_is_refused() {
    let lab = Lab::start().await;
    let deep = format!("{{\"data\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for body in [
        "not JSON",
        "{",
        r#"{"data":{}} {}"#,
        r#"{"data":{"a":"\ud800"}}"#,
        r#"{"data":{"a":1e999}}"#,
        deep.as_str(),
    ] {
        let answer = lab.post(PATH, body.to_owned()).await;
        assert_eq!(answer.status, 400, "{body}");
        let expected = r#"{"error":"The body is not valid JSON: "#;
        assert!(answer.body.starts_with(expected), "{}", answer.body);
    }
    let not_text = lab
        .post(PATH, b"{\"data\":{\"a\":\"\xFF\"}}".to_vec())
        .await;
    assert_eq!(not_text.status, 400);
    for body in ["[]", "7", "null"] {
        let answer = lab.post(PATH, body).await;
        answer.is(400, r#"{"error":"The body must be a JSON object"}"#);
    }
    let nul = lab.post(PATH, r#"{"data":{"a":["\u0000"]}}"#).await;
    assert_eq!(nul.status, 400);
    assert!(nul.body.contains("NUL"), "{}", nul.body);
    assert!(metadata(&lab).await.is_empty());
}

#[tokio::test]
async fn another_media_type_or_encoding_is_refused() {
    let lab = Lab::start().await;
    let body = r#"{"data":{}}"#;
    for media_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        let answer = lab
            .send(request(Method::POST, PATH, media_type, body))
            .await;
        assert_eq!(answer.status, 415, "{media_type:?}");
        assert!(answer.body.contains("application/json"), "{}", answer.body);
    }
    let compressed = Request::post(PATH)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_ENCODING, "gzip")
        .body(Body::from(body));
    assert_eq!(lab.send(compressed.unwrap()).await.status, 415);
    assert!(metadata(&lab).await.is_empty());
    let with_parameter = Some("Application/JSON; charset=utf-8");
    let answer = lab
        .send(request(Method::POST, PATH, with_parameter, body))
        .await;
    assert_eq!(answer.status, 201);
}

#[tokio::test]
async fn a_body_has_at_most_100_kb() {
    let lab = Lab::start().await;
    let sized = |bytes: usize| {
        let frame = r#"{"data":{"a":""}}"#;
        format!(
            r#"{{"data":{{"a":"{}"}}}}"#,
            "x".repeat(bytes - frame.len())
        )
    };
    assert_eq!(lab.post(PATH, sized(102_400)).await.status, 201);
    let too_large = r#"{"error":"The body has more than 102400 bytes"}"#;
    lab.post(PATH, sized(102_401)).await.is(413, too_large);
    // No length announced, and no end.
    let chunk = || Ok::<_, std::io::Error>(vec![b' '; 1000]);
    let endless = Body::from_stream(stream::repeat_with(chunk));
    lab.post(PATH, endless).await.is(413, too_large);
    let announced = request(Method::POST, PATH, Some("application/json"), Body::empty());
    let (mut parts, _) = announced.into_parts();
    parts.headers.insert(header::CONTENT_LENGTH, 102_401.into());
    let silent = Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let unread = Request::from_parts(parts, silent);
    lab.send(unread).await.is(413, too_large);
}

#[tokio::test]
async fn a_deployment_is_noted_and_dropped() {
    let lab = Lab::start().await;
    lab.scene(
        "INSERT INTO deployment (metadata_json) VALUES ('{\"commit\": \"c\"}'), ('[1]'), ('{}')",
    )
    .await;
    let change = async |method: Method, path: &str, body: &'static str| {
        let json = Some("application/json");
        lab.send(request(method, path, json, body)).await
    };
    let path = "/api/v1/deployments";
    for (id, body, status) in [
        (1, r#"{"note": "first ü"}"#, 200),
        (2, r#"{"note": "second"}"#, 200),
        (9, r#"{"note": "none"}"#, 404),
        (1, r#"{"remark": "x"}"#, 400),
        (1, "", 400),
        (1, r#"{"note": "a\u0000b"}"#, 400),
    ] {
        let answer = change(Method::PATCH, &format!("{path}/{id}"), body).await;
        assert_eq!(answer.status, status, "{id} {body}: {}", answer.body);
    }
    let metadata = lab
        .test
        .texts("SELECT metadata_json::text FROM deployment ORDER BY deployment_id")
        .await
        .unwrap();
    assert_eq!(
        metadata,
        [
            r#"{"note": "first ü", "commit": "c"}"#,
            r#"{"note": "second"}"#,
            "{}"
        ]
    );
    change(Method::PATCH, &format!("{path}/1"), r#"{"note": null}"#).await;
    for (id, status) in [(1, 204), (1, 404), (3, 409), (9, 404)] {
        let answer = change(Method::DELETE, &format!("{path}/{id}"), "").await;
        assert_eq!(answer.status, status, "{id}: {}", answer.body);
    }
    let left = lab
        .test
        .texts("SELECT deployment_id::text FROM deployment ORDER BY deployment_id")
        .await
        .unwrap();
    assert_eq!(left, ["2", "3"]);
}

#[tokio::test]
async fn an_archived_deployment_stays_listed_with_its_completeness_and_its_archive() {
    let lab = Lab::start().await;
    lab.scene(
        "INSERT INTO deployment (metadata_json) VALUES ('{}'), ('{}');
         INSERT INTO loadlab.session (deployment_id, node_name, kind, lines, lost_entries)
         VALUES (1, 'n1', 'node', 60, 20);
         INSERT INTO loadlab.session_minute (session_id, minute, entries)
         SELECT session_id, '2026-01-31T09:00:00Z', 60 FROM loadlab.session;
         INSERT INTO loadlab.gap (session_id, process, missing, reason, from_time, until_time)
         VALUES (1, 'M', 20, 'overrun', '2026-01-31T09:00:11Z', '2026-01-31T09:00:20Z');
         INSERT INTO loadlab.archived_deployment (deployment_id, url, manifest_sha256, archived_at)
         VALUES (1, 's3://traces/lab-a', 'ab12', '2026-02-01T10:00:00Z');",
    )
    .await;
    let answer = lab.get("/api/v1/deployments").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let deployments = answer.json()["deployments"].clone();
    let of = |id: i64| {
        let all = deployments.as_array().unwrap().iter();
        all.clone().find(|row| row["id"] == id).unwrap().clone()
    };
    assert_eq!(of(1)["archived"]["url"], "s3://traces/lab-a");
    let since = of(1)["archived"]["since"].as_str().unwrap().to_owned();
    assert!(since.starts_with("2026-02-01T10:00:00"), "{since}");
    assert_eq!(of(1)["completeness"], 0.75);
    assert!(of(2)["archived"].is_null());
    let gaps = lab.get("/api/v1/gaps?deployment=1").await.json();
    assert_eq!(gaps["gaps"][0]["missing"], 20, "{gaps}");
}
