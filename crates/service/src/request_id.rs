//! Ids of requests: from the first service that sees a request to the last, in every log line, in
//! answers, error bodies and the audit log.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header with the id, in requests and answers.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Most characters of an id that a client gives.
const CHARACTERS_MAX: usize = 64;

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that the current task answers.
#[must_use]
pub fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Does `work` as part of the request with this id.
pub async fn within<T>(id: String, work: impl Future<Output = T>) -> T {
    CURRENT.scope(id, work).await
}

/// The id of the current request for a request to another service.
#[must_use]
pub fn to_forward() -> Option<HeaderValue> {
    HeaderValue::try_from(current()?).ok()
}

/// The id that a client gives, if it can be one; else a new one.
pub(crate) fn of(headers: &HeaderMap) -> String {
    let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
    given
        .filter(|id| is_usable(id))
        .map_or_else(make, str::to_owned)
}

/// Letters, digits and `-_.`: what is safe in logs, addresses and shells.
fn is_usable(id: &str) -> bool {
    (1..=CHARACTERS_MAX).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// A new id. Ids need to differ, not to be secret: a random number of the process with a counter,
/// mixed by the standard library's keyed hash.
#[must_use]
pub fn make() -> String {
    static PROCESS: LazyLock<(RandomState, u64)> = LazyLock::new(|| {
        let state = RandomState::new();
        let start = state.hash_one(std::process::id());
        (state, start)
    });
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let (state, start) = &*PROCESS;
    format!(
        "{:016x}{:016x}",
        state.hash_one(number),
        start.wrapping_add(number)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_as_it_is_if_it_is_short_and_plain() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_bytes(text.as_bytes()).unwrap());
            of(&headers)
        };
        let longest = "a".repeat(CHARACTERS_MAX);
        for good in ["a", "01-b_C.d", longest.as_str()] {
            assert_eq!(of(good), good);
        }
        for bad in [
            "",
            "a b",
            "a\"b",
            "a/b",
            "ä",
            "a\tb",
            &"a".repeat(CHARACTERS_MAX + 1),
        ] {
            let made = of(bad);
            assert!(is_usable(&made) && made != bad, "{bad:?}: {made}");
        }
    }

    #[test]
    fn new_ids_differ() {
        let ids: std::collections::BTreeSet<String> = (0..1_000).map(|_| make()).collect();
        assert_eq!(ids.len(), 1_000);
    }

    #[tokio::test]
    async fn there_is_none_outside_of_a_request() {
        assert_eq!(current(), None);
        let inside = within("a".to_owned(), async { current() }).await;
        assert_eq!(inside.as_deref(), Some("a"));
    }
}
