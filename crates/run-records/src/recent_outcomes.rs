//! What became of the transactions of runs, as lists show it.
//!
//! To count those of a run the database goes through all transactions, which takes seconds where
//! there are millions. So callers share what is found, one of them looks at a time, and looking
//! takes a tenth of the time at most, however many ask.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use store::experiment_runs::Outcome;
use store::{Database, StoreError};
use tokio::sync::Mutex;

/// A result is reused for this many times as long as the query took.
const REST: u32 = 10;
/// Runs that are kept in mind at most.
const RUNS_MAX: usize = 10_000;

/// What was found lately. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct RecentOutcomes(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// By the name of the run, and until when it is shown.
    outcomes: BTreeMap<String, (Instant, Outcome)>,
}

impl RecentOutcomes {
    /// Those of these runs, in their order.
    pub(crate) async fn of(
        &self,
        database: &Database,
        names: &[String],
    ) -> Result<Vec<Outcome>, StoreError> {
        let look = async |names: Vec<String>| database.experiment_outcomes(&names).await;
        self.of_looking(names, look).await
    }

    async fn of_looking(
        &self,
        names: &[String],
        look: impl AsyncFnOnce(Vec<String>) -> Result<BTreeMap<String, Outcome>, StoreError>,
    ) -> Result<Vec<Outcome>, StoreError> {
        // Held while one looks: the others wait for what it finds.
        let mut known = self.0.lock().await;
        let begun = Instant::now();
        let is_known = |name: &&String| {
            let found = known.outcomes.get(*name);
            found.is_some_and(|(until, _)| *until > begun)
        };
        let unknown: Vec<String> = names
            .iter()
            .filter(|name| !is_known(name))
            .cloned()
            .collect();
        if !unknown.is_empty() {
            let mut found = look(unknown.clone()).await?;
            if known.outcomes.len() + unknown.len() > RUNS_MAX {
                known.outcomes.retain(|_, (until, _)| *until > begun);
            }
            let rest = begun
                .elapsed()
                .saturating_mul(REST)
                .min(Duration::from_hours(1));
            let until = Instant::now() + rest;
            for name in unknown {
                let outcome = found.remove(&name).unwrap_or_default();
                known.outcomes.insert(name, (until, outcome));
            }
        }
        let outcome = |name: &String| known.outcomes.get(name).map(|(_, outcome)| outcome.clone());
        Ok(names
            .iter()
            .map(|name| outcome(name).unwrap_or_default())
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    const LOOK: Duration = Duration::from_millis(200);

    async fn seen(recent: &RecentOutcomes, looks: &AtomicI64, names: &[&str]) -> Vec<i64> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let outcomes = recent.of_looking(&names, async |names| {
            tokio::time::sleep(LOOK).await;
            let look = looks.fetch_add(1, Ordering::SeqCst) + 1;
            let outcome = |name: String| {
                let mut outcome = Outcome::default();
                outcome.delivery.seen = look;
                (name, outcome)
            };
            Ok(names.into_iter().map(outcome).collect())
        });
        let outcomes = outcomes.await.unwrap();
        outcomes
            .iter()
            .map(|outcome| outcome.delivery.seen)
            .collect()
    }

    #[tokio::test]
    async fn many_callers_share_one_look_and_it_rests_for_ten_times_as_long() {
        let (recent, looks) = (RecentOutcomes::default(), AtomicI64::new(0));
        let callers = (0..50).map(|_| seen(&recent, &looks, &["a", "b"]));
        for found in futures_util::future::join_all(callers).await {
            assert_eq!(found, [1, 1]);
        }
        // Only what is not known is looked for.
        assert_eq!(seen(&recent, &looks, &["c", "a"]).await, [2, 1]);
        tokio::time::sleep(LOOK * (REST + 2)).await;
        assert_eq!(seen(&recent, &looks, &["a"]).await, [3]);
    }
}
