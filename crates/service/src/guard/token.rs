//! The one token that a service is given when it starts.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use axum::http::HeaderValue;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::error::{GuardError, TOKEN_BYTES_MAX, TOKEN_BYTES_MIN};

/// A secret that requests have to carry. Shown nowhere.
#[derive(Clone)]
pub struct Token(Arc<Zeroizing<Vec<u8>>>);

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

impl Token {
    /// A token given as text. White space around it is no part of it.
    pub fn new(text: &str) -> Result<Self, GuardError> {
        let text = text.trim();
        let usable = (TOKEN_BYTES_MIN..=TOKEN_BYTES_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !usable {
            return Err(GuardError::UnusableToken);
        }
        Ok(Self(Arc::new(Zeroizing::new(text.as_bytes().to_vec()))))
    }

    /// The token that a file holds.
    pub fn read(path: &Path) -> Result<Self, GuardError> {
        let limit = u64::try_from(TOKEN_BYTES_MAX).unwrap_or(u64::MAX) * 2;
        let text = text_file::read(path, limit).map_err(|source| GuardError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::new(&text)
    }

    /// The value of the header `Authorization` with this token. Shown nowhere.
    #[must_use]
    pub fn bearer(&self) -> HeaderValue {
        let text = Zeroizing::new([b"Bearer ".as_slice(), &self.0].concat());
        // A token has printable ASCII only, as `new` has seen to.
        let mut value =
            HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
        value.set_sensitive(true);
        value
    }

    /// The secret itself, for what hashes or encrypts it.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Takes the same time wherever the first difference is.
    pub(super) fn is(&self, presented: &[u8]) -> bool {
        self.0.ct_eq(presented).into()
    }
}
