//! Reading answers of other services, within a limit.

/// Why a body cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// Larger than the limit.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
    /// The connection broke.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
}

/// The body of an answer of at most `bytes_max` bytes.
///
/// # Errors
///
/// The body is larger, or does not come whole.
pub async fn read_body(
    mut response: reqwest::Response,
    bytes_max: usize,
) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        if body.len() + piece.len() > bytes_max {
            return Err(BodyError::TooLarge(bytes_max));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_read_up_to_the_limit() {
        let answer = |text: &'static str| reqwest::Response::from(axum::http::Response::new(text));
        assert_eq!(read_body(answer("12345"), 5).await.unwrap(), b"12345");
        let error = read_body(answer("123456"), 5).await.unwrap_err();
        assert!(matches!(error, BodyError::TooLarge(5)), "{error}");
    }
}
