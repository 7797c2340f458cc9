//! GraphQL over a websocket: the protocol `graphql-ws` of Apollo's `subscriptions-transport-ws`,
//! which the daemon's server speaks.
//!
//! The request for the upgrade is authenticated, and counted if it is sequenced, like any other;
//! what comes through the socket is executed in its name. There is nothing to subscribe to: each
//! `start` gets one answer. A socket ends with the run of the daemon that opened it.

use std::sync::Weak;
use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::header::{CONNECTION, UPGRADE};
use axum::http::{HeaderMap, HeaderName, Method};
use axum::response::Response;
use itn::{Authenticated, Uuid};
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use super::{BODY_BYTES_MAX, ItnNode, execute};
use crate::graphql::{Request, http};

const PROTOCOL: &str = "graphql-ws";
/// A socket through which nothing comes for so long is closed.
const SILENCE_MAX: Duration = Duration::from_mins(10);

/// Whether a request asks for a websocket.
pub(super) fn is_upgrade(method: &Method, headers: &HeaderMap) -> bool {
    let has = |name: HeaderName, word: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|list| {
            list.split(',')
                .any(|element| element.trim().eq_ignore_ascii_case(word))
        })
    };
    *method == Method::GET && has(CONNECTION, "upgrade") && has(UPGRADE, "websocket")
}

/// Opens the socket of an authenticated request.
pub(super) fn upgrade<N: ItnNode>(
    upgrade: WebSocketUpgrade,
    node: Weak<N>,
    server_uuid: Uuid,
    authenticated: Authenticated,
) -> Response {
    upgrade
        .protocols([PROTOCOL])
        .max_message_size(BODY_BYTES_MAX)
        .on_upgrade(move |mut socket| async move {
            // An error means that the other side is gone.
            let _ = serve(&mut socket, &node, server_uuid, authenticated).await;
        })
}

async fn serve<N: ItnNode>(
    socket: &mut WebSocket,
    node: &Weak<N>,
    server_uuid: Uuid,
    authenticated: Authenticated,
) -> Result<(), axum::Error> {
    while let Ok(Some(message)) = tokio::time::timeout(SILENCE_MAX, socket.recv()).await {
        let text = match message? {
            Message::Text(text) => text,
            Message::Binary(_) | Message::Close(_) => break,
            Message::Ping(_) | Message::Pong(_) => continue,
        };
        let Some(node) = node
            .upgrade()
            .filter(|node| node.server_uuid() == server_uuid)
        else {
            break;
        };
        let Some(answers) = answers(&text, |request| execute(&*node, authenticated, request))
        else {
            break;
        };
        for answer in answers {
            socket.send(Message::Text(answer)).await?;
        }
    }
    socket.send(Message::Close(None)).await
}

/// What is sent back for a message; none to end the connection.
fn answers(
    message: &str,
    execute: impl FnOnce(&Request) -> Option<Vec<u8>>,
) -> Option<Vec<Utf8Bytes>> {
    let error = |kind: &str, id: &Json, message: &str| {
        let mut answer = json!({ "type": kind, "payload": { "message": message } });
        if !id.is_null() {
            answer["id"] = id.clone();
        }
        Some(vec![answer.to_string().into()])
    };
    let Ok(message) = serde_json::from_str::<Json>(message) else {
        return error("connection_error", &Json::Null, "the message is not JSON");
    };
    let id = &message["id"];
    match message["type"].as_str().unwrap_or_default() {
        "connection_init" => Some(vec![json!({ "type": "connection_ack" }).to_string().into()]),
        "connection_terminate" => None,
        // What was started has been answered already.
        "stop" => Some(vec![complete(id)]),
        "start" if !id.is_string() => error("error", id, "`id` must be a text"),
        "start" => match http::request_of(&message["payload"]) {
            Ok(request) => {
                let body = execute(&request)?;
                let payload: &RawValue = serde_json::from_slice(&body).ok()?;
                let data = format!(r#"{{"type":"data","id":{id},"payload":{payload}}}"#);
                Some(vec![data.into(), complete(id)])
            }
            Err(message) => error("error", id, &message),
        },
        _ => error("error", id, "unknown type of message"),
    }
}

fn complete(id: &Json) -> Utf8Bytes {
    format!(r#"{{"type":"complete","id":{id}}}"#).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expected: Option<&[&str]>) {
        let answers = answers(message, |request| {
            serde_json::to_vec(&json!({ "data": request.query })).ok()
        });
        let texts: Option<Vec<String>> =
            answers.map(|answers| answers.iter().map(ToString::to_string).collect());
        let expected =
            expected.map(|expected| expected.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(texts, expected, "{message}");
    }

    #[test]
    fn each_message_has_its_answer() {
        check(
            r#"{"type":"connection_init","payload":{}}"#,
            Some(&[r#"{"type":"connection_ack"}"#]),
        );
        check(
            r#"{"type":"start","id":"1","payload":{"query":"{ a }"}}"#,
            Some(&[
                r#"{"type":"data","id":"1","payload":{"data":"{ a }"}}"#,
                r#"{"type":"complete","id":"1"}"#,
            ]),
        );
        check(
            r#"{"type":"stop","id":"1"}"#,
            Some(&[r#"{"type":"complete","id":"1"}"#]),
        );
        check(r#"{"type":"connection_terminate"}"#, None);
    }

    #[test]
    fn bad_messages_are_told_and_the_connection_stays() {
        for (message, kind) in [
            ("", "connection_error"),
            ("{", "connection_error"),
            ("[]", "error"),
            (r#"{"type":"news"}"#, "error"),
            (
                r#"{"type":"start","id":1,"payload":{"query":"{ a }"}}"#,
                "error",
            ),
            (r#"{"type":"start","id":"1"}"#, "error"),
            (
                r#"{"type":"start","id":"1","payload":{"query":5}}"#,
                "error",
            ),
        ] {
            let answers = answers(message, |_| unreachable!("nothing to execute")).unwrap();
            let answer: Json = serde_json::from_str(&answers[0]).unwrap();
            assert_eq!(answer["type"], kind, "{message}");
        }
    }
}
