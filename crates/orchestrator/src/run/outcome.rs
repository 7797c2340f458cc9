//! What becomes of a request to a node.

use store::experiment_runs::RequestStatus;

use crate::nodes::NodeError;
use service::error_chain;

/// What became of a request.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) status: RequestStatus,
    pub(crate) handle: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) is_permanent: bool,
}

impl Outcome {
    /// Of a request that no node has executed.
    pub(crate) fn refused(error: &NodeError) -> Self {
        Self {
            status: RequestStatus::Refused,
            handle: None,
            error: Some(error_chain(error)),
            is_permanent: error.is_permanent(),
        }
    }

    /// Of a request that was sent, under this handle if it is ours, and whether an attempt may have
    /// been executed: the last one may have failed otherwise.
    pub(crate) fn failed(error: &NodeError, handle: Option<itn::Uuid>, is_open: bool) -> Self {
        let refused = Self::refused(error);
        if !is_open {
            return refused;
        }
        Self {
            status: RequestStatus::Unanswered,
            handle: handle.map(String::from),
            ..refused
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(source: itn::Error) -> Outcome {
        let error = NodeError::Request {
            node: "a:1".to_owned(),
            source,
        };
        let handle = itn::Uuid::from_random_bytes([7; 16]);
        Outcome::failed(&error, Some(handle), error.may_be_executed())
    }

    #[test]
    fn only_what_a_node_cannot_have_executed_is_refused() {
        let lost = failed(itn::Error::TimedOut);
        assert_eq!(lost.status, RequestStatus::Unanswered);
        assert!(lost.handle.is_some(), "by which it can be stopped");
        // A gateway gives up waiting for the node.
        let body = itn::Excerpt::of("");
        let gateway = failed(itn::Error::Status { status: 504, body });
        assert_eq!(gateway.status, RequestStatus::Unanswered);
        assert!(gateway.handle.is_some(), "by which it can be stopped");
        for error in [itn::Error::Unauthorized, itn::Error::Sequencing] {
            assert_eq!(failed(error).status, RequestStatus::Refused);
        }
    }
}
