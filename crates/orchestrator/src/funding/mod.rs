//! `fund-keys`: making and funding accounts, by nodes that can or by the mina executable.
//!
//! Every paying key of every command is a request in the journal: what has been paid is not paid
//! again when the run is taken up or a command is tried again.

mod by_nodes;
mod chosen;
mod commit;
mod executable;
mod image;
mod kept_keys;
mod remaining_funds;
mod sessions;

use std::path::{Path, PathBuf};

use experiment::action::fund_keys::{FundKeys, PayingKey, RETRY_PAUSES_MIN, Together};
use futures_util::future::try_join_all;
use parking_lot::Mutex;
use store::experiment_runs::{Answer, JournalWrites, NewRequest, RequestRow, RequestStatus};
use tokio_util::sync::CancellationToken;

use crate::run::{Level, Run, StepError};

pub(crate) use commit::check;
pub(crate) use remaining_funds::{AskedFor, report};
use sessions::Sessions;

/// Commands that run together.
struct Batch<'a> {
    run: &'a Run<'a>,
    /// Its step, under which requests are written down.
    step: u32,
    /// Ends what it still does: the run is cancelled, or a command has failed.
    stop: CancellationToken,
    sessions: Sessions,
}

/// One paying key of one command.
struct Payment<'a> {
    batch: &'a Batch<'a>,
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
    /// Nobody can tell any more what was paid: trying again might pay twice.
    is_lost: bool,
    /// What a node was asked without an answer.
    unanswered: Option<Unanswered>,
    /// The funding whose keys are in files already.
    waits_for: Option<itn::Uuid>,
}

impl Progress {
    fn lost() -> Self {
        Self {
            is_lost: true,
            ..Self::default()
        }
    }
}

/// A request to a node that it may or may not have executed.
#[derive(Debug, Clone, Copy)]
struct Unanswered {
    handle: itn::Uuid,
    /// The run of the daemon that was asked, and the number of the request in its count.
    server_uuid: itn::Uuid,
    number: u16,
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
    let batch = Batch {
        run,
        step: first,
        stop: run.means.cancel.child_token(),
        sessions: Sessions::default(),
    };
    for group in Together::groups(&commands) {
        let daemon = group.commands.start;
        let running = group.commands.clone().filter_map(|index| {
            let command = commands.get(index)?;
            let request = *first_requests.get(index)?;
            Some(batch.run_command(request, command, daemon))
        });
        tokio::select! {
            () = run.means.cancel.cancelled() => return Err(StepError::Cancelled),
            results = all_ended(running) => first_failure(results?)?,
        };
    }
    Ok(())
}

/// Whether this process cannot continue, but the run can.
fn is_of_process(error: &StepError) -> bool {
    matches!(error, StepError::Journal(_) | StepError::Interrupted)
}

/// Waits until all have ended, unless this process cannot continue: then executables are left alone,
/// as at the end of the process, and the run takes them up again.
async fn all_ended<F>(work: impl IntoIterator<Item = F>) -> Result<Vec<F::Output>, StepError>
where
    F: Future<Output = Result<(), StepError>>,
{
    let work = work.into_iter().map(async |one| match one.await {
        Err(error) if is_of_process(&error) => Err(error),
        other => Ok(other),
    });
    try_join_all(work).await
}

/// The failure that stopped the others, if there was one.
fn first_failure(results: Vec<Result<(), StepError>>) -> Result<(), StepError> {
    let mut stopped = Ok(());
    for result in results {
        match result {
            Ok(()) => {}
            Err(StepError::Cancelled) => stopped = Err(StepError::Cancelled),
            Err(error) => return Err(error),
        }
    }
    stopped
}

