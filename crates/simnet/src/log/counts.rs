//! What became of the entries of a log.

use serde::{Deserialize, Serialize};

/// What became of the entries of a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogCounts {
    /// Entries made.
    pub generated: u64,
    /// Entries lost: pushed out by newer ones, or in the queue when the node ended.
    pub dropped: u64,
    /// Entries removed by `flushInternalLogs`.
    pub flushed: u64,
    /// Entries in the queue now.
    pub queued: u64,
}

impl LogCounts {
    /// The sum of this, of a run that ended, and of the run after it.
    pub(crate) fn followed_by(self, next: Self) -> Self {
        Self {
            generated: self.generated + next.generated,
            dropped: self.dropped + self.queued + next.dropped,
            flushed: self.flushed + next.flushed,
            queued: next.queued,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_queued_when_a_node_ended_is_lost() {
        let first = LogCounts {
            generated: 10,
            dropped: 2,
            flushed: 5,
            queued: 3,
        };
        let second = LogCounts {
            generated: 4,
            dropped: 0,
            flushed: 1,
            queued: 3,
        };
        assert_eq!(
            first.followed_by(second),
            LogCounts {
                generated: 14,
                dropped: 5,
                flushed: 6,
                queued: 3,
            }
        );
    }
}
