//! Which addresses the fetcher may connect to. Nodes announce themselves, so
//! what they announce must not lead it to machines that are none of them.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;

use ipnet::IpNet;
use itn::AddressGuard;

/// Networks and ports of nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedAddresses {
    /// If not empty, only these. Otherwise every address that another machine
    /// can have: none of this machine, of the link (among them those that
    /// clouds serve credentials at), or of groups.
    pub networks: Vec<IpNet>,
    /// Ports.
    pub ports: Vec<RangeInclusive<u16>>,
}

impl Default for AllowedAddresses {
    /// Other machines; port 80, which host templates lead to, and ports from
    /// 1024 on.
    fn default() -> Self {
        Self {
            networks: Vec::new(),
            ports: vec![80..=80, 1024..=u16::MAX],
        }
    }
}

/// Where Amazon's machines find their credentials over IPv6.
const EC2_METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254);

impl AllowedAddresses {
    /// Whether nodes may have this port.
    #[must_use]
    pub fn permits_port(&self, port: u16) -> bool {
        self.ports.iter().any(|ports| ports.contains(&port))
    }
}

impl AddressGuard for AllowedAddresses {
    fn permits(&self, address: SocketAddr) -> bool {
        self.permits_port(address.port()) && self.permits_host(address.ip().to_canonical())
    }
}

impl AllowedAddresses {
    fn permits_host(&self, address: IpAddr) -> bool {
        if !self.networks.is_empty() {
            return self.networks.iter().any(|net| net.contains(&address));
        }
        match address {
            IpAddr::V4(v4) => {
                !(v4.is_loopback()
                    || v4.is_unspecified()
                    || v4.is_link_local()
                    || v4.is_multicast()
                    || v4.is_broadcast()
                    // "this network" (RFC 1122): systems take it for themselves
                    || v4.octets()[0] == 0)
            }
            IpAddr::V6(v6) => {
                !(v6.is_loopback()
                    || v6.is_unspecified()
                    || v6.is_unicast_link_local()
                    || v6.is_multicast()
                    || v6 == EC2_METADATA)
            }
        }
    }
}

/// Reads `10.0.0.0/8` or a single address.
pub fn parse_network(text: &str) -> Result<IpNet, String> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "neither an address nor a network such as 10.0.0.0/8".to_owned())
}

/// Reads `3086` or `1024-65535`.
pub fn parse_ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let wrong = || "neither a port nor a range such as 3000-3999".to_owned();
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let port = |text: &str| text.trim().parse::<u16>().map_err(|_| wrong());
    let (first, last) = (port(first)?, port(last)?);
    if first == 0 || first > last {
        return Err(wrong());
    }
    Ok(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_list_only_other_machines_are_permitted() {
        let allowed = AllowedAddresses::default();
        let check =
            |address: &str| allowed.permits(SocketAddr::new(address.parse().unwrap(), 3086));
        for permitted in [
            "10.0.0.1",
            "192.168.1.1",
            "8.8.8.8",
            "2001:db8::1",
            "fd00::1",
        ] {
            assert!(check(permitted), "{permitted}");
        }
        for refused in [
            "127.0.0.1",
            "127.8.0.1",
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "fe80::1",
            "ff02::1",
            "fd00:ec2::254",
        ] {
            assert!(!check(refused), "{refused}");
        }
        assert!(allowed.permits_port(3086) && allowed.permits_port(80));
        assert!(!allowed.permits_port(22) && !allowed.permits_port(443));
    }

    #[test]
    fn with_a_list_only_what_it_names_is_permitted() {
        let allowed = AllowedAddresses {
            networks: vec![
                parse_network("10.0.0.0/8").unwrap(),
                parse_network("127.0.0.1").unwrap(),
            ],
            ports: vec![
                parse_ports("3000-3999").unwrap(),
                parse_ports("80").unwrap(),
            ],
        };
        let check =
            |address: &str| allowed.permits(SocketAddr::new(address.parse().unwrap(), 3086));
        assert!(check("10.9.9.9") && check("127.0.0.1") && check("::ffff:10.0.0.1"));
        assert!(!check("11.0.0.1") && !check("127.0.0.2") && !check("2001:db8::1"));
        assert!(allowed.permits_port(3999) && !allowed.permits_port(4000));
    }

    #[test]
    fn wrong_networks_and_ports_are_refused() {
        assert!(parse_network("10.0.0.0/33").is_err());
        assert!(parse_network("example.org").is_err());
        for ports in ["", "0", "5-3", "a", "1-", "70000"] {
            assert!(parse_ports(ports).is_err(), "{ports}");
        }
    }
}
