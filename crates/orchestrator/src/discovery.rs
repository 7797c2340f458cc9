//! The list of nodes: from an uptime backend's online list or its bucket, and what their
//! addresses are.

use std::time::Duration;

use serde::Deserialize;

use crate::network::{Network, Source};
use crate::s3_source;

/// Most bytes of an online list: some 100,000 nodes.
const LIST_BYTES_MAX: usize = 32 << 20;
const REQUEST_TIME: Duration = Duration::from_secs(30);

/// An entry of the list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Entry {
    pub(crate) remote_addr: String,
    #[serde(default)]
    pub(crate) submitter: String,
    #[serde(default)]
    pub(crate) graphql_control_port: u16,
}

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiscoveryError {
    #[error("cannot set up the HTTP client")]
    Setup(#[source] reqwest::Error),
    #[error("cannot read the list of nodes: {0}")]
    Request(String),
    #[error("the list of nodes has more than {LIST_BYTES_MAX} bytes")]
    TooLarge,
    #[error("what should be the list of nodes is no list of nodes")]
    Malformed,
    #[error("cannot read the bucket with the list of nodes: {0}")]
    Bucket(String),
}

/// Reads the list once.
pub(crate) async fn read(network: &Network) -> Result<Vec<Entry>, DiscoveryError> {
    match &network.source {
        Source::Online(url) => online(url).await,
        Source::S3(source) => s3_source::read(source).await,
    }
}

async fn online(url: &str) -> Result<Vec<Entry>, DiscoveryError> {
    let client = reqwest::Client::builder()
        .timeout(REQUEST_TIME)
        .connect_timeout(Duration::from_secs(10))
        .no_proxy()
        .build()
        .map_err(DiscoveryError::Setup)?;
    let failed = |error: reqwest::Error| DiscoveryError::Request(error.without_url().to_string());
    let mut response = client.get(url).send().await.map_err(failed)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > LIST_BYTES_MAX {
            return Err(DiscoveryError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|_| DiscoveryError::Malformed)
}

/// Where an entry's ITN server is. Ports from 10000 on name one of the templates, if there is one:
/// 10003 is the fourth host of the first.
pub(crate) fn address(entry: &Entry, overrides: &[String]) -> String {
    let port = usize::from(entry.graphql_control_port);
    let template = (port / 10_000)
        .checked_sub(1)
        .and_then(|index| overrides.get(index));
    if let Some(template) = template {
        return format!(
            "{}:80",
            template.replace("{}", &(port % 10_000).to_string())
        );
    }
    let host = &entry.remote_addr;
    if host.parse::<std::net::Ipv6Addr>().is_ok() {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(remote_addr: &str, port: u16, expected: &str) {
        let overrides = ["plain-{}-itn.x".to_owned(), "whale-{}-itn.x".to_owned()];
        let entry = Entry {
            remote_addr: remote_addr.to_owned(),
            submitter: String::new(),
            graphql_control_port: port,
        };
        assert_eq!(address(&entry, &overrides), expected);
    }

    #[test]
    fn high_ports_name_hosts_of_templates() {
        check("1.2.3.4", 3086, "1.2.3.4:3086");
        check("1.2.3.4", 10003, "plain-3-itn.x:80");
        check("1.2.3.4", 20000, "whale-0-itn.x:80");
        check("1.2.3.4", 30001, "1.2.3.4:30001");
        check("2001:db8::1", 3086, "[2001:db8::1]:3086");
    }
}
