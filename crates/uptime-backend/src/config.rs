//! How the uptime backend runs.

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
use mina::NetworkId;

use crate::object_sink::ObjectStorage;
use crate::whitelist_source::WhitelistSource;

/// The port that nodes of the original know.
pub const DEFAULT_PORT: u16 = 8080;

/// Accepted submissions per key and sliding hour, as in the original.
pub const SUBMISSIONS_PER_HOUR: u32 = 120;

/// How long submissions are kept unless configured otherwise.
pub const KEEP: Duration = Duration::from_hours(7 * 24);

/// How the uptime backend runs. [`Settings`](crate::Settings) reads one from
/// flags, variables and the configuration file of the original.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens.
    pub address: SocketAddr,
    /// The network that signatures must be for.
    pub network: NetworkId,
    /// Who may submit.
    pub whitelist: WhitelistSource,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Refuse submissions that were made longer ago; none for no limit, as in
    /// the original. A limit keeps others from replaying old submissions.
    pub submission_age_max: Option<Duration>,
    /// Accepted submissions per key and sliding hour.
    pub submissions_per_hour: u32,
    /// Where to store whole submissions besides the database.
    pub object_storage: Option<ObjectStorage>,
    /// How long the database keeps submissions. At least an hour is kept in any
    /// case: the rate limit needs it.
    pub keep: Duration,
    /// Signatures checked at once.
    pub check_threads: usize,
}

impl Config {
    /// Port 8080 of this machine, mainnet signatures, no proxy, no age limit,
    /// database only, a thread for each processor.
    #[must_use]
    pub fn new(whitelist: WhitelistSource) -> Self {
        Self {
            address: service::loopback(DEFAULT_PORT),
            network: NetworkId::Mainnet,
            whitelist,
            trusted_proxies: Vec::new(),
            submission_age_max: None,
            submissions_per_hour: SUBMISSIONS_PER_HOUR,
            object_storage: None,
            keep: KEEP,
            check_threads: std::thread::available_parallelism().map_or(1, Into::into),
        }
    }
}
