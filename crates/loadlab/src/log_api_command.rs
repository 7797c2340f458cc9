//! `loadlab log-api`: from its arguments to its configuration.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;
use service::GuardError;

use crate::guard_arguments::GuardArguments;
use crate::interpretation::Compatibility;

/// Arguments of `log-api`.
#[derive(Debug, Args)]
pub(crate) struct LogApiArguments {
    /// The address to listen on. Other machines can connect only if it is not a
    /// loopback address.
    #[arg(long, env = "LOG_API_HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on.
    #[arg(long, env = "LOG_API_PORT", default_value_t = log_api::DEFAULT_PORT)]
    port: u16,
    /// Serve trees, distributions and total times as corrected, or as the
    /// original implementation computes them.
    #[arg(long, value_enum, default_value_t)]
    compatibility: Compatibility,
    #[command(flatten)]
    guard: GuardArguments,
}

impl LogApiArguments {
    /// Where it is to listen.
    pub(crate) const fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    pub(crate) fn config(self) -> Result<log_api::Config, GuardError> {
        let address = self.address();
        Ok(log_api::Config {
            address,
            compatibility: self.compatibility.into(),
            guard: self.guard.lab_guard(address)?,
        })
    }
}
