//! An open session of a node: polls, hands over what it read, and flushes the node's queue when that
//! is stored.

mod end;
mod hand_over;
mod identity;
mod poll;
mod state;

use std::time::Duration;

use tokio::time::Instant;

use state::InFlight;

pub(super) use state::{OpenSession, SessionEnd};

/// How long a new lease is waited for.
const LEASE_TIME: Duration = Duration::from_secs(30);

impl OpenSession<'_> {
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
                outcome = InFlight::reply(&mut self.in_flight), if self.in_flight.is_some() => {
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
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
