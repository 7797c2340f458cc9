//! Sessions: a cookie that holds the token of who has signed in, encrypted, and its end.
//!
//! Nothing is kept here. The key follows from the dashboard's own token, so that a restart ends no
//! session and another token ends all of them; without one it is random, and a restart ends them.
//! The token itself is checked at each request: a session of a revoked token may do nothing more.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::{HeaderMap, header};
use crypto_secretbox::aead::{Aead as _, KeyInit as _};
use crypto_secretbox::{Key, Nonce, XSalsa20Poly1305};
use rand::RngCore as _;
use service::Token;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

const COOKIE: &str = "loadlab_session";
/// How long a session lasts at most, in seconds.
const LIFETIME_S: u64 = 12 * 3600;
/// Keeps the key of sessions apart from other uses of the token.
const PURPOSE: &[u8] = b"loadlab dashboard session 2\0";
const NONCE_BYTES: usize = 24;
/// Most hexadecimal digits of a cookie: those of the longest token.
const DIGITS_MAX: usize = 2 * (NONCE_BYTES + 16 + 8 + 4_096);

/// Makes and knows sessions.
#[derive(Clone)]
pub(crate) struct Sessions {
    key: Arc<Zeroizing<[u8; 32]>>,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Sessions(…)")
    }
}

/// A session that lasts.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The token of who has signed in.
    pub(crate) token: Token,
    /// Its end in seconds since 1970.
    pub(crate) end: u64,
}

impl Sessions {
    pub(crate) fn new(token: Option<&Token>) -> Self {
        let mut random = Zeroizing::new([0; 32]);
        let secret = if let Some(token) = token {
            token.expose()
        } else {
            rand::rng().fill_bytes(random.as_mut_slice());
            random.as_slice()
        };
        let digest = Sha256::new().chain_update(PURPOSE).chain_update(secret);
        Self {
            key: Arc::new(Zeroizing::new(digest.finalize().into())),
        }
    }

    /// The header `Set-Cookie` of a new session for who has this token, and its end: in twelve
    /// hours, or with that of the token. Over HTTPS the browser gives it back over HTTPS only.
    pub(crate) fn begin(
        &self,
        token: &Token,
        token_end: Option<u64>,
        by_https: bool,
    ) -> Option<(String, u64)> {
        let now = now();
        let end = now
            .checked_add(LIFETIME_S)?
            .min(token_end.unwrap_or(u64::MAX));
        let age = end.checked_sub(now)?;
        let sealed = hex(&self.seal(token, end)?);
        let secure = if by_https { "; Secure" } else { "" };
        let cookie =
            format!("{COOKIE}={sealed}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}");
        Some((cookie, end))
    }

    /// The header `Set-Cookie` that ends a session.
    pub(crate) fn ended() -> String {
        format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
    }

    /// The session that a request comes from, if it lasts.
    pub(crate) fn of(&self, headers: &HeaderMap) -> Option<Session> {
        let cookies = headers.get_all(header::COOKIE).iter();
        cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
            .find_map(|value| self.open(value))
    }

    fn cipher(&self) -> XSalsa20Poly1305 {
        XSalsa20Poly1305::new(Key::from_slice(self.key.as_slice()))
    }

    fn seal(&self, token: &Token, end: u64) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_BYTES];
        rand::rng().fill_bytes(&mut nonce);
        let plain = Zeroizing::new([end.to_be_bytes().as_slice(), token.expose()].concat());
        let sealed = self
            .cipher()
            .encrypt(Nonce::from_slice(&nonce), plain.as_slice());
        Some([nonce.as_slice(), &sealed.ok()?].concat())
    }

    fn open(&self, value: &str) -> Option<Session> {
        let bytes = from_hex(value)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
        let plain = self.cipher().decrypt(Nonce::from_slice(nonce), sealed).ok();
        let plain = Zeroizing::new(plain?);
        let (end, token) = plain.split_first_chunk::<8>()?;
        let end = u64::from_be_bytes(*end);
        let token = Token::new(std::str::from_utf8(token).ok()?).ok()?;
        (end > now()).then_some(Session { token, end })
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() > DIGITS_MAX || !text.len().is_multiple_of(2) || !text.is_ascii() {
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

    fn token(text: &str) -> Token {
        Token::new(text).unwrap()
    }

    fn sessions(text: &str) -> Sessions {
        Sessions::new(Some(&token(text)))
    }

    fn with(cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let value = format!("other=1; {cookie}");
        let value = axum::http::HeaderValue::from_bytes(value.as_bytes()).unwrap();
        headers.insert(header::COOKIE, value);
        headers
    }

    #[test]
    fn a_session_holds_until_its_end_and_for_its_token_only() {
        let mine = sessions("correct-horse-battery");
        let hers = token("tokenof-horse-battery");
        let (cookie, end) = mine.begin(&hers, None, false).unwrap();
        for needed in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(needed), "{cookie}");
        }
        assert!(!cookie.contains("Secure"), "{cookie}");
        let value = cookie.split(';').next().unwrap();
        let found = mine.of(&with(value)).unwrap();
        assert_eq!(found.end, end);
        assert_eq!(found.token.expose(), hers.expose());
        assert!(sessions("another-horse-battery").of(&with(value)).is_none());
        assert!(Sessions::new(None).of(&with(value)).is_none());
        assert!(sessions("correct-horse-battery").of(&with(value)).is_some());
        assert!(!value.contains("horse"), "{value}");
        let (secure, _) = mine.begin(&hers, None, true).unwrap();
        assert!(secure.ends_with("; Secure"), "{secure}");
    }

    #[test]
    fn a_session_ends_with_its_token() {
        let mine = sessions("correct-horse-battery");
        let hers = token("tokenof-horse-battery");
        let soon = now() + 100;
        let (cookie, end) = mine.begin(&hers, Some(soon), false).unwrap();
        assert_eq!(end, soon);
        assert!(
            cookie.contains("Max-Age=100;") || cookie.contains("Max-Age=99;"),
            "{cookie}"
        );
        assert!(mine.begin(&hers, Some(1), false).is_none(), "it is over");
    }

    #[test]
    fn a_changed_or_old_cookie_is_none() {
        let mine = sessions("correct-horse-battery");
        let (cookie, _) = mine
            .begin(&token("tokenof-horse-battery"), None, false)
            .unwrap();
        let value = cookie.split(';').next().unwrap();
        let (name, digits) = value.split_once('=').unwrap();
        let last = if digits.ends_with('0') { "1" } else { "0" };
        let changed = format!("{name}={}{last}", &digits[..digits.len() - 1]);
        let old = mine.seal(&token("tokenof-horse-battery"), 1).unwrap();
        for wrong in [
            changed.as_str(),
            &format!("{COOKIE}={}", hex(&old)),
            "loadlab_session=",
            "loadlab_session=1.ab",
            &format!("loadlab_session={}", "é".repeat(32)),
            &format!("loadlab_session={}", "a".repeat(DIGITS_MAX + 2)),
        ] {
            assert!(mine.of(&with(wrong)).is_none(), "{wrong}");
        }
    }
}
