//! The journal of a run from the command line: what is needed to stop at nodes what the run
//! started, when it is interrupted.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use store::experiment_runs::{Answer, JournalWrites, NewRequest, RequestStatus};

use super::Undo;
use crate::funding::AskedFor;

/// What was asked of nodes, and what came of it.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Requests>);

/// By step and position.
type Requests = BTreeMap<(u32, u32), (NewRequest, Option<Answer>)>;

impl Memory {
    pub(super) fn write(&self, writes: &JournalWrites) {
        let mut requests = self.0.lock();
        for request in &writes.requests {
            requests.insert((request.step, request.request), (request.clone(), None));
        }
        for answer in &writes.answers {
            if let Some((_, slot)) = requests.get_mut(&(answer.step, answer.request)) {
                *slot = Some(answer.clone());
            }
        }
    }

    /// Everything that was asked.
    pub(crate) fn asked(&self) -> Vec<AskedFor> {
        let requests = self.0.lock();
        requests
            .values()
            .map(|(request, answer)| AskedFor::new(request, answer.as_ref()))
            .collect()
    }

    /// Requests that may still run at nodes.
    pub(crate) fn to_undo(&self) -> Vec<Undo> {
        let requests = self.0.lock();
        requests
            .values()
            .filter(|(request, answer)| {
                let refused = answer
                    .as_ref()
                    .is_some_and(|answer| answer.outcome == RequestStatus::Refused);
                !refused && matches!(request.kind.as_str(), "payments" | "zkapps" | "gating")
            })
            .map(|(request, answer)| {
                let given = answer.as_ref().and_then(|answer| answer.handle.clone());
                let handle = given.or_else(|| request.handle.clone());
                Undo {
                    node: request.node.clone(),
                    kind: request.kind.clone(),
                    handle,
                    asked: request.server_uuid.clone().zip(request.sequence_number),
                }
            })
            .collect()
    }
}
