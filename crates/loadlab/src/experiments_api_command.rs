//! `loadlab experiments-api`: its arguments.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;
use service::GuardError;

use crate::guard_arguments::GuardArguments;

/// Arguments of `experiments-api`.
#[derive(Debug, Args)]
pub(crate) struct ExperimentsApiArguments {
    /// The address to listen on. Other machines can connect only if it is not a
    /// loopback address.
    #[arg(long, env = "EXPERIMENTS_API_HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on.
    #[arg(long, env = "EXPERIMENTS_API_PORT", default_value_t = experiments_api::DEFAULT_PORT)]
    port: u16,
    #[command(flatten)]
    guard: GuardArguments,
}

impl ExperimentsApiArguments {
    /// Where it is to listen.
    pub(crate) const fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    pub(crate) fn config(self) -> Result<experiments_api::Config, GuardError> {
        let address = self.address();
        let guard = self.guard.lab_guard(address)?;
        Ok(experiments_api::Config { address, guard })
    }
}
