//! What a submission says about where its node is.

use core::net::{IpAddr, SocketAddr};
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

/// The fields of a submission that matter here. As by the original, keys are read in any
/// case, the last of several wins, and `null` is absent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Submission {
    /// Where it came from: an address or a name, with or without a port.
    pub remote_addr: String,
    /// The key of the node; empty if it has none.
    pub submitter: String,
    /// The port of the node's ITN server, or a number for a template; none if there is no server.
    pub graphql_control_port: Option<u16>,
}

impl<'de> Deserialize<'de> for Submission {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SubmissionVisitor)
    }
}

struct SubmissionVisitor;

impl<'de> Visitor<'de> for SubmissionVisitor {
    type Value = Submission;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with the address of a node")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Submission, A::Error> {
        let (mut remote_addr, mut submitter, mut port) = (None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.to_ascii_lowercase().as_str() {
                "remote_addr" => remote_addr = map.next_value::<Option<String>>()?.or(remote_addr),
                "submitter" => submitter = map.next_value::<Option<String>>()?.or(submitter),
                "graphql_control_port" => port = map.next_value::<Option<u16>>()?.or(port),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let missing = || serde::de::Error::missing_field("remote_addr");
        Ok(Submission {
            remote_addr: remote_addr
                .filter(|address: &String| !address.is_empty())
                .ok_or_else(missing)?,
            submitter: submitter.unwrap_or_default(),
            graphql_control_port: port.filter(|port| *port != 0),
        })
    }
}

/// The host of `ip:port`, `[ip]:port`, `ip`, `name:port` or `name`; anything else as it stands.
#[must_use]
pub fn host_of(remote_addr: &str) -> String {
    if let Ok(address) = remote_addr.parse::<SocketAddr>() {
        return address.ip().to_string();
    }
    if let Ok(address) = remote_addr.parse::<IpAddr>() {
        return address.to_string();
    }
    match remote_addr.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() && !host.contains(':') => host,
        _ => remote_addr,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_cut_from_addresses_of_either_family() {
        assert_eq!(host_of("1.2.3.4:99"), "1.2.3.4");
        assert_eq!(host_of("1.2.3.4"), "1.2.3.4");
        assert_eq!(host_of("[2001:db8::1]:99"), "2001:db8::1");
        assert_eq!(host_of("2001:db8::1"), "2001:db8::1");
        assert_eq!(host_of("node.example:1"), "node.example");
        for other in ["", "10.0.0.1:3000/..", "http://x/", "a:b:1", ":"] {
            assert_eq!(host_of(other), other);
        }
    }
}
