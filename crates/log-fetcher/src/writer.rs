//! Storing what was read: a few writers, each of which stores what many nodes
//! have handed over in one transaction.
//!
//! A job is answered when its outcome is known: if the connection is lost
//! while the server commits, the writer finds out what came of it. While the
//! database is away, jobs wait here, and nodes are read ahead as far as the
//! buffer allows.

use std::time::{Duration, Instant};

use metrics::{counter, histogram};
use service::Tasks;
use store::ingest::{Delivery, Session};
use store::{Database, StoreError};
use tokio::sync::{mpsc, oneshot, watch};

use crate::intake::Part;
use crate::span_export::SpanExport;

/// Most jobs of one transaction, and their size.
const GROUP_JOBS: usize = 256;
const GROUP_BYTES: usize = 8 << 20;
/// Jobs that may wait at each writer. Each node has at most one.
const WAITING_JOBS: usize = 4_096;
/// A transaction that takes longer is given up: the server, or the way to it,
/// hangs.
const TRANSACTION_TIME_MAX: Duration = Duration::from_mins(1);
/// Pauses between attempts.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(2);
/// Attempts for a job that fails although the database is there.
const ATTEMPTS_MAX: u32 = 5;

/// Something to be stored.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) session: Session,
    pub(crate) part: Part,
    pub(crate) reply: oneshot::Sender<Outcome>,
}

/// What came of a job.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is stored.
    Stored(Session),
    /// Nothing was written: the lease is lost, or the session is another's or
    /// has ended.
    Fenced(Box<(Session, Part)>),
    /// The database refuses it again and again.
    Failed(StoreError),
}

/// Where jobs go.
#[derive(Debug, Clone)]
pub(crate) struct Writers {
    senders: Vec<mpsc::Sender<Job>>,
}

impl Writers {
    /// Starts writers. They end when all handles are dropped and everything is
    /// stored. `is_away` says whether the database does not answer; `spans` takes the blocks that
    /// become complete.
    pub(crate) fn start(
        database: &Database,
        count: usize,
        is_away: &watch::Sender<bool>,
        spans: Option<&SpanExport>,
        tasks: &mut Tasks,
    ) -> Self {
        let senders = (1..=count.max(1))
            .map(|number| {
                let (sender, receiver) = mpsc::channel(WAITING_JOBS);
                let writing = run(database.clone(), receiver, is_away.clone(), spans.cloned());
                tasks.spawn(format!("writer {number}"), writing);
                sender
            })
            .collect();
        Self { senders }
    }

    /// Hands over a job of the node with this number.
    pub(crate) async fn send(&self, number: usize, job: Job) {
        let sender = &self.senders[number % self.senders.len()];
        // A writer ends after all handles only.
        let _ = sender.send(job).await;
    }
}

async fn run(
    database: Database,
    mut jobs: mpsc::Receiver<Job>,
    is_away: watch::Sender<bool>,
    spans: Option<SpanExport>,
) {
    while let Some(first) = jobs.recv().await {
        let mut bytes = first.part.bytes;
        let mut group = vec![first];
        while group.len() < GROUP_JOBS
            && bytes < GROUP_BYTES
            && let Ok(job) = jobs.try_recv()
        {
            bytes += job.part.bytes;
            group.push(job);
        }
        store(&database, group, &is_away, spans.as_ref()).await;
    }
}

