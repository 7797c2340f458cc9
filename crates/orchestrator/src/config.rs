//! How the orchestrator runs.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use itn::{AddressPolicy, Reach};
use mina::PasswordCost;
use service::Guard;
use store::lease::Holder;

use crate::network::CommandedNetwork;
use crate::paths::Paths;

/// The port that users know.
pub const DEFAULT_PORT: u16 = 9090;

/// How the orchestrator runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub address: SocketAddr,
    /// Who may change something.
    pub guard: Guard,
    /// What is commanded.
    pub network: CommandedNetwork,
    /// How many times faster than the wall clock the network's time passes: waits, pauses and
    /// deadlines are divided by it. What the network's configuration says, or 1.
    pub time_scale: f64,
    /// Where relative paths of setups and scripts begin, above all that of new keys; the working
    /// directory unless given.
    pub base_dir: Option<PathBuf>,
    /// Where key files whose paths begin with `/keys/` are looked for if there is no such file.
    pub keys_dir: Option<PathBuf>,
    /// How costly the key files that are written are to decrypt.
    pub key_file_cost: PasswordCost,
    /// Whether webhooks may lead to private addresses.
    pub allow_private_webhooks: bool,
    /// Networks that webhooks may lead to although their addresses are not public.
    pub webhook_networks: Vec<IpNet>,
    /// How long the lease of a dead orchestrator keeps others from continuing its run.
    pub lease_ttl: Duration,
    /// How often the database is looked at for what others have asked for.
    pub poll: Duration,
    /// How long the events of runs that have ended are kept.
    pub keep: Duration,
    /// Most requests to nodes at the same time.
    pub concurrency: usize,
    holder: Holder,
}

impl Config {
    /// The usual configuration for a network, listening on loopback.
    #[must_use]
    pub fn new(network: CommandedNetwork) -> Self {
        Self {
            address: service::loopback(DEFAULT_PORT),
            guard: Guard::this_machine(),
            time_scale: network.time_scale.unwrap_or(1.0),
            network,
            base_dir: None,
            keys_dir: None,
            key_file_cost: PasswordCost::MODERATE,
            allow_private_webhooks: false,
            webhook_networks: Vec::new(),
            lease_ttl: Duration::from_secs(10),
            poll: Duration::from_secs(1),
            keep: Duration::from_hours(24 * 30),
            concurrency: 128,
            holder: Holder::new("orchestrator"),
        }
    }

    /// The process as others see it in leases. The connections to the database must bear its name.
    #[must_use]
    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    /// Where webhooks may lead.
    pub(crate) fn webhooks(&self) -> AddressPolicy {
        let reach = if self.allow_private_webhooks {
            Reach::PublicAndPrivate
        } else {
            Reach::Public
        };
        AddressPolicy::new(reach).with_networks(self.webhook_networks.iter().copied())
    }

    /// Where the paths of setups and scripts lead.
    pub(crate) fn paths(&self) -> Paths {
        Paths {
            base: self.base_dir.clone(),
            keys: self.keys_dir.clone(),
        }
    }
}
