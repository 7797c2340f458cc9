//! Where a node is, and whether a client may go there.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Decides to which addresses connections may be made.
///
/// Nodes announce their addresses themselves, so an outsider can name any address that this
/// process can reach. The guard is asked about the very address of each connection, after a name
/// has been resolved: a name that resolves differently the second time gains nothing.
pub trait AddressGuard: Send + Sync + 'static {
    /// Whether a connection to this address may be made. An IPv4 address inside an IPv6 one is
    /// given as IPv4.
    fn permits(&self, address: IpAddr) -> bool;
}

impl<F: Fn(IpAddr) -> bool + Send + Sync + 'static> AddressGuard for F {
    fn permits(&self, address: IpAddr) -> bool {
        self(address)
    }
}

/// The URL of a node's ITN server.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

/// Why a host and port are no endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Neither an IP address nor the name of a host.
    #[error("the host is neither an IP address nor a name")]
    Host,
    /// Port 0.
    #[error("port 0 cannot be connected to")]
    Port,
}

impl Endpoint {
    /// `http://<host>:<port>/graphql`. A host is an IP address (an IPv6 one with or without
    /// brackets) or a name, and nothing else: the text often comes from outside, and must not
    /// smuggle in another port, path or user.
    pub fn new(host: &str, port: u16) -> Result<Self, EndpointError> {
        if port == 0 {
            return Err(EndpointError::Port);
        }
        let host = match host.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => Host::Ipv4(address),
            Ok(IpAddr::V6(address)) => Host::Ipv6(address),
            Err(_) => Host::parse(host).map_err(|_| EndpointError::Host)?,
        };
        Url::parse(&format!("http://{host}:{port}/graphql"))
            .map(Self)
            .map_err(|_| EndpointError::Host)
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// The address, if the host is one and not a name.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(IpAddr::from(address).to_canonical()),
            Host::Domain(_) => None,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.0.as_str())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Endpoint({self})")
    }
}

/// Resolves names by the system and keeps the permitted addresses only.
pub(crate) struct GuardedResolver(pub(crate) Arc<dyn AddressGuard>);

/// All addresses of a name are refused; this is one of them.
#[derive(Debug, thiserror::Error)]
#[error("the address {0} is not permitted")]
pub(crate) struct AddressRefused(pub(crate) IpAddr);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            // The port is put in by the caller.
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let (permitted, refused): (Vec<_>, Vec<_>) = found
                .into_iter()
                .partition(|address| guard.permits(address.ip().to_canonical()));
            if let (true, Some(refused)) = (permitted.is_empty(), refused.first()) {
                return Err(AddressRefused(refused.ip()).into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(host: &str, url: &str) {
        let endpoint = Endpoint::new(host, 3086).unwrap();
        assert_eq!(endpoint.to_string(), url);
    }

    #[test]
    fn hosts_are_addresses_or_names() {
        check("10.1.2.3", "http://10.1.2.3:3086/graphql");
        check("::1", "http://[::1]:3086/graphql");
        check("[2001:db8::1]", "http://[2001:db8::1]:3086/graphql");
        check("plain-3-itn.x", "http://plain-3-itn.x:3086/graphql");
        let standard = Endpoint::new("whale-0-itn.x", 80).unwrap();
        assert_eq!(standard.to_string(), "http://whale-0-itn.x/graphql");
    }

    #[test]
    fn anything_more_than_a_host_is_refused() {
        for host in [
            "",
            "a/b",
            "a:80",
            "user@a",
            "a?b",
            "a#b",
            "a b",
            "a\nb",
            "[::1",
            "::1]",
            "http://a",
            "1.2.3.4.5.6:7",
            "%",
        ] {
            assert_eq!(
                Endpoint::new(host, 80),
                Err(EndpointError::Host),
                "{host:?}"
            );
        }
        assert_eq!(Endpoint::new("a", 0), Err(EndpointError::Port));
    }

    #[test]
    fn unusual_spellings_of_an_address_are_known_as_that_address() {
        for host in ["127.0.0.1", "0x7f.1", "2130706433", "::ffff:127.0.0.1"] {
            assert_eq!(
                Endpoint::new(host, 80).unwrap().address(),
                Some(IpAddr::from([127, 0, 0, 1])),
                "{host}"
            );
        }
        assert_eq!(Endpoint::new("localhost", 80).unwrap().address(), None);
    }

    proptest! {
        #[test]
        fn any_endpoint_has_just_the_port_and_path_it_should(host in ".{0,30}", port in 1_u16..) {
            if let Ok(endpoint) = Endpoint::new(&host, port) {
                let url = endpoint.url();
                prop_assert_eq!(url.port_or_known_default(), Some(port));
                prop_assert_eq!(url.path(), "/graphql");
                prop_assert!(url.username().is_empty() && url.password().is_none());
                prop_assert!(url.query().is_none() && url.fragment().is_none());
            }
        }
    }
}
