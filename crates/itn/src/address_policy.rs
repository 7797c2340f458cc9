//! Which addresses requests may go to: one policy, with different settings for different users.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

use crate::guard::{AddressGuard, PortRange};

/// Where the large clouds serve credentials to their machines, beside link-local addresses. No
/// setting permits them.
const METADATA: [&str; 7] = [
    "fd00:ec2::/32",          // Amazon
    "fd20:ce::254/128",       // Google
    "168.63.129.16/32",       // Azure
    "100.100.100.200/32",     // Alibaba
    "192.0.0.192/32",         // Oracle
    "fd00:c1::a9fe:a9fe/128", // Oracle
    "fd00:42::42/128",        // Scaleway
];

/// Ranges that are reserved for other purposes than public hosts.
const RESERVED: [&str; 10] = [
    "100.64.0.0/10",
    "192.0.0.0/24",
    "198.18.0.0/15",
    "240.0.0.0/4",
    "192.0.2.0/24",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "2002::/16",
    "fec0::/10",
    "2001::/32",
];

/// "This network" (RFC 1122): systems take it for themselves.
const THIS_NETWORK: &str = "0.0.0.0/8";

/// Decides to which addresses and ports requests may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressPolicy {
    /// Networks that are permitted whatever `reach` says, even on this machine.
    pub networks: Vec<IpNet>,
    /// What is permitted beside them.
    pub reach: Reach,
    /// Permitted ports.
    pub ports: Vec<PortRange>,
}

/// What is permitted beside the networks that are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Nothing.
    Nothing,
    /// Public addresses.
    Public,
    /// Public and private addresses.
    PublicAndPrivate,
    /// Every address that another machine can have.
    OtherMachines,
}

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressRefusal {
    /// All zeros.
    Unspecified,
    /// Only valid on one link; clouds serve credentials there.
    LinkLocal,
    /// A group.
    Multicast,
    /// All machines of a link.
    Broadcast,
    /// Where a cloud serves credentials.
    Metadata,
    /// This machine.
    Loopback,
    /// A private network.
    Private,
    /// A range with another purpose.
    Reserved(&'static str),
    /// Not in the list of permitted networks.
    NotListed,
}

/// A refused address, and how it leads to what is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: AddressRefusal,
    /// The kind of tunnel, and the IPv4 address inside of the IPv6 one.
    through: Option<(&'static str, Ipv4Addr)>,
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((tunnel, inner)) = self.through {
            write!(formatter, "a {tunnel} route to {inner}: ")?;
        }
        formatter.write_str(match self.reason {
            AddressRefusal::Unspecified => "an unspecified address",
            AddressRefusal::LinkLocal => "a link-local address",
            AddressRefusal::Multicast => "a multicast address",
            AddressRefusal::Broadcast => "not a global unicast address",
            AddressRefusal::Metadata => "the address of a metadata service",
            AddressRefusal::Loopback => "a loopback address",
            AddressRefusal::Private => "a private address",
            AddressRefusal::NotListed => "not in a permitted network",
            AddressRefusal::Reserved(range) => {
                return write!(formatter, "an address in the reserved range {range}");
            }
        })
    }
}

impl AddressPolicy {
    /// Permits what `reach` says, on every port.
    #[must_use]
    pub fn new(reach: Reach) -> Self {
        Self {
            networks: Vec::new(),
            reach,
            ports: vec![PortRange::any()],
        }
    }

    /// Permits these networks as well.
    #[must_use]
    pub fn with_networks(mut self, networks: impl IntoIterator<Item = IpNet>) -> Self {
        self.networks.extend(networks);
        self
    }

    /// Permits this machine as well.
    #[must_use]
    pub fn with_loopback(self) -> Self {
        self.with_networks(
            ["127.0.0.0/8", "::1/128"]
                .iter()
                .filter_map(|net| net.parse().ok()),
        )
    }

    /// Permits every address, this machine's included, that is not refused under all settings.
    #[must_use]
    pub fn any() -> Self {
        Self::new(Reach::OtherMachines).with_loopback()
    }

    /// Whether a port is permitted.
    #[must_use]
    pub fn permits_port(&self, port: u16) -> bool {
        self.ports.iter().any(|range| range.contains(port))
    }

    /// Why an address is refused; none if it is permitted. An IPv6 address that leads to an IPv4
    /// one is permitted only if both are.
    #[must_use]
    pub fn refusal(&self, address: IpAddr) -> Option<Refused> {
        let address = address.to_canonical();
        if let Some(reason) = self.reason(address) {
            let through = None;
            return Some(Refused { reason, through });
        }
        let IpAddr::V6(outer) = address else {
            return None;
        };
        let (tunnel, inner) = embedded(outer)?;
        self.reason(inner.into()).map(|reason| Refused {
            reason,
            through: Some((tunnel, inner)),
        })
    }

