//! Faults in the answers of a node: what its clients get instead of an answer, or of it.

use std::fmt;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::Value;

/// Longest answer that is taken apart to be damaged. No queue holds more.
const ANSWER_BYTES_MAX: usize = 256 << 20;

/// Length of the pieces in which an oversized answer is sent.
const PIECE: &[u8] = &[b' '; 64 * 1024];

/// How a node answers wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerFault {
    /// It accepts connections and requests, and never answers.
    Hang,
    /// It answers after this time (real time).
    Slow(Duration),
    /// It answers with this status and does nothing.
    ServerError(u16),
    /// It does what was asked, and breaks off in the middle of the answer.
    Truncated,
    /// It does what was asked, and answers with this many bytes of JSON.
    Oversized(u64),
    /// It does what was asked, and answers with JSON of which nothing has the right type.
    WrongTypes,
}

impl fmt::Display for AnswerFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hang => formatter.write_str("hangs"),
            Self::Slow(delay) => write!(formatter, "slow by {} ms", delay.as_millis()),
            Self::ServerError(status) => write!(formatter, "answers {status}"),
            Self::Truncated => formatter.write_str("truncated"),
            Self::Oversized(bytes) => write!(formatter, "oversized, {bytes} bytes"),
            Self::WrongTypes => formatter.write_str("wrong types"),
        }
    }
}

impl AnswerFault {
    /// What happens before the request is executed; an answer here means that it is not.
    pub(crate) async fn before(self) -> Option<Response> {
        match self {
            Self::Hang => std::future::pending().await,
            Self::Slow(delay) => {
                tokio::time::sleep(delay).await;
                None
            }
            Self::ServerError(status) => {
                let status =
                    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                Some((status, "simulated fault").into_response())
            }
            Self::Truncated | Self::Oversized(_) | Self::WrongTypes => None,
        }
    }

    /// What becomes of the answer.
    pub(crate) async fn after(self, answer: Response) -> Response {
        match self {
            Self::Truncated => truncate(answer).await,
            Self::Oversized(bytes) => oversize(answer, bytes),
            Self::WrongTypes => mistype(answer).await,
            Self::Hang | Self::Slow(_) | Self::ServerError(_) => answer,
        }
    }
}

/// The first half of the body under the length of the whole; then the connection breaks.
async fn truncate(answer: Response) -> Response {
    let (mut head, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, ANSWER_BYTES_MAX)
        .await
        .unwrap_or_default();
    head.headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    let half = body.slice(..body.len() / 2);
    let broken = std::io::Error::other("simulated fault: broken off");
    Response::from_parts(
        head,
        Body::from_stream(stream::iter([Ok(half), Err(broken)])),
    )
}

/// A JSON text with an endless blank in it.
fn oversize(answer: Response, bytes: u64) -> Response {
    let (mut head, _) = answer.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    let pieces = bytes / PIECE.len() as u64;
    let body = stream::iter(
        std::iter::once(Bytes::from_static(b"{\"data\":"))
            .chain((0..pieces).map(|_| Bytes::from_static(PIECE)))
            .chain([Bytes::from_static(b"null}")])
            .map(Ok::<_, std::convert::Infallible>),
    );
    Response::from_parts(head, Body::from_stream(body))
}

/// The answer with every value below `data` in a list of its own; what is no JSON stays.
async fn mistype(answer: Response) -> Response {
    let (mut head, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, ANSWER_BYTES_MAX)
        .await
        .unwrap_or_default();
    let Ok(mut json) = serde_json::from_slice::<Value>(&body) else {
        return Response::from_parts(head, Body::from(body));
    };
    if let Some(data) = json.get_mut("data") {
        wrap(data);
    }
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(json.to_string()))
}

fn wrap(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(wrap),
        Value::Array(elements) => {
            let elements = std::mem::take(elements);
            *value = Value::Object(
                (0..)
                    .zip(elements)
                    .map(|(index, element)| (index.to_string(), element))
                    .collect(),
            );
        }
        leaf => *leaf = Value::Array(vec![leaf.take()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &'static str) -> Response {
        ([(header::CONTENT_TYPE, "application/json")], body).into_response()
    }

    async fn text(answer: Response) -> String {
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await;
        String::from_utf8(bytes.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_server_error_is_answered_before_anything_is_done() {
        let answer = AnswerFault::ServerError(503).before().await.unwrap();
        assert_eq!(answer.status(), 503);
        assert!(AnswerFault::Truncated.before().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_hanging_node_never_answers_and_a_slow_one_does() {
        let hour = Duration::from_hours(1);
        let hang = tokio::time::timeout(hour, AnswerFault::Hang.before()).await;
        assert!(hang.is_err());
        let slow = AnswerFault::Slow(Duration::from_secs(7)).before();
        let begin = tokio::time::Instant::now();
        assert!(slow.await.is_none());
        assert_eq!(begin.elapsed(), Duration::from_secs(7));
    }

    #[tokio::test]
    async fn a_truncated_body_breaks_off_before_its_announced_length() {
        let answer = AnswerFault::Truncated.after(answer("0123456789")).await;
        assert_eq!(answer.headers()[header::CONTENT_LENGTH], "10");
        assert!(axum::body::to_bytes(answer.into_body(), 100).await.is_err());
    }

    #[tokio::test]
    async fn an_oversized_body_has_about_the_length_asked_for() {
        let oversized = AnswerFault::Oversized(1_000_000).after(answer("{}")).await;
        let body = text(oversized).await;
        assert!((900_000..1_100_000).contains(&body.len()), "{}", body.len());
        serde_json::from_str::<Value>(&body).unwrap();
    }

    #[tokio::test]
    async fn no_value_keeps_its_type() {
        let answer = answer(r#"{"data":{"auth":{"id":1,"uuid":"x"},"logs":[{"id":1}]}}"#);
        let answer = AnswerFault::WrongTypes.after(answer).await;
        assert_eq!(
            text(answer).await,
            r#"{"data":{"auth":{"id":[1],"uuid":["x"]},"logs":{"0":{"id":1}}}}"#
        );
    }
}
