//! An open session of a node: polls, hands over what it read, and flushes the
//! node's queue when that is stored.

use std::time::Duration;

use itn::{Error, ErrorClass, InternalLogs, Uuid};
use metrics::{counter, histogram};
use store::StoreError;
use store::fetch::OpenedNodeSession;
use store::ingest::{EndReason, Session};
use store::lease::Lease;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use trace::{RestoreError, Timestamp, Tracer};

use super::connection::{Connection, LogsError};
use super::runs::{continues, run_name, stored_before};
use super::{Order, Orders};
use crate::archive::ArchivedLines;
use crate::buffer::BufferShare;
use crate::intake::{Intake, NotALog, Part};
use crate::pace::Pace;
use crate::report::{State, chain};
use crate::shared::Shared;
use crate::writer::{Job, Outcome};

/// How long the last answer of a session is waited for.
const LAST_POLL_TIME: Duration = Duration::from_secs(3);
/// How long storing is waited for when the session ends.
const LAST_STORE_TIME: Duration = Duration::from_secs(15);
/// How long a new lease is waited for.
const LEASE_TIME: Duration = Duration::from_secs(30);
/// How long flushing may take, for it is of no use to anyone who waits.
const FLUSH_TIME: Duration = Duration::from_secs(5);
/// How soon is looked whether there is room again.
const ROOM_PAUSE: Duration = Duration::from_millis(250);
/// How soon a daemon that is read under another address is looked at again: at
/// first because daemons may have changed places, then more and more rarely.
const DUPLICATE_PAUSE: Duration = Duration::from_millis(250);
const DUPLICATE_PAUSE_MAX: Duration = Duration::from_secs(8);
/// Entries that are traced before other tasks get their turn.
const TURN: usize = 1_000;

/// How reading came to its end.
#[derive(Debug)]
pub(super) enum SessionEnd {
    /// As ordered.
    Ended,
    /// Another has the session, or it was ended from outside.
    Lost,
    /// The database refuses what was read.
    Refused,
}

/// Why a poll brought nothing.
#[derive(Debug, thiserror::Error)]
enum Trouble {
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

impl From<LogsError> for Trouble {
    fn from(error: LogsError) -> Self {
        match error {
            LogsError::Node(error) => Self::Node(error),
            LogsError::NoRoom => Self::NoRoom,
        }
    }
}

/// What is being stored.
#[derive(Debug)]
struct InFlight {
    reply: oneshot::Receiver<Outcome>,
    run: Option<String>,
    /// All runs that it is about.
    runs: Vec<String>,
    last_log_id: u64,
    bytes: usize,
    oldest: Option<Timestamp>,
    lost: u64,
    unknown_gaps: u64,
    lines: ArchivedLines,
}

pub(super) struct OpenSession<'a> {
    shared: &'a Shared,
    name: &'a str,
    number: usize,
    connection: &'a mut Connection,
    stop: Orders,
    lease: watch::Receiver<Lease>,
    session_id: i64,
    deployment_id: i32,
    resets: i64,
    /// None while it is with a writer.
    session: Option<Session>,
    in_flight: Option<InFlight>,
    /// Waits for another lease.
    held: Option<(Box<(Session, Part)>, Instant)>,
    intake: Intake,
    share: BufferShare,
    pace: Pace,
    /// The run that is read, by its uuid and by its name in the database.
    run: Option<(Uuid, String)>,
    has_restarted: bool,
    last_answer: Option<Instant>,
    /// Entries up to this one are no longer in the node's queue.
    flushed_to: u64,
    /// The last answer had nothing new.
    is_idle: bool,
    duplicate_pause: Duration,
    due: Instant,
}

impl<'a> OpenSession<'a> {
    pub(super) fn new(
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

    /// Reads until the session must end.
    pub(super) async fn read(mut self) -> SessionEnd {
        loop {
            if let Some(order) = self.stop.order(self.deployment_id, self.resets) {
                return self.finish(order).await;
            }
            let lease_deadline = self.held.as_ref().map(|(_, since)| *since + LEASE_TIME);
            tokio::select! {
                biased;
                () = self.stop.changed() => {}
                outcome = reply(&mut self.in_flight), if self.in_flight.is_some() => {
                    if let Err(end) = self.replied(outcome).await {
                        return end;
                    }
                }
                changed = self.lease.changed(), if self.held.is_some() => {
                    if changed.is_err() {
                        return SessionEnd::Lost;
                    }
                    self.submit_held().await;
                }
                () = until(lease_deadline) => return SessionEnd::Lost,
                () = tokio::time::sleep_until(self.due) => self.poll_if_room().await,
            }
        }
    }

    async fn poll_if_room(&mut self) {
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
            Err(Trouble::Node(Error::Unauthorized)) => "unauthorized",
            Err(Trouble::Node(error)) => match error.class() {
                ErrorClass::Transient => "transient",
                ErrorClass::Permanent => "permanent",
                ErrorClass::Hostile => "hostile",
            },
            Err(Trouble::NotALog(_)) => "hostile",
            Err(Trouble::Store(_)) => "database",
            Err(Trouble::Duplicate(_)) => "duplicate",
            Err(Trouble::NoRoom) => "no room",
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
            Err(trouble) => self.poll_failed(&trouble),
        }
    }

