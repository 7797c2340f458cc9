//! A service that is ready to run.

use std::net::SocketAddr;

use anyhow::Context as _;
use store::{ConnectOptions, Database};
use tokio_util::sync::CancellationToken;

use super::Service;
use crate::orchestrator_command;

/// The checked configuration of a service.
#[derive(Debug)]
pub(crate) enum ServiceConfig {
    UptimeBackend(Box<uptime_backend::Config>),
    LogApi(log_api::Config),
    ExperimentsApi(experiments_api::Config),
    LogFetcher(Box<log_fetcher::Config>),
    Orchestrator(Box<orchestrator::Config>),
    Dashboard(Box<dashboard::Config>),
}

impl ServiceConfig {
    pub(crate) const fn service(&self) -> Service {
        match self {
            Self::UptimeBackend(_) => Service::UptimeBackend,
            Self::LogApi(_) => Service::LogApi,
            Self::ExperimentsApi(_) => Service::ExperimentsApi,
            Self::LogFetcher(_) => Service::LogFetcher,
            Self::Orchestrator(_) => Service::Orchestrator,
            Self::Dashboard(_) => Service::Dashboard,
        }
    }

    pub(crate) const fn address_mut(&mut self) -> &mut SocketAddr {
        match self {
            Self::UptimeBackend(config) => &mut config.address,
            Self::LogApi(config) => &mut config.address,
            Self::ExperimentsApi(config) => &mut config.address,
            Self::LogFetcher(config) => &mut config.address,
            Self::Orchestrator(config) => &mut config.address,
            Self::Dashboard(config) => &mut config.address,
        }
    }

    /// How it connects to the database, if connections for queries that others use as well do not
    /// do: one that takes leases is known by the name of its connections.
    pub(crate) fn own_connections(&self) -> Option<ConnectOptions> {
        match self {
            Self::UptimeBackend(_)
            | Self::LogApi(_)
            | Self::ExperimentsApi(_)
            | Self::Dashboard(_) => None,
            Self::LogFetcher(config) => Some(config.connect_options()),
            Self::Orchestrator(config) => Some(orchestrator_command::connect_options(config)),
        }
    }

    /// Runs it until `shutdown` is cancelled and what it is at is finished.
    pub(crate) async fn run(
        self,
        database: Database,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        let service = self.service();
        let failed = || format!("the {service} has failed");
        match self {
            Self::UptimeBackend(config) => uptime_backend::run(*config, database, shutdown)
                .await
                .with_context(failed),
            Self::LogApi(config) => log_api::run(config, database, shutdown)
                .await
                .with_context(failed),
            Self::ExperimentsApi(config) => experiments_api::run(config, database, shutdown)
                .await
                .with_context(failed),
            Self::LogFetcher(config) => log_fetcher::run(*config, database, shutdown)
                .await
                .with_context(failed),
            Self::Orchestrator(config) => orchestrator::run(*config, database, shutdown)
                .await
                .with_context(failed),
            // It asks the other services.
            Self::Dashboard(config) => dashboard::run(*config, shutdown).await.with_context(failed),
        }
    }
}
