//! `fund-keys`: making and funding accounts, by nodes that can or by the mina executable.
//!
//! Every paying key of every command is a request in the journal: what has been paid is not paid
//! again when the run is taken up or a command is tried again.

mod by_nodes;
mod commit;
mod executable;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use experiment::action::fund_keys::{FundKeys, PayingKey, RETRY_PAUSES_MIN, Together};
use futures_util::future::try_join_all;
use store::experiment_runs::{Answer, JournalWrites, NewRequest, RequestRow};

use crate::key_files;
use crate::run::{Level, Run, StepError};

pub(crate) use commit::{ClientGate, check};

/// One paying key of one command.
struct Payment<'a> {
    run: &'a Run<'a>,
    /// The step of the batch, under which requests are written down.
    step: u32,
    /// Position among the requests of the step.
    request: u32,
    /// Of the command.
    command: &'a FundKeys,
    key: PayingKey,
    progress: Mutex<Progress>,
}

/// How far a payment has come in this process.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    is_paid: bool,
    /// The funding whose keys are in files already.
    waits_for: Option<itn::Uuid>,
}

/// Runs the commands of a batch: those that share no key at the same time.
pub(crate) async fn run_batch(
    run: &Run<'_>,
    first: u32,
    batch: &[(u32, FundKeys)],
) -> Result<(), StepError> {
    let commands: Vec<FundKeys> = batch.iter().map(|(_, command)| command.clone()).collect();
    // Numbers of requests must not depend on the order in which commands run.
    let mut first_requests = Vec::new();
    let mut next = 0;
    for command in &commands {
        first_requests.push(next);
        next += u32::try_from(command.privkeys.len()).map_err(StepError::failed)?;
    }
    for group in Together::groups(&commands) {
        let daemon = group.commands.start;
        let running = group.commands.clone().filter_map(|index| {
            let command = commands.get(index)?;
            let request = *first_requests.get(index)?;
            Some(run_command(run, first, request, command, daemon))
        });
        tokio::select! {
            () = run.means.cancel.cancelled() => return Err(StepError::Cancelled),
            result = try_join_all(running) => result?,
        };
    }
    Ok(())
}

async fn run_command(
    run: &Run<'_>,
    step: u32,
    first_request: u32,
    command: &FundKeys,
    first_daemon: usize,
) -> Result<(), StepError> {
    let directory = PathBuf::from(command.directory());
    tokio::task::spawn_blocking(move || key_files::make_directory(&directory))
        .await
        .map_err(StepError::joined)?
        .map_err(|error| {
            StepError::Failed(format!("cannot make {}: {error}", command.directory()))
        })?;
    let payments: Vec<Payment<'_>> = (first_request..)
        .zip(command.shares())
        .map(|(request, key)| Payment {
            run,
            step,
            request,
            command,
            key,
            progress: Mutex::default(),
        })
        .collect();
    let mut pauses = RETRY_PAUSES_MIN.iter();
    let mut attempt = 0;
    loop {
        let paying = payments
            .iter()
            .map(|payment| payment.pay(first_daemon + attempt));
        let error = match try_join_all(paying).await {
            Ok(_) => return Ok(()),
            Err(StepError::Failed(error)) => error,
            Err(other) => return Err(other),
        };
        let Some(&minutes) = pauses.next() else {
            return Err(StepError::Failed(error));
        };
        run.journal.tell(
            Level::Warning,
            Some(step),
            format!("Failed to run fund command, retrying in {minutes} minutes: {error}"),
        );
        run.journal.flush().await?;
        #[expect(clippy::cast_precision_loss, reason = "some minutes")]
        let seconds = minutes as f64 * 60.0;
        run.means.clock.pause(seconds, &run.means.cancel).await?;
        attempt += 1;
    }
}

impl Payment<'_> {
    /// Pays, unless that is done.
    async fn pay(&self, daemon: usize) -> Result<(), StepError> {
        let was_paid = self
            .earlier()
            .is_some_and(|row| row.outcome.as_deref() == Some("accepted"));
        if self.key.accounts == 0 || was_paid || self.progress().is_paid {
            return Ok(());
        }
        if self.run.means.network.fund_itn_nodes.is_empty() {
            self.by_executable(daemon).await?;
        } else {
            self.by_node().await?;
        }
        self.set_progress(Progress {
            is_paid: true,
            waits_for: None,
        });
        Ok(())
    }

    fn progress(&self) -> Progress {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_progress(&self, progress: Progress) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    /// What an earlier process has written down.
    fn earlier(&self) -> Option<&RequestRow> {
        let rows = self.run.past.requests(self.step);
        rows.iter().find(|row| row.request == self.request)
    }

    /// The path of the nth key file.
    fn path(&self, number: u64) -> PathBuf {
        PathBuf::from(format!("{}-{number}", self.key.prefix))
    }

    /// Whether all key files are there.
    async fn is_complete(&self) -> Result<bool, StepError> {
        let (prefix, accounts) = (self.key.prefix.clone(), self.key.accounts);
        tokio::task::spawn_blocking(move || {
            (0..accounts).all(|number| PathBuf::from(format!("{prefix}-{number}")).is_file())
        })
        .await
        .map_err(StepError::failed)
    }

    /// Writes down what will be asked.
    async fn asking(&self, row: NewRequest) -> Result<(), StepError> {
        let writes = JournalWrites {
            requests: vec![NewRequest {
                step: self.step,
                request: self.request,
                ..row
            }],
            ..JournalWrites::default()
        };
        self.run.journal.write(writes).await?;
        Ok(())
    }

    /// Writes down what came of it.
    async fn answered(&self, error: Option<String>) -> Result<(), StepError> {
        let writes = JournalWrites {
            answers: vec![Answer {
                step: self.step,
                request: self.request,
                outcome: if error.is_none() {
                    "accepted"
                } else {
                    "refused"
                }
                .to_owned(),
                handle: None,
                error: error.clone(),
            }],
            ..JournalWrites::default()
        };
        self.run.journal.write(writes).await?;
        match error {
            None => Ok(()),
            Some(error) => Err(StepError::Failed(error)),
        }
    }
}
