//! Whether a connection may be made, decided about the very address of each connection.

use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;

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

/// One port or a range of ports, written `3086` or `3000-4000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortRange(RangeInclusive<u16>);

impl From<PortRange> for RangeInclusive<u16> {
    fn from(ports: PortRange) -> Self {
        ports.0
    }
}

/// A text is no range of ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("ports are written `3086` or `3000-4000`, each from 1 to 65535 and the smaller one first")]
pub struct PortRangeError;

impl PortRange {
    /// Every port.
    #[must_use]
    pub fn any() -> Self {
        Self::new(1..=u16::MAX)
    }

    /// From the first to the last port.
    #[must_use]
    pub fn new(ports: RangeInclusive<u16>) -> Self {
        Self(ports)
    }

    /// Whether the port is in it.
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        self.0.contains(&port)
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
