//! The online list of an uptime backend, over HTTP.

use std::time::Duration;

use service::proxy::Proxies;
use url::Url;

use super::submission::node_of;
use super::{Discovered, DiscoveryError, HostOverrides};

/// Time for one answer.
const TIME_MAX: Duration = Duration::from_secs(10);
/// Ten thousand nodes have about 2 MB.
const BYTES_MAX: usize = 16 << 20;

/// Reads the list.
#[derive(Debug)]
pub(crate) struct OnlineList {
    http: reqwest::Client,
    url: Url,
    /// For errors: the proxy that requests go through.
    proxy: String,
    overrides: HostOverrides,
}

impl OnlineList {
    pub(super) fn new(url: Url, overrides: HostOverrides) -> reqwest::Result<Self> {
        let proxies = Proxies::from_env();
        let http = proxies
            .client()?
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIME_MAX)
            .build()?;
        Ok(Self {
            http,
            proxy: proxies.explain(url.as_str()),
            url,
            overrides,
        })
    }

    pub(super) async fn read(&self) -> Result<Discovered, DiscoveryError> {
        let http = |error: reqwest::Error| DiscoveryError::Http {
            proxy: self.proxy.clone(),
            source: error.without_url(),
        };
        let request = self.http.get(self.url.clone());
        let mut response = request.send().await.map_err(http)?;
        if !response.status().is_success() {
            return Err(DiscoveryError::Status {
                status: response.status().as_u16(),
                proxy: self.proxy.clone(),
            });
        }
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(http)? {
            if body.len() + piece.len() > BYTES_MAX {
                return Err(DiscoveryError::TooLarge(BYTES_MAX));
            }
            body.extend_from_slice(&piece);
        }
        parse(&body, &self.overrides).map_err(DiscoveryError::Json)
    }
}

/// Elements that are no submissions, or name no node, are passed over: one of
/// them does not spoil the others.
fn parse(body: &[u8], overrides: &HostOverrides) -> serde_json::Result<Discovered> {
    let list = ::discovery::OnlineList::parse(body)?;
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
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::KEY;

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
        let found = parse(body.as_bytes(), &HostOverrides::default()).unwrap();
        let names: Vec<String> = found.nodes.iter().map(crate::node::Node::name).collect();
        assert_eq!(names, ["EV6qnXQP-10.0.0.1-3086", "EV6qnXQP-10.0.0.6-3086"]);
        assert_eq!(found.malformed, 4);
    }

    #[test]
    fn what_is_no_array_is_an_error() {
        for body in ["", "{}", "[", "null", "<html>"] {
            assert!(parse(body.as_bytes(), &HostOverrides::default()).is_err());
        }
    }
}
