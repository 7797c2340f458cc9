//! Undoing at nodes what a run has started: stopping scheduled transactions, resetting gating.

use std::sync::Arc;
use std::time::Duration;

use itn::{GatingUpdate, Uuid};
use store::experiment_runs::UndoRow;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::new_handle;
use crate::nodes::{NodeClient, NodeError, Nodes};

/// How long one node may take.
const NODE_TIME: Duration = Duration::from_secs(10);

/// Why something could not be undone now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UndoError {
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error("the node did not answer in time")]
    TimedOut,
    /// The daemon is too old to choose or list handles, and its answer was lost.
    #[error("its handle is not known, so it runs until its time is over")]
    NoHandle,
}

impl UndoError {
    /// Whether the node was not asked, as this process has lost the lease.
    pub(crate) fn is_not_permitted(&self) -> bool {
        matches!(self, Self::Node(error) if error.is_not_permitted())
    }

    /// Whether no attempt can succeed.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::NoHandle => true,
            Self::Node(error) => error.is_of_address(),
            Self::TimedOut => false,
        }
    }
}

/// A request that is to be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undo {
    /// The node's address.
    pub(crate) node: String,
    /// What was asked, as in the journal.
    pub(crate) kind: String,
    /// By which it can be stopped.
    pub(crate) handle: Option<String>,
    /// The run of the daemon that was asked, and the number of the request in its count.
    pub(crate) asked: Option<(String, u16)>,
}

impl From<&UndoRow> for Undo {
    fn from(row: &UndoRow) -> Self {
        Self {
            node: row.node.clone(),
            kind: row.kind.clone(),
            handle: row.handle.clone(),
            asked: row.server_uuid.clone().zip(row.sequence_number),
        }
    }
}

/// A gating that lets everybody talk to everybody.
pub(crate) fn open_gating() -> GatingUpdate {
    GatingUpdate {
        trusted_peers: Vec::new(),
        banned_peers: Vec::new(),
        added_peers: Vec::new(),
        isolate: false,
        clean_added_peers: false,
    }
}

/// Undoes one request. What is not running any more counts as undone.
async fn undo(nodes: &Nodes, request: &Undo) -> Result<(), UndoError> {
    let work = async {
        let node = nodes.get(&request.node).await?;
        let mut client = node.client().await;
        if request.kind == "gating" {
            let gating = open_gating();
            client
                .ask(async |client| client.update_gating(&gating).await)
                .await?;
            return Ok(());
        }
        match &request.handle {
            Some(handle) => stop(&mut client, handle).await,
            None => prevent(&mut client, request).await,
        }
    };
    tokio::time::timeout(NODE_TIME, work)
        .await
        .unwrap_or(Err(UndoError::TimedOut))
}

async fn stop(client: &mut NodeClient, handle: &str) -> Result<(), UndoError> {
    let stopped = client
        .ask(async |client| client.stop_scheduled_transactions(handle).await)
        .await;
    match stopped {
        Ok(_) => Ok(()),
        // `Could not find scheduled transactions with handle …`: it has ended.
        Err(error) if error.is_graphql() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Undoes what has no handle that anybody knows: if the daemon has not executed the request yet, its
/// number is used up by one that does nothing, so that it never will, even if a paused process still
/// sends it. If the daemon has restarted, nothing of it is left.
async fn prevent(client: &mut NodeClient, request: &Undo) -> Result<(), UndoError> {
    let Some((server_uuid, number)) = &request.asked else {
        return Err(UndoError::NoHandle);
    };
    let auth = client.ask(async |client| client.auth().await).await?;
    let now = auth.session();
    if now.server_uuid.as_str() != server_uuid {
        return Ok(());
    }
    if now.number != *number {
        return Err(UndoError::NoHandle);
    }
    client.give_session(now);
    let nothing: Uuid = new_handle();
    match stop(client, nothing.as_str()).await {
        Err(UndoError::Node(error)) if error.is_stale() => Err(UndoError::NoHandle),
        other => other,
    }
}

/// Undoes many requests at once. The results come with the values that were given.
pub(crate) async fn undo_all<T: Send + 'static>(
    nodes: &Nodes,
    concurrency: usize,
    requests: impl IntoIterator<Item = (T, Undo)>,
) -> Vec<(T, Result<(), UndoError>)> {
    let limit = Arc::new(Semaphore::new(concurrency));
    let mut tasks = JoinSet::new();
    for (what, request) in requests {
        let (nodes, limit) = (nodes.clone(), Arc::clone(&limit));
        tasks.spawn(async move {
            let _permit = limit.acquire_owned().await;
            let result = undo(&nodes, &request).await;
            (what, result)
        });
    }
    tasks.join_all().await
}
