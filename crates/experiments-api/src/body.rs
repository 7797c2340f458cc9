//! Reading JSON bodies, as Express does, with its limit.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use serde_json::{Map, Value};

use crate::error::{BODY_BYTES_MAX, Refused};

/// The object that a request holds, empty if it has no body.
pub(crate) async fn object(request: Request) -> Result<Map<String, Value>, Refused> {
    let (parts, body) = request.into_parts();
    let announced = parts.headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > BODY_BYTES_MAX) {
        return Err(Refused::TooLarge);
    }
    let bytes = collect(body).await?;
    parse(&parts.headers, &bytes)
}

async fn collect(body: Body) -> Result<Vec<u8>, Refused> {
    let mut bytes = Vec::new();
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let unreadable = |_| Refused::Invalid("The body could not be read".to_owned());
        let chunk = chunk.map_err(unreadable)?;
        if chunk.len() > BODY_BYTES_MAX - bytes.len() {
            return Err(Refused::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn parse(headers: &HeaderMap, bytes: &[u8]) -> Result<Map<String, Value>, Refused> {
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    if !is_json(headers) {
        return Err(Refused::NotJson);
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Refused::Invalid(
            "The body must be a JSON object".to_owned(),
        )),
        Err(error) => Err(Refused::Invalid(format!(
            "The body is not valid JSON: {error}"
        ))),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let encoded = text(header::CONTENT_ENCODING)
        .is_some_and(|encoding| !encoding.trim().eq_ignore_ascii_case("identity"));
    let media_type = text(header::CONTENT_TYPE).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    !encoded && media_type.eq_ignore_ascii_case("application/json")
}

/// What JavaScript takes for false, and the original for absent.
pub(crate) fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Bool(true) | Value::Array(_) | Value::Object(_) => false,
    }
}
