//! Sessions: a cookie that proves that its holder knew the token, until it expires.
//!
//! The cookie holds its end and a code over it, made with the token: nothing is kept, a restart
//! ends no session, and another token ends all of them.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::{HeaderMap, header};
use hmac::{Hmac, KeyInit as _, Mac as _};
use service::Token;
use sha2::Sha256;

const COOKIE: &str = "loadlab_session";
/// How long a session lasts, in seconds.
const LIFETIME_S: u64 = 12 * 3600;
/// Keeps codes of sessions apart from other uses of the token.
const PURPOSE: &[u8] = b"loadlab dashboard session 1";

/// Makes and knows sessions. Without a token there are none.
#[derive(Debug, Clone)]
pub(crate) struct Sessions {
    token: Option<Token>,
}

impl Sessions {
    pub(crate) fn new(token: Option<&Token>) -> Self {
        Self {
            token: token.cloned(),
        }
    }

    /// The header `Set-Cookie` of a new session, and its end in seconds since 1970.
    pub(crate) fn begin(&self) -> Option<(String, u64)> {
        let end = now().checked_add(LIFETIME_S)?;
        let code = self.code(end)?.finalize().into_bytes();
        let code = hex(&code);
        let cookie = format!(
            "{COOKIE}={end}.{code}; Path=/; Max-Age={LIFETIME_S}; HttpOnly; SameSite=Strict"
        );
        Some((cookie, end))
    }

    /// The header `Set-Cookie` that ends a session.
    pub(crate) fn ended() -> String {
        format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
    }

    /// Whether a request comes from a session that lasts.
    pub(crate) fn is_valid(&self, headers: &HeaderMap) -> bool {
        self.end(headers).is_some()
    }

    /// The end of the session that a request comes from, in seconds since 1970.
    pub(crate) fn end(&self, headers: &HeaderMap) -> Option<u64> {
        let cookies = headers.get_all(header::COOKIE).iter();
        cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
            .find_map(|value| self.check(value))
    }

    fn check(&self, value: &str) -> Option<u64> {
        let (end, code) = value.split_once('.')?;
        let end: u64 = end.parse().ok()?;
        let code = from_hex(code)?;
        // Takes the same time wherever the first difference is.
        self.code(end)?.verify_slice(&code).ok()?;
        (end > now()).then_some(end)
    }

    fn code(&self, end: u64) -> Option<Hmac<Sha256>> {
        let bearer = self.token.as_ref()?.bearer();
        let mut code = Hmac::<Sha256>::new_from_slice(bearer.as_bytes()).ok()?;
        code.update(PURPOSE);
        code.update(&end.to_be_bytes());
        Some(code)
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let pairs = text.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text never fails.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(token: &str) -> Sessions {
        Sessions::new(Some(&Token::new(token).unwrap()))
    }

    fn with(cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let value = format!("other=1; {cookie}").parse().unwrap();
        headers.insert(header::COOKIE, value);
        headers
    }

    #[test]
    fn a_session_holds_until_its_end_and_for_its_token_only() {
        let mine = sessions("correct-horse-battery");
        let (cookie, end) = mine.begin().unwrap();
        for needed in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(needed), "{cookie}");
        }
        let value = cookie.split(';').next().unwrap();
        assert_eq!(mine.end(&with(value)), Some(end));
        assert!(!sessions("another-horse-battery").is_valid(&with(value)));
        assert!(!Sessions::new(None).is_valid(&with(value)));
        assert!(!value.contains("horse"), "{value}");
    }

    #[test]
    fn a_changed_or_old_cookie_is_none() {
        let mine = sessions("correct-horse-battery");
        let (cookie, end) = mine.begin().unwrap();
        let value = cookie.split(';').next().unwrap();
        let longer = value.replace(&end.to_string(), &(end + 1).to_string());
        let old = mine.code(1).unwrap().finalize().into_bytes();
        let old = hex(&old);
        for wrong in [
            longer.as_str(),
            &format!("{COOKIE}=1.{old}"),
            "loadlab_session=",
            "loadlab_session=1.ab",
            &format!("loadlab_session={end}.{}", "é".repeat(32)),
        ] {
            assert!(!mine.is_valid(&with_bytes(wrong)), "{wrong}");
        }
    }

    fn with_bytes(cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let value = axum::http::HeaderValue::from_bytes(cookie.as_bytes()).unwrap();
        headers.insert(header::COOKIE, value);
        headers
    }
}
