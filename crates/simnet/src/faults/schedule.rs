//! Faults with their times.

use std::time::Duration;

use super::{Fault, FaultError, FaultRequest};

/// A fault that will happen.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduledFault {
    /// When, in network time after genesis.
    pub at: Duration,
    /// To which node, if it is one that happens to a node.
    pub node: Option<String>,
    /// What.
    pub fault: Fault,
}

impl FaultRequest {
    /// The fault, and its end if it lasts a given time. Without a time of its own it happens at
    /// `now`, the network's age.
    pub fn schedule(self, now: Duration) -> Result<Vec<ScheduledFault>, FaultError> {
        let at = self.at()?.unwrap_or(now);
        let lasting = self.lasting()?;
        let (node, fault) = self.into_fault()?;
        let end = match lasting {
            None => None,
            Some(lasting) => Some(ScheduledFault {
                at: at + lasting,
                node: node.clone(),
                fault: fault.end().ok_or(FaultError::Unexpected("for_seconds"))?,
            }),
        };
        let begin = ScheduledFault { at, node, fault };
        Ok(std::iter::once(begin).chain(end).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(json: &str) -> Result<Vec<ScheduledFault>, FaultError> {
        let request: FaultRequest = serde_json::from_str(json).unwrap();
        request.schedule(Duration::from_secs(7))
    }

    #[test]
    fn a_fault_that_lasts_has_an_end() {
        let faults =
            schedule(r#"{"kind":"stop","node":"a","at_seconds":60,"for_seconds":1.5}"#).unwrap();
        assert_eq!(faults.len(), 2);
        assert_eq!(faults[0].at, Duration::from_mins(1));
        assert_eq!(faults[0].fault, Fault::Stop);
        assert_eq!(faults[1].at, Duration::from_millis(61_500));
        assert_eq!(faults[1].fault, Fault::Start);
        assert_eq!(faults[1].node.as_deref(), Some("a"));
    }

    #[test]
    fn a_fault_without_a_time_happens_at_once_and_for_good() {
        let faults = schedule(r#"{"kind":"hang","node":"a"}"#).unwrap();
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].at, Duration::from_secs(7));
    }

    #[test]
    fn times_that_make_no_sense_are_refused() {
        for (json, error) in [
            (
                r#"{"kind":"restart","node":"a","for_seconds":1}"#,
                FaultError::Unexpected("for_seconds"),
            ),
            (
                r#"{"kind":"stop","node":"a","at_seconds":-1}"#,
                FaultError::Range("at_seconds"),
            ),
            (
                r#"{"kind":"stop","node":"a","for_seconds":1e300}"#,
                FaultError::Range("for_seconds"),
            ),
        ] {
            assert_eq!(schedule(json), Err(error), "{json}");
        }
    }
}
