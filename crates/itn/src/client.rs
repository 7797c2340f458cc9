//! The client of one node with one key.

use std::sync::Arc;

use bytes::Bytes;
use zeroize::Zeroizing;

use crate::address::Endpoint;
use crate::answers::{Auth, CreatedAccounts};
use crate::authorization;
use crate::bounded::Bounded;
use crate::error::Error;
use crate::inputs::{CreateAccountsDetails, GatingUpdate, PaymentsDetails, ZkappCommandsDetails};
use crate::internal_logs::InternalLogs;
use crate::keys::SigningKey;
use crate::operations::{self as ops, Operation};
use crate::scalars::Text;
use crate::sequence::{Sequence, Session, Step};
use crate::transport::Transport;
use crate::uuid::Uuid;

/// Asks one node with one key, one request after the other: every method borrows the client
/// mutably. Two clients with the same key at the same node disturb each other, as the node counts
/// the requests of a key; two programs should have two keys.
///
/// Methods authenticate by themselves where needed; see [`crate::sequence`] for when a request is
/// repeated. Dropping the future of a method leaves the client usable, and open whether the node
/// has executed the request.
#[derive(Debug)]
pub struct Client {
    node: Node,
    sequence: Sequence,
    given_session: Option<Session>,
    last_auth: Option<Auth>,
}

/// Where requests go and who signs them.
#[derive(Debug)]
struct Node {
    transport: Transport,
    endpoint: Endpoint,
    key: Arc<SigningKey>,
}

impl Client {
    /// A client that has not yet asked anything.
    #[must_use]
    pub fn new(transport: Transport, endpoint: Endpoint, key: Arc<SigningKey>) -> Self {
        Self {
            node: Node {
                transport,
                endpoint,
                key,
            },
            sequence: Sequence::default(),
            given_session: None,
            last_auth: None,
        }
    }

