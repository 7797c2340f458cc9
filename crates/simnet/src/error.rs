//! Why a network cannot start.

use std::net::SocketAddr;

use crate::config::AddressesError;
use crate::faults::FaultError;
use crate::folder::FolderError;
use crate::load::LoadError;
use crate::open_files::OpenFilesError;
use crate::topology::TopologyError;

/// Why a network cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimnetError {
    /// What is wrong with the nodes.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// What the simulation says is wrong with them.
    #[error(transparent)]
    Simulation(#[from] simulation::ConfigError),
    /// There are not enough addresses.
    #[error(transparent)]
    Addresses(#[from] AddressesError),
    /// The operating system does not let this process have as many sockets.
    #[error(transparent)]
    OpenFiles(#[from] OpenFilesError),
    /// What is wrong with the load generator.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The rate of faults by chance.
    #[error("random faults per hour must be above 0 and at most 100000")]
    RandomFaults,
    /// A fault that cannot happen.
    #[error("fault {index}: {source}")]
    Fault {
        /// Its number in the schedule, from 1.
        index: usize,
        /// Why.
        source: FaultError,
    },
    /// An address that cannot be listened at.
    #[error("cannot listen at {address} for node `{node}`; choose other addresses")]
    Listen {
        /// The node.
        node: String,
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The address of the status page.
    #[error(transparent)]
    Status(#[from] service::BindError),
    /// The address of the status page cannot be told.
    #[error("cannot find the address of the status page")]
    StatusAddress(#[source] std::io::Error),
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Submissions cannot be sent at all.
    #[error("cannot make a client for the uptime service")]
    UptimeClient(#[source] reqwest::Error),
}
