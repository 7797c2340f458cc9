//! `loadlab log-api`: from its arguments to its configuration.

use std::net::SocketAddr;

use crate::cli::LogApiArguments;

impl LogApiArguments {
    /// Where it is to listen.
    pub(crate) const fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    pub(crate) fn config(self) -> log_api::Config {
        log_api::Config {
            address: self.address(),
            compatibility: self.compatibility.into(),
        }
    }
}
