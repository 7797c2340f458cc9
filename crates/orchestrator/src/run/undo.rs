//! Undoing at nodes what a run has started: stopping scheduled transactions, resetting gating.

use std::sync::Arc;
use std::time::Duration;

use itn::GatingUpdate;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::nodes::{NodeError, Nodes};

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
pub(crate) async fn undo(
    nodes: &Nodes,
    address: &str,
    kind: &str,
    handle: Option<&str>,
) -> Result<(), UndoError> {
    let work = async {
        let node = nodes.get(address).await?;
        let mut client = node.client().await;
        if kind == "gating" {
            let gating = open_gating();
            client
                .ask(async |client| client.update_gating(&gating).await)
                .await?;
            return Ok(());
        }
        let Some(handle) = handle else {
            return Err(UndoError::NoHandle);
        };
        let stopped = client
            .ask(async |client| client.stop_scheduled_transactions(handle).await)
            .await;
        match stopped {
            Ok(_) => Ok(()),
            // `Could not find scheduled transactions with handle …`: it has ended.
            Err(error) if error.is_graphql() => Ok(()),
            Err(error) => Err(error.into()),
        }
    };
    tokio::time::timeout(NODE_TIME, work)
        .await
        .unwrap_or(Err(UndoError::TimedOut))
}

/// Undoes many requests at once. The results come with the values that were given.
pub(crate) async fn undo_all<T: Send + 'static>(
    nodes: &Nodes,
    concurrency: usize,
    requests: impl IntoIterator<Item = (T, String, String, Option<String>)>,
) -> Vec<(T, Result<(), UndoError>)> {
    let limit = Arc::new(Semaphore::new(concurrency));
    let mut tasks = JoinSet::new();
    for (what, address, kind, handle) in requests {
        let (nodes, limit) = (nodes.clone(), Arc::clone(&limit));
        tasks.spawn(async move {
            let _permit = limit.acquire_owned().await;
            let result = undo(&nodes, &address, &kind, handle.as_deref()).await;
            (what, result)
        });
    }
    tasks.join_all().await
}
