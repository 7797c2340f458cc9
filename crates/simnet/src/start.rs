//! Putting a network together.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use itn::SigningKey;
use mina::PrivateKey;
use service::Tasks;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::chain::Chain;
use crate::chain_listener::NodeListener;
use crate::clock::NetworkClock;
use crate::config::Config;
use crate::error::SimnetError;
use crate::faults::random_faults;
use crate::folder::{Content, Folder, NODE_KEY_PASSWORD};
use crate::identity::{Identity, itn_seed};
use crate::load::LoadPlan;
use crate::network::LiveNetwork;
use crate::node::{Common, Node, Port, Routers};
use crate::place::Place;
use crate::restarts::Restarts;
use crate::simnet::{ItnKeys, Simnet};
use crate::status::{self, Status};
use crate::timetable::Timetable;
use crate::uptime::{self, Uptime, UptimeClient};
use crate::wallet::Wallet;
use crate::{itn_server, open_files, public_graphql, simulated};

fn common(config: &Config, keys: &ItnKeys, funded: &[PrivateKey]) -> Result<Common, SimnetError> {
    let clock = NetworkClock::start(config.time_scale);
    let simulated = simulated::network_config(config, funded, clock.genesis_unix_micros());
    let mut wallet = Wallet::default();
    for key in funded {
        wallet.add(key, "");
    }
    for node in &simulated.nodes {
        wallet.add(&node.private_key, NODE_KEY_PASSWORD);
    }
    let own_keys =
        [keys.fetcher, keys.orchestrator].map(|seed| SigningKey::from_seed(&seed).verifying_key());
    Ok(Common {
        seed: config.seed,
        clock,
        chain: Chain::new(simulated, config.seed, clock)?,
        itn_keys: own_keys
            .into_iter()
            .chain(config.itn_keys.iter().copied())
            .collect(),
        max_logs: config.itn_max_logs,
        load: config.load.map(LoadPlan::new).transpose()?.map(Arc::new),
        node_count: config.topology.nodes.len(),
        newest_schema: config.newest_schema,
        network_id: config.network_id,
        wallet,
    })
}

/// The nodes at their addresses, where nobody listens yet.
fn network(config: &Config, common: &Arc<Common>) -> Result<LiveNetwork, SimnetError> {
    let addresses = config.addresses.of_nodes(common.node_count)?;
    let simulated = common.chain.now(|chain| chain.config().nodes.clone());
    let mut nodes = Vec::new();
    let mut places = Vec::new();
    for ((index, node), (itn, public)) in simulated.iter().enumerate().zip(addresses) {
        let identity = Identity::new(simulation::NodeId::from_index(index), node);
        let node = Arc::new(Node::new(Arc::clone(common), identity));
        node.set_routers(Routers {
            itn: itn_server::router(&node),
            public: public_graphql::router(&node),
        });
        let reserve = |address: SocketAddr, port| {
            Place::reserve(address, port, Arc::clone(&node))
                .map(Arc::new)
                .map_err(|source| SimnetError::Listen {
                    node: node.identity().name.clone(),
                    address,
                    source,
                })
        };
        places.push([reserve(itn, Port::Itn)?, reserve(public, Port::Public)?]);
        nodes.push(node);
    }
    Ok(LiveNetwork::new(nodes, places))
}

