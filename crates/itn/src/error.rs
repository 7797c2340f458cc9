//! What can go wrong between a client and a node.

use std::fmt;
use std::net::SocketAddr;

use crate::excerpt::Excerpt;
use crate::uuid::Uuid;

/// Why a request has no answer.
///
/// Messages name neither address nor operation: the caller knows both and says it in the form of
/// its own logs and answers. They hold no secrets; texts of the node are [`Excerpt`]s.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The node's address, or all addresses of its name, are outside of what the
    /// [`crate::AddressGuard`] permits. Nothing was sent.
    #[error("the address {0} is not permitted")]
    AddressRefused(SocketAddr),
    /// The process may not send any more; see [`crate::Transport::while_permitted`]. Nothing was sent.
    #[error("this process may not send any more")]
    NotPermitted,
    /// No connection. Nothing was sent.
    #[error("could not connect")]
    Connect(#[source] ConnectFailure),
    /// No complete answer within the [`crate::Limits`]. The node may have executed the request.
    #[error("no complete answer in time")]
    TimedOut,
    /// The connection broke or did not carry HTTP. The node may have executed the request.
    #[error("the connection broke")]
    Transport(#[source] TransportFailure),
    /// Status 401: the node does not permit the key (or takes the signature for a wrong one).
    #[error("the node does not permit this key (status 401)")]
    Unauthorized,
    /// Status 412, twice or for a request with a given number: someone else uses the key at this
    /// node. The request was not executed.
    #[error("the node expects another sequence number (status 412)")]
    Sequencing,
    /// The request is about one run of the daemon, and this is another. It was not executed.
    #[error("the node has restarted and is now {server_uuid}")]
    Restarted {
        /// The run that the node has told last.
        server_uuid: Uuid,
    },
    /// A redirect. It is not followed: the node's address was judged, the other was not.
    #[error("the node redirects (status {0}), which no daemon does")]
    Redirect(u16),
    /// Any other status than 200.
    #[error("the node answered with status {status}: {body}")]
    Status {
        /// The status.
        status: u16,
        /// The beginning of the body.
        body: Excerpt,
    },
    /// GraphQL errors. The request has used up its number and may have been executed in part.
    #[error("the node answered with an error: {message}")]
    GraphQl {
        /// The messages, separated by semicolons.
        message: Excerpt,
    },
    /// An answer that no daemon gives.
    #[error("the node's answer cannot be used")]
    Malformed(#[source] Malformed),
    /// The operation could not be written as JSON.
    #[error("the request could not be written")]
    Request(#[source] serde_json::Error),
}

/// Why no connection was made, in the words of the operating system.
pub struct ConnectFailure(pub(crate) BoxError);

/// Why a connection broke.
pub struct TransportFailure(pub(crate) BoxError);

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

macro_rules! failure {
    ($name:ident) => {
        impl fmt::Display for $name {
            /// The innermost cause: those around it only say that the request failed.
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut cause: &dyn std::error::Error = &*self.0;
                while let Some(inner) = cause.source() {
                    cause = inner;
                }
                formatter.write_str(Excerpt::of(&cause.to_string()).as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{self}")
            }
        }

        impl std::error::Error for $name {}
    };
}

failure!(ConnectFailure);
failure!(TransportFailure);

/// What is wrong with an answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Larger than the limit.
    #[error("it has more than {bytes_max} bytes")]
    TooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// Nested more deeply than the limit.
    #[error("it is nested more than {depth_max} deep")]
    TooDeep {
        /// The limit.
        depth_max: usize,
    },
    /// A log entry below the id asked for, or not above the one before it.
    #[error("it has a log entry {id} where none below {least_id} can be")]
    IdOrder {
        /// The id of the entry.
        id: u64,
        /// The least it could be.
        least_id: u64,
    },
    /// Not JSON, or JSON of another shape than the operation's.
    #[error("it does not fit the operation: {0}")]
    Shape(Excerpt),
}

/// What a failure says about trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// It may be different next time.
    Transient,
    /// It stays until someone changes the setup.
    Permanent,
    /// The node behaves as no daemon does.
    Hostile,
}

impl Error {
    /// What the failure says about trying again.
    ///
    /// GraphQL errors count as transient, as in the original orchestrator: a node that has just
    /// started answers so for a while.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::NotPermitted
            | Self::Connect(_)
            | Self::TimedOut
            | Self::Transport(_)
            | Self::Sequencing
            | Self::Restarted { .. }
            | Self::GraphQl { .. } => ErrorClass::Transient,
            Self::AddressRefused(_) | Self::Unauthorized | Self::Request(_) => {
                ErrorClass::Permanent
            }
            Self::Status { status, .. } => match status {
                408 | 412 | 429 | 500.. => ErrorClass::Transient,
                400..500 => ErrorClass::Permanent,
                _ => ErrorClass::Hostile,
            },
            Self::Redirect(_) | Self::Malformed(_) => ErrorClass::Hostile,
        }
    }

    /// The status of the answer: 200 for answers that hold errors or cannot be used, none if there
    /// was no complete answer or none to this request.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Unauthorized => Some(401),
            Self::Sequencing => Some(412),
            Self::Redirect(status) | Self::Status { status, .. } => Some(*status),
            Self::GraphQl { .. } | Self::Malformed(_) => Some(200),
            Self::AddressRefused(_)
            | Self::NotPermitted
            | Self::Connect(_)
            | Self::TimedOut
            | Self::Transport(_)
            | Self::Restarted { .. }
            | Self::Request(_) => None,
        }
    }

    /// Whether the node may have executed the request although nothing usable came back: after a
    /// redirect or any status but 200 and 4xx, too, as a gateway may have lost the answer. Repeating
    /// a mutation is then safe only under a handle of the caller's choice.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        match self {
            Self::TimedOut | Self::Transport(_) | Self::Malformed(_) | Self::Redirect(_) => true,
            // 4xx: the node refuses. Others may be a gateway that has lost the answer.
            Self::Status { status, .. } => !(400..500).contains(status),
            Self::GraphQl { .. }
            | Self::AddressRefused(_)
            | Self::NotPermitted
            | Self::Connect(_)
            | Self::Unauthorized
            | Self::Sequencing
            | Self::Restarted { .. }
            | Self::Request(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_fall_into_classes() {
        for (statuses, class) in [
            (
                &[408, 412, 429, 500, 502, 503, 599][..],
                ErrorClass::Transient,
            ),
            (&[400, 403, 404, 413, 499][..], ErrorClass::Permanent),
            (&[101, 201, 204][..], ErrorClass::Hostile),
        ] {
            for &status in statuses {
                let error = Error::Status {
                    status,
                    body: Excerpt::of(""),
                };
                assert_eq!(error.class(), class, "{status}");
                assert_eq!(error.status(), Some(status));
            }
        }
        assert_eq!(Error::Unauthorized.class(), ErrorClass::Permanent);
        assert_eq!(Error::Sequencing.class(), ErrorClass::Transient);
        assert_eq!(Error::Redirect(307).class(), ErrorClass::Hostile);
    }

    #[test]
    fn a_refusal_before_execution_leaves_no_doubt() {
        assert!(!Error::Sequencing.is_outcome_unknown());
        assert!(!Error::Unauthorized.is_outcome_unknown());
        for (status, is_unknown) in [
            (400, false),
            (412, false),
            (429, false),
            (204, true),
            (500, true),
            (502, true),
            (504, true),
            (599, true),
        ] {
            let body = Excerpt::of("");
            let error = Error::Status { status, body };
            assert_eq!(error.is_outcome_unknown(), is_unknown, "{status}");
        }
        assert!(Error::Redirect(302).is_outcome_unknown());
        assert!(Error::TimedOut.is_outcome_unknown());
    }
}
