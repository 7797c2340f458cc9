//! Ends a run early: as soon as a round cannot hold a threshold any more, if the setup wants that.
//!
//! Thresholds are looked at while the run waits: then all load of the round is scheduled. What was
//! decided is the error of the step that waited, in the journal: the orchestrator that continues the
//! run after a crash or a pause ends it for the same reason.

use std::time::Duration;

use store::{Database, StoreError};
use tokio::sync::OnceCell;

use super::Journal;
use crate::clock::Clock;
use service::error_chain;

/// Pause between two looks, in seconds of the network.
const LOOK_SEC: f64 = 60.0;
/// The shortest pause, whatever the time scale.
const LOOK_MIN: Duration = Duration::from_millis(500);

/// Looks at the thresholds of a run.
#[derive(Debug, Default)]
pub(crate) struct ThresholdWatch {
    /// Whether the setup wants that.
    is_wanted: OnceCell<bool>,
}

impl ThresholdWatch {
    /// Waits until a round cannot hold a threshold any more, and returns which. Never ends for a run
    /// that is not to be aborted, or whose traces are not in a database.
    pub(crate) async fn failed(&self, journal: &Journal, clock: Clock) -> String {
        let Some(database) = journal.database() else {
            return std::future::pending().await;
        };
        loop {
            match self.look(database, journal.name()).await {
                Ok(Some(reason)) => return reason,
                Ok(None) if self.is_wanted.get() == Some(&false) => std::future::pending().await,
                Ok(None) => {}
                // The run continues: thresholds may be known at the next look.
                Err(error) => {
                    let run = journal.name();
                    tracing::warn!(
                        run,
                        "cannot evaluate the thresholds: {}",
                        error_chain(&error)
                    );
                }
            }
            tokio::time::sleep(clock.real(LOOK_SEC).max(LOOK_MIN)).await;
        }
    }

    async fn look(&self, database: &Database, name: &str) -> Result<Option<String>, StoreError> {
        let is_wanted = self
            .is_wanted
            .get_or_try_init(async || database.aborts_on_fail(name).await)
            .await?;
        if !is_wanted {
            return Ok(None);
        }
        let results = database.run_results(name, None).await?;
        Ok(results.and_then(|results| results.failed_round()))
    }
}
