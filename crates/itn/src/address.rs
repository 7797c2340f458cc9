//! Where a node is: the URL of its ITN server, made of nothing but a host and a port.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use http::Uri;
use url::Host;

/// The URL of a node's ITN server.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    uri: Uri,
    address: Option<SocketAddr>,
}

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
    ///
    /// # Errors
    ///
    /// The host is neither an address nor a name, or the port is 0.
    pub fn new(host: &str, port: u16) -> Result<Self, EndpointError> {
        if port == 0 {
            return Err(EndpointError::Port);
        }
        let host = match host.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => Host::Ipv4(address),
            Ok(IpAddr::V6(address)) => Host::Ipv6(address),
            Err(_) => Host::parse(host).map_err(|_| EndpointError::Host)?,
        };
        let address = match host {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(IpAddr::from(address).to_canonical()),
            Host::Domain(_) => None,
        };
        let uri = Uri::builder()
            .scheme("http")
            .authority(format!("{host}:{port}"))
            .path_and_query("/graphql")
            .build()
            .map_err(|_| EndpointError::Host)?;
        if uri.port_u16() != Some(port) || uri.host() != Some(host.to_string().as_str()) {
            return Err(EndpointError::Host);
        }
        Ok(Self {
            uri,
            address: address.map(|address| SocketAddr::new(address, port)),
        })
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Where it is, if the host is an address and not a name. An IPv4 address inside an IPv6 one
    /// is given as IPv4.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }
}

impl From<SocketAddr> for Endpoint {
    /// The endpoint at an address. Port 0 makes one that cannot be connected to.
    fn from(address: SocketAddr) -> Self {
        let uri = Uri::builder()
            .scheme("http")
            .authority(address.to_string())
            .path_and_query("/graphql")
            .build()
            // An address is always an authority.
            .unwrap_or_default();
        let ip = address.ip().to_canonical();
        Self {
            uri,
            address: Some(SocketAddr::new(ip, address.port())),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.uri)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Endpoint({self})")
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
        assert_eq!(standard.to_string(), "http://whale-0-itn.x:80/graphql");
    }

    #[test]
    fn an_address_alone_is_enough() {
        for text in ["127.0.0.1:3086", "[::1]:3086"] {
            let address: SocketAddr = text.parse().unwrap();
            let endpoint = Endpoint::from(address);
            assert_eq!(
                endpoint,
                Endpoint::new(&address.ip().to_string(), 3086).unwrap()
            );
            assert_eq!(endpoint.to_string(), format!("http://{text}/graphql"));
        }
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
                Some(SocketAddr::from(([127, 0, 0, 1], 80))),
                "{host}"
            );
        }
        assert_eq!(Endpoint::new("localhost", 80).unwrap().address(), None);
    }

    proptest! {
        #[test]
        fn any_endpoint_has_just_the_port_and_path_it_should(host in ".{0,30}", port in 1_u16..) {
            if let Ok(endpoint) = Endpoint::new(&host, port) {
                let uri = endpoint.uri();
                prop_assert_eq!(uri.port_u16(), Some(port));
                prop_assert_eq!(uri.path_and_query().map(http::uri::PathAndQuery::as_str), Some("/graphql"));
                let authority = uri.authority().map_or("", http::uri::Authority::as_str);
                prop_assert!(!authority.contains('@'));
            }
        }
    }
}
