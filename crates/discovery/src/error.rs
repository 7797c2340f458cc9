//! Why it is not known which nodes there are.

/// Why it is not known which nodes there are.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// The HTTP client cannot be set up, as by a variable that names no proxy.
    #[error("cannot set up the HTTP client")]
    Setup(#[source] reqwest::Error),
    /// No answer, or a broken one.
    #[error("the online list does not answer{proxy}")]
    Http {
        /// The proxy that was asked, if one was.
        proxy: String,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// A status other than 200 to 299. Redirects are not followed.
    #[error("the online list answers with status {status}{proxy}")]
    Status {
        /// The status.
        status: u16,
        /// The proxy that was asked, if one was.
        proxy: String,
    },
    /// Larger than any list.
    #[error("the online list has more than {0} bytes")]
    TooLarge(usize),
    /// No JSON array.
    #[error("the online list is not a JSON array{proxy}")]
    Json {
        /// The proxy that was asked, if one was.
        proxy: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The bucket cannot be read.
    #[error("the bucket with submissions does not answer{proxy}")]
    Bucket {
        /// The proxy that was asked, if one was.
        proxy: String,
        /// What went wrong.
        source: object_store::Error,
    },
    /// No answer in time.
    #[error("discovery took longer than {0} s")]
    Timeout(u64),
}
