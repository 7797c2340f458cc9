//! Which process listens on a port of this machine: for error messages.
//!
//! Linux shows it in `/proc`: the table of sockets names the inode of the one that listens, and the
//! files that are open in a process name the inodes of its sockets. Those of another user are not
//! for everybody to see, and other systems have no such tables: then the answer is that it is not
//! known.

use std::fmt;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// The state of a socket that listens, as the kernel writes it.
const LISTENS: &str = "0A";

/// A process that listens on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PortHolder {
    process_id: u32,
    program: String,
}

impl fmt::Display for PortHolder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (process {})", self.program, self.process_id)
    }
}

impl PortHolder {
    /// The process that keeps others from listening on `address`, if that can be known.
    pub(crate) fn of(address: SocketAddr) -> Option<Self> {
        Self::read(Path::new("/proc"), address)
    }

    fn read(proc: &Path, address: SocketAddr) -> Option<Self> {
        let inode = ["net/tcp", "net/tcp6"].into_iter().find_map(|table| {
            let table = fs::read_to_string(proc.join(table)).ok()?;
            inode_of(&table, address)
        })?;
        let socket = format!("socket:[{inode}]");
        let processes = fs::read_dir(proc).ok()?.filter_map(|entry| {
            let name = entry.ok()?.file_name();
            name.to_str()?.parse::<u32>().ok()
        });
        for process_id in processes {
            let folder = proc.join(process_id.to_string());
            let Ok(files) = fs::read_dir(folder.join("fd")) else {
                continue;
            };
            let mut targets = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
            if targets.any(|target| target.as_os_str() == socket.as_str()) {
                let program = fs::read_to_string(folder.join("comm")).ok()?;
                return Some(Self {
                    process_id,
                    program: program.trim().to_owned(),
                });
            }
        }
        None
    }
}

/// The inode of the socket that listens where `address` leads to, out of a table of the kernel.
fn inode_of(table: &str, address: SocketAddr) -> Option<u64> {
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (ip, port) = fields.get(1)?.split_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        if *fields.get(3)? != LISTENS || port != address.port() || !overlaps(ip, address.ip()) {
            return None;
        }
        fields.get(9)?.parse().ok()
    })
}

/// Whether a socket at the address `listening`, as the kernel writes it, and one at `wanted`
/// exclude each other: one of them listens on all addresses, or both on the same.
fn overlaps(listening: &str, wanted: IpAddr) -> bool {
    let Some(listening) = ip_of(listening) else {
        return false;
    };
    listening.is_unspecified() || wanted.is_unspecified() || listening.to_canonical() == wanted
}

/// An address as the kernel writes it: words of 32 bits in the byte order of this machine, each in
/// hexadecimal digits.
fn ip_of(text: &str) -> Option<IpAddr> {
    let word = |at: usize| u32::from_str_radix(text.get(8 * at..8 * (at + 1))?, 16).ok();
    if text.len() == 8 {
        return Some(Ipv4Addr::from(word(0)?.to_ne_bytes()).into());
    }
    let mut octets = [0; 16];
    for (at, part) in octets.chunks_exact_mut(4).enumerate() {
        part.copy_from_slice(&word(at)?.to_ne_bytes());
    }
    Some(Ipv6Addr::from(octets).into())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_process_that_listens_is_found() {
        for address in ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0"] {
            // Some machines have no IPv6.
            let Ok(listener) = TcpListener::bind(address) else {
                continue;
            };
            let port = listener.local_addr().unwrap().port();
            let wanted = match address {
                "[::1]:0" => IpAddr::V6(Ipv6Addr::LOCALHOST),
                _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
            };
            let holder = PortHolder::of(SocketAddr::new(wanted, port)).unwrap();
            assert_eq!(holder.process_id, std::process::id());
            let shown = holder.to_string();
            assert!(
                shown.ends_with(&format!("(process {})", std::process::id())),
                "{shown}"
            );
            drop(listener);
            assert_eq!(PortHolder::of(SocketAddr::new(wanted, port)), None);
        }
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn only_a_socket_that_listens_there_counts() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:2378 0100007F:0FA0 01 00000000:00000000 00:00000000 00000000     0        0 11 1\n   \
            1: 0200007F:2378 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 22 1\n   \
            2: 0100007F:2378 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 33 1\n";
        let at = |text: &str| inode_of(table, text.parse().unwrap());
        assert_eq!(at("127.0.0.1:9080"), Some(33));
        assert_eq!(at("0.0.0.0:9080"), Some(22));
        assert_eq!(at("127.0.0.3:9080"), None);
        assert_eq!(at("127.0.0.1:9081"), None);
        assert_eq!(
            inode_of(
                "a table of another kind\n x y z\n",
                ([127, 0, 0, 1], 1).into()
            ),
            None
        );
    }

    #[test]
    fn a_system_without_such_tables_does_not_know() {
        let folder = std::env::temp_dir().join("no-such-proc");
        assert_eq!(PortHolder::read(&folder, ([127, 0, 0, 1], 1).into()), None);
    }
}
