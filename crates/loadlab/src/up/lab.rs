//! Services and, where one is wanted, a simulated network in this process: started in order,
//! reachable when `start` returns, stopped in order.

use std::time::Duration;

use anyhow::{anyhow, bail};
use simnet::Simnet;
use store::Database;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::plan::Plan;
use super::simulated::begin_chain;
use crate::connection::Opened;
use crate::services::{Addresses, Service, ServiceConfig, from_here};

/// How long a service may take to listen.
const READY_LIMIT: Duration = Duration::from_secs(30);
const READY_LOOK: Duration = Duration::from_millis(20);

/// Services and network at work.
pub(crate) struct Lab {
    pub(crate) addresses: Addresses,
    pub(crate) simnet: Option<Simnet>,
    /// Those that run, in the order in which they have started.
    pub(crate) running: Vec<Service>,
    /// Those that do not, and what has to be set.
    pub(crate) off: Vec<(Service, String)>,
    services: JoinSet<anyhow::Result<Service>>,
    shutdown: CancellationToken,
    /// Pools of services with connections of their own.
    pools: Vec<Database>,
}

impl Lab {
    /// Starts everything and waits until it can be reached.
    pub(crate) async fn start(plan: Plan, opened: &Opened) -> anyhow::Result<Self> {
        let simnet = match &plan.network {
            Some(network) => Some(network.start(&plan.addresses).await?),
            None => None,
        };
        let mut lab = Self {
            addresses: plan.addresses,
            simnet,
            running: Vec::new(),
            off: Vec::new(),
            services: JoinSet::new(),
            shutdown: CancellationToken::new(),
            pools: Vec::new(),
        };
        if let Err(error) = lab.start_services(plan, opened).await {
            lab.stop().await?;
            return Err(error);
        }
        Ok(lab)
    }

    async fn start_services(&mut self, mut plan: Plan, opened: &Opened) -> anyhow::Result<()> {
        if let Some(simnet) = &self.simnet {
            begin_chain(simnet, &opened.database).await?;
        }
        let configs = plan.configs()?;
        self.off = plan.off;
        for mut config in configs {
            if let (ServiceConfig::Dashboard(dashboard), Some(simnet)) = (&mut config, &self.simnet)
            {
                let status = format!("http://{}/", simnet.status_address());
                dashboard.upstreams.simnet = Some(status.parse()?);
            }
            self.start_service(config, opened).await?;
        }
        Ok(())
    }

    /// Those that ask it find it there.
    async fn start_service(
        &mut self,
        config: ServiceConfig,
        opened: &Opened,
    ) -> anyhow::Result<()> {
        let service = config.service();
        let database = match config.own_connections() {
            None => opened.database.clone(),
            Some(options) => {
                let pool = Database::connect(opened.url(), &options).await?;
                self.pools.push(pool.clone());
                pool
            }
        };
        let shutdown = self.shutdown.clone();
        self.services.spawn(async move {
            config.run(database, shutdown).await?;
            Ok(service)
        });
        self.running.push(service);
        let address = from_here(self.addresses.of(service));
        let listens = async {
            while TcpStream::connect(address).await.is_err() {
                tokio::time::sleep(READY_LOOK).await;
            }
        };
        tokio::select! {
            listens = tokio::time::timeout(READY_LIMIT, listens) => if listens.is_err() {
                bail!("the {service} does not listen after {} s", READY_LIMIT.as_secs());
            },
            error = Self::ended(&mut self.services) => return Err(error),
        }
        Ok(())
    }

    /// Waits until a service or the network ends, which none does by itself.
    pub(crate) async fn service_ended(&mut self) -> anyhow::Error {
        let network = async {
            match &self.simnet {
                Some(simnet) => simnet.failed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            error = Self::ended(&mut self.services) => error,
            failure = network => {
                anyhow::Error::new(failure).context("the simulated network has failed")
            }
        }
    }

    async fn ended(services: &mut JoinSet<anyhow::Result<Service>>) -> anyhow::Error {
        match services.join_next().await {
            Some(Ok(Ok(service))) => anyhow!("the {service} has ended"),
            Some(Ok(Err(error))) => error,
            Some(Err(error)) => anyhow!(error).context("a service has panicked"),
            None => anyhow!("no service runs"),
        }
    }

    /// Stops the services, which finish what they are at, then the network, then the connections
    /// to the database.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        let mut result = Ok(());
        while let Some(ended) = self.services.join_next().await {
            let ended = ended.map_err(anyhow::Error::from).and_then(|ended| ended);
            if let (Err(error), true) = (ended, result.is_ok()) {
                result = Err(error);
            }
        }
        if !self.running.is_empty() {
            tracing::info!("the services have ended");
        }
        if let Some(simnet) = self.simnet {
            simnet.stop().await;
            tracing::info!("the simulated network has ended");
        }
        for pool in self.pools {
            pool.close().await;
        }
        result
    }
}