    fn reason(&self, address: IpAddr) -> Option<AddressRefusal> {
        use AddressRefusal as Reason;

        let always = if address.is_unspecified() {
            Some(Reason::Unspecified)
        } else if is_in(THIS_NETWORK, address) {
            Some(Reason::Reserved(THIS_NETWORK))
        } else if is_link_local(address) {
            Some(Reason::LinkLocal)
        } else if address.is_multicast() {
            Some(Reason::Multicast)
        } else if address == IpAddr::V4(Ipv4Addr::BROADCAST) {
            Some(Reason::Broadcast)
        } else {
            let is_metadata = METADATA.iter().any(|range| is_in(range, address));
            is_metadata.then_some(Reason::Metadata)
        };
        if always.is_some() {
            return always;
        }
        if self.networks.iter().any(|net| net.contains(&address)) {
            return None;
        }
        if address.is_loopback() {
            return Some(Reason::Loopback);
        }
        match self.reach {
            Reach::Nothing => Some(Reason::NotListed),
            Reach::OtherMachines => None,
            Reach::Public if is_private(address) => Some(Reason::Private),
            Reach::PublicAndPrivate if is_private(address) => None,
            Reach::Public | Reach::PublicAndPrivate => RESERVED
                .into_iter()
                .find(|range| is_in(range, address))
                .map(Reason::Reserved),
        }
    }
}

impl AddressGuard for AddressPolicy {
    fn permits(&self, address: SocketAddr) -> bool {
        self.permits_port(address.port()) && self.refusal(address.ip()).is_none()
    }
}

/// Reads `10.0.0.0/8` or a single address.
///
/// # Errors
///
/// The text is neither.
pub fn parse_network(text: &str) -> Result<IpNet, String> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "neither an address nor a network such as 10.0.0.0/8".to_owned())
}

/// The IPv4 address that an IPv6 one leads to, and the kind of tunnel.
fn embedded(address: Ipv6Addr) -> Option<(&'static str, Ipv4Addr)> {
    let octets = address.octets();
    let at = |index: usize| {
        Ipv4Addr::from_bits(u32::from_be_bytes(std::array::from_fn(|offset| {
            octets[index + offset]
        })))
    };
    let last = at(12);
    match address.segments() {
        [0x64, 0xff9b, 0 | 1, ..] => Some(("NAT64", last)),
        [0x2002, ..] => Some(("6to4", at(2))),
        // the address of the client, inverted
        [0x2001, 0, ..] => Some(("Teredo", Ipv4Addr::from_bits(!last.to_bits()))),
        // deprecated; :: and ::1 are addresses of their own
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 || low > 1 => Some(("IPv4-compatible", last)),
        _ => None,
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local() || matches!(v4.octets(), [224, 0, 0, _]),
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.segments()[0] & 0xff0f == 0xff02,
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.is_unique_local(),
    }
}

