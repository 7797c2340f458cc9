//! Answers to checked calls, read from the database.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::value::RawValue;
use store::read::ReadBudget;
use store::{Database, StoreError};
use trace::Compatibility;
use trace::distribution::DistributionSet;

use crate::answers::{self, BlockTracesAnswer, NodeAnswer};
use crate::call::Call;
use crate::limits;

/// What answers are made from.
#[derive(Clone)]
pub(crate) struct Queries {
    database: Database,
    compatibility: Compatibility,
}

/// What all fields of one request together may still read and answer.
pub(crate) struct Budget {
    read: ReadBudget,
    answer_bytes: AtomicUsize,
}

impl Budget {
    /// The budget of a new request.
    pub(crate) fn new() -> Self {
        Self {
            read: ReadBudget::new(limits::ROWS, limits::ANSWER_BYTES as u64),
            answer_bytes: AtomicUsize::new(limits::ANSWER_BYTES),
        }
    }

    /// Takes the bytes of an answer.
    fn take(&self, answer: &RawValue) -> Result<(), QueryError> {
        let bytes = answer.get().len();
        self.answer_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            })
            .map(drop)
            .map_err(|_| QueryError::TooMuch)
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryError {
    /// The database failed.
    #[error("cannot read from the database")]
    Store(#[source] StoreError),
    /// What is asked for is in an archive.
    #[error("the traces of a deployment that is archived were asked for")]
    Archived(#[source] StoreError),
    /// The request asks for more than its budget.
    #[error("the request asks for too much at once")]
    TooMuch,
    /// The stored distributions of a node cannot be read.
    #[error("cannot read the distributions of node {node_name} in deployment {deployment_id}")]
    StoredDistributions {
        deployment_id: i32,
        node_name: String,
        source: serde_json::Error,
    },
    /// The answer cannot be written as JSON.
    #[error("cannot write the answer as JSON")]
    Json(#[from] serde_json::Error),
    /// The thread that made the answer failed.
    #[error("the answer could not be made")]
    Thread(#[from] tokio::task::JoinError),
}

impl From<StoreError> for QueryError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::OverBudget => Self::TooMuch,
            error @ StoreError::Archived { .. } => Self::Archived(error),
            error => Self::Store(error),
        }
    }
}

impl QueryError {
    /// The error for the client: a code for programs and a sentence for people,
    /// without internals.
    pub(crate) fn public(&self) -> (&'static str, Cow<'static, str>) {
        let (code, message) = match self {
            // Where it is and how it comes back.
            Self::Archived(error) => return ("ARCHIVED", error.to_string().into()),
            Self::Store(_) => (
                "DATABASE",
                "The database does not answer this request at the moment; try again later.",
            ),
            Self::TooMuch => (
                "TOO_MUCH",
                "The answer would have more than 100000 rows or 32 MiB; ask for less at once: \
                 fewer fields, a smaller `maxLength`, or a range of heights or slots.",
            ),
            Self::StoredDistributions { .. } => (
                "STORED_DATA",
                "The stored distributions of this node cannot be read; the server's log says why.",
            ),
            Self::Json(_) | Self::Thread(_) => (
                "INTERNAL",
                "The server failed to make this answer; its log says why.",
            ),
        };
        (code, message.into())
    }
}

impl Queries {
    pub(crate) fn new(database: Database, compatibility: Compatibility) -> Self {
        Self {
            database,
            compatibility,
        }
    }

    /// The JSON text of the answer to a call; none for a block that is not there.
    pub(crate) async fn answer(
        &self,
        call: Call,
        budget: &Budget,
    ) -> Result<Option<Box<RawValue>>, QueryError> {
        let answer = self.read(call, budget).await?;
        if let Some(answer) = &answer {
            budget.take(answer)?;
        }
        Ok(answer)
    }

    async fn read(&self, call: Call, budget: &Budget) -> Result<Option<Box<RawValue>>, QueryError> {
        match call {
            Call::Deployments => {
                let deployments = self.database.deployments().await?;
                Ok(Some(answers::to_raw(&deployments)?))
            }
            Call::Nodes { deployment_id } => {
                let mut answer = Vec::new();
                if let Some(id) = self.deployment(deployment_id).await? {
                    let names = self.database.nodes(id).await?;
                    answer.extend(names.into_iter().map(|name| NodeAnswer { id, name }));
                }
                Ok(Some(answers::to_raw(&answer)?))
            }
            Call::BlockTraces {
                deployment_id,
                page,
            } => {
                let rows = match self.deployment(deployment_id).await? {
                    Some(id) => {
                        let query = page.into_query(id);
                        self.database.block_traces(&query, &budget.read).await?
                    }
                    None => Vec::new(),
                };
                make(move || answers::to_raw(&BlockTracesAnswer::new(&rows)))
                    .await
                    .map(Some)
            }
            Call::BlockTrace {
                deployment_id,
                node_name,
                block_id,
                entries,
                structured,
            } => {
                let Some(id) = self.deployment(deployment_id).await? else {
                    return Ok(None);
                };
                let reading = self.database.block_trace_within(
                    id,
                    &node_name,
                    &block_id,
                    entries,
                    &budget.read,
                );
                let Some(stored) = reading.await? else {
                    return Ok(None);
                };
                let compatibility = self.compatibility;
                make(move || answers::block_trace(stored, compatibility, structured))
                    .await
                    .map(Some)
            }
            Call::Distribution {
                deployment_id,
                node_name,
                structured,
            } => {
                let set = self.distributions(deployment_id, node_name).await?;
                let compatibility = self.compatibility;
                make(move || {
                    if structured {
                        answers::to_raw(&set.structured(compatibility))
                    } else {
                        answers::to_raw(&set.by_total_time())
                    }
                })
                .await
                .map(Some)
            }
        }
    }

    async fn deployment(&self, given: Option<i32>) -> Result<Option<i32>, StoreError> {
        match given {
            Some(id) => Ok(Some(id)),
            None => self.database.newest_deployment().await,
        }
    }

    async fn distributions(
        &self,
        deployment_id: Option<i32>,
        node_name: String,
    ) -> Result<DistributionSet, QueryError> {
        let Some(deployment_id) = self.deployment(deployment_id).await? else {
            return Ok(DistributionSet::default());
        };
        let text = self
            .database
            .distributions_text(deployment_id, &node_name)
            .await?;
        match text.as_deref().map(DistributionSet::from_stored) {
            None => Ok(DistributionSet::default()),
            Some(Ok(set)) => Ok(set),
            Some(Err(source)) => Err(QueryError::StoredDistributions {
                deployment_id,
                node_name,
                source,
            }),
        }
    }
}

/// Makes a large answer beside the threads that serve connections.
async fn make(
    answer: impl FnOnce() -> serde_json::Result<Box<RawValue>> + Send + 'static,
) -> Result<Box<RawValue>, QueryError> {
    Ok(tokio::task::spawn_blocking(answer).await??)
}
