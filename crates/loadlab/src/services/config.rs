//! A service that is ready to run.

use std::net::SocketAddr;
use std::sync::Arc;

use access::DatabaseBook;
use anyhow::Context as _;
use service::Guard;
use store::{ConnectOptions, Database};
use tokio_util::sync::CancellationToken;

use super::list::Service;
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

    /// What guards its routes, if it has any that are not open.
    const fn guard_mut(&mut self) -> Option<&mut Guard> {
        match self {
            Self::LogApi(config) => Some(&mut config.guard),
            Self::ExperimentsApi(config) => Some(&mut config.guard),
            Self::LogFetcher(config) => Some(&mut config.guard),
            Self::Orchestrator(config) => Some(&mut config.guard),
            // Submissions of nodes are signed, and nodes and services read the online list. The
            // dashboard asks the experiments API for tokens.
            Self::UptimeBackend(_) | Self::Dashboard(_) => None,
        }
    }

    /// Lets its guard know the tokens in the database and record changes there.
    async fn attach_book(&mut self, database: &Database) -> anyhow::Result<()> {
        let (service, address) = (self.service(), *self.address_mut());
        // The log API changes nothing: without tokens it may be read from everywhere.
        let needs_tokens =
            !matches!(self, Self::LogApi(config) if !config.guard.reading_needs_token());
        if let Some(guard) = self.guard_mut() {
            let keep = guard.records_are_kept();
            let book = DatabaseBook::new(database.clone(), service.command(), keep);
            let guarded = guard.clone().with_book(Arc::new(book));
            if needs_tokens {
                guarded.require_tokens(address).await?;
            }
            *guard = guarded;
        }
        Ok(())
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
        let mut config = self;
        let service = config.service();
        config
            .attach_book(&database)
            .await
            .with_context(|| format!("the {service} cannot start"))?;
        let failed = || format!("the {service} has failed");
        match config {
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
