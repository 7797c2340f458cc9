//! `loadlab log-fetcher`: its arguments, those of the original's command line
//! among them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use archive::Place;
use clap::{Args, Subcommand};
use itn::{PortRange, Reach, SigningKey};
use log_fetcher::discovery::{DiscoverySource, HostOverrides, open_bucket};
use log_fetcher::pace::PaceLimits;
use log_fetcher::{ArchiveConfig, ArchivePolicy, Config, IpNet, Node};
use store::old_data::Policy;
use trace::TracerOptions;
use url::Url;

use crate::guard_arguments::GuardArguments;
use crate::interpretation::Interpretation;
use crate::services::Neighbours;

/// A key has 44 characters, a map of names some for each node.
const KEY_FILE_BYTES_MAX: u64 = 4 << 10;
const NAMES_FILE_BYTES_MAX: u64 = 16 << 20;

/// Arguments of `log-fetcher`.
#[derive(Debug, Args)]
pub(crate) struct LogFetcherArguments {
    /// A file with the base64 of the 32-byte Ed25519 seed that requests to nodes are
    /// signed with. Nodes permit its public key with `--itn-keys`.
    #[arg(short = 'k', long, env = "LOG_FETCHER_KEY_FILE", value_name = "FILE")]
    secret_key_path: PathBuf,
    /// Archive the trace lines of each node below this folder, compressed.
    #[arg(short = 'o', long, env = "LOG_FETCHER_ARCHIVE_DIR", value_name = "DIR")]
    output_dir_path: Option<PathBuf>,
    /// Size of the archive in MiB; its oldest files are removed when it is larger.
    #[arg(
        long,
        env = "LOG_FETCHER_ARCHIVE_MAX_MIB",
        default_value_t = 2048,
        value_name = "MIB"
    )]
    archive_max_mib: u64,
    /// A JSON object with names to show in `/nodes`, by public key of the submitter.
    #[arg(short = 'n', long, env = "LOG_FETCHER_NODE_NAMES", value_name = "FILE")]
    node_names_map: Option<PathBuf>,
    /// Templates of hosts for nodes behind a gateway. A node that submits port 10002
    /// is at the first one with 2 for `{}`, port 80; one that submits 20003 is at the
    /// second one with 3.
    #[arg(long, env = "LOG_FETCHER_HOST_OVERRIDES", value_delimiter = ' ', num_args = 1.., value_name = "TEMPLATE")]
    host_overrides: Vec<String>,
    /// The address to listen on. Other machines can connect only if it is not a
    /// loopback address.
    #[arg(long, env = "LOG_FETCHER_HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on.
    #[arg(long, env = "LOG_FETCHER_PORT", default_value_t = log_fetcher::DEFAULT_PORT)]
    port: u16,
    #[command(flatten)]
    guard: GuardArguments,
    /// Where nodes are found: the online list of an uptime backend. Without it, by
    /// submissions in the bucket of `AWS_BUCKET` and `AWS_PREFIX`.
    #[arg(long, env = "ONLINE_URL", value_name = "URL")]
    online_url: Option<String>,
    /// The bucket with submissions.
    #[arg(long, env = "AWS_BUCKET", value_name = "NAME")]
    aws_bucket: Option<String>,
    /// First part of the names in the bucket.
    #[arg(long, env = "AWS_PREFIX", value_name = "PREFIX")]
    aws_prefix: Option<String>,
    /// Longest pause between two polls of a node. A node that writes faster is polled
    /// before its queue is half full.
    #[arg(
        long,
        env = "FETCH_INTERVAL_MS",
        default_value = "5000",
        value_name = "MS",
        value_parser = parse_interval
    )]
    fetch_interval_ms: u64,
    /// Entries that the queue of a node holds (`--itn-max-logs` of the daemons).
    #[arg(
        long,
        env = "LOG_FETCHER_QUEUE_CAPACITY",
        default_value_t = 500,
        value_name = "ENTRIES"
    )]
    queue_capacity: u64,
    /// A network that nodes may be in, such as 10.0.0.0/8; may be given several times.
    /// Default: all but this machine, its link, and groups.
    #[arg(
        long = "allow-network",
        env = "LOG_FETCHER_ALLOW_NETWORKS",
        value_delimiter = ',',
        value_name = "CIDR",
        value_parser = itn::parse_network
    )]
    allow_networks: Vec<IpNet>,
    /// Ports that nodes may have, such as 3086 or 10000-20000; may be given several
    /// times. Default: 80 and 1024-65535.
    #[arg(
        long = "allow-ports",
        env = "LOG_FETCHER_ALLOW_PORTS",
        value_delimiter = ',',
        value_name = "PORTS"
    )]
    allow_ports: Vec<PortRange>,
    /// How many nodes are fetched from at most.
    #[arg(
        long,
        env = "LOG_FETCHER_NODES_MAX",
        default_value_t = 5_000,
        value_name = "COUNT"
    )]
    nodes_max: usize,
    /// Seconds from one discovery to the next.
    #[arg(long, env = "LOG_FETCHER_DISCOVERY_SECONDS", default_value_t = 10, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..))]
    discovery_seconds: u64,
    /// Seconds that a node is fetched from after it was listed last.
    #[arg(
        long,
        env = "LOG_FETCHER_GRACE_SECONDS",
        default_value_t = 300,
        value_name = "SECONDS"
    )]
    grace_seconds: u64,
    /// Seconds after which others take the nodes of a fetcher that has died.
    #[arg(long, env = "LOG_FETCHER_LEASE_SECONDS", default_value_t = 10, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    lease_seconds: u64,
    /// Memory for log entries while the database is away, in MiB.
    #[arg(
        long,
        env = "LOG_FETCHER_BUFFER_MIB",
        default_value_t = 64,
        value_name = "MIB"
    )]
    buffer_mib: usize,
    /// The ports that `/nodes` gives to nodes as `internal_trace_port`.
    #[arg(
        long,
        env = "LOG_FETCHER_TRACE_PORTS",
        default_value = "11000-11999",
        value_name = "PORTS"
    )]
    trace_ports: PortRange,
    /// Answer on the trace port of each node with what the log API at this address
    /// says of the node, such as <http://127.0.0.1:9080/graphql>. Without it, nobody
    /// listens on those ports.
    #[arg(long, env = "LOG_FETCHER_TRACE_PORTS_LOG_API", value_name = "URL")]
    trace_ports_log_api: Option<Url>,
    /// Send the trace of each block, when a node has integrated it, as spans to the
    /// OpenTelemetry collector at this address (OTLP over HTTP), such as
    /// <http://127.0.0.1:4318>. Without it, nothing is sent.
    #[arg(
        long,
        env = "LOG_FETCHER_OTLP_COLLECTOR",
        value_name = "URL",
        value_parser = parse_collector
    )]
    otlp_collector: Option<Url>,
    /// How many days the bookkeeping is kept that only grows: entries by the minute,
    /// gaps, left runs, unknown controls. The traces themselves stay.
    #[arg(
        long,
        env = "LOG_FETCHER_KEEP_DAYS",
        default_value_t = 30,
        value_name = "DAYS",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    keep_days: u32,
    /// Drop deployments into which nothing has been stored for this number of days, with
    /// everything that belongs to them. Never the newest, nor one with open sessions.
    /// Default: none is dropped. `loadlab deployment drop --older-than` shows which would go.
    #[arg(
        long,
        env = "LOG_FETCHER_KEEP_DEPLOYMENTS_DAYS",
        value_name = "DAYS",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    keep_deployments_days: Option<u32>,
    /// Drop the oldest deployments while all together take more bytes than this, such as
    /// 200GB. Never the newest, nor one with open sessions. Default: none is dropped.
    #[arg(
        long,
        env = "LOG_FETCHER_KEEP_BYTES",
        value_name = "BYTES",
        value_parser = crate::quantity::bytes
    )]
    keep_bytes: Option<u64>,
    /// Archive old deployments here, as `loadlab archive run --drop` does: `file:///folder`,
    /// `s3://bucket/folder`, `gs://bucket/folder` or `az://container/folder`.
    #[arg(
        long,
        env = "LOG_FETCHER_ARCHIVE_DEPLOYMENTS_TO",
        value_name = "URL",
        requires = "archive_deployments_when"
    )]
    archive_deployments_to: Option<String>,
    /// Archive deployments into which nothing has been stored for this number of days.
    #[arg(
        long,
        env = "LOG_FETCHER_ARCHIVE_DEPLOYMENTS_DAYS",
        value_name = "DAYS",
        group = "archive_deployments_when",
        requires = "archive_deployments_to",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    archive_deployments_days: Option<u32>,
    /// Archive the oldest deployments while the disk of the database has fewer free bytes
    /// than this, such as 100GB.
    #[arg(
        long,
        env = "LOG_FETCHER_ARCHIVE_DEPLOYMENTS_BELOW_FREE",
        value_name = "BYTES",
        group = "archive_deployments_when",
        requires = "archive_deployments_to",
        value_parser = crate::quantity::bytes
    )]
    archive_deployments_below_free: Option<u64>,
    #[command(flatten)]
    interpretation: Interpretation,
    #[command(subcommand)]
    source: Option<Source>,
}

