//! How the orchestrator runs.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mina::PasswordCost;
use service::Guard;
use store::lease::Holder;

use crate::network::Network;

/// The port that users know.
pub const DEFAULT_PORT: u16 = 9090;

/// How the orchestrator runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub address: SocketAddr,
    /// Who may change something.
    pub guard: Guard,
    /// What is commanded.
    pub network: Network,
    /// How many times faster than the wall clock the network's time passes: waits, pauses and
    /// deadlines are divided by it. 1 for real networks.
    pub time_scale: f64,
    /// Where key files whose paths begin with `/keys/` are looked for if there is no such file.
    pub keys_dir: Option<PathBuf>,
    /// How costly the key files that are written are to decrypt.
    pub key_file_cost: PasswordCost,
    /// Whether webhooks may lead to private addresses.
    pub allow_private_webhooks: bool,
    /// How long the lease of a dead orchestrator keeps others from going on with its run.
    pub lease_ttl: Duration,
    /// How often the database is looked at for what others have asked for.
    pub poll: Duration,
    /// Most requests to nodes at the same time.
    pub concurrency: usize,
    holder: Holder,
}

impl Config {
    /// The usual configuration for a network, listening on loopback.
    #[must_use]
    pub fn new(network: Network) -> Self {
        Self {
            address: service::loopback(DEFAULT_PORT),
            guard: Guard::this_machine(),
            network,
            time_scale: 1.0,
            keys_dir: None,
            key_file_cost: PasswordCost::MODERATE,
            allow_private_webhooks: false,
            lease_ttl: Duration::from_secs(10),
            poll: Duration::from_secs(1),
            concurrency: 128,
            holder: Holder::new("orchestrator"),
        }
    }

    /// The process as others see it in leases. The connections to the database must bear its name.
    #[must_use]
    pub fn holder(&self) -> &Holder {
        &self.holder
    }
}

/// Where a key file is.
pub(crate) fn key_path(keys_dir: Option<&Path>, path: &str) -> PathBuf {
    let given = PathBuf::from(path);
    match (keys_dir, path.strip_prefix("/keys/")) {
        (Some(folder), Some(rest)) if !given.exists() && is_plain(rest) => folder.join(rest),
        _ => given,
    }
}

/// Whether a path stays below the folder that it is joined to.
fn is_plain(path: &str) -> bool {
    Path::new(path)
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_containers_are_found_in_the_configured_folder() {
        let folder = Path::new("/lab/keys");
        let path = |path| key_path(Some(folder), path);
        assert_eq!(path("/keys/plain1"), Path::new("/lab/keys/plain1"));
        assert_eq!(path("/keys/../secret"), Path::new("/keys/../secret"));
        assert_eq!(path("other/plain1"), Path::new("other/plain1"));
        assert_eq!(key_path(None, "/keys/plain1"), Path::new("/keys/plain1"));
    }
}
