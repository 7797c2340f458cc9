//! The connection to one node: two clients, of which the second has room for
//! the answers of large queues.

use itn::{Auth, Client, Error, InternalLogs, Malformed, Uuid};

use crate::node::Node;
use crate::shared::Shared;

/// A node whose answer is smaller is asked like all others again.
const LARGE_BYTES: usize = 256 << 10;

/// Why there are no entries.
#[derive(Debug)]
pub(super) enum LogsError {
    Node(Error),
    /// A large answer has to wait until others are stored.
    NoRoom,
}

impl From<Error> for LogsError {
    fn from(error: Error) -> Self {
        Self::Node(error)
    }
}

#[derive(Debug)]
pub(super) struct Connection {
    usual: Client,
    large: Client,
    is_large: bool,
}

impl Connection {
    pub(super) fn new(shared: &Shared, node: &Node) -> Result<Self, itn::EndpointError> {
        let endpoint = node.endpoint()?;
        let client = |transport: &itn::Transport| {
            Client::new(transport.clone(), endpoint.clone(), shared.key.clone())
        };
        Ok(Self {
            usual: client(&shared.transport),
            large: client(&shared.large_transport),
            is_large: false,
        })
    }

    fn client(&mut self) -> &mut Client {
        if self.is_large {
            &mut self.large
        } else {
            &mut self.usual
        }
    }

    /// Whether the next answer is expected to be large.
    pub(super) fn is_large(&self) -> bool {
        self.is_large
    }

    pub(super) async fn auth(&mut self) -> Result<Auth, Error> {
        self.client().auth().await
    }

    /// The entries from `start_id` on. An answer that is too large is asked
    /// for again with more room, few at a time, and only while there is room
    /// for what becomes of it. Nodes that failed have a permit of their own, so
    /// that answers without end delay those of failing nodes only.
    pub(super) async fn logs(
        &mut self,
        shared: &Shared,
        run: Uuid,
        start_id: u64,
        has_failed: bool,
    ) -> Result<InternalLogs, LogsError> {
        if !self.is_large {
            match self.usual.internal_logs(run, start_id).await {
                Err(Error::Malformed(Malformed::TooLarge { .. })) => {}
                other => return Ok(other?),
            }
            self.is_large = true;
        }
        let permits = if has_failed {
            &shared.large_retries
        } else {
            &shared.large_polls
        };
        let _permit = permits.acquire().await;
        if shared.buffer.is_half_full() {
            return Err(LogsError::NoRoom);
        }
        let logs = self.large.internal_logs(run, start_id).await?;
        self.is_large = logs.body_bytes() > LARGE_BYTES;
        Ok(logs)
    }

    pub(super) async fn flush(&mut self, run: Uuid, end_id: u64) -> Result<(), Error> {
        self.client()
            .flush_internal_logs(run, end_id)
            .await
            .map(drop)
    }
}