/// Which nodes.
#[derive(Debug, Subcommand)]
enum Source {
    /// Discover nodes (the default).
    Discovery,
    /// Fetch from exactly this node.
    NodeAddressPort {
        /// Its address or the name of its host.
        address: String,
        /// The port of its ITN server.
        #[arg(short = 'p', long)]
        graphql_port: u16,
    },
}

fn parse_interval(text: &str) -> Result<u64, String> {
    let milliseconds = text.trim().parse::<u64>();
    milliseconds.map_err(|_| "not a number of milliseconds (the default is 5000)".to_owned())
}

fn parse_collector(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        _ => Err("it must be an address such as http://127.0.0.1:4318".to_owned()),
    }
}

impl LogFetcherArguments {
    /// Where it is to listen.
    pub(crate) const fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    /// Takes other services in this process for what is not given.
    pub(crate) fn use_neighbours(&mut self, neighbours: &Neighbours) {
        if !self.has_source() {
            self.online_url.clone_from(&neighbours.online_url);
        }
        if let (None, Some(url)) = (&self.trace_ports_log_api, &neighbours.log_api_url) {
            self.trace_ports_log_api = url.parse().ok();
        }
    }

    /// What has to be given before it can run, if anything.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        (!self.has_source()).then_some(
            "set ONLINE_URL (the online list of an uptime backend), or run the uptime backend here",
        )
    }

    /// Whether it is said where nodes are found.
    fn has_source(&self) -> bool {
        self.source
            .as_ref()
            .is_some_and(|source| !matches!(source, Source::Discovery))
            || self.online_url.as_ref().is_some_and(|url| !url.is_empty())
            || (self.aws_bucket.is_some() && self.aws_prefix.is_some())
    }

    pub(crate) fn config(self) -> anyhow::Result<Config> {
        let address = self.address();
        let guard = self.guard.lab_guard(address)?;
        let key = read_key(&self.secret_key_path)?;
        let source = match &self.source {
            Some(Source::NodeAddressPort {
                address,
                graphql_port,
            }) => DiscoverySource::Fixed(Node::new(address, *graphql_port, None)?),
            Some(Source::Discovery) | None => self.discovery()?,
        };
        let mut config = Config::new(key, source);
        config.drop_deployments = self.retention();
        config.archive_deployments = self.archive_policy()?;
        config.address = address;
        config.guard = guard;
        config.host_overrides = HostOverrides::new(
            self.host_overrides
                .into_iter()
                .filter(|template| !template.is_empty())
                .collect(),
        )?;
        if let Some(file) = &self.node_names_map {
            config.node_names = read_names(file)?;
        }
        if !self.allow_networks.is_empty() {
            config.allowed.reach = Reach::Nothing;
            config.allowed.networks = self.allow_networks;
        }
        if !self.allow_ports.is_empty() {
            config.allowed.ports = self.allow_ports;
        }
        let defaults = PaceLimits::default();
        let interval_max = Duration::from_millis(self.fetch_interval_ms.max(1));
        config.pace = PaceLimits {
            interval_min: defaults.interval_min.min(interval_max),
            interval_max,
            queue_capacity: self.queue_capacity.max(1),
            ..defaults
        };
        config.tracer = TracerOptions {
            status_handling: self.interpretation.handle_status_change,
            compatibility: self.interpretation.compatibility.into(),
        };
        config.nodes_max = self.nodes_max;
        config.discovery_interval = Duration::from_secs(self.discovery_seconds);
        config.node_grace = Duration::from_secs(self.grace_seconds);
        config.lease_time = Duration::from_secs(self.lease_seconds);
        config.keep = Duration::from_hours(24 * u64::from(self.keep_days));
        config.buffer_bytes_max = self.buffer_mib << 20;
        config.archive = self.output_dir_path.map(|folder| ArchiveConfig {
            total_bytes_max: self.archive_max_mib << 20,
            ..ArchiveConfig::new(folder)
        });
        config.trace_ports = self.trace_ports.into();
        config.trace_ports_log_api = self.trace_ports_log_api;
        config.otlp_collector = self.otlp_collector;
        Ok(config)
    }

    /// Which old deployments are dropped.
    fn retention(&self) -> Policy {
        let days = self.keep_deployments_days.map(u64::from);
        Policy {
            older_than: days.map(|days| Duration::from_hours(24 * days)),
            bytes_max: self.keep_bytes,
        }
    }

    /// Which old deployments are archived.
    fn archive_policy(&self) -> anyhow::Result<Option<ArchivePolicy>> {
        let Some(url) = &self.archive_deployments_to else {
            return Ok(None);
        };
        let days = self.archive_deployments_days.map(u64::from);
        Ok(Some(ArchivePolicy {
            place: Place::open(url)?,
            older_than: days.map(|days| Duration::from_hours(24 * days)),
            free_bytes_min: self.archive_deployments_below_free,
        }))
    }

    /// The file with the key.
    pub(crate) fn key_file(&self) -> &Path {
        &self.secret_key_path
    }

    fn discovery(&self) -> anyhow::Result<DiscoverySource> {
        if let Some(url) = self.online_url.as_deref().filter(|url| !url.is_empty()) {
            let url: Url = url
                .parse()
                .context("the address of the online list is not a URL")?;
            if !matches!(url.scheme(), "http" | "https") {
                bail!("the address of the online list must begin with http:// or https://");
            }
            return Ok(DiscoverySource::Online(url));
        }
        match (&self.aws_bucket, &self.aws_prefix) {
            (Some(bucket), Some(prefix)) => Ok(DiscoverySource::Bucket {
                objects: open_bucket(bucket, None)?,
                prefix: prefix.clone(),
            }),
            _ => bail!(
                "nothing says where nodes are found: give --online-url (ONLINE_URL), or AWS_BUCKET \
                 and AWS_PREFIX, or name one node with `node-address-port <ADDRESS> -p <PORT>`"
            ),
        }
    }
}

