//! What happens when the process of a node ends or begins without a fault: its ports follow, and
//! a supervisor starts it again, as container platforms do.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::clock::NetworkClock;
use crate::network::LiveNetwork;
use crate::timetable::Timetable;

#[derive(Debug)]
pub(crate) struct Restarts {
    pub(crate) network: Arc<LiveNetwork>,
    pub(crate) timetable: Arc<Timetable>,
    pub(crate) clock: NetworkClock,
    /// In network time; never if none.
    pub(crate) restart_after: Option<Duration>,
}

impl Restarts {
    /// Runs until nobody can tell it anything any more.
    pub(crate) async fn run(self, mut lifecycle: mpsc::UnboundedReceiver<usize>) {
        while let Some(index) = lifecycle.recv().await {
            self.network.follow(index).await;
            let Some(node) = self.network.nodes().get(index) else {
                continue;
            };
            // A fault that stops a node says itself when the node starts again.
            if node.is_running() || node.is_stopped_by_fault() {
                continue;
            }
            if let Some(after) = self.restart_after {
                let at = self.clock.since_genesis() + after;
                self.timetable.plan_start(node.identity().name.clone(), at);
            }
        }
    }
}
