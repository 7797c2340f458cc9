//! Processes that end and begin.

use super::Network;
use super::event::Action;
use super::lifecycle_event::{LifecycleChange, LifecycleEvent};
use crate::ids::NodeId;
use crate::network::node::Phase;
use crate::scheduler::RunEnd;
use crate::time::Span;

/// Least and usual delay of `stopDaemon`, in seconds.
const STOP_DELAY: i32 = 5;

/// A delay below the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Delay of {0} seconds is less than minimum {STOP_DELAY}")]
pub struct StopDaemonError(i32);

impl Network {
    /// What happened to processes since the last call.
    pub fn take_lifecycle(&mut self) -> Vec<LifecycleEvent> {
        std::mem::take(&mut self.lifecycle)
    }

    /// Ends the process of a node after a delay (5 seconds unless given), as the ITN server's
    /// `stopDaemon` does. Nothing starts it again. Answers what the server answers;
    /// `directory` is where the node says that it keeps its configuration.
    pub fn stop_daemon(
        &mut self,
        node: NodeId,
        delay_seconds: Option<i32>,
        clean: bool,
        directory: &str,
    ) -> Result<String, StopDaemonError> {
        let delay = delay_seconds.unwrap_or(STOP_DELAY);
        if delay < STOP_DELAY {
            return Err(StopDaemonError(delay));
        }
        let time = self.now + Span::from_seconds(i64::from(delay));
        self.plan_for(time, node, Action::Exit { clean });
        let cleaning = if clean {
            format!(", will clean configuration directory {directory}")
        } else {
            String::new()
        };
        Ok(format!("Stopping daemon in {delay} seconds{cleaning}"))
    }

    pub(super) fn exit(&mut self, node: NodeId, clean: bool) {
        self.end(node, clean);
    }

    /// Ends the process of a node at once, as a kill does.
    pub fn stop(&mut self, node: NodeId) {
        self.end(node, false);
    }

    /// Starts the process of a node that was stopped. It has lost its pool, its schedulers, its
    /// limits and gating rules; its frontier is read from disk, if it is still there.
    pub fn start(&mut self, node: NodeId) {
        if self.node(node).is_running() {
            return;
        }
        let now = self.now;
        let never = self.config.nodes[node.index()].never_evaluates_vrf;
        let vrf_ready = (!never).then(|| now + self.config.vrf_evaluation);
        let settings = self.initial_settings(node);
        let root = self.chain.root().id;
        let tip = self.chain.get_or_root(self.node(node).tip).id;
        let mut frontier: Vec<_> = self.chain.ancestry(tip).map(|block| block.id).collect();
        frontier.reverse();
        let starting = self.node_mut(node);
        starting.tip = tip;
        starting.settings = settings;
        starting.log.begin_run(now);
        starting.vrf_ready = vrf_ready;
        starting.busy_until = now;
        starting.verifier_free = now;
        starting.block_verifier_free = now;
        starting.heard = now;
        let up = if starting.has_frontier {
            starting.phase = Phase::Loading;
            starting.reloading = frontier.into();
            Span::from_millis(3_000) + millis(starting.random.below(3_000))
        } else {
            starting.phase = Phase::Bootstrap;
            starting.forget_known();
            starting.add_known(root);
            starting.tip = root;
            starting.has_frontier = true;
            Span::from_seconds(20) + millis(starting.random.below(20_000))
        };
        let run = starting.log.run();
        self.lifecycle.push(LifecycleEvent {
            time: now,
            node,
            change: LifecycleChange::Started { run },
        });
        self.plan_for(now + up, node, Action::Loaded);
        self.plan_rebroadcast(node);
        self.hand_out_work(node);
        self.reconnect();
    }

    /// Ends the process of a node and starts it again at once; `clean` removes its state from
    /// disk in between.
    pub fn restart(&mut self, node: NodeId, clean: bool) {
        self.end(node, clean);
        self.start(node);
    }

    fn end(&mut self, node: NodeId, clean: bool) {
        if !self.node(node).is_running() {
            return;
        }
        let now = self.now;
        let ending = self.node_mut(node);
        ending.phase = Phase::Stopped;
        ending.log.end_run(now);
        ending.pool.clear();
        for scheduler in std::mem::take(&mut ending.schedulers).into_values() {
            ending.ended_runs.add(scheduler.truth, RunEnd::Lost);
        }
        ending.in_process.clear();
        ending.missing.clear();
        ending.reloading.clear();
        ending.zkapp_limit = None;
        ending.gating = super::gating::Gating::default();
        ending.own_work.clear();
        // What workers were at is done again.
        let at_work = std::mem::take(&mut ending.bundles_at_work);
        for bundle in at_work.into_iter().rev() {
            ending.bundles_waiting.push_front(bundle);
        }
        if clean {
            ending.has_frontier = false;
        }
        self.lifecycle.push(LifecycleEvent {
            time: now,
            node,
            change: LifecycleChange::Stopped { clean },
        });
        self.reconnect();
    }
}

fn millis(number: u64) -> Span {
    Span::from_millis(i64::try_from(number).unwrap_or(0))
}
