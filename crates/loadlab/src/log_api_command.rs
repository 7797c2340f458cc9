//! `loadlab log-api`: from its arguments to its configuration.

use std::net::SocketAddr;

use service::GuardError;

use crate::cli::LogApiArguments;

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
