//! The simulated network of `up` and `demo`, and what it passes to the services: where its nodes are,
//! and the files that it has written for them.

use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use anyhow::Context as _;
use mina::NetworkId;
use simnet::{Simnet, Topology};
use store::Database;

use super::ports::free_ports;
use crate::services::{Addresses, Service};

/// A network that is to be simulated.
#[derive(Debug)]
pub(crate) struct SimulatedNetwork {
    pub(crate) nodes: usize,
    /// How many times faster than real time it runs.
    pub(crate) time_scale: u32,
    pub(crate) seed: u64,
    /// A checkpoint at which its nodes take longer than usual.
    pub(crate) slow: Option<simulation::Slowed>,
    /// For keys and configuration files.
    pub(crate) folder: PathBuf,
    /// The ports on which the traces of nodes are served; the usual ones unless given.
    pub(crate) trace_ports: Option<RangeInclusive<u16>>,
}

impl SimulatedNetwork {
    /// Gives traces other ports than the usual ones.
    pub(super) async fn find_trace_ports(&mut self) -> anyhow::Result<()> {
        self.trace_ports = Some(free_ports(Ipv4Addr::LOCALHOST.into(), self.nodes).await?);
        Ok(())
    }

    /// The settings of a service about the nodes.
    pub(super) fn flags(&self, service: Service) -> Vec<OsString> {
        let file = |name: &str| self.folder.join(name).into_os_string();
        let mut flags: Vec<(&str, OsString)> = Vec::new();
        match service {
            Service::UptimeBackend => {
                flags.push(("config-file", file("uptime-backend/config.json")));
                flags.push(("network-id", "0".into()));
                // Nodes submit more often than real ones when their time runs faster.
                flags.push(("submissions-per-hour", "1000000".into()));
            }
            Service::LogApi | Service::ExperimentsApi | Service::Dashboard => {}
            Service::LogFetcher => {
                flags.push(("secret-key-path", file("fetcher_sk")));
                flags.push(("node-names-map", file("names.json")));
                flags.push(("allow-network", "127.0.0.0/8".into()));
                // A demonstration must not wait.
                flags.push(("discovery-seconds", "2".into()));
                flags.push(("queue-capacity", self.queue_capacity().to_string().into()));
                if let Some(ports) = &self.trace_ports {
                    let ports = format!("{}-{}", ports.start(), ports.end());
                    flags.push(("trace-ports", ports.into()));
                }
            }
            Service::Orchestrator => {
                flags.push(("config", file("orchestrator/config.json")));
                flags.push(("base-dir", self.folder.clone().into_os_string()));
                flags.push(("keys-dir", file("keys")));
            }
        }
        let flags = flags.into_iter();
        flags
            .flat_map(|(name, value)| [format!("--{name}").into(), value])
            .collect()
    }

    /// Entries that the log queue of a node holds: as real nodes have it, for as
    /// much real time.
    fn queue_capacity(&self) -> u64 {
        u64::from(self.time_scale).saturating_mul(500)
    }

    /// Starts its nodes, which submit to the uptime backend.
    pub(super) async fn start(&self, addresses: &Addresses) -> anyhow::Result<Simnet> {
        let uptime_backend = addresses.url(Service::UptimeBackend);
        let folder = &self.folder;
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let config = simnet::Config {
            topology: Topology::nodes(self.nodes),
            seed: self.seed,
            slowed: self.slow,
            time_scale: self.time_scale,
            itn_max_logs: usize::try_from(self.queue_capacity())?,
            uptime_url: Some(format!("{uptime_backend}/v1/submit").parse()?),
            network_id: NetworkId::Testnet,
            folder: Some(folder.clone()),
            loadlab: Some(std::env::current_exe().context("cannot find where this program lies")?),
            ..simnet::Config::nodes(self.nodes)
        };
        Ok(Simnet::start(config).await?)
    }
}

/// Ends in the database what an earlier network has left there: its nodes are gone, and its chain
/// is not that of this one. To be called before any service looks.
pub(super) async fn begin_chain(simnet: &Simnet, database: &Database) -> anyhow::Result<()> {
    // Until its submissions are old, discovery would list the nodes.
    database.forget_loopback_submissions().await?;
    // The fetcher would look for them, and a freeze wait for them.
    database.retire_loopback_nodes().await?;
    let mut about = serde_json::Map::new();
    about.insert("note".into(), "made for a simulated network".into());
    about.insert("genesis".into(), simnet.genesis().into());
    about.insert("release".into(), release().into());
    database.create_deployment(&about).await?;
    Ok(())
}

/// The release that simulated nodes are of. A deployment that names it lets the orchestrator see
/// that the stand-in for the mina executable fits.
pub(crate) fn release() -> String {
    let commit: String = simnet::COMMIT_ID.chars().take(9).collect();
    format!("simnet-{commit}")
}