impl Simnet {
    /// Starts all nodes. Every port accepts connections, and every file is written, when this
    /// returns.
    ///
    /// # Errors
    ///
    /// The configuration is wrong, an address or the folder cannot be had, or a port cannot be
    /// listened on.
    pub async fn start(config: Config) -> Result<Self, SimnetError> {
        config.topology.check()?;
        let random = config.random_faults.map(|random| random.per_hour);
        if random.is_some_and(|per_hour| !(per_hour > 0.0 && per_hour <= 100_000.0)) {
            return Err(SimnetError::RandomFaults);
        }
        open_files::allow_for(config.topology.nodes.len())?;
        let folder = config.folder.as_deref().map(Folder::take).transpose()?;
        let keys = ItnKeys {
            fetcher: itn_seed(config.seed, "fetcher key"),
            orchestrator: itn_seed(config.seed, "orchestrator key"),
        };
        let funded = simulated::funded_keys(&config);
        let common = Arc::new(common(&config, &keys, &funded)?);
        let network = Arc::new(network(&config, &common)?);
        let (lifecycle, changes) = mpsc::unbounded_channel();
        common.chain.attach(NodeListener {
            nodes: network.nodes().to_vec(),
            lifecycle,
        });
        let timetable = Arc::new(Timetable::new(Arc::clone(&network), common.clock));
        let listener = service::bind(config.status_address, "--status-port").await?;
        let shutdown = CancellationToken::new();
        let mut simnet = Self {
            status: listener.local_addr().map_err(SimnetError::StatusAddress)?,
            network,
            common,
            keys,
            timetable,
            folder,
            tasks: Tasks::new(&shutdown),
            shutdown,
        };
        // From here on an error drops the network, which ends what has begun.
        simnet.open()?;
        for (index, request) in (1..).zip(config.faults.clone()) {
            let planned = simnet.timetable.schedule(request).await;
            planned.map_err(|source| SimnetError::Fault { index, source })?;
        }
        simnet.write_folder(&config, &funded)?;
        simnet.spawn_tasks(&config, changes)?;
        let status = Status {
            network: Arc::clone(&simnet.network),
            common: Arc::clone(&simnet.common),
            timetable: Arc::clone(&simnet.timetable),
        };
        let router = status::router(Arc::new(status), &config.guard, simnet.tasks.health());
        let stop = simnet.tasks.stop_token();
        simnet
            .tasks
            .spawn("status page", service::serve(listener, router, stop));
        Ok(simnet)
    }

    fn open(&self) -> Result<(), SimnetError> {
        let opened = self.network.open();
        opened.map_err(|(node, address, source)| SimnetError::Listen {
            node,
            address,
            source,
        })
    }

    /// Starts the background tasks.
    fn spawn_tasks(
        &mut self,
        config: &Config,
        lifecycle: mpsc::UnboundedReceiver<usize>,
    ) -> Result<(), SimnetError> {
        let restart_after = config.topology.restart_after_seconds;
        let restarts = Restarts {
            network: Arc::clone(&self.network),
            timetable: Arc::clone(&self.timetable),
            clock: self.common.clock,
            restart_after: restart_after.map(Duration::from_secs_f64),
        };
        self.spawn("supervisor", restarts.run(lifecycle));

        let random = config.random_faults.map(|random| {
            let names = config.topology.nodes.iter().map(|node| node.name.clone());
            random_faults(config.seed, random, names.collect())
        });
        let faults = Arc::clone(&self.timetable).run(random.into_iter().flatten());
        self.spawn("faults", faults);

        if let Some(url) = &config.uptime_url {
            let uptime = Arc::new(Uptime {
                client: UptimeClient::new(url.clone(), self.common.clock)
                    .map_err(SimnetError::UptimeClient)?,
                network: Arc::clone(&self.network),
                clock: self.common.clock,
                slot: Duration::from_secs_f64(config.topology.slot_seconds),
                network_id: config.network_id,
                commit: simulation::COMMIT_ID.get(..8).unwrap_or_default(),
            });
            for node in self.network.nodes().to_vec() {
                let name = format!("submissions of {}", node.identity().name);
                self.spawn(name, uptime::run(Arc::clone(&uptime), node));
            }
        }

        let (common, stop) = (Arc::clone(&self.common), self.tasks.stop_token());
        self.tasks
            .spawn_blocking("chain", move || common.chain.run(&stop));
        Ok(())
    }

    fn spawn(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        let stop = self.tasks.stop_token();
        self.tasks.spawn(name, async move {
            stop.run_until_cancelled(work).await;
        });
    }

    fn write_folder(&self, config: &Config, funded: &[PrivateKey]) -> Result<(), SimnetError> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let online_url = config.uptime_url.as_ref().map_or_else(
            || "http://127.0.0.1:8080/v1/online".to_owned(),
            |submit| {
                let online = submit.join("online");
                online.as_ref().unwrap_or(submit).to_string()
            },
        );
        let clock = &self.common.clock;
        let keys = self.network.nodes().iter().map(|node| &node.identity().key);
        folder.write(&Content {
            seed: config.seed,
            nodes: &self.nodes(),
            node_keys: keys.collect(),
            funded_keys: funded,
            fetcher_key: &self.fetcher_key(),
            orchestrator_key: &self.orchestrator_key(),
            online_url: &online_url,
            status: self.status,
            slot: Duration::from_secs_f64(config.topology.slot_seconds),
            genesis_unix_micros: clock.genesis_unix_micros(),
            time_scale: clock.scale(),
            loadlab: config.loadlab.as_deref(),
        })?;
        Ok(())
    }
}
