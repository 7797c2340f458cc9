//! Writing accepted submissions to the database: those that arrive while one
//! statement runs go into the next one together.

use store::Database;
use store::uptime::UptimeSubmission;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::Refusal;

/// Most submissions in one statement.
const BATCH_MAX: usize = 512;

/// Submissions that wait for the next statement; further requests wait before.
const QUEUE: usize = 2 * BATCH_MAX;

struct Recording {
    submission: UptimeSubmission,
    stored: oneshot::Sender<bool>,
}

/// The way to the database. Clones share it; the task behind it ends when the
/// last one is gone and everything is written.
#[derive(Debug, Clone)]
pub(crate) struct Recorder(mpsc::Sender<Recording>);

impl Recorder {
    /// Starts the task that writes.
    pub(crate) fn start(database: Database) -> (Self, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Self(sender), tokio::spawn(write(database, receiver)))
    }

    /// Stores a submission; done when it is committed.
    pub(crate) async fn record(&self, submission: UptimeSubmission) -> Result<(), Refusal> {
        let (stored, answer) = oneshot::channel();
        let recording = Recording { submission, stored };
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
    while receiver.recv_many(&mut recordings, BATCH_MAX).await > 0 {
        let (submissions, waiting): (Vec<_>, Vec<_>) = recordings
            .drain(..)
            .map(|recording| (recording.submission, recording.stored))
            .unzip();
        let result = database.record_uptime_submissions(&submissions).await;
        if let Err(error) = &result {
            tracing::error!(
                submissions = submissions.len(),
                error = %chain(error),
                "submissions could not be stored"
            );
        }
        for stored in waiting {
            // Whoever does not wait any more does not need the answer.
            let _ = stored.send(result.is_ok());
        }
    }
}

/// An error with all its causes, for the log.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text += ": ";
        text += &cause.to_string();
        source = cause.source();
    }
    text
}
