//! Each row of the table of answers to `/v1/submit`, and the other routes.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, header};
use jiff::ToSpan as _;
use store::testing::TestDatabase;
use uptime_backend::BODY_BYTES_MAX;

use crate::lab::{Answer, Lab, Node, config};

async fn lab() -> (TestDatabase, Lab) {
    let test = TestDatabase::create().await.unwrap();
    let lab = Lab::start(&test, &config()).await;
    (test, lab)
}

/// Announces `length` bytes and sends `body`.
fn announcing(length: usize, body: impl Into<Body>) -> Request<Body> {
    Request::post("/v1/submit")
        .header(header::CONTENT_LENGTH, length)
        .body(body.into())
        .unwrap()
}

#[tokio::test]
async fn a_valid_submission_is_accepted_with_any_method() {
    let (_test, lab) = lab().await;
    assert_eq!(lab.submit(Node::new(0).submission()).await, Answer::ok());
    for method in [Method::PUT, Method::GET] {
        let body = Node::new(0).submission();
        let mut request = announcing(body.len(), body);
        *request.method_mut() = method;
        assert_eq!(lab.send(request).await, Answer::ok());
    }
}

#[tokio::test]
async fn row_1_a_length_is_required() {
    let (_test, lab) = lab().await;
    let without = Request::post("/v1/submit").body(Body::from(Node::new(0).submission()));
    assert_eq!(lab.send(without.unwrap()).await, Answer::empty(411));
    assert_eq!(lab.get("/v1/submit").await, Answer::empty(411));
}

#[tokio::test]
async fn row_2_a_large_body_is_refused_before_it_is_read() {
    let (_test, lab) = lab().await;
    let unread = || Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, String>>());
    let request = announcing(BODY_BYTES_MAX + 1, unread());
    assert_eq!(lab.send(request).await, Answer::empty(413));
}

#[tokio::test]
async fn row_3_a_body_must_be_as_long_as_announced() {
    let (_test, lab) = lab().await;
    let unreadable = Answer::error(400, "Error reading the body");
    let body = Node::new(0).submission();
    for length in [body.len() + 100, body.len() - 1, 0] {
        let request = announcing(length, body.clone());
        assert_eq!(lab.send(request).await, unreadable, "{length}");
    }
}

#[tokio::test]
async fn row_4_what_cannot_be_decoded_is_refused() {
    let (_test, lab) = lab().await;
    let good = Node::new(0).submission();
    for body in [
        String::new(),
        "not JSON".to_owned(),
        "[]".to_owned(),
        good.replace("\"B62", "\"B63"),
        // The letters after these two differ between signatures.
        good.replace("\"7m", "\"8m"),
        good.replace("QSBib", "QSB!b"),
        good.replace("3086", "-3086"),
        good.replace("\"created_at\":\"2", "\"created_at\":\"x2"),
        good.replace("}}", "}"),
        good.repeat(2),
    ] {
        assert_ne!(body, good, "nothing was changed");
        let expected = Answer::error(400, "Error decoding payload");
        assert_eq!(lab.submit(body.clone()).await, expected, "{body}");
    }
    let mut not_text = good.into_bytes();
    not_text[20] = 0xFF;
    let expected = Answer::error(400, "Error decoding payload");
    assert_eq!(lab.submit(not_text).await, expected);
}

#[tokio::test]
async fn row_5_required_fields_must_be_there() {
    let (_test, lab) = lab().await;
    let good = Node::new(0).submission();
    for field in ["submitter", "signature", "block", "created_at", "peer_id"] {
        let body = good.replace(&format!("\"{field}\""), "\"other\"");
        let expected = Answer::error(400, "One of required fields wasn't provided");
        assert_eq!(lab.submit(body).await, expected, "{field}");
    }
    let expected = Answer::error(400, "One of required fields wasn't provided");
    assert_eq!(lab.submit("{}").await, expected);
}

#[tokio::test]
async fn row_6_a_stranger_is_refused() {
    let (_test, lab) = lab().await;
    let expected = Answer::error(401, "Submitter is not registered");
    assert_eq!(lab.submit(Node::new(2).submission()).await, expected);
}

