//! The simulated chain, kept in step with the network's clock.
//!
//! Everything that asks it or tells it something goes through [`Chain::now`], which lets the time
//! until now pass first and hands out what happened meanwhile: log entries into the queues of the
//! nodes, ends and beginnings of processes to the nodes. A thread does the same many times a
//! second when nobody asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use simulation::{ConfigError, LifecycleChange, NetworkConfig, SimTime};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::clock::NetworkClock;
use crate::node::Node;

/// How often the chain moves on when nobody asks. Entries are late by this much in real time.
const STEP: Duration = Duration::from_millis(20);

/// The chain of a network.
#[derive(Debug)]
pub(crate) struct Chain {
    clock: NetworkClock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    network: simulation::Network,
    /// The nodes, by their ids.
    nodes: Vec<Arc<Node>>,
    /// Told the places of nodes whose processes ended or began.
    lifecycle: Option<mpsc::UnboundedSender<usize>>,
}

impl Chain {
    /// A chain at genesis, without anybody who is told what happens.
    pub(crate) fn new(
        config: NetworkConfig,
        seed: u64,
        clock: NetworkClock,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            clock,
            state: Mutex::new(State {
                network: simulation::Network::new(config, seed)?,
                nodes: Vec::new(),
                lifecycle: None,
            }),
        })
    }

    /// Says who is told what happens from now on.
    pub(crate) fn attach(&self, nodes: Vec<Arc<Node>>, lifecycle: mpsc::UnboundedSender<usize>) {
        let mut state = self.state();
        state.nodes = nodes;
        state.lifecycle = Some(lifecycle);
    }

    /// Nobody is told anything from now on: nodes and chain, which know each other, let go.
    pub(crate) fn detach(&self) {
        let mut state = self.state();
        state.nodes.clear();
        state.lifecycle = None;
    }

    /// Asks or tells the chain something, at the present time. What comes of it reaches the nodes
    /// before this returns.
    pub(crate) fn now<T>(&self, act: impl FnOnce(&mut simulation::Network) -> T) -> T {
        let mut state = self.state();
        let now = SimTime::from_unix_micros(self.clock.now_unix_micros());
        state.network.advance_to(now);
        let result = act(&mut state.network);
        state.hand_out();
        result
    }

    /// Keeps the chain in step until cancelled. Blocks: give it a thread.
    pub(crate) fn run(&self, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            self.now(|_| ());
            std::thread::sleep(STEP);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn hand_out(&mut self) {
        let nodes = &self.nodes;
        if nodes.is_empty() {
            // Kept until there is somebody to tell.
            return;
        }
        // Entries bear the number of the run that wrote them, so it does not matter that those
        // of a run that has just ended come after its end.
        for event in self.network.take_lifecycle() {
            let Some(node) = nodes.get(event.node.index()) else {
                continue;
            };
            match event.change {
                LifecycleChange::Stopped { .. } => node.end_run(),
                LifecycleChange::Started { run } => node.begin_run(run),
            }
            if let Some(lifecycle) = &self.lifecycle {
                // Nobody listens any more when the network ends.
                let _ = lifecycle.send(event.node.index());
            }
        }
        self.network.take_entries(|id, entry| {
            if let Some(node) = nodes.get(id.index()) {
                node.write_log(entry);
            }
        });
    }
}
