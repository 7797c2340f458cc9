//! Answers that no daemon gives, and answers that never end.

use std::time::Duration;

use itn::{Error, ErrorClass, Limits, Malformed};

use crate::node::{Node, Reaction, first_run, limits, response};

async fn error_after(reaction: Reaction) -> Error {
    let node = Node::start().await;
    node.react(reaction);
    let error = node.client().slots_won().await.unwrap_err();
    assert_eq!(node.state().sequenced_requests, 1, "nothing is repeated");
    error
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Node::start().await;
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let head = format!(
            "HTTP/1.1 {status}\r\nLocation: http://{}/graphql\r\nContent-Length: 0\r\n\r\n",
            elsewhere.address
        );
        let error = error_after(Reaction::Send(head.into_bytes())).await;
        assert!(matches!(error, Error::Redirect(_)), "{error:?}");
        assert_eq!(error.class(), ErrorClass::Hostile);
    }
    assert_eq!(elsewhere.state().connections, 0);
}

#[tokio::test]
async fn an_answer_that_announces_too_much_is_not_read() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 10001\r\n\r\n".to_vec();
    let error = error_after(Reaction::SendAndHang(head)).await;
    assert!(
        matches!(
            error,
            Error::Malformed(Malformed::TooLarge { bytes_max: 10_000 })
        ),
        "{error:?}"
    );
    assert_eq!(error.class(), ErrorClass::Hostile);
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut_off_at_the_limit() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let piece = format!("400\r\n{}\r\n", "[".repeat(0x400)).into_bytes();
    let error = error_after(Reaction::SendForever(head, piece)).await;
    assert!(
        matches!(error, Error::Malformed(Malformed::TooLarge { .. })),
        "{error:?}"
    );
    // Without any length: until the connection closes.
    let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    let error = error_after(Reaction::SendForever(head, vec![b' '; 1024])).await;
    assert!(
        matches!(error, Error::Malformed(Malformed::TooLarge { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn logs_may_be_larger_than_other_answers() {
    let node = Node::start().await;
    let mut client = node.client();
    let answer = |count| {
        let entries: Vec<String> = (1..=count)
            .map(|id| {
                format!(
                    r#"{{"id":{id},"timestamp":"2025-05-07 14:30:22Z","message":"X","metadata":[],"process":null}}"#
                )
            })
            .collect();
        format!(r#"{{"data":{{"internalLogs":[{}]}}}}"#, entries.join(","))
    };
    node.state().answer = Some(answer(200));
    let logs = client.internal_logs(first_run(), 0).await.unwrap();
    assert_eq!(logs.len(), 200);
    node.state().answer = Some(answer(300));
    let error = client.internal_logs(first_run(), 0).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Malformed(Malformed::TooLarge { bytes_max: 20_000 })
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_answer_that_comes_too_slowly_is_given_up() {
    let beginnings = [
        &b""[..],
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\"",
    ];
    let half_a_second = Duration::from_millis(500);
    let slow = [
        Limits {
            connect: half_a_second,
            idle: half_a_second,
            ..limits()
        },
        Limits {
            total: half_a_second,
            ..limits()
        },
    ];
    for beginning in beginnings {
        for limits in slow {
            let node = Node::start().await;
            node.react(Reaction::SendAndHang(beginning.to_vec()));
            let mut client = node.client_within(limits);
            let error = client.slots_won().await.unwrap_err();
            assert!(matches!(error, Error::TimedOut), "{error:?}");
            assert!(error.is_outcome_unknown());
            assert_eq!(error.class(), ErrorClass::Transient);
            client.slots_won().await.unwrap();
        }
    }
}

#[tokio::test]
async fn content_that_does_not_fit_is_refused_and_quoted_with_care() {
    let deep = format!(r#"{{"data":{{"slotsWon":{}}}}}"#, "[".repeat(9_000));
    for body in [
        "",
        "<html>hello</html>",
        "null",
        r#"{"data":null}"#,
        r#"{"data":{"slotsWon":"many"}}"#,
        r#"{"data":{"slotsWon":[1,-2]}}"#,
        r#"{"data":{"slotsWon":[1,2]"#,
        r#"{"data":{"other":[1,2]}}"#,
        r#"{"data":{"slotsWon":"\u001b[2J"}}"#,
        &deep,
    ] {
        let error = error_after(Reaction::ExecuteAndSend(response("200 OK", body))).await;
        let Error::Malformed(malformed) = &error else {
            panic!("{body}: {error:?}");
        };
        assert_eq!(error.class(), ErrorClass::Hostile);
        assert!(!malformed.to_string().contains('\u{1b}'));
    }
}

#[tokio::test]
async fn a_hostile_identity_is_refused_before_anything_is_signed_for_it() {
    for uuid in [
        "",
        "x\r\nX-Header: y",
        "24511be6-320d-4ef2-8dff-89916bcb6751 ",
    ] {
        let auth = serde_json::json!({"data": {"auth": {
            "serverUuid": uuid, "signerSequenceNumber": "0", "isBlockProducer": false,
        }}});
        let node = Node::start().await;
        node.state().auth_answer = Some(auth.to_string());
        let error = node.client().slots_won().await.unwrap_err();
        assert!(matches!(error, Error::Malformed(_)), "{error:?}");
        assert_eq!(node.state().sequenced_requests, 0);
    }
}

#[tokio::test]
async fn other_statuses_are_told_with_the_beginning_of_the_body() {
    let body = format!("overloaded\r\n{}", "x".repeat(9_000));
    let error = error_after(Reaction::Send(response("503 Unavailable", &body))).await;
    let Error::Status { status: 503, body } = &error else {
        panic!("{error:?}");
    };
    assert!(body.as_str().starts_with("overloaded\\r\\nxxx"), "{body}");
    assert!(body.as_str().chars().count() < 400);
    assert_eq!(error.class(), ErrorClass::Transient);
    let error = error_after(Reaction::Send(response("404 Not Found", ""))).await;
    assert_eq!(error.class(), ErrorClass::Permanent);
    let error = error_after(Reaction::Send(response("204 No Content", ""))).await;
    assert_eq!(error.class(), ErrorClass::Hostile);
}
