//! What an open session of a node consists of.

use std::time::Duration;

use itn::{Error, Uuid};
use store::StoreError;
use store::fetch::OpenedNodeSession;
use store::ingest::Session;
use store::lease::Lease;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use trace::{RestoreError, Timestamp, Tracer};

use crate::archive::ArchivedLines;
use crate::buffer::BufferShare;
use crate::intake::{Intake, NotALog, Part};
use crate::node_task::connection::{Connection, LogsError};
use crate::node_task::orders::Orders;
use crate::pace::Pace;
use crate::shared::Shared;
use crate::writer::Outcome;

/// Retry delay for a daemon that is read under another address: short at first, because daemons may
/// have changed places, and longer each time.
pub(super) const DUPLICATE_PAUSE: Duration = Duration::from_millis(250);

/// How reading came to its end.
#[derive(Debug)]
pub(crate) enum SessionEnd {
    /// As ordered.
    Ended,
    /// Another has the session, or it was ended from outside.
    Lost,
    /// The database refuses what was read.
    Refused,
}

/// Why a poll brought nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum PollError {
    #[error(transparent)]
    Node(#[from] Error),
    #[error(transparent)]
    NotALog(#[from] NotALog),
    #[error("the database does not answer")]
    Store(#[from] StoreError),
    #[error("it is the same daemon as node {0:?}, which is fetched from")]
    Duplicate(String),
    #[error("there is no room for its answer at the moment")]
    NoRoom,
}

impl From<LogsError> for PollError {
    fn from(error: LogsError) -> Self {
        match error {
            LogsError::Node(error) => Self::Node(error),
            LogsError::NoRoom => Self::NoRoom,
        }
    }
}

/// What is being stored.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) reply: oneshot::Receiver<Outcome>,
    pub(super) run: Option<String>,
    /// All runs that it is about.
    pub(super) runs: Vec<String>,
    pub(super) last_log_id: u64,
    pub(super) bytes: usize,
    pub(super) oldest: Option<Timestamp>,
    pub(super) lost: u64,
    pub(super) unknown_gaps: u64,
    pub(super) lines: ArchivedLines,
}

/// A session that is open, and its reading.
pub(crate) struct OpenSession<'a> {
    pub(super) shared: &'a Shared,
    pub(super) name: &'a str,
    pub(super) number: usize,
    pub(super) connection: &'a mut Connection,
    pub(super) stop: Orders,
    pub(super) lease: watch::Receiver<Lease>,
    pub(super) session_id: i64,
    pub(super) deployment_id: i32,
    pub(super) resets: i64,
    /// None while it is with a writer.
    pub(super) session: Option<Session>,
    pub(super) in_flight: Option<InFlight>,
    /// Waits for another lease.
    pub(super) held: Option<(Box<(Session, Part)>, Instant)>,
    pub(super) intake: Intake,
    pub(super) share: BufferShare,
    pub(super) pace: Pace,
    /// The run that is read, by its uuid and by its name in the database.
    pub(super) run: Option<(Uuid, String)>,
    pub(super) has_restarted: bool,
    pub(super) last_answer: Option<Instant>,
    /// Entries up to this one are no longer in the node's queue.
    pub(super) flushed_to: u64,
    /// The last answer had nothing new.
    pub(super) is_idle: bool,
    pub(super) duplicate_pause: Duration,
    pub(super) due: Instant,
}

impl<'a> OpenSession<'a> {
    pub(crate) fn new(
        shared: &'a Shared,
        name: &'a str,
        number: usize,
        connection: &'a mut Connection,
        orders: &Orders,
        opened: OpenedNodeSession,
    ) -> Result<Self, RestoreError> {
        let tracer = Tracer::restore(shared.tracer, opened.state)?;
        // Spread over the interval, so that not all are asked at once.
        let spread = shared.pace.interval_max.min(Duration::from_secs(2));
        let due = Instant::now() + spread.mul_f64(rand::random::<f64>());
        Ok(Self {
            shared,
            name,
            number,
            connection,
            stop: orders.clone(),
            lease: orders.lease.clone(),
            session_id: opened.session.id(),
            deployment_id: opened.session.deployment_id(),
            resets: opened.resets,
            session: Some(opened.session),
            in_flight: None,
            held: None,
            intake: Intake::new(tracer, opened.cursor, shared.archive.is_some()),
            share: BufferShare::new(shared.buffer.clone()),
            pace: Pace::new(shared.pace),
            run: None,
            has_restarted: false,
            last_answer: None,
            flushed_to: 0,
            is_idle: false,
            duplicate_pause: DUPLICATE_PAUSE,
            due,
        })
    }

    pub(super) fn note_size(&mut self) {
        self.note_size_beside(0);
    }

    pub(super) fn note_size_beside(&mut self, answer_bytes: usize) {
        let in_flight = self.in_flight.as_ref().map_or(0, |part| part.bytes);
        let held = self.held.as_ref().map_or(0, |(held, _)| held.1.bytes);
        self.share
            .set(self.intake.pending_bytes() + in_flight + held + answer_bytes);
    }
}

impl InFlight {
    /// The answer of the writer; none if there is no writer any more.
    pub(super) async fn reply(in_flight: &mut Option<Self>) -> Option<Outcome> {
        match in_flight {
            Some(in_flight) => (&mut in_flight.reply).await.ok(),
            None => std::future::pending().await,
        }
    }
}
