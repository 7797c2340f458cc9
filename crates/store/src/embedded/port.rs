//! Which port the server listens on.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// The first of `wanted` that is free, else any free port. Another program may
/// take it before the server does; the start is then tried again.
pub(super) fn choose(wanted: impl IntoIterator<Item = u16>) -> io::Result<u16> {
    for port in wanted {
        if port != 0 && is_free(port) {
            return Ok(port);
        }
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

fn is_free(port: u16) -> bool {
    // Both addresses: a server on all addresses does not stop another one from
    // binding the local one on every system, but would confuse its users.
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        && TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_not_chosen() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = (taken.local_addr().unwrap().port(), taken);
        let chosen = choose([taken.0]).unwrap();
        assert_ne!(chosen, taken.0);
        assert_ne!(chosen, 0);
    }

    #[test]
    fn a_free_wanted_port_is_chosen() {
        let free = choose([]).unwrap();
        assert_eq!(choose([0, free]).unwrap(), free);
    }
}
