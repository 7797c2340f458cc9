//! What a network is to be.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use itn::VerifyingKey;
use mina::NetworkId;
use service::Guard;
use simulation::Slowed;
use url::Url;

use crate::faults::{FaultRequest, RandomFaults};
use crate::load::Load;
use crate::topology::Topology;

/// Everything that can be said of a network before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its nodes.
    pub topology: Topology,
    /// What everything that looks random comes from.
    pub seed: u64,
    /// How much faster than real time it runs, 1 to 1,000.
    pub time_scale: u32,
    /// Where its nodes listen.
    pub addresses: Addresses,
    /// Entries that the log queue of a node holds.
    pub itn_max_logs: usize,
    /// What the nodes write into their logs instead of what happens on a simulated chain.
    pub load: Option<Load>,
    /// Keys permitted on the ITN ports beside those of the network itself.
    pub itn_keys: Vec<VerifyingKey>,
    /// Whether the ITN ports have the newest schema: `createAccounts`, handles chosen by the
    /// caller, `scheduledTransactions`, `auth.commitId`.
    pub newest_schema: bool,
    /// Where nodes submit their blocks.
    pub uptime_url: Option<Url>,
    /// For which network submissions are signed.
    pub network_id: NetworkId,
    /// What goes wrong at given times.
    pub faults: Vec<FaultRequest>,
    /// What goes wrong by chance.
    pub random_faults: Option<RandomFaults>,
    /// A checkpoint that takes longer than usual on every node.
    pub slowed: Option<Slowed>,
    /// Where the status page and the control endpoint listen.
    pub status_address: SocketAddr,
    /// Who may use the control endpoint.
    pub guard: Guard,
    /// Where keys and configuration files are written. Nowhere if left out.
    pub folder: Option<PathBuf>,
    /// The program `loadlab`, which the stand-in for the mina executable in the folder starts.
    /// Without it there is none.
    pub loadlab: Option<PathBuf>,
}

/// Where nodes listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addresses {
    /// On one address, each node at ports of its own.
    Ports {
        /// The address, on which the nodes also connect to the uptime service.
        host: IpAddr,
        /// The ITN port of the first node, followed by those of the others, and then by the
        /// public ports in the same order. 0: any free ports.
        first: u16,
    },
    /// On addresses of their own, all at the same ports.
    Hosts {
        /// The address of the first node, within 127.0.0.0/8; the others follow.
        first: Ipv4Addr,
        /// The ITN port.
        itn_port: u16,
        /// The public port.
        public_port: u16,
    },
}

/// Why there are not enough addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressesError {
    /// The ports after the first one do not suffice.
    #[error("{nodes} nodes need {needed} ports, but only {available} follow {first}", needed = 2 * nodes)]
    Ports {
        /// Number of nodes.
        nodes: usize,
        /// The first port.
        first: u16,
        /// Ports from the first to the last.
        available: usize,
    },
    /// An address is no loopback address.
    #[error("{0} is not within 127.0.0.0/8")]
    NotLoopback(Ipv4Addr),
    /// The two ports are one.
    #[error("the ITN port and the public port must differ")]
    SamePort,
}

impl Config {
    /// That many nodes on free ports of this machine, in real time, with a seed of 1 and without
    /// files, faults or uptime service.
    #[must_use]
    pub fn nodes(count: usize) -> Self {
        Self {
            topology: Topology::nodes(count),
            seed: 1,
            time_scale: 1,
            addresses: Addresses::Ports {
                host: IpAddr::V4(Ipv4Addr::LOCALHOST),
                first: 0,
            },
            itn_max_logs: crate::log::MAX_LOGS_DEFAULT,
            load: None,
            itn_keys: Vec::new(),
            newest_schema: true,
            uptime_url: None,
            network_id: NetworkId::Testnet,
            faults: Vec::new(),
            random_faults: None,
            slowed: None,
            status_address: service::loopback(0),
            guard: Guard::this_machine(),
            folder: None,
            loadlab: None,
        }
    }
}