pub(crate) fn read_key(path: &Path) -> anyhow::Result<SigningKey> {
    let text = text_file::read(path, KEY_FILE_BYTES_MAX)
        .with_context(|| format!("cannot read the key from {}", path.display()))?;
    SigningKey::from_base64(&text).with_context(|| {
        format!(
            "{} does not hold the base64 of a 32-byte Ed25519 seed",
            path.display()
        )
    })
}

pub(crate) fn read_names(path: &Path) -> anyhow::Result<HashMap<String, String>> {
    let text = text_file::read(path, NAMES_FILE_BYTES_MAX)
        .with_context(|| format!("cannot read the names of nodes from {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| {
        format!(
            "{} is not a JSON object of names by public key",
            path.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_has_an_http_address() {
        assert!(parse_collector("http://127.0.0.1:4318").is_ok());
        for text in ["", "127.0.0.1:4318", "grpc://collector:4317"] {
            assert!(
                parse_collector(text).unwrap_err().contains("4318"),
                "{text}"
            );
        }
    }

    #[test]
    fn an_interval_that_is_no_number_is_refused_and_the_default_named() {
        assert_eq!(parse_interval(" 150 "), Ok(150));
        for text in ["", "10s", "-1", "1.5"] {
            let error = parse_interval(text).unwrap_err();
            assert!(error.contains("the default is 5000"), "{text}: {error}");
        }
    }
}