#[tokio::test]
async fn row_7_the_future_is_refused_after_five_minutes() {
    let (_test, lab) = lab().await;
    let mut node = Node::new(0);
    let now = node.created_at;
    node.created_at = now + 4.minutes();
    assert_eq!(lab.submit(node.submission()).await, Answer::ok());
    node.created_at = now + 6.minutes();
    let expected = Answer::error(400, "Field created_at is a timestamp in future");
    assert_eq!(lab.submit(node.submission()).await, expected);
}

#[tokio::test]
async fn the_past_is_refused_if_configured() {
    let test = TestDatabase::create().await.unwrap();
    let mut node = Node::new(0);
    node.created_at = "2021-07-01T16:21:33Z".parse().unwrap();
    let any_age = Lab::start(&test, &config()).await;
    assert_eq!(any_age.submit(node.submission()).await, Answer::ok());
    let mut config = config();
    config.submission_age_max = Some(Duration::from_hours(1));
    let recent_only = Lab::start(&test, &config).await;
    let expected = Answer::error(400, "Field created_at is too far in the past");
    assert_eq!(recent_only.submit(node.submission()).await, expected);
    assert_eq!(
        recent_only.submit(Node::new(0).submission()).await,
        Answer::ok()
    );
}

#[tokio::test]
async fn row_8_a_signature_of_something_else_is_refused() {
    let (_test, lab) = lab().await;
    let good = Node::new(0).submission();
    let other_key = good.replace(&Node::new(0).submitter, &Node::new(1).submitter);
    for body in [
        good.replace("QSBi", "QSBj"),
        good.replace("12D3", "12D4"),
        good.replace("3086", "3087"),
        good.replace("QSBi", "QSB\\u0069"),
        other_key,
    ] {
        let expected = Answer::error(401, "Invalid signature");
        assert_eq!(lab.submit(body.clone()).await, expected, "{body}");
    }
}

#[tokio::test]
async fn row_9_the_121st_submission_within_an_hour_is_refused() {
    let (_test, lab) = lab().await;
    let body = Node::new(0).submission();
    for number in 1..=120 {
        assert_eq!(lab.submit(body.clone()).await, Answer::ok(), "{number}");
    }
    let expected = Answer::error(429, "Too many requests per hour");
    assert_eq!(lab.submit(body).await, expected);
    assert_eq!(lab.submit(Node::new(1).submission()).await, Answer::ok());
}

#[tokio::test]
async fn row_10_a_failure_to_store_is_told_and_not_counted() {
    let test = TestDatabase::create().await.unwrap();
    let mut config = config();
    config.submissions_per_hour = 1;
    let lab = Lab::start(&test, &config).await;
    let rename = |from: &str, to: &str| format!("ALTER TABLE loadlab.{from} RENAME TO {to}");
    test.execute(&rename("uptime_submission", "gone"))
        .await
        .unwrap();
    let expected = Answer::error(500, "Unexpected server error");
    for _ in 0..2 {
        assert_eq!(lab.submit(Node::new(0).submission()).await, expected);
    }
    assert_eq!(lab.get("/v1/online").await, expected);
    test.execute(&rename("gone", "uptime_submission"))
        .await
        .unwrap();
    assert_eq!(lab.submit(Node::new(0).submission()).await, Answer::ok());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_a_failure_to_store() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    let below = folder.path().join("submissions");
    config.object_storage = Some(uptime_backend::ObjectStorage::Folder(below.clone()));
    let lab = Lab::start(&test, &config).await;
    assert_eq!(lab.submit(Node::new(0).submission()).await, Answer::ok());
    assert!(below.join("blocks").is_dir());
    std::fs::remove_dir_all(&below).unwrap();
    std::fs::write(&below, "in the way").unwrap();
    let expected = Answer::error(500, "Unexpected server error");
    assert_eq!(lab.submit(Node::new(0).submission()).await, expected);
}

#[tokio::test]
async fn any_other_path_and_method_answers_with_the_name() {
    let (_test, lab) = lab().await;
    let name = Answer {
        status: 200,
        content_type: Some("text/plain; charset=utf-8".to_owned()),
        body: "delegation backend service".to_owned(),
    };
    for (method, path) in [
        (Method::GET, "/"),
        (Method::POST, "/"),
        (Method::DELETE, "/v1"),
        (Method::GET, "/v1/submit/more"),
        (Method::GET, "/favicon.ico"),
    ] {
        let request = Request::builder().method(method).uri(path);
        assert_eq!(lab.send(request.body(Body::empty()).unwrap()).await, name);
    }
}
