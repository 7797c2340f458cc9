//! All services and a simulated network in this process: started in order,
//! reachable when `start` returns, stopped in the reverse order.

use std::future::Future;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use log_fetcher::discovery::DiscoverySource;
use mina::NetworkId;
use simnet::{Simnet, Topology};
use store::Database;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uptime_backend::Settings;
use url::Url;

use super::NetworkArguments;
use crate::connection::Opened;
use crate::orchestrator_command::FolderArguments;
use crate::{log_fetcher_command, orchestrator_command};

/// How long services may take to listen.
const READY_LIMIT: Duration = Duration::from_secs(30);
/// How often a row of free ports is looked for.
const FREE_PORTS_TRIES: usize = 100;
const READY_LOOK: Duration = Duration::from_millis(20);
/// How often the fetcher looks for nodes: a demonstration must not wait.
const DISCOVERY_INTERVAL: Duration = Duration::from_secs(2);
/// Nodes submit more often than real ones when their time runs faster.
const SUBMISSIONS_PER_HOUR: u32 = 1_000_000;

/// What to start.
#[derive(Debug)]
pub(crate) struct LabOptions {
    /// Nodes of the simulated network.
    pub(crate) nodes: usize,
    /// How it runs.
    pub(crate) network: NetworkArguments,
    /// For keys and configuration files of the network.
    pub(crate) folder: PathBuf,
}

/// Where each service listens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) uptime_backend: SocketAddr,
    pub(crate) log_fetcher: SocketAddr,
    pub(crate) log_api: SocketAddr,
    pub(crate) experiments_api: SocketAddr,
    pub(crate) orchestrator: SocketAddr,
}

impl Addresses {
    async fn find(free_ports: bool) -> anyhow::Result<Self> {
        Ok(Self {
            uptime_backend: service_address(free_ports, uptime_backend::DEFAULT_PORT).await?,
            log_fetcher: service_address(free_ports, log_fetcher::DEFAULT_PORT).await?,
            log_api: service_address(free_ports, log_api::DEFAULT_PORT).await?,
            experiments_api: service_address(free_ports, experiments_api::DEFAULT_PORT).await?,
            orchestrator: service_address(free_ports, orchestrator::DEFAULT_PORT).await?,
        })
    }

    fn all(&self) -> [SocketAddr; 5] {
        [
            self.uptime_backend,
            self.log_fetcher,
            self.log_api,
            self.experiments_api,
            self.orchestrator,
        ]
    }
}

/// The usual port of a service on 127.0.0.1, or any free one; an error if it is
/// taken.
pub(crate) async fn service_address(free_port: bool, usual: u16) -> anyhow::Result<SocketAddr> {
    let port = if free_port { 0 } else { usual };
    let listener = service::bind(service::loopback(port), "--free-ports").await?;
    Ok(listener.local_addr()?)
}

/// So many ports in a row that are free on 127.0.0.1, below those that systems
/// give to connections.
async fn free_ports(count: usize) -> anyhow::Result<RangeInclusive<u16>> {
    const FIRST: u16 = 12_000;
    const LAST: u16 = 32_000;
    let count = u16::try_from(count.max(1))?;
    for _ in 0..FREE_PORTS_TRIES {
        let first = rand::random_range(FIRST..=LAST - count);
        let ports = first..=first + count - 1;
        let mut listeners = Vec::new();
        for port in ports.clone() {
            match TcpListener::bind(service::loopback(port)).await {
                Ok(listener) => listeners.push(listener),
                Err(_) => break,
            }
        }
        if listeners.len() == usize::from(count) {
            return Ok(ports);
        }
    }
    bail!("no {count} free ports in a row for the traces of nodes")
}

/// Services and network at work.
pub(crate) struct Lab {
    pub(crate) addresses: Addresses,
    pub(crate) simnet: Simnet,
    services: JoinSet<anyhow::Result<&'static str>>,
    shutdown: CancellationToken,
    /// Pools of services with connections of their own.
    pools: Vec<Database>,
}

