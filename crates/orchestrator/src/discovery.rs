//! The list of nodes: from an uptime backend's online list or its bucket, and what their
//! addresses are.

use ::discovery::{
    Bucket, DiscoveryError, Online, OnlineList, Submission, from_template, host_of, open_bucket,
};
use jiff::Timestamp;

use crate::network::{CommandedNetwork, Source};

/// Reads the list once.
pub(crate) async fn read(network: &CommandedNetwork) -> Result<OnlineList, DiscoveryError> {
    match &network.source {
        Source::Online(url) => Online::new(url)?.read().await,
        Source::S3(source) => {
            let name = format!("{}-block-producers-uptime", source.account_id);
            let objects = open_bucket(&name, Some(&source.region))?;
            let mut bucket = Bucket::new(objects, source.prefix.clone());
            bucket.read(Timestamp::now()).await
        }
    }
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