    fn poll_failed(&mut self, trouble: &Trouble) {
        let state = match trouble {
            Trouble::Duplicate(_) => {
                self.shared
                    .board
                    .set(self.name, State::Duplicate, Some(&trouble.to_string()));
                self.due = Instant::now() + self.duplicate_pause;
                self.duplicate_pause = (2 * self.duplicate_pause).min(DUPLICATE_PAUSE_MAX);
                return;
            }
            Trouble::NoRoom => {
                self.shared.board.set(self.name, State::Buffering, None);
                self.due = Instant::now() + ROOM_PAUSE;
                return;
            }
            Trouble::Node(Error::Unauthorized) => State::WrongKey,
            _ => State::Failing,
        };
        self.pace.failed();
        self.shared
            .board
            .set(self.name, state, Some(&chain(trouble)));
        let mut pause = self.pace.interval(false);
        if state == State::WrongKey {
            pause = self.shared.pace.retry_max;
        }
        // Nodes that failed together are not asked again together.
        self.due = Instant::now() + pause.mul_f64(0.8 + 0.4 * rand::random::<f64>());
    }

    /// The number of new entries.
    async fn ask(&mut self) -> Result<u64, Trouble> {
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

    async fn logs(&mut self, run: Uuid, start: u64) -> Result<InternalLogs, LogsError> {
        let has_failed = self.pace.failures() > 0;
        let Self {
            connection, shared, ..
        } = self;
        connection.logs(shared, run, start, has_failed).await
    }

    fn restarted(&mut self) {
        self.run = None;
        self.has_restarted = true;
        self.last_answer = None;
    }

    /// Finds out which run of which daemon answers, and reads what it has.
    async fn enter(&mut self) -> Result<u64, Trouble> {
        let auth = self.connection.auth().await?;
        let uuid = auth.server_uuid;
        let run = run_name(&auth);
        self.shared
            .board
            .set_block_producer(self.name, auth.is_block_producer);
        let known = self.intake.cursor().clone();
        let has_same_name = known.run.as_ref() == Some(&run);
        let is_known = has_same_name && !self.has_restarted;
        if !has_same_name {
            // Others may wait for this to be stored.
            self.intake.leave_run();
        }
        let database = &self.shared.database;
        let unsettled = self.unsettled_runs();
        let claimed = database.claim_run(&run, self.session_id, &unsettled);
        if let Some(other) = claimed.await? {
            return Err(Trouble::Duplicate(other));
        }
        let start = if is_known { known.last_log_id + 1 } else { 1 };
        let logs = self.logs(uuid, start).await?;
        if !has_same_name {
            let (last_log_id, last_time_us) =
                stored_before(database, &run, self.session_id, &logs).await?;
            self.intake.enter_run(&run, last_log_id, last_time_us);
        } else if !is_known && !continues(known.last_log_id, known.last_time_us, &logs) {
            self.intake.enter_run(&run, 0, None);
        }
        self.has_restarted = false;
        self.duplicate_pause = DUPLICATE_PAUSE;
        self.flushed_to = 0;
        self.is_idle = false;
        self.run = Some((uuid, run));
        let entries = self.take(&logs).await?;
        self.pace.first_answered(entries);
        self.last_answer = Some(Instant::now());
        Ok(entries)
    }

    /// The runs of which something was read that is not known to be stored.
    fn unsettled_runs(&self) -> Vec<String> {
        let in_flight = self.in_flight.iter().flat_map(|part| part.runs.iter());
        let held = self.held.iter().flat_map(|(held, _)| held.1.runs());
        let read = self.intake.runs();
        in_flight.chain(held).chain(read).cloned().collect()
    }

    async fn take(&mut self, logs: &InternalLogs) -> Result<u64, NotALog> {
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

    fn note_size(&mut self) {
        self.note_size_beside(0);
    }

    fn note_size_beside(&mut self, answer_bytes: usize) {
        let in_flight = self.in_flight.as_ref().map_or(0, |part| part.bytes);
        let held = self.held.as_ref().map_or(0, |(held, _)| held.1.bytes);
        self.share
            .set(self.intake.pending_bytes() + in_flight + held + answer_bytes);
    }

    /// Hands over what was read, unless something is being stored.
    async fn submit(&mut self) {
        if self.intake.is_pending()
            && let Some(session) = self.session.take()
        {
            let part = self.intake.take_part(None);
            self.hand_over(session, part).await;
        }
    }

    async fn hand_over(&mut self, mut session: Session, mut part: Part) {
        session.set_lease(self.lease.borrow_and_update().clone());
        let (sender, reply) = oneshot::channel();
        self.in_flight = Some(InFlight {
            reply,
            run: part.cursor.run.clone(),
            runs: part.runs().cloned().collect(),
            last_log_id: part.cursor.last_log_id,
            bytes: part.bytes,
            oldest: part.oldest,
            lost: part.counts.lost,
            unknown_gaps: part.unknown_gaps(),
            lines: std::mem::take(&mut part.lines),
        });
        self.note_size();
        let job = Job {
            session,
            part,
            reply: sender,
        };
        self.shared.writers.send(self.number, job).await;
    }

    async fn submit_held(&mut self) {
        if let Some((held, _)) = self.held.take() {
            let (session, part) = *held;
            self.hand_over(session, part).await;
        }
    }

    /// Something was stored, or could not be.
    async fn replied(&mut self, outcome: Option<Outcome>) -> Result<(), SessionEnd> {
        let Some(stored) = self.in_flight.take() else {
            return Ok(());
        };
        match outcome {
            Some(Outcome::Stored(session)) => {
                self.session = Some(session);
                self.note_size();
                let (run, last_log_id) = (stored.run.clone(), stored.last_log_id);
                self.note_stored(stored);
                self.flush(run.as_ref(), last_log_id).await;
                self.submit().await;
                Ok(())
            }
            Some(Outcome::Fenced(mut parts)) => {
                parts.1.lines = stored.lines;
                let asked = self.shared.database.session_version(&parts.0).await;
                let is_ours = asked
                    .is_ok_and(|(version, is_open, _)| version == parts.0.version() && is_open);
                if !is_ours {
                    return Err(SessionEnd::Lost);
                }
                // Only the lease has run out, and nobody else has taken it.
                let has_other_lease = parts.0.lease() != Some(&*self.lease.borrow());
                self.held = Some((parts, Instant::now()));
                self.note_size();
                if has_other_lease {
                    self.submit_held().await;
                }
                Ok(())
            }
            Some(Outcome::Failed(error)) => {
                self.shared
                    .board
                    .set(self.name, State::Failing, Some(&chain(&error)));
                Err(SessionEnd::Refused)
            }
            None => Err(SessionEnd::Lost),
        }
    }

    /// Lets the node forget what is stored. If that fails, it forgets it later.
    async fn flush(&mut self, stored_run: Option<&String>, last_log_id: u64) {
        let Some((uuid, run)) = &self.run else {
            return;
        };
        if stored_run != Some(run) || last_log_id <= self.flushed_to {
            return;
        }
        let uuid = *uuid;
        let ordered = self.stop.clone().ordered(self.deployment_id, self.resets);
        let flushing = self.connection.flush(uuid, last_log_id);
        let flushed = tokio::select! {
            biased;
            () = ordered => return,
            flushed = tokio::time::timeout(FLUSH_TIME, flushing) => flushed,
        };
        let outcome = match flushed {
            Ok(Ok(())) => {
                self.flushed_to = last_log_id;
                "flushed"
            }
            Ok(Err(_)) | Err(_) => "failed",
        };
        counter!("log_fetcher_flushes_total", "outcome" => outcome).increment(1);
    }

    /// Stores what was read and leaves or ends the session.
    async fn finish(mut self, order: Order) -> SessionEnd {
        let end = match order {
            Order::Abandon => return SessionEnd::Lost,
            Order::Release => None,
            Order::End(reason) => Some(reason),
        };
        // What the node has written until now belongs to this session.
        let wants_last = matches!(
            end,
            Some(EndReason::Freeze | EndReason::NewDeployment | EndReason::Reset)
        );
        if wants_last && self.pace.failures() == 0 {
            let _ = tokio::time::timeout(LAST_POLL_TIME, self.ask()).await;
        }
        let deadline = Instant::now() + LAST_STORE_TIME;
        if self.in_flight.is_some() {
            let outcome = tokio::time::timeout_at(deadline, reply(&mut self.in_flight)).await;
            match outcome {
                Ok(Some(Outcome::Stored(session))) => self.session = Some(session),
                _ => return SessionEnd::Lost,
            }
            self.note_last_stored();
        }
        if end.is_none() && !self.intake.is_pending() {
            return SessionEnd::Ended;
        }
        let Some(session) = self.session.take() else {
            return SessionEnd::Lost;
        };
        let part = self.intake.take_part(end);
        self.hand_over(session, part).await;
        match tokio::time::timeout_at(deadline, reply(&mut self.in_flight)).await {
            Ok(Some(Outcome::Stored(_))) => {
                self.note_last_stored();
                SessionEnd::Ended
            }
            _ => SessionEnd::Lost,
        }
    }

    fn note_last_stored(&mut self) {
        if let Some(stored) = self.in_flight.take() {
            self.note_stored(stored);
        }
    }

    fn note_stored(&self, stored: InFlight) {
        record_lag(stored.oldest);
        let losses = &self.shared.losses;
        losses.count(self.name, stored.lost, stored.unknown_gaps);
        if let Some(archive) = &self.shared.archive {
            archive.keep(self.name, stored.lines);
        }
    }
}

async fn reply(in_flight: &mut Option<InFlight>) -> Option<Outcome> {
    match in_flight {
        Some(in_flight) => (&mut in_flight.reply).await.ok(),
        None => std::future::pending().await,
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn record_lag(oldest: Option<Timestamp>) {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    if let Some(oldest) = oldest {
        let lag = now.as_secs_f64() - oldest.seconds();
        histogram!("log_fetcher_lag_seconds").record(lag.max(0.0));
    }
}
