//! A simulated Mina network that clients made for real nodes cannot tell from one.
//!
//! [`Simnet::start`] runs all nodes of a network in this process, each with an address of its own,
//! the ITN server and the public GraphQL of the daemon, and a log of what it does. Time can run
//! faster than real time; what looks random comes from a seed; what goes wrong is under control.

mod chain;
mod chain_listener;
mod clock;
mod config;
mod error;
mod faults;
mod folder;
mod graphql;
mod identity;
mod itn_node;
mod itn_server;
mod key_store;
mod load;
mod log;
pub mod mina_stand_in;
mod network;
mod node;
mod open_files;
mod place;
mod public_graphql;
pub mod record;
mod restarts;
mod seeded_rng;
mod simnet;
mod simulated;
mod start;
mod status;
mod timetable;
mod topology;
mod truth;
mod uptime;
mod wallet;

pub use clock::{NetworkClock, TIME_SCALE_MAX};
pub use config::{Addresses, AddressesError, Config};
pub use error::SimnetError;
pub use faults::{AnswerFault, Fault, FaultError, FaultRequest, RandomFaults, ScheduledFault};
pub use folder::{FolderError, NETWORK_FILE, NODE_KEY_PASSWORD, NetworkFile};
pub use load::{Burst, Load, LoadError};
pub use log::{LogCounts, LogRecord, MAX_LOGS_DEFAULT};
pub use network::NodeInfo;
pub use open_files::OpenFilesError;
pub use simnet::{Description, Simnet};
pub use simulated::RECEIVERS;
/// The commit that the nodes say they are built from.
pub use simulation::COMMIT_ID;
pub use topology::{NODES_MAX, NodeSpec, Role, Topology, TopologyError, TopologyFile};
pub use truth::{NetworkTruth, NodeTruth, SchedulerRun, TransactionCounts};
pub use uptime::UptimeCounts;