impl Lab {
    /// Starts everything and waits until it can be reached.
    pub(crate) async fn start(options: &LabOptions, opened: &Opened) -> anyhow::Result<Self> {
        let addresses = Addresses::find(options.network.free_ports).await?;
        let online = format!("http://{}/v1/online", addresses.uptime_backend);
        let simnet = Simnet::start(simnet_config(options, &addresses)?).await?;
        let mut lab = Self {
            addresses,
            simnet,
            services: JoinSet::new(),
            shutdown: CancellationToken::new(),
            pools: Vec::new(),
        };
        let started = lab.start_services(options, opened, &online).await;
        if let Err(error) = started {
            lab.stop().await?;
            return Err(error);
        }
        Ok(lab)
    }

    async fn start_services(
        &mut self,
        options: &LabOptions,
        opened: &Opened,
        online: &str,
    ) -> anyhow::Result<()> {
        let addresses = self.addresses;
        let database = &opened.database;
        self.begin_chain(database).await?;
        let settings = Settings {
            config_file: Some(options.folder.join("uptime-backend/config.json")),
            network_id: Some(NetworkId::Testnet),
            address: Some(addresses.uptime_backend),
            submissions_per_hour: Some(SUBMISSIONS_PER_HOUR),
            ..Settings::default()
        };
        self.spawn(
            "uptime backend",
            uptime_backend::run(settings.resolve()?, database.clone(), self.shutdown.clone()),
        );

        let key = log_fetcher_command::read_key(&options.folder.join("fetcher_sk"))?;
        let mut fetcher = log_fetcher::Config::new(key, DiscoverySource::Online(online.parse()?));
        fetcher.address = addresses.log_fetcher;
        fetcher.node_names = log_fetcher_command::read_names(&options.folder.join("names.json"))?;
        fetcher.allowed.networks = vec!["127.0.0.0/8".parse()?];
        fetcher.discovery_interval = DISCOVERY_INTERVAL;
        fetcher.pace.queue_capacity = queue_capacity(options.network.time_scale);
        if options.network.free_ports {
            fetcher.trace_ports = free_ports(options.nodes).await?;
        }
        fetcher.trace_ports_log_api =
            Some(format!("http://{}/graphql", addresses.log_api).parse()?);
        let pool = Database::connect(opened.url(), &fetcher.connect_options()).await?;
        self.pools.push(pool.clone());
        self.spawn(
            "log fetcher",
            log_fetcher::run(fetcher, pool, self.shutdown.clone()),
        );

        let log_api = log_api::Config {
            address: addresses.log_api,
            ..log_api::Config::default()
        };
        self.spawn(
            "log API",
            log_api::run(log_api, database.clone(), self.shutdown.clone()),
        );
        let experiments_api = experiments_api::Config {
            address: addresses.experiments_api,
            ..experiments_api::Config::default()
        };
        self.spawn(
            "experiments API",
            experiments_api::run(experiments_api, database.clone(), self.shutdown.clone()),
        );

        let mut orchestrator = orchestrator_command::config(
            &options.folder.join("orchestrator/config.json"),
            FolderArguments {
                base_dir: Some(options.folder.clone()),
                keys_dir: Some(options.folder.join("keys")),
            },
            None,
        )?;
        orchestrator.address = addresses.orchestrator;
        let pool = Database::connect(
            opened.url(),
            &orchestrator_command::connect_options(&orchestrator),
        )
        .await?;
        self.pools.push(pool.clone());
        self.spawn(
            "orchestrator",
            orchestrator::run(orchestrator, pool, self.shutdown.clone()),
        );
        self.wait_until_reachable().await
    }

