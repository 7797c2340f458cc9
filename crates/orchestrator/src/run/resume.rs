//! What an earlier process has done of a run.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use store::experiment_runs::{JournalState, OutputRow, RequestRow, StepRow};

/// The journal of a run as it was found.
#[derive(Debug, Default)]
pub(crate) struct RecordedRun {
    steps: BTreeMap<u32, StepRow>,
    outputs: BTreeMap<u32, Vec<OutputRow>>,
    requests: BTreeMap<u32, Vec<RequestRow>>,
    /// A moment before it was read.
    read_at: Option<Instant>,
}

impl RecordedRun {
    pub(crate) fn new(state: JournalState, read_at: Instant) -> Self {
        let mut past = Self {
            read_at: Some(read_at),
            ..Self::default()
        };
        for step in state.steps {
            past.steps.insert(step.step, step);
        }
        for output in state.outputs {
            past.outputs.entry(output.step).or_default().push(output);
        }
        for request in state.requests {
            past.requests.entry(request.step).or_default().push(request);
        }
        past
    }

    /// Whether anything had begun.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    pub(crate) fn step(&self, step: u32) -> Option<&StepRow> {
        self.steps.get(&step)
    }

    /// What a step had decided before the crash.
    pub(crate) fn decided(&self, step: u32) -> Option<&Value> {
        self.steps.get(&step)?.decided.as_ref()
    }

    pub(crate) fn outputs(&self, step: u32) -> &[OutputRow] {
        self.outputs.get(&step).map_or(&[], Vec::as_slice)
    }

    /// What a step had asked, in order.
    pub(crate) fn requests(&self, step: u32) -> &[RequestRow] {
        self.requests.get(&step).map_or(&[], Vec::as_slice)
    }

    /// From when on what was asked may be over, if it lasts so long: as early as it can be.
    pub(crate) fn over_at(&self, row: &RequestRow, lasts: Duration) -> Option<Instant> {
        over_at(self.read_at?, row.asked_seconds_ago, lasts)
    }
}

fn over_at(read_at: Instant, asked_seconds_ago: f64, lasts: Duration) -> Option<Instant> {
    let ago = Duration::try_from_secs_f64(asked_seconds_ago).unwrap_or_default();
    // What lasts longer than time can be told is not over.
    read_at.checked_add(lasts.saturating_sub(ago))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_is_over_when_its_time_since_then_is() {
        let read_at = Instant::now();
        let minute = Duration::from_mins(1);
        let after = |ago| over_at(read_at, ago, minute).unwrap() - read_at;
        assert_eq!(after(50.0), Duration::from_secs(10));
        assert_eq!(after(0.0), minute);
        assert_eq!(after(61.0), Duration::ZERO);
        // A clock that was set back.
        assert_eq!(after(-5.0), minute);
        assert_eq!(over_at(read_at, 0.0, Duration::MAX), None);
    }
}
