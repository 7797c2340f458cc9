//! What the tests have in common.

use std::sync::Arc;
use std::time::Duration;

use itn::{AddressPolicy, Client, Limits, SigningKey, Transport};
use simnet::{Config, Simnet};

/// Longest time that anything here may take.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

pub(crate) async fn start(config: Config) -> Simnet {
    tokio::time::timeout(LIMIT, Simnet::start(config))
        .await
        .expect("in time")
        .expect("a network")
}

/// A client of the node's ITN server, with the fetcher's key.
pub(crate) fn client(simnet: &Simnet, node: usize) -> Client {
    let key = SigningKey::from_base64(&simnet.fetcher_key()).expect("a key");
    let transport = Transport::new(Limits::default(), AddressPolicy::any());
    Client::new(transport, simnet.nodes()[node].itn.into(), Arc::new(key))
}

/// Asks again and again until there is an answer.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let found = tokio::time::timeout(LIMIT, looking).await;
    found.unwrap_or_else(|_| panic!("not in time: {what}"))
}
