//! How the dashboard runs.

use std::net::SocketAddr;

use service::{Guard, Token};

use crate::upstreams::Upstreams;

/// The port of the original dashboard.
pub const DEFAULT_PORT: u16 = 4200;

/// How the dashboard runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where the services are.
    pub upstreams: Upstreams,
    /// Who may change something by the page.
    pub guard: Guard,
    /// What the services want to see with changes. The key of sessions, too.
    pub token: Option<Token>,
}

impl Default for Config {
    /// Port 4200 of this machine, with all services at their usual ports of it.
    fn default() -> Self {
        Self {
            address: service::loopback(DEFAULT_PORT),
            upstreams: Upstreams::default(),
            guard: Guard::this_machine(),
            token: None,
        }
    }
}
