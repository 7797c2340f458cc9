//! How late entries are stored, seen from outside: what the database has is
//! looked at a few times a second, and an entry counts as stored when it is
//! first seen there, so a little too late.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use hdrhistogram::Histogram;

use super::fleet::Fleet;
use super::log::sleep_until;
use super::nodes::BenchNode;

/// How often is looked what is stored.
pub(super) const LOOK: Duration = Duration::from_millis(200);

/// What was seen for a while.
pub(super) struct Watched {
    lags_ms: Histogram<u64>,
    /// The most connections of the fetcher at a time.
    pub(super) connections: u64,
}

impl Watched {
    /// Watches what is stored of all nodes but the first `skip`.
    pub(super) async fn watch(fleet: &Fleet, skip: usize, time: Duration) -> anyhow::Result<Self> {
        let mut watched = Self {
            lags_ms: Histogram::new(3)?,
            connections: 0,
        };
        let names: HashSet<String> = fleet.nodes[skip..].iter().map(BenchNode::name).collect();
        let database = &fleet.database;
        let mut seen: HashMap<String, u64> = database.node_cursors().await?.into_iter().collect();
        let begun = fleet.log.elapsed();
        let mut looks = 0;
        while fleet.log.elapsed() < begun + time.as_secs_f64() {
            looks += 1;
            sleep_until(&fleet.log, begun + LOOK.as_secs_f64() * f64::from(looks)).await;
            let cursors = database.node_cursors().await?;
            let now = fleet.log.elapsed();
            for (node, last) in cursors {
                if !names.contains(&node) {
                    continue;
                }
                let before = seen.insert(node, last).unwrap_or(0);
                for id in before + 1..=last {
                    let lag = Duration::from_secs_f64((now - fleet.log.written(id)).max(0.0));
                    let lag_ms = u64::try_from(lag.as_millis()).unwrap_or(u64::MAX);
                    watched.lags_ms.record(lag_ms)?;
                }
            }
            let connections = database.connections("loadlab log-fetcher").await?;
            watched.connections = watched.connections.max(connections);
        }
        Ok(watched)
    }

    /// A lag in seconds.
    #[expect(clippy::cast_precision_loss, reason = "a lag")]
    pub(super) fn quantile(&self, quantile: f64) -> f64 {
        self.lags_ms.value_at_quantile(quantile) as f64 / 1_000.0
    }
}
