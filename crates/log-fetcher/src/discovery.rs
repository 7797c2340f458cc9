//! Finding nodes: by the online list, by submissions in a bucket, or one that was named.

use std::sync::Arc;

use ::discovery::{Bucket, DiscoveryError, ObjectStore, Online, OnlineList, Submission, host_of};
use url::Url;

pub use ::discovery::{HostOverrides, HostOverridesError, open_bucket};

use crate::node::{Node, NodeError};

/// Where nodes are found.
#[derive(Debug, Clone)]
pub enum DiscoverySource {
    /// The list of an uptime backend.
    Online(Url),
    /// Submissions that an uptime backend has put into a bucket.
    Bucket {
        /// The bucket.
        objects: Arc<dyn ObjectStore>,
        /// First part of the names.
        prefix: String,
    },
    /// Just this node.
    Fixed(Node),
}

/// What was found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Discovered {
    /// The nodes, each once, in order.
    pub nodes: Vec<Node>,
    /// Elements that are no nodes and were passed over.
    pub malformed: u64,
}

/// Finds nodes again and again.
#[derive(Debug)]
pub struct Discovery {
    source: Source,
    overrides: HostOverrides,
}

#[derive(Debug)]
enum Source {
    Online(Online),
    Bucket(Bucket),
    Fixed(Node),
}

impl Discovery {
    /// Finds the nodes of a source.
    ///
    /// # Errors
    ///
    /// A variable names a proxy that has no address.
    pub fn new(source: &DiscoverySource, overrides: HostOverrides) -> Result<Self, DiscoveryError> {
        let source = match source {
            DiscoverySource::Online(url) => Source::Online(Online::new(url.as_str())?),
            DiscoverySource::Bucket { objects, prefix } => {
                Source::Bucket(Bucket::new(Arc::clone(objects), prefix.clone()))
            }
            DiscoverySource::Fixed(node) => Source::Fixed(node.clone()),
        };
        Ok(Self { source, overrides })
    }

    /// The nodes that are there now.
    ///
    /// # Errors
    ///
    /// The source does not answer, or not with what it should.
    pub async fn discover(&mut self) -> Result<Discovered, DiscoveryError> {
        let list = match &mut self.source {
            Source::Online(list) => list.read().await?,
            Source::Bucket(bucket) => bucket.read(jiff::Timestamp::now()).await?,
            Source::Fixed(node) => {
                return Ok(Discovered {
                    nodes: vec![node.clone()],
                    malformed: 0,
                });
            }
        };
        Ok(nodes_of(&list, &self.overrides))
    }

    /// A node that was named by the operator is trusted.
    pub(crate) fn is_fixed(&self) -> bool {
        matches!(self.source, Source::Fixed(_))
    }
}

/// A submission that names no node is passed over: it does not spoil the others.
fn nodes_of(list: &OnlineList, overrides: &HostOverrides) -> Discovered {
    let mut found = Discovered {
        nodes: Vec::new(),
        malformed: list.malformed,
    };
    for submission in &list.submissions {
        match node_of(submission, overrides) {
            Ok(Some(node)) => found.nodes.push(node),
            Ok(None) => {}
            Err(_) => found.malformed += 1,
        }
    }
    found.nodes.sort_unstable();
    found.nodes.dedup();
    found
}

/// The node of a submission; none if it has no ITN server.
fn node_of(submission: &Submission, overrides: &HostOverrides) -> Result<Option<Node>, NodeError> {
    let Some(port) = submission.graphql_control_port else {
        return Ok(None);
    };
    let submitter = Some(submission.submitter.as_str());
    let node = match overrides.apply(port) {
        Some((host, port)) => Node::new(&host, port, submitter)?,
        None => Node::new(&host_of(&submission.remote_addr), port, submitter)?,
    };
    Ok(Some(node))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::KEY;

    fn node(remote_addr: &str, port: u16) -> Option<Node> {
        let submission = Submission {
            remote_addr: remote_addr.to_owned(),
            submitter: KEY.to_owned(),
            graphql_control_port: Some(port),
        };
        let overrides = ["plain-{}.a.net", "other-{}.b.com"].map(str::to_owned);
        let overrides = HostOverrides::new(overrides.to_vec()).unwrap();
        node_of(&submission, &overrides).ok().flatten()
    }

    #[test]
    fn hosts_come_from_the_address_or_the_templates() {
        let check = |remote_addr, port, host: &str, itn_port| {
            let node = node(remote_addr, port).unwrap();
            assert_eq!((node.host.as_str(), node.graphql_port), (host, itn_port));
        };
        check("10.0.0.1:41234", 10_001, "plain-1.a.net", 80);
        check("10.0.0.1:41234", 20_002, "other-2.b.com", 80);
        check("10.0.0.1:41234", 40_001, "10.0.0.1", 40_001);
        check("10.0.0.1", 8_302, "10.0.0.1", 8_302);
        check("[2001:db8::1]:9", 8_302, "2001:db8::1", 8_302);
        check("2001:db8::1", 8_302, "2001:db8::1", 8_302);
        check("node.example", 8_302, "node.example", 8_302);
    }

    #[test]
    fn claims_that_are_no_host_are_refused() {
        for remote_addr in ["", "<b>", "a b", "http://x/", "10.0.0.1:3000/..", "x\n"] {
            assert_eq!(node(remote_addr, 8_302), None, "{remote_addr:?}");
        }
    }

    #[test]
    fn a_malformed_element_does_not_spoil_the_others() {
        let body = format!(
            r#"[{{"remote_addr":"10.0.0.1:1","submitter":"{KEY}","graphql_control_port":3086,"more":[]}},
                {{"remote_addr":"10.0.0.2","submitter":"{KEY}"}},
                {{"remote_addr":"10.0.0.5","submitter":"{KEY}","graphql_control_port":null}},
                {{"Remote_Addr":"10.0.0.6","SUBMITTER":"{KEY}","graphql_control_port":3086}},
                null,
                {{"remote_addr":"10.0.0.3","submitter":"<b>","graphql_control_port":3086}},
                {{"remote_addr":"10.0.0.4","submitter":"{KEY}","graphql_control_port":99999}},
                7]"#
        );
        let list = OnlineList::parse(body.as_bytes()).unwrap();
        let found = nodes_of(&list, &HostOverrides::default());
        let names: Vec<String> = found.nodes.iter().map(Node::name).collect();
        assert_eq!(names, ["EV6qnXQP-10.0.0.1-3086", "EV6qnXQP-10.0.0.6-3086"]);
        assert_eq!(found.malformed, 4);
    }
}
