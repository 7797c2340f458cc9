//! Every outcome of authentication.

use itn::authorization::{basic, sequenced};
use itn::sequence::Session;

use super::node::{Answer, Server, UUID, key, stranger};

const SLOTS: &str = r#"{"query":"{ slotsWon }"}"#;
const PUBLIC_KEY: &str = "BaG9HYTNxkqyX7haFnz/HXL9FhYwS4gdQ7uYWiStgoY=";

fn session(uuid: &str, number: u16) -> Session {
    Session {
        server_uuid: uuid.parse().unwrap(),
        number,
    }
}

#[track_caller]
fn check(answer: &Answer, status: u16, body: &str) {
    assert_eq!((answer.status, answer.body.as_str()), (status, body));
}

/// That the request is refused so, and uses up no number.
async fn check_refused(server: &Server, header: Option<&str>, status: u16, body: &str) {
    let before = server.next_number().await;
    let answer = server.post(header, SLOTS).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (status, body),
        "{header:?}"
    );
    assert_eq!(server.next_number().await, before, "{header:?}");
}

#[tokio::test]
async fn no_authorization() {
    let server = Server::start().await;
    check_refused(&server, None, 401, "Unauthorized").await;
}

#[tokio::test]
async fn wrong_number_of_tokens_or_wrong_keywords() {
    let server = Server::start().await;
    let good = sequenced(&key(), &session(UUID, 0), SLOTS.as_bytes());
    for wrong in [
        String::new(),
        "Signature".to_owned(),
        format!("{good} x"),
        good.replace(" ; ", ";"),
        good.replace(" ; ", " ;  "),
        good.replace("Signature", "signature"),
        good.replace("Sequencing", "Sequence"),
        good.replace(';', ":"),
        good.replacen(' ', "  ", 1),
        "Bearer x".to_owned(),
    ] {
        check_refused(&server, Some(&wrong), 401, "Unauthorized").await;
    }
}

#[tokio::test]
async fn a_public_key_that_is_none() {
    let server = Server::start().await;
    let good = sequenced(&key(), &session(UUID, 0), SLOTS.as_bytes());
    for wrong in [
        "x",
        "c2hvcnQ=",
        "BaG9HYTNxkqyX7haFnz/HXL9FhYwS4gdQ7uYWiStgoY",
    ] {
        let header = good.replace(PUBLIC_KEY, wrong);
        check_refused(&server, Some(&header), 401, "Unauthorized").await;
        // The key comes before the uuid.
        let header = header.replace(UUID, "no-uuid");
        check_refused(&server, Some(&header), 401, "Unauthorized").await;
    }
}

#[tokio::test]
async fn a_uuid_that_is_none() {
    let server = Server::start().await;
    let good = sequenced(&key(), &session(UUID, 0), SLOTS.as_bytes());
    for wrong in [
        "x",
        "24511be6-320d-4ef2-8dff-89916bcb675",
        "24511be6320d4ef28dff89916bcb6751xxxx",
    ] {
        let header = good.replace(UUID, wrong);
        check_refused(&server, Some(&header), 412, "Invalid server Uuid").await;
    }
}

#[tokio::test]
async fn the_uuid_of_another_server() {
    let server = Server::start().await;
    let other = session("6f1b1a52-9a3e-4f0e-8d5b-2c7a1e4d9b10", 0);
    let header = sequenced(&key(), &other, SLOTS.as_bytes());
    check_refused(&server, Some(&header), 412, "Invalid sequence number").await;
}

#[tokio::test]
async fn another_number() {
    let server = Server::start().await;
    for number in [1, 65535] {
        let header = sequenced(&key(), &session(UUID, number), SLOTS.as_bytes());
        check_refused(&server, Some(&header), 412, "Invalid sequence number").await;
    }
    let good = sequenced(&key(), &session(UUID, 0), SLOTS.as_bytes());
    let head = good.strip_suffix('0').unwrap();
    for number in ["00", "+0", "-0", "", "x"] {
        let header = format!("{head}{number}");
        // A value ends before its last blanks, so that the empty number is a token too few.
        let (status, body) = if number.is_empty() {
            (401, "Unauthorized")
        } else {
            (412, "Invalid sequence number")
        };
        check_refused(&server, Some(&header), status, body).await;
    }
}

#[tokio::test]
async fn a_key_that_is_not_permitted() {
    let server = Server::start().await;
    let header = basic(&stranger(), SLOTS.as_bytes());
    check_refused(&server, Some(&header), 401, "Unauthorized").await;
    let header = sequenced(&stranger(), &session(UUID, 0), SLOTS.as_bytes());
    check_refused(&server, Some(&header), 401, "Unauthorized").await;
    // Its stale number is seen first.
    let header = sequenced(&stranger(), &session(UUID, 7), SLOTS.as_bytes());
    check_refused(&server, Some(&header), 412, "Invalid sequence number").await;
}

