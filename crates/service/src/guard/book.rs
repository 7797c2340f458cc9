//! Where a guard learns of tokens that can be made and revoked while services run, and where it
//! has changes recorded. This crate knows no database: others implement [`Book`].

use std::fmt::Debug;

use axum::response::Response;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::parameters::Parameters;

/// What a sender of requests may do. Later ones may do more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Has a token for reading.
    Viewer,
    /// Has a token for changes.
    Operator,
    /// Needs no token.
    Local,
}

impl Role {
    /// Its name in answers and in the audit log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Local => "local",
        }
    }
}

/// Who sends a request. Handlers find it among the extensions of a request that was guarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The name of the token; `local` without one.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When its token ends, if it does.
    pub expires_at: Option<Timestamp>,
}

impl Caller {
    /// A sender that needs no token.
    #[must_use]
    pub fn local() -> Self {
        Self {
            name: "local".to_owned(),
            role: Role::Local,
            expires_at: None,
        }
    }

    /// A sender with the token that the service was given when it started.
    #[must_use]
    pub fn configured() -> Self {
        Self {
            name: "configured token".to_owned(),
            role: Role::Operator,
            expires_at: None,
        }
    }
}

/// What a book says of what a request presents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No token is known at all: the guard's own rule holds.
    NoTokens,
    /// There are tokens, and this is not one of them, or nothing was presented.
    Unknown,
    /// This was a token.
    Expired,
    /// This is a token.
    Known(Caller),
}

/// The book cannot be read or written at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tokens cannot be checked at the moment")]
pub struct BookAway;

/// A change that is asked for.
#[derive(Debug, Clone)]
pub struct Change {
    /// Who asks.
    pub caller: Caller,
    /// The address that the request comes from.
    pub address: Option<String>,
    /// For whom that machine says that it asks.
    pub forwarded_for: Option<String>,
    /// The method.
    pub method: String,
    /// The path as it was asked for.
    pub path: String,
    /// The names within the path.
    pub target: Option<String>,
    /// The id of the request.
    pub request_id: Option<String>,
    /// What is known of the body once it has been read.
    pub parameters: Parameters,
}

/// Tokens, and the record of changes.
pub trait Book: Debug + Send + Sync {
    /// What the presented token is.
    fn judge<'a>(&'a self, presented: Option<&'a [u8]>)
    -> BoxFuture<'a, Result<Verdict, BookAway>>;

    /// Does the work of a change and records it: before it begins, and again with its answer. A
    /// change that cannot be recorded is not made.
    fn record(
        &self,
        change: Change,
        work: BoxFuture<'static, Response>,
    ) -> BoxFuture<'static, Result<Response, BookAway>>;
}
