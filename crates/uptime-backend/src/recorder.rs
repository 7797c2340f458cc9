//! Writing accepted submissions to the database: those that arrive while one
//! statement runs go into the next one together.

use std::time::Duration;

use service::Tasks;
use store::Database;
use store::uptime::UptimeSubmission;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::Refusal;
use crate::rate_limit::Reservation;

/// Most submissions in one statement.
const BATCH_MAX: usize = 512;

/// Submissions that wait for the next statement; further requests wait before.
const QUEUE: usize = 2 * BATCH_MAX;

/// Least time between two statements. At a few submissions per second nobody
/// waits for it; under load it makes large groups, which cost the database less.
const PAUSE: Duration = Duration::from_millis(5);

struct Recording {
    submission: UptimeSubmission,
    /// Counts if the submission is stored.
    reservation: Reservation,
    stored: oneshot::Sender<bool>,
}

/// The way to the database. Clones share it; the task behind it ends when the
/// last one is gone and everything is written.
#[derive(Debug, Clone)]
pub(crate) struct Recorder(mpsc::Sender<Recording>);

impl Recorder {
    /// Starts the task that writes.
    pub(crate) fn start(database: Database, tasks: &mut Tasks) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tasks.spawn("recorder", write(database, receiver));
        Self(sender)
    }

    /// Stores a submission; done when it is committed. Only then its reservation
    /// is kept.
    pub(crate) async fn record(
        &self,
        submission: UptimeSubmission,
        reservation: Reservation,
    ) -> Result<(), Refusal> {
        let (stored, answer) = oneshot::channel();
        let recording = Recording {
            submission,
            reservation,
            stored,
        };
        if self.0.send(recording).await.is_err() {
            return Err(Refusal::Internal);
        }
        match answer.await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(Refusal::Internal),
        }
    }
}

async fn write(database: Database, mut receiver: mpsc::Receiver<Recording>) {
    let mut recordings = Vec::new();
    let mut earliest = Instant::now();
    while let Some(first) = receiver.recv().await {
        recordings.push(first);
        tokio::time::sleep_until(earliest).await;
        while recordings.len() < BATCH_MAX
            && let Ok(recording) = receiver.try_recv()
        {
            recordings.push(recording);
        }
        write_group(&database, recordings.drain(..)).await;
        earliest = Instant::now() + PAUSE;
    }
}

async fn write_group(database: &Database, recordings: impl Iterator<Item = Recording>) {
    let (submissions, waiting): (Vec<_>, Vec<_>) = recordings
        .map(|recording| {
            (
                recording.submission,
                (recording.reservation, recording.stored),
            )
        })
        .unzip();
    let result = database.record_uptime_submissions(&submissions).await;
    if let Err(error) = &result {
        tracing::error!(
            submissions = submissions.len(),
            error = %service::error_chain(error),
            "submissions could not be stored"
        );
    }
    for (reservation, stored) in waiting {
        if result.is_ok() {
            reservation.keep();
        }
        // A client that has gone away needs no answer.
        let _ = stored.send(result.is_ok());
    }
}
