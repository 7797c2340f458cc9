//! `loadlab orchestrator`: its arguments; and what other commands that act on a network need.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use orchestrator::{CommandedNetwork, Config, IpNet, NetworkError};
use store::ConnectOptions;

use crate::guard_arguments::GuardArguments;
use crate::output;
use crate::services::Neighbours;

/// Arguments of `orchestrator`.
#[derive(Debug, Args)]
pub(crate) struct OrchestratorArguments {
    /// The address to listen on. Other machines can connect only if it is not a
    /// loopback address.
    #[arg(long, env = "ORCHESTRATOR_HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on.
    #[arg(long, env = "ORCHESTRATOR_PORT", default_value_t = orchestrator::DEFAULT_PORT)]
    port: u16,
    #[command(flatten)]
    network: NetworkArguments,
    /// Let webhooks lead to private addresses (10.0.0.0/8 and the like). Loopback and the
    /// addresses of a cloud's metadata stay refused.
    #[arg(long, env = "ALLOW_PRIVATE_WEBHOOKS")]
    allow_private_webhooks: bool,
    /// A network that webhooks may lead to although its addresses are not public, for example
    /// 127.0.0.0/8 for a receiver on this machine. May be given several times.
    #[arg(
        long,
        env = "WEBHOOK_ALLOW_NETWORKS",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    webhook_allow_network: Vec<IpNet>,
    /// How many days the events of experiments that have ended are kept.
    #[arg(
        long,
        env = "ORCHESTRATOR_KEEP_DAYS",
        default_value_t = 30,
        value_name = "DAYS",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    keep_days: u32,
    #[command(flatten)]
    guard: GuardArguments,
}

/// Which network is commanded.
#[derive(Debug, Args)]
pub(crate) struct NetworkArguments {
    /// The JSON configuration of the orchestrator: `key` (the secret that nodes permit),
    /// `onlineURL` or `aws`, and how accounts are funded (`minaExec`, `fundDaemonPorts`, or
    /// `fundItnNodes`).
    #[arg(long, env = "CONFIG", value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    folders: FolderArguments,
    /// How many times faster than real time the network's time passes, as in a simulated one.
    /// Default: `timeScale` of the configuration, or 1.
    #[arg(long, value_name = "FACTOR", value_parser = parse_scale, hide = true)]
    time_scale: Option<f64>,
    /// Where nodes are found if the configuration does not say.
    #[arg(skip)]
    default_online_url: Option<String>,
}

/// Where the paths of setups and scripts lead.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct FolderArguments {
    /// Where relative paths of setups and scripts begin, above all the folder of new keys
    /// (`fund_key_prefix`, usually `./fund_keys`). Default: the working directory.
    #[arg(long, env = "LOADLAB_BASE_DIR", value_name = "DIR")]
    pub(crate) base_dir: Option<PathBuf>,
    /// Where key files whose paths begin with /keys/ are looked for if there is no such file.
    #[arg(long, env = "LOADLAB_KEYS_DIR", value_name = "DIR")]
    pub(crate) keys_dir: Option<PathBuf>,
}

pub(crate) fn parse_scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if scale.is_finite() && scale > 0.0 => Ok(scale),
        _ => Err("a time scale is a positive number".to_owned()),
    }
}

impl NetworkArguments {
    /// The usual configuration for this network.
    pub(crate) fn config(&self) -> Result<Config, NetworkError> {
        let default_url = self.default_online_url.as_deref();
        let network = CommandedNetwork::read_with_default(&self.config, default_url)?;
        Ok(config(network, self.folders.clone(), self.time_scale))
    }
}

/// The usual configuration for a network.
pub(crate) fn config(
    network: CommandedNetwork,
    folders: FolderArguments,
    time_scale: Option<f64>,
) -> Config {
    let mut config = Config::new(network);
    config.base_dir = folders.base_dir;
    config.keys_dir = folders.keys_dir;
    config.time_scale = time_scale.unwrap_or(config.time_scale);
    config
}

impl OrchestratorArguments {
    /// Where it is to listen.
    pub(crate) const fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    /// The file with its configuration, which holds its key.
    pub(crate) fn config_file(&self) -> &std::path::Path {
        &self.network.config
    }

    /// Takes other services in this process for what is not given.
    pub(crate) fn use_neighbours(&mut self, neighbours: &Neighbours) {
        self.network
            .default_online_url
            .clone_from(&neighbours.online_url);
    }

    /// Reads the file that is named, and checks everything.
    pub(crate) fn config(self) -> anyhow::Result<Config> {
        let mut config = self.network.config()?;
        config.address = self.address();
        config.guard = self.guard.lab_guard(config.address)?;
        config.keep = Duration::from_hours(24 * u64::from(self.keep_days));
        config.allow_private_webhooks = self.allow_private_webhooks;
        config.webhook_networks = self.webhook_allow_network;
        Ok(config)
    }
}

/// How the database is connected to by who takes leases.
pub(crate) fn connect_options(config: &Config) -> ConnectOptions {
    let mut options = ConnectOptions::for_queries();
    options.application_name = config.holder().to_string();
    options
}

/// Prints what is wrong with a configuration; scripts know the exit codes.
pub(crate) fn refuse(error: &NetworkError) -> ExitCode {
    output::inform(&format!("error: {error}"));
    ExitCode::from(error.exit_code())
}