impl Batch<'_> {
    async fn run_command(
        &self,
        first_request: u32,
        command: &FundKeys,
        first_daemon: usize,
    ) -> Result<(), StepError> {
        let result = self.fund(first_request, command, first_daemon).await;
        // The orchestrator that continues the run continues with the executable that runs.
        if matches!(&result, Err(error) if !is_of_process(error)) {
            self.stop.cancel();
        }
        result
    }

    async fn fund(
        &self,
        first_request: u32,
        command: &FundKeys,
        first_daemon: usize,
    ) -> Result<(), StepError> {
        let run = self.run;
        let directory = run.means.paths.path(command.directory());
        tokio::task::spawn_blocking(move || durable::make_folder(&directory, 0o700))
            .await
            .map_err(StepError::joined)?
            .map_err(|error| {
                StepError::Failed(format!("cannot make {}: {error}", command.directory()))
            })?;
        let payments: Vec<Payment<'_>> = (first_request..)
            .zip(command.shares())
            .map(|(request, key)| Payment {
                batch: self,
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
            // None is broken off because another has failed: it may have paid.
            let error = match first_failure(all_ended(paying).await?) {
                Ok(()) => return Ok(()),
                Err(StepError::Failed(error)) => error,
                Err(other) => return Err(other),
            };
            let is_lost = payments.iter().any(|payment| payment.progress().is_lost);
            let Some(&minutes) = pauses.next().filter(|_| !is_lost) else {
                return Err(StepError::Failed(error));
            };
            run.journal.log(
                Level::Warning,
                Some(self.step),
                format!("Failed to run fund command, retrying in {minutes} minutes: {error}"),
            );
            run.journal.flush().await?;
            #[expect(clippy::cast_precision_loss, reason = "some minutes")]
            let seconds = minutes as f64 * 60.0;
            run.means.clock.pause(seconds, &self.stop).await?;
            attempt += 1;
        }
    }
}

impl Payment<'_> {
    /// Pays, unless that is done.
    async fn pay(&self, daemon: usize) -> Result<(), StepError> {
        let was_paid = self
            .earlier()
            .is_some_and(|row| row.outcome == Some(RequestStatus::Accepted));
        if self.key.accounts == 0 || was_paid || self.progress().is_paid {
            return Ok(());
        }
        if let Some(row) = self.earlier().filter(|row| row.is_permanent) {
            self.set_progress(Progress::lost());
            return Err(StepError::Failed(row.error.clone().unwrap_or_default()));
        }
        if self.batch.run.means.network.fund_itn_nodes.is_empty() {
            self.by_executable(daemon).await?;
        } else {
            self.by_node().await?;
        }
        self.set_progress(Progress {
            is_paid: true,
            ..Progress::default()
        });
        Ok(())
    }

    fn progress(&self) -> Progress {
        *self.progress.lock()
    }

    fn set_progress(&self, progress: Progress) {
        *self.progress.lock() = progress;
    }

    /// Gives up: what was paid cannot be known any more.
    async fn lost(&self, error: String) -> Result<(), StepError> {
        self.set_progress(Progress::lost());
        self.answer(Some(error), true).await
    }

    /// What an earlier process has written down.
    fn earlier(&self) -> Option<&RequestRow> {
        let rows = self.batch.run.past.requests(self.batch.step);
        rows.iter().find(|row| row.request == self.request)
    }

    /// The path of the nth key file.
    fn path(&self, number: u64) -> PathBuf {
        let name = format!("{}-{number}", self.key.prefix);
        self.batch.run.means.paths.path(&name)
    }

    /// Whether all key files are there.
    async fn is_complete(&self) -> Result<bool, StepError> {
        let paths: Vec<PathBuf> = (0..self.key.accounts)
            .map(|number| self.path(number))
            .collect();
        tokio::task::spawn_blocking(move || paths.iter().all(|path| path.is_file()))
            .await
            .map_err(StepError::joined)
    }

    /// Writes down what will be asked.
    async fn asking(&self, row: NewRequest) -> Result<(), StepError> {
        let writes = JournalWrites {
            requests: vec![NewRequest {
                step: self.batch.step,
                request: self.request,
                ..row
            }],
            ..JournalWrites::default()
        };
        self.batch.run.journal.write(writes).await?;
        Ok(())
    }

    /// Writes down what came of it; after a failure it may be tried again.
    async fn answered(&self, error: Option<String>) -> Result<(), StepError> {
        self.answer(error, false).await
    }

    async fn answer(&self, error: Option<String>, is_permanent: bool) -> Result<(), StepError> {
        let writes = JournalWrites {
            answers: vec![Answer {
                step: self.batch.step,
                request: self.request,
                outcome: RequestStatus::accepted_if(error.is_none()),
                handle: None,
                error: error.clone(),
                is_permanent,
            }],
            ..JournalWrites::default()
        };
        self.batch.run.journal.write(writes).await?;
        match error {
            None => Ok(()),
            Some(error) => Err(StepError::Failed(error)),
        }
    }
}

/// A file of ours for the key files with this prefix. It is not in their directory, because
/// its readers take all files in it for keys.
fn beside_directory(prefix: &Path, extension: &str) -> PathBuf {
    let directory = prefix.parent().unwrap_or(Path::new(""));
    let file = format!(
        ".{}-{}.{extension}",
        directory.file_name().unwrap_or_default().display(),
        prefix.file_name().unwrap_or_default().display()
    );
    directory.parent().unwrap_or(directory).join(file)
}
