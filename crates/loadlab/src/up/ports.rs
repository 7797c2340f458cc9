//! Ports that services can have.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use anyhow::bail;
use tokio::net::TcpListener;

use crate::services::Service;

/// How often a row of free ports is looked for.
const TRIES: usize = 100;

/// Where a service is going to listen: at this address, or at any free port of it; an error if it
/// is taken.
pub(crate) async fn settle(
    mut address: SocketAddr,
    free_port: bool,
    service: Service,
) -> anyhow::Result<SocketAddr> {
    if free_port {
        address.set_port(*free_ports(address.ip(), 1).await?.start());
    }
    service::bind(address, service.port_setting()).await?;
    Ok(address)
}

/// `count` free ports in a row. They are below those that systems give to connections,
/// such as ours to the database, so that none takes them before the service does.
pub(super) async fn free_ports(ip: IpAddr, count: usize) -> anyhow::Result<RangeInclusive<u16>> {
    const FIRST: u16 = 12_000;
    const LAST: u16 = 32_000;
    let count = u16::try_from(count.max(1))?;
    for _ in 0..TRIES {
        let first = rand::random_range(FIRST..=LAST - count);
        let ports = first..=first + count - 1;
        let mut listeners = Vec::new();
        for port in ports.clone() {
            match TcpListener::bind((ip, port)).await {
                Ok(listener) => listeners.push(listener),
                Err(_) => break,
            }
        }
        if listeners.len() == usize::from(count) {
            return Ok(ports);
        }
    }
    bail!("there are no {count} free ports in a row on {ip}")
}
