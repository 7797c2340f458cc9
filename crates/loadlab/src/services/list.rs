//! Which services there are, and where they listen.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use clap::ValueEnum;

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Service {
    /// Takes submissions of nodes and lists which are online.
    UptimeBackend,
    /// Serves block traces over GraphQL.
    LogApi,
    /// Serves experiments and deployments over REST.
    ExperimentsApi,
    /// Fetches the logs of all nodes.
    LogFetcher,
    /// Runs experiments.
    Orchestrator,
    /// Shows all of them on one page.
    Dashboard,
}

impl Service {
    /// All, in the order in which they start: a service comes after those that it asks.
    pub(crate) const ALL: [Self; 6] = [
        Self::UptimeBackend,
        Self::LogApi,
        Self::ExperimentsApi,
        Self::LogFetcher,
        Self::Orchestrator,
        Self::Dashboard,
    ];

    /// The command that runs it alone.
    pub(crate) const fn command(self) -> &'static str {
        match self {
            Self::UptimeBackend => "uptime-backend",
            Self::LogApi => "log-api",
            Self::ExperimentsApi => "experiments-api",
            Self::LogFetcher => "log-fetcher",
            Self::Orchestrator => "orchestrator",
            Self::Dashboard => "dashboard",
        }
    }

    /// The path to open in a browser.
    pub(crate) const fn page(self) -> &'static str {
        match self {
            Self::UptimeBackend => "/v1/online",
            Self::LogApi => "/graphql",
            Self::ExperimentsApi => "/api/experiments",
            Self::LogFetcher => "/nodes",
            Self::Orchestrator => "/api/v1/experiments",
            Self::Dashboard => "/",
        }
    }

    /// The port that the users of the original know.
    pub(crate) const fn usual_port(self) -> u16 {
        match self {
            Self::UptimeBackend => uptime_backend::DEFAULT_PORT,
            Self::LogApi => log_api::DEFAULT_PORT,
            Self::ExperimentsApi => experiments_api::DEFAULT_PORT,
            Self::LogFetcher => log_fetcher::DEFAULT_PORT,
            Self::Orchestrator => orchestrator::DEFAULT_PORT,
            Self::Dashboard => dashboard::DEFAULT_PORT,
        }
    }

    /// What gives it another port than the usual one, as errors name it.
    pub(crate) const fn port_setting(self) -> &'static str {
        match self {
            Self::UptimeBackend => "UPTIME_BACKEND_PORT, or any free ones with --free-ports",
            Self::LogApi => "LOG_API_PORT, or any free ones with --free-ports",
            Self::ExperimentsApi => "EXPERIMENTS_API_PORT, or any free ones with --free-ports",
            Self::LogFetcher => "LOG_FETCHER_PORT, or any free ones with --free-ports",
            Self::Orchestrator => "ORCHESTRATOR_PORT, or any free ones with --free-ports",
            Self::Dashboard => "DASHBOARD_PORT, or any free ones with --free-ports",
        }
    }
}

/// Its name in sentences.
impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::UptimeBackend => "uptime backend",
            Self::LogApi => "log API",
            Self::ExperimentsApi => "experiments API",
            Self::LogFetcher => "log fetcher",
            Self::Orchestrator => "orchestrator",
            Self::Dashboard => "dashboard",
        })
    }
}

/// Where each service listens, or would if it ran.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses([SocketAddr; Service::ALL.len()]);

impl Addresses {
    /// The usual ones.
    pub(crate) fn usual() -> Self {
        Self(Service::ALL.map(|service| service::loopback(service.usual_port())))
    }

    pub(crate) fn set(&mut self, service: Service, address: SocketAddr) {
        self.0[service as usize] = address;
    }

    pub(crate) fn of(&self, service: Service) -> SocketAddr {
        self.0[service as usize]
    }

    /// Its URL for programs on this machine, without a path.
    pub(crate) fn url(&self, service: Service) -> String {
        format!("http://{}", from_here(self.of(service)))
    }
}

/// Services in the same process, which others find without being told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Neighbours {
    /// The list of nodes that are online.
    pub(crate) online_url: Option<String>,
    /// The GraphQL of block traces.
    pub(crate) log_api_url: Option<String>,
    /// Where services listen, or would.
    pub(crate) addresses: Option<Addresses>,
}

/// Where this machine reaches what listens on an address: nothing can connect to one that means
/// all addresses.
pub(crate) fn from_here(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_is_found_under_its_own_name_and_place() {
        assert_eq!(Service::value_variants(), Service::ALL);
        let usual = Addresses::usual();
        for (place, service) in Service::ALL.into_iter().enumerate() {
            assert_eq!(service as usize, place);
            let name = service.to_possible_value().unwrap();
            assert_eq!(name.get_name(), service.command());
            assert_eq!(usual.of(service).port(), service.usual_port());
        }
    }

    #[test]
    fn all_addresses_are_reached_by_loopback() {
        let of = |text: &str| from_here(text.parse().unwrap()).to_string();
        assert_eq!(of("0.0.0.0:80"), "127.0.0.1:80");
        assert_eq!(of("[::]:80"), "[::1]:80");
        assert_eq!(of("10.0.0.1:80"), "10.0.0.1:80");
    }
}