/// Stores jobs, however often that has to be tried.
async fn store(
    database: &Database,
    mut jobs: Vec<Job>,
    is_away: &watch::Sender<bool>,
    spans: Option<&SpanExport>,
) {
    let mut pause = RETRY_FIRST;
    let mut attempts = 0;
    while !jobs.is_empty() {
        // Nobody waits for jobs whose node was given up.
        jobs.retain(|job| !job.reply.is_closed());
        let begun = Instant::now();
        let error = match deliver(database, &mut jobs).await {
            Ok(()) => {
                is_away.send_if_modified(std::mem::take);
                histogram!("log_fetcher_transaction_seconds").record(begun.elapsed());
                counter!("log_fetcher_transactions_total", "outcome" => "stored").increment(1);
                if let Some(spans) = spans {
                    for job in &jobs {
                        spans.take(&job.session, &job.part.batch);
                    }
                }
                for job in jobs {
                    let _ = job.reply.send(Outcome::Stored(job.session));
                }
                return;
            }
            Err(error) => error,
        };
        if let StoreError::SessionTaken { node } = &error {
            counter!("log_fetcher_transactions_total", "outcome" => "fenced").increment(1);
            let fenced = jobs.iter().position(|job| job.session.node_name() == node);
            let Some(fenced) = fenced else { continue };
            let job = jobs.swap_remove(fenced);
            let parts = Box::new((job.session, job.part));
            let _ = job.reply.send(Outcome::Fenced(parts));
            continue;
        }
        counter!("log_fetcher_transactions_total", "outcome" => "failed").increment(1);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY_MAX);
        match sort_out(database, jobs).await {
            Ok(undone) => {
                // The database is there: the jobs themselves may be at fault.
                is_away.send_if_modified(std::mem::take);
                attempts += 1;
                jobs = undone;
                if attempts >= ATTEMPTS_MAX {
                    give_up_or_split(database, jobs, error).await;
                    return;
                }
            }
            Err(undone) => {
                if !is_away.send_replace(true) {
                    tracing::warn!(
                        error = %service::error_chain(&error),
                        "the database does not answer; log entries are kept in memory meanwhile"
                    );
                }
                jobs = undone;
            }
        }
    }
}

async fn deliver(database: &Database, jobs: &mut [Job]) -> Result<(), StoreError> {
    let mut deliveries: Vec<Delivery<'_>> = jobs
        .iter_mut()
        .map(|job| Delivery {
            session: &mut job.session,
            batch: std::mem::take(&mut job.part.batch),
            cursor: job.part.cursor.to_value(),
            counts: job.part.counts,
            gaps: job.part.gaps.clone(),
            reading: job.part.reading.clone(),
        })
        .collect();
    let work = database.deliver(&mut deliveries);
    let result = match tokio::time::timeout(TRANSACTION_TIME_MAX, work).await {
        Ok(result) => result.map(|_| ()),
        Err(_) => Err(StoreError::TookTooLong {
            seconds: TRANSACTION_TIME_MAX.as_secs(),
        }),
    };
    let batches: Vec<_> = deliveries
        .into_iter()
        .map(|delivery| delivery.batch)
        .collect();
    for (job, batch) in jobs.iter_mut().zip(batches) {
        job.part.batch = batch;
    }
    result
}

/// Finds out which jobs are stored and answers those; gives back the others,
/// all of them as the error if the database does not answer.
async fn sort_out(database: &Database, jobs: Vec<Job>) -> Result<Vec<Job>, Vec<Job>> {
    let mut undone = Vec::new();
    let mut jobs = jobs.into_iter();
    while let Some(mut job) = jobs.next() {
        let asked =
            tokio::time::timeout(TRANSACTION_TIME_MAX, database.stored_session(&job.session));
        let Ok(Ok(stored)) = asked.await else {
            undone.push(job);
            undone.extend(jobs);
            return Err(undone);
        };
        let ends = job.part.reading.end.is_some();
        if stored.version == job.session.version() && stored.is_open {
            undone.push(job);
        } else if stored.version == job.session.version() + 1
            && stored.is_open != ends
            && database.has_cursor(&job.session, &job.part.cursor).await
        {
            job.session.was_delivered(stored.traces);
            let _ = job.reply.send(Outcome::Stored(job.session));
        } else {
            let parts = Box::new((job.session, job.part));
            let _ = job.reply.send(Outcome::Fenced(parts));
        }
    }
    Ok(undone)
}

/// One job that the database refuses must not keep the others from being
/// stored.
async fn give_up_or_split(database: &Database, jobs: Vec<Job>, error: StoreError) {
    if jobs.len() == 1 {
        for job in jobs {
            tracing::error!(
                node = job.session.node_name(),
                error = %service::error_chain(&error),
                "log entries cannot be stored"
            );
            counter!("log_fetcher_refused_parts_total").increment(1);
            let _ = job.reply.send(Outcome::Failed(StoreError::Refused));
        }
        return;
    }
    for job in jobs {
        let mut one = vec![job];
        let result = deliver(database, &mut one).await;
        let Some(job) = one.pop() else { continue };
        let outcome = match result {
            Ok(()) => Outcome::Stored(job.session),
            Err(StoreError::SessionTaken { .. }) => {
                Outcome::Fenced(Box::new((job.session, job.part)))
            }
            Err(error) => Outcome::Failed(error),
        };
        let _ = job.reply.send(outcome);
    }
}
