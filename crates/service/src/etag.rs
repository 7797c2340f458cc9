//! Answers with an `ETag`, which does not depend on when they were read. Their last member is `meta`,
//! which begins with that time.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::ErrorBody;

/// How every answer writes when it was read.
const AS_OF: &str = "\"as_of\":\"";

/// `value` as JSON, or 304 if the client has it already. Errors: the value cannot be written.
pub fn answer(headers: &HeaderMap, value: &impl Serialize) -> Result<Response, ErrorBody> {
    let text = serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        ErrorBody::internal()
    })?;
    let tag = tag(&text);
    let is_known = is_known(headers, &tag);
    let tag = HeaderValue::from_str(&tag).map_err(|_| ErrorBody::internal())?;
    let revalidate = HeaderValue::from_static("no-cache");
    let headers = [(header::ETAG, tag), (header::CACHE_CONTROL, revalidate)];
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let json = [(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    )];
    Ok((headers, json, text).into_response())
}

/// Whether the client says that it has the answer with this tag.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == tag || known.trim() == "*")
}

/// Weak, as answers that were read at different times are not equal byte by byte.
fn tag(text: &str) -> String {
    // `meta` is the last member, and the time its first.
    let (before, after) = text.rsplit_once(AS_OF).unwrap_or((text, ""));
    let after = after.split_once('"').map_or("", |(_, after)| after);
    let mut hasher = DefaultHasher::new();
    before.hash(&mut hasher);
    after.hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_time_of_reading_does_not_change_the_tag() {
        let text = |rows: i32, as_of: &str| {
            json!({"rows": rows, "meta": {"as_of": as_of, "total": 1}}).to_string()
        };
        assert_eq!(tag(&text(1, "2026-01-01")), tag(&text(1, "2026-01-02")));
        assert_ne!(tag(&text(1, "2026-01-01")), tag(&text(2, "2026-01-01")));
    }

    #[test]
    fn a_client_that_has_the_answer_is_told_so() {
        let value = json!({"rows": [1], "meta": {"as_of": "now"}});
        let first = answer(&HeaderMap::new(), &value).unwrap();
        assert_eq!(first.status(), StatusCode::OK);
        let mut headers = HeaderMap::new();
        let tags = format!("\"other\", {}", first.headers()["etag"].to_str().unwrap());
        headers.insert(header::IF_NONE_MATCH, tags.parse().unwrap());
        let second = answer(&headers, &value).unwrap();
        assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
        let changed = answer(&headers, &json!({"rows": []})).unwrap();
        assert_eq!(changed.status(), StatusCode::OK);
    }
}
