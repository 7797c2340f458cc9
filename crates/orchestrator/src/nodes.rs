//! Nodes by address: one client each, what they told of themselves, and which of them this run
//! knows.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use experiment::action::isolation::host_of;
use itn::sequence::Session;
use itn::{AddressPolicy, Auth, Client, Endpoint, Limits, Reach, SigningKey, Transport};
use parking_lot::Mutex;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::network::{CommandedNetwork, Source};
use crate::tenure::Tenure;

/// What a request to a node came to.
pub(crate) type NodeResult<T> = Result<T, NodeError>;

/// A failed request to a node.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NodeError {
    /// The text is no address.
    #[error("`{0}` is no address of the form host:port")]
    Address(String),
    /// The request failed. Messages have the form of the original.
    #[error("request to {node} failed{}: {source}", status(source))]
    Request {
        node: String,
        #[source]
        source: itn::Error,
    },
}

fn status(error: &itn::Error) -> String {
    error
        .status()
        .map(|status| format!(" with status {status}"))
        .unwrap_or_default()
}

impl NodeError {
    /// Whether every node would refuse alike: statuses 400 to 499 except 408, 412 and 429.
    pub(crate) fn is_permanent(&self) -> bool {
        let Self::Request { source, .. } = self else {
            return false;
        };
        match source {
            itn::Error::Unauthorized => true,
            itn::Error::Status { status, .. } => {
                (400..500).contains(status) && ![408, 412, 429].contains(status)
            }
            _ => false,
        }
    }

    /// Whether nothing can be sent to this address, now or later.
    pub(crate) fn is_of_address(&self) -> bool {
        match self {
            Self::Address(_) => true,
            Self::Request { source, .. } => matches!(source, itn::Error::AddressRefused(_)),
        }
    }

    /// Whether it was not sent, as this process has lost the lease.
    pub(crate) fn is_not_permitted(&self) -> bool {
        matches!(
            self,
            Self::Request {
                source: itn::Error::NotPermitted,
                ..
            }
        )
    }

    /// Whether the node has not executed it, as the request's number was not the next one.
    pub(crate) fn is_stale(&self) -> bool {
        matches!(
            self,
            Self::Request {
                source: itn::Error::Sequencing,
                ..
            }
        )
    }

    /// Whether no answer came, so that the node may or may not have executed the request.
    pub(crate) fn is_transport(&self) -> bool {
        matches!(
            self,
            Self::Request {
                source: itn::Error::Connect(_) | itn::Error::TimedOut | itn::Error::Transport(_),
                ..
            }
        )
    }

    /// Whether the node may have executed the request although nothing usable came back.
    pub(crate) fn may_be_executed(&self) -> bool {
        matches!(self, Self::Request { source, .. } if source.is_outcome_unknown())
    }

    /// Whether the node has answered with an error of GraphQL.
    pub(crate) fn is_graphql(&self) -> bool {
        matches!(
            self,
            Self::Request {
                source: itn::Error::GraphQl { .. },
                ..
            }
        )
    }
}

/// A node that has authenticated us.
#[derive(Debug)]
pub(crate) struct AuthenticatedNode {
    pub(crate) address: String,
    /// Whether it takes handles of our choice (MinaProtocol/mina#19616).
    pub(crate) commit: Option<String>,
    client: Arc<AsyncMutex<Client>>,
    facts: Mutex<Auth>,
}

impl AuthenticatedNode {
    /// Whether it takes handles of our choice, reports what is scheduled, and makes accounts.
    pub(crate) fn has_harness(&self) -> bool {
        self.commit.is_some()
    }

    /// Its client, for one request after the other.
    pub(crate) async fn client(&self) -> NodeClient {
        NodeClient {
            address: self.address.clone(),
            client: Arc::clone(&self.client).lock_owned().await,
        }
    }

    /// What it said of itself when it was asked last: after a restart that may have changed.
    pub(crate) fn facts(&self) -> Auth {
        if let Ok(client) = self.client.try_lock()
            && let Some(auth) = client.last_auth()
        {
            *self.facts.lock() = auth.clone();
        }
        self.facts.lock().clone()
    }
}

/// The client of a node, held until what it is needed for is done.
#[derive(Debug)]
pub(crate) struct NodeClient {
    address: String,
    client: OwnedMutexGuard<Client>,
}

impl NodeClient {
    /// What the next request will carry, if that is known.
    pub(crate) fn next_session(&self) -> Option<Session> {
        self.client.next_session()
    }

    /// The next request carries this and is not repeated under another number.
    pub(crate) fn give_session(&mut self, session: Session) {
        self.client.give_session(session);
    }

    /// Sends one request.
    pub(crate) async fn ask<T>(
        &mut self,
        request: impl AsyncFnOnce(&mut Client) -> Result<T, itn::Error>,
    ) -> NodeResult<T> {
        let answer = request(&mut self.client).await;
        let outcome = if answer.is_ok() { "ok" } else { "failed" };
        metrics::counter!("orchestrator_node_requests_total", "outcome" => outcome).increment(1);
        answer.map_err(|source| NodeError::Request {
            node: self.address.clone(),
            source,
        })
    }
}

/// The nodes that a run, or the clean-up, talks to.
#[derive(Clone)]
pub(crate) struct Nodes {
    transport: Transport,
    key: Arc<SigningKey>,
    known: Arc<Mutex<HashMap<String, Arc<AsyncMutex<Slot>>>>>,
    addresses: Arc<Mutex<BTreeSet<String>>>,
}

#[derive(Default)]
struct Slot(Option<Arc<AuthenticatedNode>>);

