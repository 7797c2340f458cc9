//! The id of a request: in its log lines, its errors and its answer, so that a report of a user
//! leads to the lines of the log.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use axum::http::{HeaderMap, HeaderName};

/// The header that carries it.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken from a client.
const LENGTH_MAX: usize = 64;

tokio::task_local! {
    static CURRENT: String;
}

/// The client's own id if it is a short word, or else a new one.
pub(crate) fn of(headers: &HeaderMap) -> String {
    let given = headers.get(&HEADER).and_then(|value| value.to_str().ok());
    let is_word = |text: &&str| {
        (1..=LENGTH_MAX).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    given.filter(is_word).map_or_else(
        || format!("{:016x}", RandomState::new().build_hasher().finish()),
        str::to_owned,
    )
}

/// Does `work` as a part of the request with this id.
pub(crate) async fn within<T>(id: String, work: impl Future<Output = T>) -> T {
    CURRENT.scope(id, work).await
}

/// The id of the request that is being answered; none outside of one.
pub(crate) fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_client_may_give_a_short_word() {
        let of_text = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_bytes(text.as_bytes()).unwrap());
            of(&headers)
        };
        assert_eq!(of_text("a-1_b.2"), "a-1_b.2");
        for refused in ["", "a b", "<script>", "\"", "ä"] {
            let id = of_text(refused);
            assert!(id.len() == 16 && id != refused, "{id}");
        }
        assert_ne!(of(&HeaderMap::new()), of(&HeaderMap::new()));
        let long = "x".repeat(LENGTH_MAX + 1);
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_str(&long).unwrap());
        assert_eq!(of(&headers).len(), 16);
    }

    #[tokio::test]
    async fn the_id_is_known_within_the_request_only() {
        assert_eq!(current(), None);
        let inside = within("r1".to_owned(), async { current() }).await;
        assert_eq!(inside.as_deref(), Some("r1"));
    }
}
