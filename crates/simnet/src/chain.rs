//! The simulated chain, kept in step with the network's clock.
//!
//! Every access goes through [`Chain::now`], which lets the time until now pass first and gives a
//! [`Listener`] what happened meanwhile. A thread does the same many times a second.

use std::fmt;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use simulation::{ConfigError, LifecycleEvent, LogEntry, NetworkConfig, NodeId, SimTime};
use tokio_util::sync::CancellationToken;

use crate::clock::NetworkClock;

/// How often the chain moves on by itself. Entries are late by this much in real time.
const STEP: Duration = Duration::from_millis(20);

/// Takes what happens on the chain, in the order of its time.
pub(crate) trait Listener: fmt::Debug + Send {
    /// A node's process ended or began.
    fn lifecycle(&self, event: LifecycleEvent);
    /// A node wrote an entry into its internal log.
    fn entry(&self, node: NodeId, entry: LogEntry);
}

/// The chain of a network.
#[derive(Debug)]
pub(crate) struct Chain {
    clock: NetworkClock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    network: simulation::Network,
    listener: Option<Box<dyn Listener>>,
}

impl Chain {
    /// A chain at genesis, without a listener.
    pub(crate) fn new(
        config: NetworkConfig,
        seed: u64,
        clock: NetworkClock,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            clock,
            state: Mutex::new(State {
                network: simulation::Network::new(config, seed)?,
                listener: None,
            }),
        })
    }

    /// Sets who takes what happens, and what has happened until now.
    pub(crate) fn attach(&self, listener: impl Listener + 'static) {
        self.state().listener = Some(Box::new(listener));
    }

    /// Lets go of the listener.
    pub(crate) fn detach(&self) {
        self.state().listener = None;
    }

    /// Reads or changes the chain at the present time. The listener has what comes of it before
    /// this returns.
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
        self.state.lock()
    }
}

impl State {
    /// What happens without a listener is kept for the first one.
    fn hand_out(&mut self) {
        let Some(listener) = &self.listener else {
            return;
        };
        // Entries bear the number of the run that wrote them, so those of a run that has just
        // ended may come after its end.
        for event in self.network.take_lifecycle() {
            listener.lifecycle(event);
        }
        self.network
            .take_entries(|node, entry| listener.entry(node, entry));
    }
}
