//! Requests under way: each carries the number that is written down, and all of them end with the step
//! that sends them.

use std::sync::Arc;
use std::time::Duration;

use itn::sequence::Session;
use store::StoreError;
use store::experiment_runs::{JournalWrites, NewRequest, RequestRow};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::RequestStatus;
use super::outcome::Outcome;
use super::request::{AskResult, NodeRequest};
use super::{Journal, RunContext};
use crate::nodes::{NodeClient, NodeError};

/// Attempts of a request that may be repeated because its handle is ours.
const ATTEMPTS: u32 = 3;
/// Seconds of the network between them.
const ATTEMPT_PAUSE_SEC: f64 = 2.0;
/// How often a request gets another number because its own was not the next one.
const RENUMBERED_MAX: u32 = 2;
/// How long answers under way are waited for after a cancel.
const GRACE: Duration = Duration::from_secs(5);
/// Answers that are taken together at most.
const TOGETHER: usize = 1024;

/// A request that may be sent.
pub(super) struct Prepared {
    pub(super) request: NodeRequest,
    pub(super) client: NodeClient,
    pub(super) handle: Option<itn::Uuid>,
    /// The number that it carries.
    pub(super) session: Session,
    /// What is written down of it.
    pub(super) row: NewRequest,
    /// What an earlier process wrote down, which may have sent it.
    pub(super) earlier: Option<RequestRow>,
}

/// What became of the request with this number; or why nobody can say: the journal cannot be written.
pub(super) type Sent = Result<(u32, Outcome), StoreError>;

/// Requests under way. Dropping it ends them: what is not sent by then is never sent.
pub(super) struct Sending {
    tasks: JoinSet<()>,
    outcomes: mpsc::Receiver<Sent>,
    cancel: CancellationToken,
    /// When answers are waited for no longer, after a cancel.
    given_up_at: Option<tokio::time::Instant>,
}

impl Sending {
    /// Sends as many at once as the limit permits.
    pub(super) fn start<F, A>(
        prepared: Vec<Prepared>,
        means: &RunContext,
        journal: &Journal,
        ask: A,
    ) -> Self
    where
        A: Fn(NodeRequest, Option<itn::Uuid>, NodeClient) -> F + Send + Sync + Clone + 'static,
        F: Future<Output = (AskResult, NodeClient)> + Send,
    {
        let (sender, outcomes) = mpsc::channel(TOGETHER);
        let limit = Arc::new(Semaphore::new(means.concurrency));
        let mut tasks = JoinSet::new();
        for one in prepared {
            let (ask, sender) = (ask.clone(), sender.clone());
            let (limit, means, journal) = (Arc::clone(&limit), means.clone(), journal.clone());
            tasks.spawn(async move {
                let Ok(_permit) = limit.acquire_owned().await else {
                    return;
                };
                let number = one.request.number;
                let sent = if !means.cancel.is_cancelled() {
                    ask_one(one, &means, &journal, ask).await
                } else if one.earlier.is_none() {
                    Ok(Outcome {
                        status: RequestStatus::Refused,
                        handle: None,
                        error: Some("cancelled before it was sent".to_owned()),
                        is_permanent: false,
                    })
                } else {
                    return;
                };
                let _ = sender.send(sent.map(|outcome| (number, outcome))).await;
            });
        }
        Self {
            tasks,
            outcomes,
            cancel: means.cancel.clone(),
            given_up_at: None,
        }
    }

    /// Waits for the next outcomes and gives how many there are: none when all have ended. After a
    /// cancel those under way are waited for for a moment only.
    pub(super) async fn receive(&mut self, buffer: &mut Vec<Sent>) -> usize {
        if self.given_up_at.is_none() {
            tokio::select! {
                count = self.outcomes.recv_many(buffer, TOGETHER) => return count,
                () = self.cancel.cancelled() => {}
            }
        }
        let now = tokio::time::Instant::now();
        let given_up_at = *self.given_up_at.get_or_insert(now + GRACE);
        tokio::select! {
            count = self.outcomes.recv_many(buffer, TOGETHER) => return count,
            () = tokio::time::sleep_until(given_up_at) => self.tasks.abort_all(),
        }
        self.outcomes.recv_many(buffer, TOGETHER).await
    }
}

/// Sends one request until it is known what became of it. It carries the number that is written down
/// and no other, so a node executes it once only, even if another process has taken the run over and
/// sends it as well.
async fn ask_one<F, A>(
    one: Prepared,
    means: &RunContext,
    journal: &Journal,
    ask: A,
) -> Result<Outcome, StoreError>
where
    A: Fn(NodeRequest, Option<itn::Uuid>, NodeClient) -> F,
    F: Future<Output = (AskResult, NodeClient)>,
{
    let Prepared {
        request,
        mut client,
        handle,
        session,
        mut row,
        earlier,
    } = one;
    let may_repeat = handle.is_some() || request.is_idempotent;
    let mut session = Some(session);
    let (mut attempt, mut renumbered) = (1, 0);
    // Whether an attempt may have been executed.
    let mut is_open = false;
    loop {
        let answer = match number(&mut client, session.take(), &mut row, journal).await? {
            Ok(()) => {
                let (answer, returned) = ask(request.clone(), handle, client).await;
                client = returned;
                is_open |= answer.as_ref().is_err_and(NodeError::may_be_executed);
                answer
            }
            Err(error) => Err(error),
        };
        match answer {
            Ok(given) => {
                return Ok(Outcome {
                    status: RequestStatus::Accepted,
                    handle: given.or_else(|| handle.map(String::from)),
                    error: None,
                    is_permanent: false,
                });
            }
            // The process that had this run before had it on its way.
            Err(error) if error.is_stale() && earlier.is_some() && !may_repeat => {
                return Ok(Outcome {
                    status: RequestStatus::Unconfirmed,
                    error: Some("executed, but its answer was lost".to_owned()),
                    ..Outcome::refused(&error)
                });
            }
            // Not executed: someone else uses the key.
            Err(error) if error.is_stale() && renumbered < RENUMBERED_MAX => renumbered += 1,
            Err(error) if error.is_transport() && may_repeat && attempt < ATTEMPTS => {
                attempt += 1;
                let paused = means.clock.pause(ATTEMPT_PAUSE_SEC, &means.cancel).await;
                if paused.is_err() {
                    return Ok(Outcome::failed(&error, handle, is_open));
                }
            }
            Err(error) => {
                // A node that answers to a handle says what runs under it.
                let is_open = is_open && !error.is_graphql();
                return Ok(Outcome::failed(&error, handle, is_open));
            }
        }
    }
}

/// Gives the next request the number that is written down; or a new one, which is written down first:
/// a process that has lost the lease cannot do that. The inner error is that of the node.
async fn number(
    client: &mut NodeClient,
    noted: Option<Session>,
    row: &mut NewRequest,
    journal: &Journal,
) -> Result<Result<(), NodeError>, StoreError> {
    let session = match noted {
        Some(session) => session,
        None => match client.ask(async |client| client.auth().await).await {
            Ok(auth) => {
                note_session(row, auth.session());
                let writes = JournalWrites {
                    requests: vec![row.clone()],
                    ..JournalWrites::default()
                };
                journal.write(writes).await?;
                auth.session()
            }
            Err(error) => return Ok(Err(error)),
        },
    };
    client.give_session(session);
    Ok(Ok(()))
}

/// Writes down which number a request carries, in which run of the daemon.
pub(super) fn note_session(row: &mut NewRequest, session: Session) {
    row.server_uuid = Some(session.server_uuid.to_string());
    row.sequence_number = Some(session.number);
}
