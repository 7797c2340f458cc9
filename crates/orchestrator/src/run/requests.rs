//! Asking many nodes at once, each request written down before it is sent and again when its
//! answer has come, and what to do with requests whose answer an earlier process never saw.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use itn::sequence::Session;
use store::experiment_runs::{Answer, JournalWrites, NewRequest, RequestRow};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::RequestStatus;
use super::context::RunContext;
use super::handle::new_handle;
use super::outcome::Outcome;
use super::request::{AskResult, NodeRequest};
use super::sending::{Prepared, Sending, note_session};
use super::step_error::StepError;
use super::{Journal, Level, RecordedRun};
use crate::handle_journal;
use crate::nodes::{AuthenticatedNode, NodeClient, NodeError};
use service::error_chain;

/// A load counts as over this many seconds of network time before it ends: asking takes time, and
/// clocks differ.
const OVER_MARGIN_SEC: f64 = 60.0;

/// The requests of a step.
pub(crate) struct Asked<'a> {
    pub(crate) step: u32,
    pub(crate) journal: &'a Journal,
    pub(crate) means: &'a RunContext,
    pub(crate) past: &'a RecordedRun,
}

/// A request without an outcome, and what an earlier process wrote down of it.
type Open = (NodeRequest, Option<RequestRow>);

/// The same in groups that follow each other, with at most one request to a node in each, as a
/// node's client is held from the moment that its number is noted until the answer is there.
fn one_to_a_node(open: Vec<Open>) -> Vec<Vec<Open>> {
    let mut groups: Vec<Vec<Open>> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for one in open {
        let group = seen.entry(one.0.node.clone()).or_default();
        if *group == groups.len() {
            groups.push(Vec::new());
        }
        groups[*group].push(one);
        *group += 1;
    }
    groups
}

