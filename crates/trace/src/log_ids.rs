//! Whether the entries of a node's log queue follow each other without a gap.

/// Follows the ids of log entries.
///
/// A node numbers its entries from 1 without gaps and keeps only the newest;
/// so a jump shows how many were lost before anyone fetched them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogIds {
    last: Option<u64>,
}

/// What an id says in the place where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogIdSeen {
    /// The entry follows the one before it, or is the first.
    Next,
    /// As many entries were lost before this one.
    AfterGap {
        /// Number of lost entries.
        missing: u64,
    },
    /// This very entry has just been seen.
    Repeated,
    /// The ids went back: the node has restarted and counts anew. `missing`
    /// entries of the new count were lost.
    Restarted {
        /// Number of lost entries of the restarted node.
        missing: u64,
    },
}

impl LogIds {
    /// Continues after an entry that was stored earlier.
    #[must_use]
    pub fn after(last: Option<u64>) -> Self {
        Self { last }
    }

    /// The id of the newest entry.
    #[must_use]
    pub fn last(self) -> Option<u64> {
        self.last
    }

    /// Takes the id of the next entry.
    pub fn see(&mut self, id: u64) -> LogIdSeen {
        let seen = match self.last {
            None => LogIdSeen::Next,
            Some(last) if id == last => LogIdSeen::Repeated,
            Some(last) if id < last => LogIdSeen::Restarted {
                missing: id.saturating_sub(1),
            },
            Some(last) if id == last + 1 => LogIdSeen::Next,
            Some(last) => LogIdSeen::AfterGap {
                missing: id - last - 1,
            },
        };
        self.last = Some(id);
        seen
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tells_gaps_repetitions_and_restarts() {
        let mut ids = LogIds::after(None);
        assert_eq!(ids.see(40), LogIdSeen::Next);
        assert_eq!(ids.see(41), LogIdSeen::Next);
        assert_eq!(ids.see(41), LogIdSeen::Repeated);
        assert_eq!(ids.see(45), LogIdSeen::AfterGap { missing: 3 });
        assert_eq!(ids.see(1), LogIdSeen::Restarted { missing: 0 });
        assert_eq!(ids.see(2), LogIdSeen::Next);
        assert_eq!(LogIds::after(Some(9)).see(10), LogIdSeen::Next);
        assert_eq!(ids.last(), Some(2));
    }

    proptest! {
        #[test]
        fn stored_and_missing_entries_add_up(lost in proptest::collection::vec(any::<bool>(), 1..200)) {
            let mut ids = LogIds::after(Some(0));
            let (mut stored, mut missing) = (0, 0);
            for (id, lost) in (1_u64..).zip(&lost) {
                if !lost {
                    stored += 1;
                    if let LogIdSeen::AfterGap { missing: more } = ids.see(id) {
                        missing += more;
                    }
                }
            }
            prop_assert_eq!(stored + missing, ids.last().unwrap_or(0));
        }
    }
}