fn is_in(range: &str, address: IpAddr) -> bool {
    range
        .parse::<IpNet>()
        .is_ok_and(|range| range.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::REFUSED_ALWAYS;

    /// What is refused of each reach: nothing, public, public and private, other machines.
    const TABLE: [(&str, [bool; 4]); 27] = [
        ("8.8.8.8", [true, false, false, false]),
        ("2606:4700::1", [true, false, false, false]),
        ("64:ff9b::808:808", [true, false, false, false]),
        ("10.0.0.5", [true, true, false, false]),
        ("172.16.0.1", [true, true, false, false]),
        ("192.168.1.1", [true, true, false, false]),
        ("::ffff:10.0.0.5", [true, true, false, false]),
        ("fd00::1", [true, true, false, false]),
        ("64:ff9b::a00:5", [true, true, false, false]),
        ("2002:a00:5::1", [true, true, true, false]),
        ("2002:808:808::1", [true, true, true, false]),
        ("100.64.0.1", [true, true, true, false]),
        ("192.0.0.8", [true, true, true, false]),
        ("198.19.0.1", [true, true, true, false]),
        ("192.0.2.7", [true, true, true, false]),
        ("198.51.100.7", [true, true, true, false]),
        ("240.0.0.1", [true, true, true, false]),
        ("203.0.113.9", [true, true, true, false]),
        ("fec0::1", [true, true, true, false]),
        ("2001:0:808:808::f7f7:f7f7", [true, true, true, false]),
        ("127.0.0.1", [true; 4]),
        ("127.8.0.1", [true; 4]),
        ("::1", [true; 4]),
        ("::ffff:127.0.0.1", [true; 4]),
        ("64:ff9b::7f00:1", [true; 4]),
        ("2002:7f00:1::1", [true; 4]),
        ("::7f00:1", [true; 4]),
    ];

    const REACHES: [Reach; 4] = [
        Reach::Nothing,
        Reach::Public,
        Reach::PublicAndPrivate,
        Reach::OtherMachines,
    ];

    fn is_refused(policy: &AddressPolicy, address: &str) -> bool {
        policy.refusal(address.parse().unwrap()).is_some()
    }

    #[test]
    fn each_reach_refuses_what_the_table_says() {
        for (address, expected) in TABLE {
            let refused = REACHES.map(|reach| is_refused(&AddressPolicy::new(reach), address));
            assert_eq!(refused, expected, "{address}");
        }
    }

    #[test]
    fn no_setting_permits_metadata_services_links_groups_and_this_network() {
        let everything = ["0.0.0.0/0", "::/0"].map(|net| net.parse().unwrap());
        for address in REFUSED_ALWAYS {
            for reach in REACHES {
                let policy = AddressPolicy::new(reach).with_networks(everything);
                assert!(is_refused(&policy, address), "{address}");
            }
        }
    }

    #[test]
    fn networks_are_permitted_by_name() {
        for (address, network, permitted) in [
            ("127.0.0.1", "127.0.0.0/8", true),
            ("::ffff:127.0.0.1", "127.0.0.1/32", true),
            ("::1", "::1/128", true),
            ("10.1.2.3", "10.1.0.0/16", true),
            ("100.64.0.1", "100.64.0.0/10", true),
            ("127.0.0.1", "10.0.0.0/8", false),
            ("10.2.0.1", "10.1.0.0/16", false),
        ] {
            for reach in [Reach::Nothing, Reach::Public] {
                let policy = AddressPolicy::new(reach).with_networks([network.parse().unwrap()]);
                let refused = is_refused(&policy, address);
                assert_eq!(refused, !permitted, "{address} in {network}");
            }
        }
    }

    #[test]
    fn network_and_port_must_both_be_permitted() {
        let policy = AddressPolicy {
            networks: ["10.0.0.0/8", "2001:db8::/32"]
                .map(|net| parse_network(net).unwrap())
                .to_vec(),
            reach: Reach::Nothing,
            ports: ["3086", "10000-65535"]
                .map(|ports| ports.parse().unwrap())
                .to_vec(),
        };
        for (address, permitted) in [
            ("10.1.2.3:3086", true),
            ("[2001:db8::7]:10003", true),
            ("[::ffff:10.1.2.3]:65535", true),
            ("10.1.2.3:3085", false),
            ("10.1.2.3:9999", false),
            ("11.1.2.3:3086", false),
            ("[2001:db9::7]:3086", false),
            ("[::ffff:11.1.2.3]:3086", false),
        ] {
            assert_eq!(
                policy.permits(address.parse().unwrap()),
                permitted,
                "{address}"
            );
        }
        assert!(AddressPolicy::any().permits("[::1]:65535".parse().unwrap()));
    }

    #[test]
    fn a_refusal_says_why() {
        let public = AddressPolicy::new(Reach::Public);
        for (address, text) in [
            ("::", "an unspecified address"),
            ("0.1.2.3", "an address in the reserved range 0.0.0.0/8"),
            ("224.0.0.1", "a link-local address"),
            ("239.1.1.1", "a multicast address"),
            ("255.255.255.255", "not a global unicast address"),
            ("fd00:ec2::254", "the address of a metadata service"),
            (
                "64:ff9b:1::7f00:1",
                "a NAT64 route to 127.0.0.1: a loopback address",
            ),
            ("2002::1", "an address in the reserved range 2002::/16"),
            ("10.0.0.1", "a private address"),
        ] {
            let refused = public.refusal(address.parse().unwrap()).unwrap();
            assert_eq!(refused.to_string(), text, "{address}");
        }
        let others = AddressPolicy::new(Reach::OtherMachines);
        let refused = others
            .refusal("2002:a9fe:a9fe::1".parse().unwrap())
            .unwrap();
        let text = "a 6to4 route to 169.254.169.254: a link-local address";
        assert_eq!(refused.to_string(), text);
    }

    #[test]
    fn wrong_networks_are_refused() {
        assert!(parse_network("10.0.0.0/33").is_err());
        assert!(parse_network("example.org").is_err());
    }
}
