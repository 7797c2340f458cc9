//! What becomes of a request to a node.

use super::describe;
use crate::nodes::NodeError;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Accepted,
    /// The node has executed it, but its answer was lost.
    Unconfirmed,
    /// The node may have executed it, but no answer came that says so. It does not count, and what
    /// it may have started is stopped when the run is cancelled or fails.
    Unanswered,
    Refused,
}

impl Fate {
    /// The name in the journal.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Unconfirmed => "unconfirmed",
            Self::Unanswered => "unanswered",
            Self::Refused => "refused",
        }
    }

    /// The one of this name.
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "accepted" => Self::Accepted,
            "unconfirmed" => Self::Unconfirmed,
            "unanswered" => Self::Unanswered,
            _ => Self::Refused,
        }
    }

    /// Whether what was asked for counts as not done.
    pub(crate) fn is_failure(self) -> bool {
        matches!(self, Self::Unanswered | Self::Refused)
    }
}

/// What became of a request.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) fate: Fate,
    pub(crate) handle: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) is_permanent: bool,
}

impl Outcome {
    /// Of a request that no node has executed.
    pub(crate) fn refused(error: &NodeError) -> Self {
        Self {
            fate: Fate::Refused,
            handle: None,
            error: Some(describe(error)),
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
            fate: Fate::Unanswered,
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
        assert_eq!(lost.fate, Fate::Unanswered);
        assert!(lost.handle.is_some(), "by which it can be stopped");
        for error in [itn::Error::Unauthorized, itn::Error::Sequencing] {
            assert_eq!(failed(error).fate, Fate::Refused);
        }
    }

    #[test]
    fn names_lead_back() {
        for fate in [
            Fate::Accepted,
            Fate::Unconfirmed,
            Fate::Unanswered,
            Fate::Refused,
        ] {
            assert_eq!(Fate::of(fate.name()), fate);
        }
    }
}
