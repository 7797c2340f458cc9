//! The node that a submission speaks of. All of it is the submitter's claim.

use ::discovery::{HostOverrides, Submission, host_of};

use crate::node::{Node, NodeError};

/// The node of a submission; none if it has no ITN server.
pub(super) fn node_of(
    submission: &Submission,
    overrides: &HostOverrides,
) -> Result<Option<Node>, NodeError> {
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
}
