//! Warns of transactions that are in blocks but failed there: a run whose payments all fail is no
//! success that anybody wanted.

use parking_lot::Mutex;
use store::experiment_runs::Outcome;

use super::{Journal, Level};
use service::error_chain;

/// What was said about failures of a run, so that it is said once.
#[derive(Debug, Default)]
pub(crate) struct FailureWatch(Mutex<Said>);

#[derive(Debug, Default)]
struct Said {
    reasons: Vec<String>,
    warning: String,
}

impl FailureWatch {
    /// Warns if the ledger gives a reason that was not warned of yet.
    pub(crate) async fn look(&self, journal: &Journal) {
        self.warn(journal, |said, now| said.reasons != now.reasons)
            .await;
    }

    /// Warns if the figures have changed since the last warning.
    pub(crate) async fn look_at_the_end(&self, journal: &Journal) {
        self.warn(journal, |said, now| said.warning != now.warning)
            .await;
    }

    async fn warn(&self, journal: &Journal, is_news: impl Fn(&Said, &Said) -> bool) {
        // Without a database nobody knows what is in blocks.
        let Some(database) = journal.database() else {
            return;
        };
        let rows = match database.experiment_delivery(journal.name()).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::debug!("cannot count what has failed: {}", error_chain(&error));
                return;
            }
        };
        let outcome = Outcome::of(&rows);
        let Some(warning) = outcome.warning() else {
            return;
        };
        let reasons = outcome.failures.into_keys().collect();
        let now = Said { reasons, warning };
        let mut said = self.0.lock();
        if is_news(&said, &now) {
            journal.log(Level::Warning, None, now.warning.clone());
            *said = now;
        }
    }
}