impl Addresses {
    /// The ITN and the public address of each node.
    pub(crate) fn of_nodes(
        self,
        nodes: usize,
    ) -> Result<Vec<(SocketAddr, SocketAddr)>, AddressesError> {
        match self {
            Self::Ports { host, first: 0 } => {
                let any = SocketAddr::from((host, 0));
                Ok(vec![(any, any); nodes])
            }
            Self::Ports { host, first } => {
                let mut ports = first..=u16::MAX;
                let available = ports.len();
                let too_few = AddressesError::Ports {
                    nodes,
                    first,
                    available,
                };
                let itn: Vec<u16> = ports.by_ref().take(nodes).collect();
                let public: Vec<u16> = ports.take(nodes).collect();
                if public.len() < nodes {
                    return Err(too_few);
                }
                let pairs = itn.into_iter().zip(public);
                Ok(pairs
                    .map(|(itn, public)| ((host, itn).into(), (host, public).into()))
                    .collect())
            }
            Self::Hosts {
                itn_port,
                public_port,
                ..
            } if itn_port == public_port && itn_port != 0 => Err(AddressesError::SamePort),
            Self::Hosts {
                first,
                itn_port,
                public_port,
            } => (0..nodes)
                .map(|index| {
                    let offset = u32::try_from(index).unwrap_or(u32::MAX);
                    let host = Ipv4Addr::from(u32::from(first).saturating_add(offset));
                    if host.is_loopback() {
                        Ok(((host, itn_port).into(), (host, public_port).into()))
                    } else {
                        Err(AddressesError::NotLoopback(host))
                    }
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(addresses: Addresses, nodes: usize) -> Vec<String> {
        let pairs = addresses.of_nodes(nodes).unwrap();
        pairs
            .iter()
            .map(|(itn, public)| format!("{itn} {public}"))
            .collect()
    }

    fn ports(first: u16) -> Addresses {
        Addresses::Ports {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            first,
        }
    }

    #[test]
    fn nodes_have_ports_or_addresses_of_their_own() {
        assert_eq!(
            texts(ports(3_100), 2),
            [
                "127.0.0.1:3100 127.0.0.1:3102",
                "127.0.0.1:3101 127.0.0.1:3103"
            ]
        );
        let hosts = Addresses::Hosts {
            first: Ipv4Addr::new(127, 1, 0, 255),
            itn_port: 3_086,
            public_port: 3_085,
        };
        assert_eq!(
            texts(hosts, 2),
            [
                "127.1.0.255:3086 127.1.0.255:3085",
                "127.1.1.0:3086 127.1.1.0:3085"
            ]
        );
        assert_eq!(texts(ports(0), 1), ["127.0.0.1:0 127.0.0.1:0"]);
        let elsewhere = Addresses::Ports {
            host: "2001:db8::7".parse().unwrap(),
            first: 3_100,
        };
        assert_eq!(
            texts(elsewhere, 1),
            ["[2001:db8::7]:3100 [2001:db8::7]:3101"]
        );
    }

    #[test]
    fn too_few_or_foreign_addresses_are_refused() {
        let few = ports(65_530);
        assert!(few.of_nodes(3).is_ok());
        assert_eq!(
            few.of_nodes(4),
            Err(AddressesError::Ports {
                nodes: 4,
                first: 65_530,
                available: 6
            })
        );
        let hosts = |first, public_port| Addresses::Hosts {
            first,
            itn_port: 3_086,
            public_port,
        };
        let last = Ipv4Addr::new(127, 255, 255, 255);
        assert_eq!(
            hosts(last, 3_085).of_nodes(2),
            Err(AddressesError::NotLoopback(Ipv4Addr::new(128, 0, 0, 0)))
        );
        assert_eq!(
            hosts(Ipv4Addr::LOCALHOST, 3_086).of_nodes(1),
            Err(AddressesError::SamePort)
        );
    }
}
