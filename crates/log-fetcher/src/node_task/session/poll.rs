//! Polling: when a node is asked, and what comes of the answer.

use std::time::Duration;

use itn::{Error, ErrorClass, InternalLogs};
use metrics::{counter, histogram};
use service::error_chain;
use tokio::time::Instant;

use super::state::{OpenSession, PollError};
use crate::intake::NotALog;
use crate::node_task::connection::LogsError;
use crate::report::State;

/// Retry delay while the buffer is full.
const ROOM_PAUSE: Duration = Duration::from_millis(250);
const DUPLICATE_PAUSE_MAX: Duration = Duration::from_secs(8);
/// Entries that are traced before other tasks get their turn.
const TURN: usize = 1_000;

impl OpenSession<'_> {
    pub(super) async fn poll_if_room(&mut self) {
        let waits = self.connection.is_large() && self.share.is_under_pressure();
        if waits || !self.share.has_room() {
            self.shared.board.set(self.name, State::Buffering, None);
            self.due = Instant::now() + ROOM_PAUSE;
            return;
        }
        let ordered = self.stop.clone().ordered(self.deployment_id, self.resets);
        tokio::select! {
            biased;
            () = ordered => {}
            () = self.poll() => {}
        }
        self.submit().await;
    }

    /// Asks the node once.
    async fn poll(&mut self) {
        let shared = self.shared;
        let semaphore = if self.pace.failures() > 0 {
            &shared.retries
        } else {
            &shared.polls
        };
        let permit = semaphore.acquire().await;
        let begun = Instant::now();
        let asked = self.ask().await;
        drop(permit);
        histogram!("log_fetcher_poll_seconds").record(begun.elapsed());
        let outcome = match &asked {
            Ok(_) => "answered",
            Err(PollError::Node(Error::Unauthorized)) => "unauthorized",
            Err(PollError::Node(error)) => match error.class() {
                ErrorClass::Transient => "transient",
                ErrorClass::Permanent => "permanent",
                ErrorClass::Hostile => "hostile",
            },
            Err(PollError::NotALog(_)) => "hostile",
            Err(PollError::Store(_)) => "database",
            Err(PollError::Duplicate(_)) => "duplicate",
            Err(PollError::NoRoom) => "no room",
        };
        counter!("log_fetcher_polls_total", "outcome" => outcome).increment(1);
        match asked {
            Ok(entries) => {
                counter!("log_fetcher_entries_total").increment(entries);
                let interval = self.pace.interval(self.share.is_under_pressure());
                self.shared.board.answered(self.name, interval);
                self.shared.board.set(self.name, State::Fetching, None);
                // From poll to poll, so that the phase stays; not at once if
                // the poll took longer than that.
                let next = begun + interval;
                self.due = next.max(Instant::now() + self.shared.pace.interval_min / 4);
            }
            Err(error) => self.poll_failed(&error),
        }
    }

    fn poll_failed(&mut self, error: &PollError) {
        let state = match error {
            PollError::Duplicate(_) => {
                self.shared
                    .board
                    .set(self.name, State::Duplicate, Some(&error.to_string()));
                self.due = Instant::now() + self.duplicate_pause;
                self.duplicate_pause = (2 * self.duplicate_pause).min(DUPLICATE_PAUSE_MAX);
                return;
            }
            PollError::NoRoom => {
                self.shared.board.set(self.name, State::Buffering, None);
                self.due = Instant::now() + ROOM_PAUSE;
                return;
            }
            PollError::Node(Error::Unauthorized) => State::WrongKey,
            _ => State::Failing,
        };
        self.pace.failed();
        self.shared
            .board
            .set(self.name, state, Some(&error_chain(error)));
        let mut pause = self.pace.interval(false);
        if state == State::WrongKey {
            pause = self.shared.pace.retry_max;
        }
        // Nodes that failed together are not asked again together.
        self.due = Instant::now() + pause.mul_f64(0.8 + 0.4 * rand::random::<f64>());
    }

    /// The number of new entries.
    pub(super) async fn ask(&mut self) -> Result<u64, PollError> {
        let Some((uuid, _)) = self.run else {
            return self.enter().await;
        };
        let last = self.intake.cursor().last_log_id;
        // Of a daemon that began to count anew under the same name there are
        // entries that were flushed, or none as new as the last one.
        let is_flushed = self.flushed_to == last;
        let probes = is_flushed || self.is_idle;
        let start = if probes { 1 } else { last + 1 };
        match self.logs(uuid, start).await {
            Ok(logs) => {
                let oldest = logs.first_id();
                let newest = logs.last_id();
                let is_other = if is_flushed {
                    oldest.is_some_and(|oldest| oldest <= last)
                } else {
                    newest.is_some_and(|newest| newest < last)
                };
                if probes && is_other {
                    self.restarted();
                    return self.enter().await;
                }
                let entries = self.take(&logs).await?;
                self.is_idle = entries == 0;
                let now = Instant::now();
                match self.last_answer.replace(now) {
                    Some(before) => self.pace.answered(entries, now - before),
                    None => self.pace.first_answered(entries),
                }
                Ok(entries)
            }
            Err(LogsError::Node(Error::Restarted { .. })) => {
                self.restarted();
                self.enter().await
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn take(&mut self, logs: &InternalLogs) -> Result<u64, NotALog> {
        crate::intake::check_ids(logs.first_id(), logs.last_id())?;
        // Others that want room must know of this before it is taken.
        self.note_size_beside(2 * logs.body_bytes());
        let mut entries = 0;
        for (place, log) in logs.iter().enumerate() {
            entries += u64::from(self.intake.take(&log));
            if place % TURN == TURN - 1 {
                tokio::task::yield_now().await;
            }
        }
        self.note_size();
        Ok(entries)
    }
}
