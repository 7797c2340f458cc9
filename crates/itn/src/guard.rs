//! Whether a connection may be made, decided about the very address of each connection.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Decides to which addresses connections may be made.
///
/// Nodes announce their addresses themselves, so an outsider can name any address that this
/// process can reach. The guard is asked about the very address of each connection, after a name
/// has been resolved: a name that resolves differently the second time gains nothing.
pub trait AddressGuard: Send + Sync + 'static {
    /// Whether a connection to this address and port may be made. An IPv4 address inside an IPv6
    /// one is given as IPv4.
    fn permits(&self, address: SocketAddr) -> bool;
}

/// Whether this process may still send. Asked right before each request is sent, as a process may
/// have been paused since it was asked last.
#[derive(Clone)]
pub(crate) struct Permit(pub(crate) Arc<dyn Fn() -> bool + Send + Sync>);

impl Permit {
    pub(crate) fn holds(&self) -> bool {
        (self.0)()
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Permit(…)")
    }
}

impl<F: Fn(SocketAddr) -> bool + Send + Sync + 'static> AddressGuard for F {
    fn permits(&self, address: SocketAddr) -> bool {
        self(address)
    }
}

/// A list of networks and a list of ports; both must hold an address for it to be permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedAddresses {
    networks: Vec<IpNet>,
    ports: Vec<PortRange>,
}

impl AllowedAddresses {
    /// Permits addresses that are in one of the networks and whose port is in one of the ranges.
    #[must_use]
    pub fn new(
        networks: impl IntoIterator<Item = IpNet>,
        ports: impl IntoIterator<Item = PortRange>,
    ) -> Self {
        Self {
            networks: networks.into_iter().collect(),
            ports: ports.into_iter().collect(),
        }
    }

    /// Permits everything.
    #[must_use]
    pub fn any() -> Self {
        Self::new(
            [IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())],
            [PortRange::any()],
        )
    }

    fn permits_network(&self, address: IpAddr) -> bool {
        self.networks
            .iter()
            .any(|network| network.contains(&address))
    }
}

impl AddressGuard for AllowedAddresses {
    fn permits(&self, address: SocketAddr) -> bool {
        self.permits_network(address.ip().to_canonical())
            && self
                .ports
                .iter()
                .any(|range| range.0.contains(&address.port()))
    }
}

/// One port or a range of ports, written `3086` or `3000-4000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortRange(RangeInclusive<u16>);

/// A text is no range of ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("ports are written `3086` or `3000-4000`, each from 1 to 65535 and the smaller one first")]
pub struct PortRangeError;

impl PortRange {
    /// Every port.
    #[must_use]
    pub fn any() -> Self {
        Self(1..=u16::MAX)
    }
}

impl FromStr for PortRange {
    type Err = PortRangeError;

    fn from_str(text: &str) -> Result<Self, PortRangeError> {
        let port = |text: &str| match text.parse() {
            Ok(port) if port > 0 && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(port),
            _ => Err(PortRangeError),
        };
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let range = port(first)?..=port(last)?;
        if range.is_empty() {
            return Err(PortRangeError);
        }
        Ok(Self(range))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(networks: &[&str], ports: &[&str]) -> AllowedAddresses {
        AllowedAddresses::new(
            networks.iter().map(|network| network.parse().unwrap()),
            ports.iter().map(|range| range.parse().unwrap()),
        )
    }

    #[track_caller]
    fn check(guard: &AllowedAddresses, address: &str, permitted: bool) {
        assert_eq!(
            guard.permits(address.parse().unwrap()),
            permitted,
            "{address}"
        );
    }

    #[test]
    fn network_and_port_must_both_be_listed() {
        let guard = allowed(&["10.0.0.0/8", "2001:db8::/32"], &["3086", "10000-65535"]);
        check(&guard, "10.1.2.3:3086", true);
        check(&guard, "[2001:db8::7]:10003", true);
        check(&guard, "[::ffff:10.1.2.3]:65535", true);
        check(&guard, "10.1.2.3:3085", false);
        check(&guard, "10.1.2.3:9999", false);
        check(&guard, "11.1.2.3:3086", false);
        check(&guard, "[2001:db9::7]:3086", false);
        check(&guard, "[::ffff:11.1.2.3]:3086", false);
    }

    #[test]
    fn empty_lists_permit_nothing_and_any_permits_all() {
        check(&allowed(&[], &["3086"]), "10.1.2.3:3086", false);
        check(&allowed(&["10.0.0.0/8"], &[]), "10.1.2.3:3086", false);
        check(&AllowedAddresses::any(), "10.1.2.3:1", true);
        check(&AllowedAddresses::any(), "[::1]:65535", true);
    }

    #[test]
    fn other_texts_are_no_ports() {
        for text in [
            "",
            "0",
            "65536",
            "-1",
            "+1",
            "1-",
            "-",
            "4000-3000",
            "1-2-3",
            "a",
            " 1",
        ] {
            assert_eq!(text.parse::<PortRange>(), Err(PortRangeError), "{text:?}");
        }
    }
}
