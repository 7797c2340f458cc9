//! The list of nodes: from an uptime backend's online list or its bucket, and what their
//! addresses are.

use std::time::Duration;

use ::discovery::{OnlineList, Submission, from_template, host_of};
use service::proxy::Proxies;

use crate::network::{Network, Source};
use crate::run::describe;
use crate::s3_source;

/// Most bytes of an online list: some 100,000 nodes.
const LIST_BYTES_MAX: usize = 32 << 20;
const REQUEST_TIME: Duration = Duration::from_secs(30);

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiscoveryError {
    #[error("cannot set up the HTTP client")]
    Setup(#[source] reqwest::Error),
    #[error("cannot read the list of nodes: {0}")]
    Request(String),
    #[error("the list of nodes has more than {LIST_BYTES_MAX} bytes")]
    TooLarge,
    #[error("what should be the list of nodes is no list of nodes{proxy}")]
    Malformed { proxy: String },
    #[error("cannot read the bucket with the list of nodes: {0}")]
    Bucket(String),
}

/// Reads the list once.
pub(crate) async fn read(network: &Network) -> Result<OnlineList, DiscoveryError> {
    match &network.source {
        Source::Online(url) => online(url).await,
        Source::S3(source) => s3_source::read(source).await,
    }
}

async fn online(url: &str) -> Result<OnlineList, DiscoveryError> {
    let proxies = Proxies::from_env();
    let client = proxies.client().map_err(DiscoveryError::Setup)?;
    let client = client
        .timeout(REQUEST_TIME)
        .connect_timeout(Duration::from_secs(10))
        .build()
        .map_err(DiscoveryError::Setup)?;
    let failed = |error: reqwest::Error| {
        let proxy = proxies.explain(url);
        DiscoveryError::Request(format!("{}{proxy}", describe(&error.without_url())))
    };
    let mut response = client.get(url).send().await.map_err(failed)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > LIST_BYTES_MAX {
            return Err(DiscoveryError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    OnlineList::parse(&body).map_err(|_| DiscoveryError::Malformed {
        proxy: proxies.explain(url),
    })
}

/// Where the ITN server of a submission is; port 0 if it names none.
pub(crate) fn address(submission: &Submission, overrides: &[String]) -> String {
    let port = submission.graphql_control_port.unwrap_or(0);
    if let Some((host, port)) = from_template(overrides, port) {
        return format!("{host}:{port}");
    }
    let host = host_of(&submission.remote_addr);
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
        let submission = Submission {
            remote_addr: remote_addr.to_owned(),
            submitter: String::new(),
            graphql_control_port: Some(port),
        };
        assert_eq!(address(&submission, &overrides), expected);
    }

    #[test]
    fn high_ports_name_hosts_of_templates() {
        check("1.2.3.4", 3086, "1.2.3.4:3086");
        check("1.2.3.4", 10003, "plain-3-itn.x:80");
        check("1.2.3.4", 20000, "whale-0-itn.x:80");
        check("1.2.3.4", 30001, "1.2.3.4:30001");
        check("2001:db8::1", 3086, "[2001:db8::1]:3086");
        check("1.2.3.4:41234", 3086, "1.2.3.4:3086");
    }
}
