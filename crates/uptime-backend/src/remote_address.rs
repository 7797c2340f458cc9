//! Where a submission came from. Pure.
//!
//! Other services send requests to this address. `X-Forwarded-For` is therefore
//! believed only as far as configured proxies wrote it: a node cannot name
//! the address of another node.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client: the peer itself, or, if the peer is a trusted
/// proxy, the last address of `X-Forwarded-For` that is not one. What cannot be
/// read as an address ends the search, as its writer is not to be trusted.
pub(crate) fn remote_address(
    peer: IpAddr,
    headers: &HeaderMap,
    trusted_proxies: &[IpNet],
) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted_proxies.iter().any(|net| net.contains(address));
    let mut address = peer.to_canonical();
    // Each proxy appends the address it received the request from.
    for value in headers.get_all(FORWARDED_FOR).iter().rev() {
        for hop in value.to_str().unwrap_or_default().rsplit(',') {
            if !is_trusted(&address) {
                return address;
            }
            match parse_hop(hop.trim()) {
                Some(hop) => address = hop.to_canonical(),
                None => return address,
            }
        }
    }
    address
}

/// `10.0.0.7`, `10.0.0.7:443`, `2001:db8::1`, `[2001:db8::1]` or
/// `[2001:db8::1]:443`.
fn parse_hop(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    inner.parse().ok().map(IpAddr::V6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    #[track_caller]
    fn check(peer: &str, forwarded: &[&str], expected: &str) {
        let proxies = ["10.0.0.0/8", "fd00::/8"].map(|net| net.parse().unwrap());
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(value).unwrap());
        }
        let address = remote_address(peer.parse().unwrap(), &headers, &proxies);
        assert_eq!(address.to_string(), expected);
    }

    #[test]
    fn the_header_of_a_stranger_is_ignored() {
        check("192.0.2.1", &[], "192.0.2.1");
        check("192.0.2.1", &["127.0.0.1"], "192.0.2.1");
        check("2001:db8::1", &["10.0.0.1"], "2001:db8::1");
    }

    #[test]
    fn a_trusted_proxy_is_believed_as_far_as_it_wrote() {
        check("10.0.0.1", &[], "10.0.0.1");
        check("10.0.0.1", &["192.0.2.1"], "192.0.2.1");
        check("10.0.0.1", &["127.0.0.1, 192.0.2.1"], "192.0.2.1");
        check(
            "10.0.0.1",
            &["127.0.0.1", "192.0.2.1, 10.9.9.9"],
            "192.0.2.1",
        );
        check("10.0.0.1", &["10.0.0.3,10.0.0.2"], "10.0.0.3");
        check("fd00::1", &["2001:db8::7"], "2001:db8::7");
    }

    #[test]
    fn ports_and_brackets_are_cut_and_mapped_addresses_unmapped() {
        check("10.0.0.1", &["192.0.2.1:5000"], "192.0.2.1");
        check("10.0.0.1", &["[2001:db8::1]:5000"], "2001:db8::1");
        check("10.0.0.1", &["[2001:db8::1]"], "2001:db8::1");
        check("::ffff:10.0.0.1", &["::ffff:192.0.2.1"], "192.0.2.1");
    }

    #[test]
    fn an_unreadable_hop_ends_the_search() {
        check("10.0.0.1", &["192.0.2.1, unknown"], "10.0.0.1");
        check(
            "10.0.0.1",
            &["192.0.2.1, evil.example, 10.0.0.2"],
            "10.0.0.2",
        );
        check("10.0.0.1", &[""], "10.0.0.1");
        check("10.0.0.1", &["é"], "10.0.0.1");
    }

    proptest! {
        #[test]
        fn any_header_is_read(bytes: Vec<u8>) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let headers = HeaderMap::from_iter([(FORWARDED_FOR, value)]);
                let proxies = ["0.0.0.0/0".parse().unwrap()];
                remote_address([10, 0, 0, 1].into(), &headers, &proxies);
            }
        }
    }
}
