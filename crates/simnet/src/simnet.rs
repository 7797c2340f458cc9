//! A running network: looking at it, making things happen to it, and stopping it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use service::{TaskFailure, Tasks};
use tokio_util::sync::CancellationToken;

use crate::clock::NetworkClock;
use crate::faults::{Fault, FaultError, FaultRequest};
use crate::folder::{Folder, rfc3339};
use crate::network::{LiveNetwork, NodeInfo};
use crate::node::Common;
use crate::timetable::Timetable;
use crate::truth::{NetworkTruth, NodeTruth, SchedulerRun};

/// A running network. Dropping it ends it at once; [`Simnet::stop`] ends it in order.
#[derive(Debug)]
pub struct Simnet {
    pub(crate) network: Arc<LiveNetwork>,
    pub(crate) common: Arc<Common>,
    pub(crate) keys: ItnKeys,
    pub(crate) timetable: Arc<Timetable>,
    pub(crate) status: SocketAddr,
    pub(crate) folder: Option<Folder>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) tasks: Tasks,
}

/// The keys that the network's own clients sign with. They follow from the seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ItnKeys {
    pub(crate) fetcher: [u8; 32],
    pub(crate) orchestrator: [u8; 32],
}

/// What [`Simnet::description`] says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Description {
    /// The status page and the control endpoint.
    pub status: SocketAddr,
    /// The folder with keys and configuration files.
    pub folder: Option<String>,
    /// How much faster than real time it runs.
    pub time_scale: u32,
    /// The nodes.
    pub nodes: Vec<NodeInfo>,
}

impl Simnet {
    /// All nodes.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeInfo> {
        let nodes = self.network.nodes().iter();
        nodes.map(|node| self.network.info(node)).collect()
    }

    /// Where everything is.
    #[must_use]
    pub fn description(&self) -> Description {
        Description {
            status: self.status,
            folder: self.folder().map(|folder| folder.display().to_string()),
            time_scale: self.common.clock.scale(),
            nodes: self.nodes(),
        }
    }

    /// The secret seed of the key that log fetchers sign with, in base64.
    #[must_use]
    pub fn fetcher_key(&self) -> String {
        STANDARD.encode(self.keys.fetcher)
    }

    /// The secret seed of the key that orchestrators sign with, in base64.
    #[must_use]
    pub fn orchestrator_key(&self) -> String {
        STANDARD.encode(self.keys.orchestrator)
    }

    /// The clock of the network.
    #[must_use]
    pub fn clock(&self) -> &NetworkClock {
        &self.common.clock
    }

    /// Where the status page and the control endpoint listen.
    #[must_use]
    pub fn status_address(&self) -> SocketAddr {
        self.status
    }

    /// Genesis, the moment of the start, as RFC 3339.
    #[must_use]
    pub fn genesis(&self) -> String {
        rfc3339(self.common.clock.genesis_unix_micros())
    }

    /// The folder with keys and configuration files.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_ref().map(Folder::path)
    }

    /// Makes something happen to a node now; done when this returns.
    pub async fn fault(&self, node: &str, fault: Fault) -> Result<(), FaultError> {
        self.network.apply(Some(node), &fault).await
    }

    /// Makes something happen to the network now; done when this returns.
    pub async fn network_fault(&self, fault: Fault) -> Result<(), FaultError> {
        self.network.apply(None, &fault).await
    }

    /// Plans a fault, or makes it happen at once if it has no time.
    pub async fn schedule(&self, request: FaultRequest) -> Result<(), FaultError> {
        self.timetable.schedule(request).await
    }

    /// What happened to each node in truth.
    #[must_use]
    pub fn truth(&self) -> Vec<NodeTruth> {
        self.network_truth().nodes
    }

    /// What the schedulers of each node were told to do in truth, in order of nodes: each run is one
    /// request that the node executed. Of those that ended, a node remembers the last 1,024.
    #[must_use]
    pub fn scheduler_runs(&self) -> Vec<Vec<SchedulerRun>> {
        let nodes = self.network.nodes().iter();
        nodes.map(|node| SchedulerRun::of(node)).collect()
    }

    /// What happened in the network in truth.
    #[must_use]
    pub fn network_truth(&self) -> NetworkTruth {
        NetworkTruth::of(&self.network, &self.common)
    }

    /// Waits until one of the network's background tasks has failed, for ever if none does. Then
    /// the network is no longer what it seems: end it.
    pub async fn failed(&self) -> TaskFailure {
        self.tasks.health().failed().await
    }

    /// Ends the network: when this returns, all ports are closed and nothing runs.
    pub async fn stop(mut self) {
        if let Some(folder) = &self.folder {
            folder.end();
        }
        self.shutdown.cancel();
        self.network.close().await;
        // A failure is in the log already.
        let _ = self.tasks.finish().await;
    }
}

impl Drop for Simnet {
    fn drop(&mut self) {
        // The thread of the chain does not end with the tasks.
        self.shutdown.cancel();
        self.network.abandon();
        self.common.chain.detach();
    }
}
