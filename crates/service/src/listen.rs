//! Opening the port of a service, with errors that say what to do next.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use crate::port_holder::PortHolder;

/// Why a service could not open its port.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another process listens there.
    #[error("{address} is in use by {holder}; stop it or choose another port with {flag}")]
    InUse {
        /// The address asked for.
        address: SocketAddr,
        /// The process, as far as it can be known.
        holder: String,
        /// The command-line flag that sets it.
        flag: &'static str,
    },
    /// The operating system refuses the port to this user.
    #[error(
        "this user may not listen on {address} (ports below 1024 are reserved); choose another \
         port with {flag}"
    )]
    Forbidden {
        /// The address asked for.
        address: SocketAddr,
        /// The command-line flag that sets it.
        flag: &'static str,
    },
    /// No interface of this machine has the address.
    #[error("{address} is not an address of this machine; choose another with {flag}")]
    NotLocal {
        /// The address asked for.
        address: SocketAddr,
        /// The command-line flag that sets it.
        flag: &'static str,
    },
    /// Anything else the operating system says.
    #[error("cannot listen on {address} (set by {flag})")]
    Other {
        /// The address asked for.
        address: SocketAddr,
        /// The command-line flag that sets it.
        flag: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
}

/// The default address of a service: `port` on 127.0.0.1, because nothing here should be reachable
/// from other machines unless a setting asks for it.
#[must_use]
pub const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// Listens on `address` (port 0: any free port; ask the listener which). `flag` is the
/// command-line flag that sets the address, for the error message.
pub async fn bind(address: SocketAddr, flag: &'static str) -> Result<TcpListener, BindError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => BindError::InUse {
                address,
                holder: PortHolder::of(address)
                    .map_or_else(|| "another process".to_owned(), |holder| holder.to_string()),
                flag,
            },
            io::ErrorKind::PermissionDenied => BindError::Forbidden { address, flag },
            io::ErrorKind::AddrNotAvailable => BindError::NotLocal { address, flag },
            _ => BindError::Other {
                address,
                flag,
                source,
            },
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_in_use_names_the_address_and_the_flag() {
        let first = bind(loopback(0), "--port").await.unwrap();
        let address = first.local_addr().unwrap();
        let error = bind(address, "--log-api-port").await.unwrap_err();
        assert!(matches!(error, BindError::InUse { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(&address.to_string()), "{text}");
        assert!(text.contains("--log-api-port"), "{text}");
        // It is this very process.
        if cfg!(target_os = "linux") {
            let holder = format!("(process {})", std::process::id());
            assert!(text.contains(&holder), "{text}");
        }
    }

    #[tokio::test]
    async fn a_foreign_address_is_refused() {
        // 192.0.2.0/24 is reserved for documentation (RFC 5737), so no machine has it
        let address = SocketAddr::from(([192, 0, 2, 1], 0));
        let error = bind(address, "--listen").await.unwrap_err();
        assert!(matches!(error, BindError::NotLocal { .. }), "{error:?}");
    }

    #[test]
    fn the_default_address_is_reachable_from_this_machine_only() {
        assert!(loopback(9080).ip().is_loopback());
    }
}
