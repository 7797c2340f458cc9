//! `loadlab dashboard`: its arguments, and running it alone. It needs no database.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use clap::Args;
use dashboard::Upstreams;
use service::GuardError;
use url::Url;

use crate::guard_arguments::GuardArguments;
use crate::services::{Addresses, Neighbours, Service};

/// Arguments of `dashboard`.
#[derive(Debug, Args)]
pub(crate) struct DashboardArguments {
    /// The address to listen on. Other machines can connect only if it is not a
    /// loopback address.
    #[arg(long, env = "DASHBOARD_HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on.
    #[arg(long, env = "DASHBOARD_PORT", default_value_t = dashboard::DEFAULT_PORT)]
    port: u16,
    #[command(flatten)]
    services: ServiceUrls,
    #[command(flatten)]
    guard: GuardArguments,
}

/// Where the services are, if not at their usual ports of this machine.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Services")]
#[expect(
    clippy::struct_field_names,
    reason = "the names are those of the flags"
)]
struct ServiceUrls {
    /// The log fetcher.
    #[arg(long, env = "DASHBOARD_LOG_FETCHER_URL", value_name = "URL")]
    log_fetcher_url: Option<Url>,
    /// The log API.
    #[arg(long, env = "DASHBOARD_LOG_API_URL", value_name = "URL")]
    log_api_url: Option<Url>,
    /// The experiments API.
    #[arg(long, env = "DASHBOARD_EXPERIMENTS_API_URL", value_name = "URL")]
    experiments_api_url: Option<Url>,
    /// The orchestrator.
    #[arg(long, env = "DASHBOARD_ORCHESTRATOR_URL", value_name = "URL")]
    orchestrator_url: Option<Url>,
    /// The uptime backend.
    #[arg(long, env = "DASHBOARD_UPTIME_BACKEND_URL", value_name = "URL")]
    uptime_backend_url: Option<Url>,
    /// The status page of a simulated network, whose clock the page then shows.
    #[arg(long, env = "DASHBOARD_SIMNET_URL", value_name = "URL")]
    simnet_url: Option<Url>,
}

impl ServiceUrls {
    fn of(&mut self, service: Service) -> Option<&mut Option<Url>> {
        Some(match service {
            Service::LogFetcher => &mut self.log_fetcher_url,
            Service::LogApi => &mut self.log_api_url,
            Service::ExperimentsApi => &mut self.experiments_api_url,
            Service::Orchestrator => &mut self.orchestrator_url,
            Service::UptimeBackend => &mut self.uptime_backend_url,
            Service::Dashboard => return None,
        })
    }

    /// Takes what is not given from these addresses.
    fn fill(&mut self, addresses: &Addresses) {
        for service in Service::ALL {
            if let Some(url @ None) = self.of(service) {
                *url = addresses.url(service).parse().ok();
            }
        }
    }

    fn upstreams(self) -> Upstreams {
        let usual = Upstreams::default();
        Upstreams {
            fetcher: self.log_fetcher_url.unwrap_or(usual.fetcher),
            traces: self.log_api_url.unwrap_or(usual.traces),
            results: self.experiments_api_url.unwrap_or(usual.results),
            runs: self.orchestrator_url.unwrap_or(usual.runs),
            uptime: self.uptime_backend_url.or(usual.uptime),
            simnet: self.simnet_url,
        }
    }
}

impl DashboardArguments {
    /// Where it is to listen.
    pub(crate) const fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    /// Asks services in this process where none is given.
    pub(crate) fn use_neighbours(&mut self, neighbours: &Neighbours) {
        if let Some(addresses) = &neighbours.addresses {
            self.services.fill(addresses);
        }
    }

    pub(crate) fn config(self) -> Result<dashboard::Config, GuardError> {
        let address = self.address();
        Ok(dashboard::Config {
            address,
            token: self.guard.token()?,
            guard: self.guard.lab_guard(address)?,
            upstreams: self.services.upstreams(),
        })
    }
}

/// Runs it alone, until a signal.
pub(crate) async fn run(arguments: DashboardArguments) -> anyhow::Result<ExitCode> {
    let shutdown = service::shutdown::on_signal()?;
    service::metrics::install()?;
    dashboard::run(arguments.config()?, shutdown).await?;
    Ok(ExitCode::SUCCESS)
}