#[tokio::test]
async fn a_wrong_signature() {
    let server = Server::start().await;
    for good in [
        sequenced(&key(), &session(UUID, 0), SLOTS.as_bytes()),
        basic(&key(), SLOTS.as_bytes()),
    ] {
        let signature = good.split(' ').nth(2).unwrap();
        let other = basic(&key(), b"another body");
        let other = other.split(' ').nth(2).unwrap();
        for wrong in ["x", "c2hvcnQ=", other] {
            let header = good.replace(signature, wrong);
            check_refused(&server, Some(&header), 401, "Unauthorized").await;
        }
    }
}

#[tokio::test]
async fn the_basic_form_for_anything_but_auth_and_the_limit() {
    let server = Server::start().await;
    let header = basic(&key(), SLOTS.as_bytes());
    let refused = r#"{"errors":[{"message":"Missing sequence information","path":["slotsWon"]}],"data":null}"#;
    check_refused(&server, Some(&header), 200, refused).await;

    let auth = r#"{"query":"query Auth { auth { serverUuid signerSequenceNumber libp2pPort peerId isBlockProducer } }"}"#;
    let header = basic(&key(), auth.as_bytes());
    let answer = r#"{"data":{"auth":{"serverUuid":"24511be6-320d-4ef2-8dff-89916bcb6751","signerSequenceNumber":"0","libp2pPort":"8302","peerId":"12D3KooWLTvNv685CWbLn5nAGQpTTXu6DkQ3D8z64CVyKNb1686m","isBlockProducer":true}}}"#;
    check(&server.post(Some(&header), auth).await, 200, answer);

    let limit = r#"{"query":"mutation { zkAppCommandLimit(limit: 24) }"}"#;
    let header = basic(&key(), limit.as_bytes());
    let answer = r#"{"data":{"zkAppCommandLimit":24}}"#;
    check(&server.post(Some(&header), limit).await, 200, answer);
    assert_eq!(server.done(), ["limit Some(24)"]);
}

/// The published vectors, as they would be sent by anyone.
#[tokio::test]
async fn the_vectors_are_accepted() {
    let server = Server::start().await;
    let header = format!(
        "Signature {PUBLIC_KEY} 0vXQyHNiSGP/ic59mzU+QLBpZD/57gGII3zH3VjbyV23vdl1+OUf/uCIcJqgiDP00GW29wiqaGc+lh1UuxLzDw== ; Sequencing {UUID} 0"
    );
    let answer = r#"{"data":{"slotsWon":[855,860]}}"#;
    check(&server.post(Some(&header), SLOTS).await, 200, answer);
    check(
        &server.post(Some(&header), SLOTS).await,
        412,
        "Invalid sequence number",
    );
    for number in 1..258 {
        let header = sequenced(&key(), &session(UUID, number), SLOTS.as_bytes());
        assert_eq!(server.post(Some(&header), SLOTS).await.status, 200);
    }
    let flush = r#"{"query":"mutation { flushInternalLogs(endLogId: 41) }"}"#;
    let header = format!(
        "Signature {PUBLIC_KEY} zP2XLpj2G5spDhyALT0RhbcIzzv2KNvGYIYE8BjNKeiGtmjwNF8qXPbsD7AvtCevm5WX+0Vq8grnaWOhhZBhAQ== ; Sequencing {UUID} 258"
    );
    let answer = r#"{"data":{"flushInternalLogs":"Deleted 5 logs"}}"#;
    check(&server.post(Some(&header), flush).await, 200, answer);
}

#[tokio::test]
async fn whatever_is_wrong_after_authentication_uses_up_a_number() {
    let server = Server::start().await;
    for (number, (line, content_type, body, status)) in [
        ("POST /graphql", "application/json", SLOTS, 200),
        (
            "POST /graphql",
            "application/json",
            r#"{"query":"{ nothing }"}"#,
            200,
        ),
        ("POST /graphql", "application/json", r#"{"query":"{"}"#, 200),
        ("POST /graphql", "application/json", "no JSON", 400),
        ("POST /graphql", "text/plain", SLOTS, 400),
        ("PUT /graphql", "application/json", SLOTS, 404),
    ]
    .into_iter()
    .enumerate()
    {
        let number = u16::try_from(number).unwrap();
        assert_eq!(server.next_number().await, number);
        let header = sequenced(&key(), &session(UUID, number), body.as_bytes());
        let authorization = format!("Authorization: {header}");
        let content_type = format!("Content-Type: {content_type}");
        let headers = [authorization.as_str(), &content_type];
        let answer = server.request(line, &headers, body).await;
        assert_eq!(answer.status, status, "{line} {body}: {answer:?}");
    }
    assert_eq!(server.next_number().await, 6);
}

#[tokio::test]
async fn of_two_requests_with_one_number_exactly_one_is_accepted() {
    let server = Server::start().await;
    let header = sequenced(&key(), &session(UUID, 0), SLOTS.as_bytes());
    let requests = (0..8).map(|_| server.post(Some(&header), SLOTS));
    let answers = futures_util::future::join_all(requests).await;
    let accepted = answers.iter().filter(|answer| answer.status == 200);
    assert_eq!(accepted.count(), 1);
}