    /// Where the node is.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.node.endpoint
    }

    /// What the node said of itself when the client authenticated last, which it also does by
    /// itself when the node has restarted.
    #[must_use]
    pub fn last_auth(&self) -> Option<&Auth> {
        self.last_auth.as_ref()
    }

    /// What the next sequenced request will carry, unless the node has restarted or another client
    /// uses the key; none if the client will authenticate first.
    #[must_use]
    pub fn next_session(&self) -> Option<Session> {
        self.sequence.next()
    }

    /// The next sequenced request carries this session and no other: after status 412 it fails with
    /// [`Error::Sequencing`] instead of being repeated under another number. So it is executed once
    /// only, even if another process sends the same request under the same number.
    pub fn give_session(&mut self, session: Session) {
        self.given_session = Some(session);
    }

    /// Authenticates.
    ///
    /// # Errors
    ///
    /// The node cannot be asked, refuses, or gives no usable answer:
    /// [`Error::is_outcome_unknown`] says whether it may have executed the request.
    pub async fn auth(&mut self) -> Result<Auth, Error> {
        let auth = self.node.send_basic(&ops::AuthQuery).await?;
        self.sequence.authenticated(auth.session());
        Ok(self.last_auth.insert(auth).clone())
    }

    /// The commit that the daemon was built from. A GraphQL error means a daemon that knows
    /// neither this nor handles, account creation and [`Self::scheduled_transactions`].
    ///
    /// # Errors
    ///
    /// The node cannot be asked, refuses, or gives no usable answer:
    /// [`Error::is_outcome_unknown`] says whether it may have executed the request.
    pub async fn commit_id(&mut self) -> Result<String, Error> {
        let commit = self.node.send_basic(&ops::CommitId).await?;
        Ok(commit.commit_id)
    }

    /// The global slots in which the node will produce blocks, without those past and the next.
    ///
    /// # Errors
    ///
    /// The node cannot be asked, refuses, or gives no usable answer:
    /// [`Error::is_outcome_unknown`] says whether it may have executed the request.
    pub async fn slots_won(&mut self) -> Result<Vec<u64>, Error> {
        let Bounded(slots) = self.send(&ops::SlotsWon, None).await?;
        Ok(slots)
    }

    /// The entries of the node's log, in the run `server_uuid`, with an id not below `start_id`.
    ///
    /// In another run ids have another meaning; then the answer is [`Error::Restarted`].
    ///
    /// # Errors
    ///
    /// The node cannot be asked, refuses, or gives no usable answer:
    /// [`Error::is_outcome_unknown`] says whether it may have executed the request.
    pub async fn internal_logs(
        &mut self,
        server_uuid: Uuid,
        start_id: u64,
    ) -> Result<InternalLogs, Error> {
        let operation = ops::InternalLogs {
            start_log_id: start_id,
        };
        self.send(&operation, Some(server_uuid)).await
    }

    /// Removes entries with an id not above `end_id` from the node's log, in the run
    /// `server_uuid`. In another run this would remove entries nobody has seen; then the answer is
    /// [`Error::Restarted`] and nothing is removed.
    ///
    /// # Errors
    ///
    /// The node cannot be asked, refuses, or gives no usable answer:
    /// [`Error::is_outcome_unknown`] says whether it may have executed the request.
    pub async fn flush_internal_logs(
        &mut self,
        server_uuid: Uuid,
        end_id: u64,
    ) -> Result<String, Error> {
        let operation = ops::FlushInternalLogs { end_log_id: end_id };
        let Text(text) = self.send(&operation, Some(server_uuid)).await?;
        Ok(text)
    }

    /// Starts sending payments and returns the handle of the run. With a handle of the caller's
    /// choice, which only the newest daemons know, a repetition starts nothing twice.
    ///
    /// # Errors
    ///
    /// The node cannot be asked, refuses, or gives no usable answer:
    /// [`Error::is_outcome_unknown`] says whether it may have executed the request.
    pub async fn schedule_payments(
        &mut self,
        input: &PaymentsDetails,
        handle: Option<&Uuid>,
    ) -> Result<String, Error> {
        let Text(started) = match handle.map(Uuid::as_str) {
            None => self.send(&ops::SchedulePayments { input }, None).await?,
            Some(handle) => {
                self.send(&ops::SchedulePaymentsWithHandle { input, handle }, None)
                    .await?
            }
        };
        Ok(started)
    }

    /// Starts sending zkApp commands and returns the handle of the run; as
    /// [`Self::schedule_payments`].
    ///
    /// # Errors
    ///
    /// The node cannot be asked, refuses, or gives no usable answer:
    /// [`Error::is_outcome_unknown`] says whether it may have executed the request.
    pub async fn schedule_zkapp_commands(
        &mut self,
        input: &ZkappCommandsDetails,
        handle: Option<&Uuid>,
    ) -> Result<String, Error> {
        let Text(started) = match handle.map(Uuid::as_str) {
            None => {
                self.send(&ops::ScheduleZkappCommands { input }, None)
                    .await?
            }
            Some(handle) => {
                self.send(
                    &ops::ScheduleZkappCommandsWithHandle { input, handle },
                    None,
                )
                .await?
            }
        };
        Ok(started)
    }

    /// The handles of what is running. Newest daemons only.
    ///
    /// # Errors
    ///
    /// The node cannot be asked, refuses, or gives no usable answer:
    /// [`Error::is_outcome_unknown`] says whether it may have executed the request.
    pub async fn scheduled_transactions(&mut self) -> Result<Vec<String>, Error> {
        let Bounded(handles) = self.send(&ops::ScheduledTransactions, None).await?;
        Ok(handles.into_iter().map(|Text(handle)| handle).collect())
    }

    /// Asks a run to stop, which it does at its next step.
    ///
    /// # Errors
    ///
    /// The node cannot be asked, refuses, or gives no usable answer:
    /// [`Error::is_outcome_unknown`] says whether it may have executed the request.
    pub async fn stop_scheduled_transactions(&mut self, handle: &str) -> Result<String, Error> {
        let operation = ops::StopScheduledTransactions { handle };
        let Text(text) = self.send(&operation, None).await?;
        Ok(text)
    }

    /// Replaces the peers that the node may talk to, until it restarts.
    ///
    /// # Errors
    ///
    /// The node cannot be asked, refuses, or gives no usable answer:
    /// [`Error::is_outcome_unknown`] says whether it may have executed the request.
    pub async fn update_gating(&mut self, input: &GatingUpdate) -> Result<String, Error> {
        let Text(text) = self.send(&ops::UpdateGating { input }, None).await?;
        Ok(text)
    }

    /// Stops the daemon after a delay, 5 s or more. `clean_config` makes it forget its chain.
    ///
    /// # Errors
    ///
    /// The node cannot be asked, refuses, or gives no usable answer:
    /// [`Error::is_outcome_unknown`] says whether it may have executed the request.
    pub async fn stop_daemon(
        &mut self,
        delay_seconds: Option<u32>,
        clean_config: Option<bool>,
    ) -> Result<String, Error> {
        let operation = ops::StopDaemon {
            delay_seconds,
            clean_config,
        };
        let Text(text) = self.send(&operation, None).await?;
        Ok(text)
    }

    /// Limits the zkApp commands in blocks that this node produces, until it restarts. None removes
    /// the limit. Returns the limit now in force.
    ///
    /// # Errors
    ///
    /// The node cannot be asked, refuses, or gives no usable answer:
    /// [`Error::is_outcome_unknown`] says whether it may have executed the request.
    pub async fn zkapp_command_limit(&mut self, limit: Option<i32>) -> Result<Option<i64>, Error> {
        self.send(&ops::ZkappCommandLimit { limit }, None).await
    }

    /// Makes accounts, returns their keys at once and funds them in the background. Newest daemons
    /// only.
    ///
    /// # Errors
    ///
    /// The node cannot be asked, refuses, or gives no usable answer:
    /// [`Error::is_outcome_unknown`] says whether it may have executed the request.
    pub async fn create_accounts(
        &mut self,
        input: &CreateAccountsDetails,
        handle: Option<&Uuid>,
    ) -> Result<CreatedAccounts, Error> {
        let handle = handle.map(Uuid::as_str);
        self.send(&ops::CreateAccounts { input, handle }, None)
            .await
    }

    /// Sends in the sequenced form. With `run`, only to that run of the daemon.
    async fn send<O: Operation>(
        &mut self,
        operation: &O,
        run: Option<Uuid>,
    ) -> Result<O::Answer, Error> {
        let body = wiped_body(operation)?;
        let given = self.given_session.take();
        if let Some(session) = given {
            self.sequence.authenticated(session);
        }
        let mut exchange = self.sequence.begin();
        loop {
            let session = match exchange.step() {
                Step::Send(session) => session,
                Step::Authenticate => {
                    let auth = self.node.send_basic(&ops::AuthQuery).await?;
                    exchange.authenticated(auth.session());
                    self.last_auth = Some(auth);
                    continue;
                }
            };
            let server_uuid = session.server_uuid;
            if run.is_some_and(|run| run != server_uuid || exchange.meets_other_run()) {
                exchange.not_sent(session);
                return Err(Error::Restarted { server_uuid });
            }
            let authorization = authorization::sequenced(&self.node.key, &session, &body);
            match self.node.post::<O>(&authorization, body.clone()).await {
                Ok(answer) => {
                    exchange.executed(session);
                    return operation.answer(answer);
                }
                Err(Error::Status { status: 412, .. }) => {
                    if !exchange.refused_as_stale(session) || given.is_some() {
                        return Err(Error::Sequencing);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Node {
    async fn send_basic<O: Operation>(&self, operation: &O) -> Result<O::Answer, Error> {
        let body = wiped_body(operation)?;
        let authorization = authorization::basic(&self.key, &body);
        let answer = self.post::<O>(&authorization, body).await?;
        operation.answer(answer)
    }

    async fn post<O: Operation>(&self, authorization: &str, body: Bytes) -> Result<Vec<u8>, Error> {
        let limits = &self.transport.limits;
        let answer_bytes_max = if O::ANSWERS_LOGS {
            limits.logs_bytes_max
        } else {
            limits.answer_bytes_max
        };
        self.transport
            .post(&self.endpoint, authorization, body, answer_bytes_max)
            .await
    }
}

/// The bytes to sign and to send. They hold private keys, so this copy is wiped when the last user
/// drops it.
fn wiped_body<O: Operation>(operation: &O) -> Result<Bytes, Error> {
    let body = ops::body(operation).map_err(Error::Request)?;
    Ok(Bytes::from_owner(Zeroizing::new(body)))
}
