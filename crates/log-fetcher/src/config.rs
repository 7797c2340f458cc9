//! How the log fetcher runs.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use itn::{AddressPolicy, PortRange, Reach, SigningKey};
use service::Guard;
use store::ConnectOptions;
use store::lease::Holder;
use store::old_data::Policy;
use trace::TracerOptions;
use url::Url;

use crate::archive::ArchiveConfig;
use crate::archiving::ArchivePolicy;
use crate::discovery::{DiscoverySource, HostOverrides};
use crate::pace::PaceLimits;

/// The port that clients of the original know.
pub const DEFAULT_PORT: u16 = 4000;

/// The first trace port, as in the original.
pub const FIRST_TRACE_PORT: u16 = 11_000;

/// Where nodes may be if nothing else is said: on other machines, at port 80, which host templates
/// lead to, or at a port from 1024 on.
#[must_use]
pub fn other_machines() -> AddressPolicy {
    AddressPolicy {
        ports: [80..=80, 1024..=u16::MAX].map(PortRange::new).to_vec(),
        ..AddressPolicy::new(Reach::OtherMachines)
    }
}

/// How the log fetcher runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens.
    pub address: SocketAddr,
    /// Who may freeze, unfreeze and reset.
    pub guard: Guard,
    /// Signs requests to nodes.
    pub key: Arc<SigningKey>,
    /// Where nodes are found.
    pub discovery: DiscoverySource,
    /// Templates of the hosts of nodes behind a gateway.
    pub host_overrides: HostOverrides,
    /// Names to show, by public key.
    pub node_names: HashMap<String, String>,
    /// Which addresses may be connected to. A node that is named by
    /// [`DiscoverySource::Fixed`] may be on this machine, too, and have any port.
    pub allowed: AddressPolicy,
    /// How often nodes are asked.
    pub pace: PaceLimits,
    /// How entries are interpreted.
    pub tracer: TracerOptions,
    /// Time from one discovery to the next.
    pub discovery_interval: Duration,
    /// How long a node is fetched from after it was last listed.
    pub node_grace: Duration,
    /// Nodes that are fetched from at most; further ones are passed over.
    pub nodes_max: usize,
    /// What may be kept in memory while the database is away, in bytes.
    pub buffer_bytes_max: usize,
    /// Connections that write.
    pub writers: usize,
    /// Where trace lines are archived, if anywhere.
    pub archive: Option<ArchiveConfig>,
    /// The ports that `/nodes` gives to nodes for their traces.
    pub trace_ports: RangeInclusive<u16>,
    /// The log API that answers on those ports; none if nobody is to listen
    /// there.
    pub trace_ports_log_api: Option<Url>,
    /// The OpenTelemetry collector that gets blocks as spans; none for nobody.
    pub otlp_collector: Option<Url>,
    /// How long a lease of a node lasts. Others take over somewhat later.
    pub lease_time: Duration,
    /// How long bookkeeping is kept that only grows: entries by the minute, gaps, left runs,
    /// unknown controls.
    pub keep: Duration,
    /// Which old deployments are dropped; none unless the operator asks for it.
    pub drop_deployments: Policy,
    /// Which old deployments are archived; none unless the operator asks for it.
    pub archive_deployments: Option<ArchivePolicy>,
    /// How long nodes may take to commit at a freeze before their sessions are
    /// ended all the same.
    pub freeze_time: Duration,
    /// The name of this fetcher among those on the same database.
    pub holder: Holder,
}

impl Config {
    /// Port 4000 of this machine, its own pages only, one poll in five seconds
    /// for a quiet node, 64 MiB of memory for outages of the database, no
    /// archive, no trace ports served.
    #[must_use]
    pub fn new(key: SigningKey, discovery: DiscoverySource) -> Self {
        Self {
            address: service::loopback(DEFAULT_PORT),
            guard: Guard::this_machine(),
            key: Arc::new(key),
            discovery,
            host_overrides: HostOverrides::default(),
            node_names: HashMap::new(),
            allowed: other_machines(),
            pace: PaceLimits::default(),
            tracer: TracerOptions::default(),
            discovery_interval: Duration::from_secs(10),
            node_grace: Duration::from_mins(5),
            nodes_max: 5_000,
            buffer_bytes_max: 64 << 20,
            writers: 2,
            archive: None,
            trace_ports: FIRST_TRACE_PORT..=FIRST_TRACE_PORT + 999,
            trace_ports_log_api: None,
            otlp_collector: None,
            lease_time: Duration::from_secs(10),
            keep: Duration::from_hours(24 * 30),
            drop_deployments: Policy::default(),
            archive_deployments: None,
            freeze_time: Duration::from_secs(25),
            holder: Holder::new("log-fetcher"),
        }
    }

    /// How to connect to the database: few connections, which bear the name of
    /// the fetcher, so that others can end what it leaves behind.
    #[must_use]
    pub fn connect_options(&self) -> ConnectOptions {
        let writers = u32::try_from(self.writers).unwrap_or(2);
        ConnectOptions {
            max_connections: (writers + 6).min(20),
            acquire_timeout: Duration::from_secs(10),
            statement_timeout: Some(Duration::from_secs(45)),
            application_name: self.holder.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use itn::AddressGuard as _;
    use itn::testing::REFUSED_ALWAYS;

    use super::*;

    #[test]
    fn nodes_may_be_on_other_machines_but_not_at_their_system_ports_or_at_metadata_services() {
        let policy = other_machines();
        let permits = |address: &str, port: u16| {
            policy.permits(SocketAddr::new(address.parse().unwrap(), port))
        };
        for address in [
            "10.0.0.1",
            "192.168.1.1",
            "8.8.8.8",
            "2001:db8::1",
            "fd00::1",
        ] {
            assert!(permits(address, 3086) && permits(address, 80), "{address}");
            assert!(!permits(address, 22) && !permits(address, 443), "{address}");
        }
        for address in REFUSED_ALWAYS
            .iter()
            .chain(&["127.0.0.1", "127.8.0.1", "::1"])
        {
            assert!(!permits(address, 3086), "{address}");
        }
    }
}
