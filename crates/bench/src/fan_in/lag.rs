//! How late entries are stored, seen from outside: what the database has is
//! looked at a few times a second, and an entry counts as stored when it is
//! first seen there, so a little too late.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::{Fleet, LOOK};

/// Lags in milliseconds.
pub(super) struct Lags {
    milliseconds: Histogram<u64>,
}

impl Default for Lags {
    fn default() -> Self {
        let milliseconds = Histogram::new(3).expect("three digits are supported");
        Self { milliseconds }
    }
}

impl Lags {
    /// Watches what is stored of all nodes but the first `skip`.
    pub(super) async fn watch(
        &mut self,
        fleet: &Fleet,
        skip: usize,
        time: Duration,
    ) -> anyhow::Result<()> {
        let watched: std::collections::HashSet<String> = fleet.nodes[skip..]
            .iter()
            .map(super::BenchNode::name)
            .collect();
        let mut seen: HashMap<String, u64> =
            fleet.database.node_cursors().await?.into_iter().collect();
        let begun = Instant::now();
        while begun.elapsed() < time {
            tokio::time::sleep(LOOK).await;
            let cursors = fleet.database.node_cursors().await?;
            let now = fleet.clock.elapsed();
            for (node, last) in cursors {
                if !watched.contains(&node) {
                    continue;
                }
                let before = seen.insert(node, last).unwrap_or(0);
                for id in before + 1..=last {
                    let lag_ms = 1_000.0 * (now - fleet.clock.written(id));
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "a lag"
                    )]
                    self.milliseconds.record(lag_ms.max(0.0) as u64)?;
                }
            }
        }
        Ok(())
    }

    /// In seconds.
    #[expect(clippy::cast_precision_loss, reason = "a lag")]
    pub(super) fn quantile(&self, quantile: f64) -> f64 {
        self.milliseconds.value_at_quantile(quantile) as f64 / 1_000.0
    }
}
