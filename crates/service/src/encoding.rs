//! Which encodings of an answer a client takes.

use axum::http::{HeaderMap, header};

/// Whether a client takes an encoding, not counting what it refuses by `q=0`.
#[must_use]
pub fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|item| {
            let mut parts = item.split(';').map(str::trim);
            let named = parts
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            named && weight.is_none_or(|weight| weight.parse().is_ok_and(|q: f32| q > 0.0))
        })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn what_is_named_is_taken_unless_it_is_refused() {
        let mut headers = HeaderMap::new();
        assert!(!accepts(&headers, "gzip"), "nothing is named");
        let value = HeaderValue::from_static("GZIP;q=0.5, br;q=0, zstd;q=x");
        headers.insert(header::ACCEPT_ENCODING, value);
        assert!(accepts(&headers, "gzip"));
        assert!(!accepts(&headers, "br"), "refused");
        assert!(!accepts(&headers, "zstd"), "no weight");
        assert!(!accepts(&headers, "deflate"));
    }
}
