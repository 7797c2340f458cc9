//! The end of a session.

use std::time::Duration;

use store::ingest::EndReason;
use tokio::time::{Instant, timeout, timeout_at};

use super::state::{InFlight, OpenSession, SessionEnd};
use crate::node_task::orders::Order;
use crate::writer::Outcome;

/// How long the last answer of a session is waited for.
const LAST_POLL_TIME: Duration = Duration::from_secs(3);
/// How long storing is waited for when the session ends.
const LAST_STORE_TIME: Duration = Duration::from_secs(15);

impl OpenSession<'_> {
    /// Stores what was read and leaves or ends the session.
    pub(super) async fn finish(mut self, order: Order) -> SessionEnd {
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
            let _ = timeout(LAST_POLL_TIME, self.ask()).await;
        }
        let deadline = Instant::now() + LAST_STORE_TIME;
        if self.in_flight.is_some() {
            let outcome = timeout_at(deadline, InFlight::reply(&mut self.in_flight)).await;
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
        match timeout_at(deadline, InFlight::reply(&mut self.in_flight)).await {
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
}
