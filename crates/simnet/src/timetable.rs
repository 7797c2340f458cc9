//! Makes planned faults happen at their times.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::clock::NetworkClock;
use crate::faults::{Fault, FaultError, FaultRequest, ScheduledFault};
use crate::network::LiveNetwork;

/// The faults that are to come.
#[derive(Debug)]
pub(crate) struct Timetable {
    network: Arc<LiveNetwork>,
    clock: NetworkClock,
    /// By time, and in the order of planning at one time.
    planned: Mutex<BTreeMap<(Duration, u64), ScheduledFault>>,
    changed: Notify,
}

impl Timetable {
    pub(crate) fn new(network: Arc<LiveNetwork>, clock: NetworkClock) -> Self {
        Self {
            network,
            clock,
            planned: Mutex::new(BTreeMap::new()),
            changed: Notify::new(),
        }
    }

    /// Plans a fault, and its end. What is due happens before this returns.
    pub(crate) async fn schedule(&self, request: FaultRequest) -> Result<(), FaultError> {
        let faults = request.schedule(self.clock.since_genesis())?;
        for fault in &faults {
            self.network.check(fault.node.as_deref(), &fault.fault)?;
        }
        for fault in faults {
            if fault.at <= self.clock.since_genesis() {
                self.network
                    .apply(fault.node.as_deref(), &fault.fault)
                    .await?;
            } else {
                self.plan(fault);
            }
        }
        Ok(())
    }

    /// Runs for ever. `random` is in the order of its times.
    pub(crate) async fn run(
        self: Arc<Self>,
        mut random: impl Iterator<Item = ScheduledFault> + Send,
    ) {
        let mut next_random = random.next();
        loop {
            let changed = self.changed.notified();
            let planned = self.next_planned_at();
            let at = match (planned, next_random.as_ref().map(|fault| fault.at)) {
                (Some(planned), Some(random)) => planned.min(random),
                (Some(at), None) | (None, Some(at)) => at,
                (None, None) => {
                    changed.await;
                    continue;
                }
            };
            let due = tokio::time::sleep_until(self.clock.instant(at).into());
            tokio::select! {
                () = changed => continue,
                () = due => {}
            }
            let fault = if planned == Some(at) {
                self.take_planned()
            } else {
                std::mem::replace(&mut next_random, random.next())
            };
            let Some(fault) = fault else { continue };
            if let Err(error) = self
                .network
                .apply(fault.node.as_deref(), &fault.fault)
                .await
            {
                tracing::warn!(%error, "a planned fault did not happen: {error}");
            }
        }
    }

    /// Plans that the process of a node begins at this age of the network.
    pub(crate) fn plan_start(&self, node: String, at: Duration) {
        self.plan(ScheduledFault {
            at,
            node: Some(node),
            fault: Fault::Start,
        });
    }

    fn plan(&self, fault: ScheduledFault) {
        let mut planned = self.planned.lock();
        let number = planned.keys().map(|(_, number)| *number + 1).max();
        let number = number.unwrap_or(0);
        planned.insert((fault.at, number), fault);
        drop(planned);
        self.changed.notify_one();
    }

    fn next_planned_at(&self) -> Option<Duration> {
        let planned = self.planned.lock();
        planned.first_key_value().map(|((at, _), _)| *at)
    }

    fn take_planned(&self) -> Option<ScheduledFault> {
        let mut planned = self.planned.lock();
        planned.pop_first().map(|(_, fault)| fault)
    }
}
