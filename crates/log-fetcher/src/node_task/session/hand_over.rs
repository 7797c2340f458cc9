//! Handing over what was read, and letting the node forget what is stored.

use std::time::Duration;

use metrics::{counter, histogram};
use service::error_chain;
use store::ingest::Session;
use tokio::sync::oneshot;
use tokio::time::Instant;
use trace::Timestamp;

use super::state::{InFlight, OpenSession, SessionEnd};
use crate::intake::Part;
use crate::report::State;
use crate::writer::{Job, Outcome};

/// Time for flushing the node's queue, which nothing depends on.
const FLUSH_TIME: Duration = Duration::from_secs(5);

impl OpenSession<'_> {
    /// Hands over what was read, unless something is being stored.
    pub(super) async fn submit(&mut self) {
        if self.intake.is_pending()
            && let Some(session) = self.session.take()
        {
            let part = self.intake.take_part(None);
            self.hand_over(session, part).await;
        }
    }

    pub(super) async fn hand_over(&mut self, mut session: Session, mut part: Part) {
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

    pub(super) async fn submit_held(&mut self) {
        if let Some((held, _)) = self.held.take() {
            let (session, part) = *held;
            self.hand_over(session, part).await;
        }
    }

    /// Something was stored, or could not be.
    pub(super) async fn replied(&mut self, outcome: Option<Outcome>) -> Result<(), SessionEnd> {
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
                let asked = self.shared.database.stored_session(&parts.0).await;
                let is_ours =
                    asked.is_ok_and(|stored| stored.version == parts.0.version() && stored.is_open);
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
                    .set(self.name, State::Failing, Some(&error_chain(&error)));
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

    pub(super) fn note_stored(&self, stored: InFlight) {
        record_lag(stored.oldest);
        let losses = &self.shared.losses;
        losses.count(self.name, stored.lost, stored.unknown_gaps);
        if let Some(archive) = &self.shared.archive {
            archive.keep(self.name, stored.lines);
        }
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