    /// What an earlier network has left in the database ends with it: its nodes are gone, and its
    /// chain is not that of this one. To be called before any service looks.
    async fn begin_chain(&self, database: &Database) -> anyhow::Result<()> {
        // Until its submissions are old, discovery would list the nodes.
        database.forget_loopback_submissions().await?;
        // The fetcher would look for them, and a freeze wait for them.
        database.retire_loopback_nodes().await?;
        let mut about = serde_json::Map::new();
        about.insert("note".into(), "made for a simulated network".into());
        about.insert("genesis".into(), self.simnet.genesis().into());
        about.insert("release".into(), release().into());
        database.create_deployment(&about).await?;
        Ok(())
    }

    fn spawn<E>(
        &mut self,
        name: &'static str,
        service: impl Future<Output = Result<(), E>> + Send + 'static,
    ) where
        E: std::error::Error + Send + Sync + 'static,
    {
        self.services.spawn(async move {
            service
                .await
                .with_context(|| format!("the {name} has failed"))?;
            Ok(name)
        });
    }

    async fn wait_until_reachable(&mut self) -> anyhow::Result<()> {
        let addresses = self.addresses.all();
        let reachable = async {
            for address in addresses {
                while TcpStream::connect(address).await.is_err() {
                    tokio::time::sleep(READY_LOOK).await;
                }
            }
        };
        let reachable = tokio::time::timeout(READY_LIMIT, reachable);
        tokio::select! {
            reached = reachable => if reached.is_err() {
                bail!("the services do not listen after {} s", READY_LIMIT.as_secs());
            },
            error = Self::ended(&mut self.services) => return Err(error),
        }
        Ok(())
    }

    /// Waits until a service or the network ends, which none does by itself.
    pub(crate) async fn service_ended(&mut self) -> anyhow::Error {
        tokio::select! {
            error = Self::ended(&mut self.services) => error,
            failure = self.simnet.failed() => {
                anyhow::Error::new(failure).context("the simulated network has failed")
            }
        }
    }

    async fn ended(services: &mut JoinSet<anyhow::Result<&'static str>>) -> anyhow::Error {
        match services.join_next().await {
            Some(Ok(Ok(name))) => anyhow!("the {name} has ended"),
            Some(Ok(Err(error))) => error,
            Some(Err(error)) => anyhow!(error).context("a service has panicked"),
            None => anyhow!("no service runs"),
        }
    }

    /// Stops the services, which finish what they are at, then the network.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        let mut result = Ok(());
        while let Some(ended) = self.services.join_next().await {
            let ended = ended.map_err(anyhow::Error::from).and_then(|ended| ended);
            if let (Err(error), true) = (ended, result.is_ok()) {
                result = Err(error);
            }
        }
        self.simnet.stop().await;
        for pool in self.pools {
            pool.close().await;
        }
        result
    }
}

/// The release that simulated nodes are of. A deployment that names it lets the orchestrator see
/// that the stand-in for the mina executable fits.
pub(crate) fn release() -> String {
    let commit: String = simnet::COMMIT_ID.chars().take(9).collect();
    format!("simnet-{commit}")
}

/// Entries that the log queue of a node holds: as real nodes have it, for as
/// much real time.
fn queue_capacity(time_scale: u32) -> u64 {
    u64::from(time_scale).saturating_mul(500)
}

fn simnet_config(options: &LabOptions, addresses: &Addresses) -> anyhow::Result<simnet::Config> {
    let submit: Url = format!("http://{}/v1/submit", addresses.uptime_backend).parse()?;
    prepare(&options.folder)?;
    Ok(simnet::Config {
        topology: Topology::nodes(options.nodes),
        seed: options.network.seed,
        time_scale: options.network.time_scale,
        itn_max_logs: usize::try_from(queue_capacity(options.network.time_scale))?,
        uptime_url: Some(submit),
        network_id: NetworkId::Testnet,
        folder: Some(options.folder.clone()),
        loadlab: Some(std::env::current_exe().context("cannot tell where this program lies")?),
        ..simnet::Config::nodes(options.nodes)
    })
}

fn prepare(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
}
