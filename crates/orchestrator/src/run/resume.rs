//! What an earlier process has done of a run.

use std::collections::BTreeMap;

use serde_json::Value;
use store::experiment_runs::{JournalState, OutputRow, RequestRow, StepRow};

/// The journal of a run as it was found.
#[derive(Debug, Default)]
pub(crate) struct Past {
    steps: BTreeMap<u32, StepRow>,
    outputs: BTreeMap<u32, Vec<OutputRow>>,
    requests: BTreeMap<u32, Vec<RequestRow>>,
}

impl Past {
    pub(crate) fn new(state: JournalState) -> Self {
        let mut past = Self::default();
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
}
