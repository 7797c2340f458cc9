//! `reset-gating`: which random peers a node gets; and the host of an address.

use crate::seeded_rng::SeededRng;

/// The host of an address `host:port`; an IPv6 address may stand in brackets.
#[must_use]
pub fn host_of(address: &str) -> &str {
    let is_bare_ipv6 = !address.starts_with('[') && address.matches(':').count() > 1;
    if is_bare_ipv6 {
        return address;
    }
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

/// The peers of one node: all known nodes if at least all others are asked for, else `count`
/// random ones on other hosts, or as many as there are. Indexes into `known`.
#[must_use]
pub fn random_peers(
    known: &[String],
    node: &str,
    count: u64,
    chance: &mut SeededRng,
) -> Vec<usize> {
    let everybody = known.len() as u64;
    if count.saturating_add(1) >= everybody {
        return (0..known.len()).collect();
    }
    let mut others: Vec<usize> = known
        .iter()
        .enumerate()
        .filter(|(_, other)| host_of(other) != host_of(node))
        .map(|(index, _)| index)
        .collect();
    chance.shuffle(&mut others);
    others.truncate(usize::try_from(count).unwrap_or(usize::MAX));
    others
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeded_rng::Purpose;

    #[test]
    fn the_host_of_an_address_may_be_of_either_family() {
        assert_eq!(host_of("10.0.0.1:3086"), "10.0.0.1");
        assert_eq!(host_of("node-1.example:80"), "node-1.example");
        assert_eq!(host_of("[2001:db8::1]:3086"), "2001:db8::1");
        assert_eq!(host_of("2001:db8::1"), "2001:db8::1");
        assert_eq!(host_of("node"), "node");
    }

    #[test]
    fn random_peers_are_distinct_and_on_other_hosts_and_end_where_there_are_none() {
        let known: Vec<String> = (0..6)
            .map(|node| format!("10.0.0.{}:{node}", node / 2))
            .collect();
        let mut chance = SeededRng::new(5, Purpose::Step(1));
        let mut peers = random_peers(&known, "10.0.0.0:0", 3, &mut chance);
        peers.sort_unstable();
        peers.dedup();
        assert_eq!(peers.len(), 3);
        assert!(peers.iter().all(|peer| *peer >= 2));
        // the original looks for a fifth one for ever
        let same_host: Vec<String> = (0..6).map(|port| format!("10.0.0.1:{port}")).collect();
        assert!(random_peers(&same_host, "10.0.0.1:0", 2, &mut chance).is_empty());
        assert_eq!(random_peers(&known, "10.0.0.0:0", 5, &mut chance).len(), 6);
    }
}
