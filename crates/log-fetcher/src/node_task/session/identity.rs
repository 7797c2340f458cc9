//! Which run of which daemon answers.

use itn::{InternalLogs, Uuid};
use tokio::time::Instant;

use super::state::{DUPLICATE_PAUSE, OpenSession, PollError};
use crate::node_task::connection::LogsError;
use crate::node_task::runs::{continues, run_name, stored_before};

impl OpenSession<'_> {
    pub(super) async fn logs(&mut self, run: Uuid, start: u64) -> Result<InternalLogs, LogsError> {
        let has_failed = self.pace.failures() > 0;
        let Self {
            connection, shared, ..
        } = self;
        connection.logs(shared, run, start, has_failed).await
    }

    pub(super) fn restarted(&mut self) {
        self.run = None;
        self.has_restarted = true;
        self.last_answer = None;
    }

    /// Finds out which run of which daemon answers, and reads what it has.
    pub(super) async fn enter(&mut self) -> Result<u64, PollError> {
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
            return Err(PollError::Duplicate(other));
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
}