impl Nodes {
    /// Nothing is sent to them any more when the tenure is over. What is sent carries the id of the
    /// request that is current here, if there is one.
    pub(crate) fn new(network: &CommandedNetwork, tenure: &Tenure) -> Self {
        let tenure = tenure.clone();
        let guard = permitted(commands_this_machine(network));
        let transport =
            Transport::while_permitted(Limits::default(), guard, move || tenure.holds());
        Self {
            transport: transport.with_request_id(service::request_id::to_forward()),
            key: Arc::clone(&network.key),
            known: Arc::default(),
            addresses: Arc::default(),
        }
    }

    /// The node at an address, authenticated at first contact.
    pub(crate) async fn get(&self, address: &str) -> NodeResult<Arc<AuthenticatedNode>> {
        let slot = {
            let mut known = self.known.lock();
            Arc::clone(known.entry(address.to_owned()).or_default())
        };
        let mut slot = slot.lock().await;
        if let Some(node) = &slot.0 {
            return Ok(Arc::clone(node));
        }
        let node = Arc::new(self.authenticate(address).await?);
        slot.0 = Some(Arc::clone(&node));
        self.note(address);
        Ok(node)
    }

    /// Takes an address up among those that this run knows.
    pub(crate) fn note(&self, address: &str) {
        let mut addresses = self.addresses.lock();
        addresses.insert(address.to_owned());
    }

    /// The addresses of all nodes that this run has met, sorted.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let addresses = self.addresses.lock();
        addresses.iter().cloned().collect()
    }

    async fn authenticate(&self, address: &str) -> NodeResult<AuthenticatedNode> {
        let endpoint = endpoint(address).ok_or_else(|| NodeError::Address(address.to_owned()))?;
        let mut client = Client::new(self.transport.clone(), endpoint, Arc::clone(&self.key));
        let failed = |source| NodeError::Request {
            node: address.to_owned(),
            source,
        };
        let auth = client.auth().await.map_err(failed)?;
        let commit = match client.commit_id().await {
            Ok(commit) => Some(commit),
            // Older daemons do not know the field.
            Err(itn::Error::GraphQl { .. } | itn::Error::Malformed(_)) => None,
            Err(error) => return Err(failed(error)),
        };
        Ok(AuthenticatedNode {
            address: address.to_owned(),
            commit,
            client: Arc::new(AsyncMutex::new(client)),
            facts: Mutex::new(auth),
        })
    }
}

/// `host:port`; an IPv6 host stands in brackets.
fn endpoint(address: &str) -> Option<Endpoint> {
    let (_, port) = address.rsplit_once(':')?;
    Endpoint::new(host_of(address), port.parse().ok()?).ok()
}

/// Whether the nodes are on this machine, as in a rehearsal: then the list of nodes is too.
fn commands_this_machine(network: &CommandedNetwork) -> bool {
    let Source::Online(url) = &network.source else {
        return false;
    };
    let host = url::Url::parse(url).ok();
    match host.as_ref().and_then(url::Url::host) {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Nodes announce their addresses themselves. They may be in private networks, as test networks
/// are; but not where this machine's own services and the cloud's metadata are.
fn permitted(loopback: bool) -> AddressPolicy {
    let policy = AddressPolicy::new(Reach::OtherMachines);
    if loopback {
        policy.with_loopback()
    } else {
        policy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_may_be_in_private_networks_but_not_at_metadata_services() {
        let is_permitted = |address: &str, rehearsal| {
            let address = address.parse().unwrap();
            permitted(rehearsal).refusal(address).is_none()
        };
        for address in ["10.0.0.7", "203.0.113.9", "fd12::1"] {
            assert!(is_permitted(address, false), "{address}");
        }
        for address in itn::testing::REFUSED_ALWAYS {
            assert!(!is_permitted(address, true), "{address}");
        }
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(!is_permitted(address, false), "{address}");
            assert!(is_permitted(address, true), "{address}");
        }
    }

    #[test]
    fn an_answer_that_was_lost_on_its_way_leaves_open_whether_it_was_executed() {
        for (status, is_open) in [
            (400, false),
            (429, false),
            (500, true),
            (502, true),
            (504, true),
        ] {
            let body = itn::Excerpt::of("Bad gateway");
            let source = itn::Error::Status { status, body };
            let node = "a:1".to_owned();
            let error = NodeError::Request { node, source };
            assert_eq!(error.may_be_executed(), is_open, "{status}");
        }
    }

    #[test]
    fn only_client_errors_of_http_are_permanent() {
        let failed = |source| NodeError::Request {
            node: "a:1".to_owned(),
            source,
        };
        for (status, is_permanent) in [
            (400, true),
            (403, true),
            (404, true),
            (499, true),
            (408, false),
            (412, false),
            (429, false),
            (500, false),
            (503, false),
        ] {
            let error = failed(itn::Error::Status {
                status,
                body: itn::Excerpt::of("why"),
            });
            assert_eq!(error.is_permanent(), is_permanent, "{status}");
            assert!(!error.is_transport(), "{status}");
            let text = error.to_string();
            let expected = format!("request to a:1 failed with status {status}: ");
            assert!(text.starts_with(&expected), "{text}");
        }
        assert!(failed(itn::Error::Unauthorized).is_permanent());
        assert!(!failed(itn::Error::Sequencing).is_permanent());
        assert!(!failed(itn::Error::TimedOut).is_permanent());
        assert_eq!(
            failed(itn::Error::Unauthorized).to_string(),
            "request to a:1 failed with status 401: the node does not permit this key (status 401)"
        );
        assert!(
            failed(itn::Error::TimedOut)
                .to_string()
                .starts_with("request to a:1 failed: ")
        );
    }
}