impl Asked<'_> {
    /// Asks all of them, as many at once as the limit permits, and gives the outcomes in order of
    /// their numbers. After a cancel no further request is sent; those under way are waited for
    /// for a moment.
    pub(crate) async fn ask<F, A>(
        &self,
        requests: Vec<NodeRequest>,
        ask: A,
        line_of: impl Fn(&NodeRequest, &Outcome) -> Option<(Level, String)>,
    ) -> Result<BTreeMap<u32, Outcome>, StepError>
    where
        A: Fn(NodeRequest, Option<itn::Uuid>, NodeClient) -> F + Send + Sync + Clone + 'static,
        F: Future<Output = (AskResult, NodeClient)> + Send,
    {
        let mut outcomes = BTreeMap::new();
        let by_number: BTreeMap<u32, NodeRequest> = requests
            .iter()
            .map(|request| (request.number, request.clone()))
            .collect();
        let mut open: Vec<Open> = Vec::new();
        for request in requests {
            let earlier = self.past.requests(self.step).iter();
            let earlier = earlier
                .filter(|row| row.request == request.number)
                .find(|row| row.node == request.node)
                .cloned();
            match earlier.as_ref().and_then(|row| row.outcome) {
                Some(status) => {
                    let row = earlier.as_ref();
                    let outcome = Outcome {
                        status,
                        handle: row.and_then(|row| row.handle.clone()),
                        error: row.and_then(|row| row.error.clone()),
                        is_permanent: row.is_some_and(|row| row.is_permanent),
                    };
                    outcomes.insert(request.number, outcome);
                }
                None => open.push((request, earlier)),
            }
        }
        for open in one_to_a_node(open) {
            let prepared = self.prepare(open, &mut outcomes, &line_of).await?;
            let mut sending = Sending::start(prepared, self.means, self.journal, ask.clone());
            let mut buffer = Vec::new();
            while sending.receive(&mut buffer).await > 0 {
                let mut writes = JournalWrites::default();
                for sent in buffer.drain(..) {
                    let (number, outcome) = sent?;
                    if let Some(request) = by_number.get(&number)
                        && let Some((level, message)) = line_of(request, &outcome)
                    {
                        self.journal.log(level, Some(self.step), message);
                    }
                    writes.answers.push(self.answer(number, &outcome));
                    outcomes.insert(number, outcome);
                }
                self.journal.write(writes).await?;
            }
            if self.means.cancel.is_cancelled() {
                return Err(StepError::Cancelled);
            }
        }
        Ok(outcomes)
    }

    fn answer(&self, number: u32, outcome: &Outcome) -> Answer {
        Answer {
            step: self.step,
            request: number,
            outcome: outcome.status,
            handle: outcome.handle.clone(),
            error: outcome
                .error
                .clone()
                .map(|text| text.replace('\0', "\u{fffd}")),
            is_permanent: outcome.is_permanent,
        }
    }

    /// Finds the nodes, chooses handles or notes sequence numbers, and writes the requests down.
    async fn prepare(
        &self,
        open: Vec<Open>,
        outcomes: &mut BTreeMap<u32, Outcome>,
        line_of: &impl Fn(&NodeRequest, &Outcome) -> Option<(Level, String)>,
    ) -> Result<Vec<Prepared>, StepError> {
        let limit = Arc::new(Semaphore::new(self.means.concurrency));
        let mut tasks = JoinSet::new();
        for (request, earlier) in open {
            let (nodes, limit) = (self.means.nodes.clone(), Arc::clone(&limit));
            let cancel = self.means.cancel.clone();
            let over_at = earlier.as_ref().and_then(|row| {
                let lasts = (request.runs_seconds? - OVER_MARGIN_SEC).max(0.0);
                self.past.over_at(row, self.means.clock.real(lasts))
            });
            tasks.spawn(async move {
                let _permit = limit.acquire_owned().await;
                let work = prepare_one(&nodes, &request, earlier.as_ref(), over_at);
                let prepared = tokio::select! {
                    () = cancel.cancelled() => None,
                    prepared = work => Some(prepared),
                };
                (request, earlier, prepared)
            });
        }
        let mut prepared = Vec::new();
        let mut writes = JournalWrites::default();
        while let Some(joined) = tasks.join_next().await {
            let (request, earlier, ready) = joined.map_err(StepError::joined)?;
            let Some(ready) = ready else {
                return Err(StepError::Cancelled);
            };
            let mut row = self.row(&request);
            match ready {
                Ok(Ready::Settled(outcome)) => {
                    self.settle(&request, outcome, &mut writes, outcomes, line_of);
                    continue;
                }
                Ok(Ready::Send {
                    node,
                    client,
                    session,
                }) => {
                    let chosen = earlier
                        .as_ref()
                        .filter(|row| row.handle_is_ours)
                        .and_then(|row| row.handle.as_deref()?.parse().ok());
                    let handle = if request.takes_handle && node.has_harness() {
                        Some(chosen.unwrap_or_else(new_handle))
                    } else {
                        None
                    };
                    row.handle = handle.map(String::from);
                    row.handle_is_ours = handle.is_some();
                    note_session(&mut row, session);
                    if let Some(handle) = &row.handle
                        && earlier.is_none()
                    {
                        self.note_handle(&request, handle).await;
                    }
                    prepared.push(Prepared {
                        request,
                        client,
                        handle,
                        session,
                        row: row.clone(),
                        earlier,
                    });
                }
                Err(error) => {
                    // A node that is away cannot report whether it executed the request before the
                    // crash. It then counts as executed: never twice is the rule.
                    let outcome = if earlier.is_some() && !request.is_idempotent {
                        Outcome {
                            status: RequestStatus::Unconfirmed,
                            handle: earlier.as_ref().and_then(|row| row.handle.clone()),
                            error: Some(error_chain(&error)),
                            is_permanent: false,
                        }
                    } else {
                        Outcome::refused(&error)
                    };
                    self.settle(&request, outcome, &mut writes, outcomes, line_of);
                }
            }
            writes.requests.push(row);
        }
        if self.means.network.print_requests {
            for row in &writes.requests {
                let (node, kind, keys) = (&row.node, &row.kind, row.keys.unwrap_or(0));
                let tps = row.tps.unwrap_or(0.0);
                let text = format!("request to {node}: {kind}, tps {tps:.6}, {keys} keys (***)");
                self.journal.log(Level::Debug, Some(self.step), text);
            }
        }
        self.journal.write(writes).await?;
        Ok(prepared)
    }

    /// Takes up an outcome that is known without asking.
    fn settle(
        &self,
        request: &NodeRequest,
        outcome: Outcome,
        writes: &mut JournalWrites,
        outcomes: &mut BTreeMap<u32, Outcome>,
        line_of: &impl Fn(&NodeRequest, &Outcome) -> Option<(Level, String)>,
    ) {
        if let Some((level, message)) = line_of(request, &outcome) {
            self.journal.log(level, Some(self.step), message);
        }
        writes.answers.push(self.answer(request.number, &outcome));
        outcomes.insert(request.number, outcome);
    }

    fn row(&self, request: &NodeRequest) -> NewRequest {
        let load = request.load;
        NewRequest {
            step: self.step,
            request: request.number,
            node: request.node.clone(),
            kind: request.kind.to_owned(),
            round: load.and_then(|load| load.round),
            tps: load.map(|load| load.tps),
            intended: load.map(|load| load.intended),
            first_key: load.map(|load| load.first_key),
            keys: load.map(|load| load.keys),
            runs_seconds: request
                .runs_seconds
                .map(|seconds| self.means.clock.real(seconds).as_secs_f64()),
            ..NewRequest::default()
        }
    }

    /// Appends to the file of handles, if there is one. A failure is only logged.
    async fn note_handle(&self, request: &NodeRequest, handle: &str) {
        let Some(file) = &self.means.network.handle_journal else {
            return;
        };
        if let Err(error) = handle_journal::append(file, &request.node, request.kind, handle).await
        {
            let text = format!("cannot write the handle journal: {error}");
            self.journal.log(Level::Warning, Some(self.step), text);
        }
    }
}

