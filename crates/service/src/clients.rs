//! Who a connection comes from, and how many connections each client has.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use tokio::task::Id;

/// What counts as one client: an address of IPv4, or of IPv6 a whole /64, which every customer has
/// (RFC 6177).
#[must_use]
pub fn client_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// The open connections of each client.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    open: HashMap<IpAddr, usize>,
    tasks: HashMap<Id, IpAddr>,
}

impl Clients {
    /// How many connections the client at this address has.
    pub(crate) fn open(&self, address: IpAddr) -> usize {
        self.open.get(&client_of(address)).copied().unwrap_or(0)
    }

    /// A task serves a connection from this address.
    pub(crate) fn add(&mut self, task: Id, address: IpAddr) {
        let client = client_of(address);
        *self.open.entry(client).or_default() += 1;
        self.tasks.insert(task, client);
    }

    /// The task has ended, and with it the connection.
    pub(crate) fn remove(&mut self, task: Id) {
        let Some(client) = self.tasks.remove(&task) else {
            return;
        };
        if let Some(open) = self.open.get_mut(&client) {
            *open -= 1;
            if *open == 0 {
                self.open.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let client = |address: &str| client_of(address.parse().unwrap());
        assert_eq!(client("2001:db8::1"), client("2001:db8::ffff:2"));
        assert_ne!(client("2001:db8::1"), client("2001:db8:0:1::1"));
        assert_eq!(client("::ffff:192.0.2.1"), client("192.0.2.1"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
    }

    #[tokio::test]
    async fn clients_without_connections_are_forgotten() {
        let mut clients = Clients::default();
        let address = "192.0.2.1".parse().unwrap();
        let tasks = [(); 2].map(|()| tokio::spawn(async {}).id());
        for task in tasks {
            clients.add(task, address);
        }
        assert_eq!(clients.open(address), 2);
        for task in tasks {
            clients.remove(task);
            clients.remove(task);
        }
        assert_eq!(clients.open(address), 0);
        assert!(clients.open.is_empty() && clients.tasks.is_empty());
    }
}