/// What is known of a request before it is sent.
enum Ready {
    /// It may be sent. The client is held so that no other request takes the number.
    Send {
        node: Arc<AuthenticatedNode>,
        client: NodeClient,
        session: Session,
    },
    /// An earlier process had sent it.
    Settled(Outcome),
}

async fn prepare_one(
    nodes: &crate::nodes::Nodes,
    request: &NodeRequest,
    earlier: Option<&RequestRow>,
    over_at: Option<Instant>,
) -> Result<Ready, NodeError> {
    let node = nodes.get(&request.node).await?;
    let mut client = node.client().await;
    let handle_protects = request.takes_handle && node.has_harness();
    let session = match client.next_session() {
        // What was asked before a crash is judged by what the node says now.
        Some(session) if earlier.is_none() => session,
        _ => {
            let auth = client.ask(async |client| client.auth().await).await?;
            auth.session()
        }
    };
    // A node forgets a handle when what it stands for has ended: then it protects no more.
    // Judged now, as the journal was read a while ago.
    let may_be_over = over_at.is_some_and(|over_at| Instant::now() >= over_at);
    let is_protected = request.is_idempotent || handle_protects && !may_be_over;
    if let Some(row) = earlier.filter(|_| !is_protected)
        && was_executed(row, session)
    {
        return Ok(Ready::Settled(Outcome {
            status: RequestStatus::Unconfirmed,
            handle: row.handle.clone(),
            error: Some("executed, but its answer was lost".to_owned()),
            is_permanent: false,
        }));
    }
    Ok(Ready::Send {
        node,
        client,
        session,
    })
}

/// Whether a daemon executed the request that was written down: it counts requests, so that its
/// number is still to come only if it did not. A restart sets the count back; then the daemon that
/// was asked is gone, and whatever it executed with it.
fn was_executed(row: &RequestRow, now: Session) -> bool {
    let (Some(uuid), Some(number)) = (&row.server_uuid, row.sequence_number) else {
        return false;
    };
    let same_run = now.server_uuid.as_str() == uuid;
    match row.kind.as_str() {
        // A restart is what was asked for.
        "stop-daemon" => !same_run || now.number != number,
        _ => same_run && now.number != number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(number: u32, node: &str) -> Open {
        let request = NodeRequest {
            number,
            node: node.to_owned(),
            kind: "payments",
            load: None,
            runs_seconds: None,
            takes_handle: true,
            is_idempotent: false,
        };
        (request, None)
    }

    #[test]
    fn a_node_gets_one_request_at_a_time() {
        let open = vec![
            request(0, "a:1"),
            request(1, "b:1"),
            request(2, "a:1"),
            request(3, "a:1"),
        ];
        let groups: Vec<Vec<u32>> = one_to_a_node(open)
            .iter()
            .map(|group| group.iter().map(|(request, _)| request.number).collect())
            .collect();
        assert_eq!(groups, [vec![0, 1], vec![2], vec![3]]);
    }

    #[test]
    fn handles_are_distinct_uuids_of_version_4() {
        let (one, other) = (new_handle(), new_handle());
        assert_ne!(one, other);
        for handle in [one, other] {
            let text = handle.to_string();
            assert_eq!(text.len(), 36);
            assert_eq!(&text[14..15], "4");
            assert_eq!(text, text.to_lowercase());
        }
    }
}
