//! `loadlab orchestrator`: its arguments, and running it; and what other commands that act on a
//! network need.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use orchestrator::{Config, IpNet, Network, NetworkError};
use store::ConnectOptions;

use crate::cli::Connection;
use crate::guard_arguments::GuardArguments;
use crate::output;
use crate::serving;

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
    /// The configuration for this network.
    pub(crate) fn config(&self) -> Result<Config, NetworkError> {
        config(&self.config, self.folders.clone(), self.time_scale)
    }
}

/// The usual configuration for the network of a configuration file.
pub(crate) fn config(
    file: &Path,
    folders: FolderArguments,
    time_scale: Option<f64>,
) -> Result<Config, NetworkError> {
    let mut config = Config::new(Network::read(file)?);
    config.base_dir = folders.base_dir;
    config.keys_dir = folders.keys_dir;
    config.time_scale = time_scale.unwrap_or(config.time_scale);
    Ok(config)
}

/// How the database is connected to by who takes leases.
pub(crate) fn connect_options(config: &Config) -> ConnectOptions {
    let mut options = ConnectOptions::for_queries();
    options.application_name = config.holder().to_string();
    options
}

pub(crate) async fn run(
    arguments: OrchestratorArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    // Before anything is started, so that a mistake is told at once.
    let mut config = match arguments.network.config() {
        Ok(config) => config,
        Err(error) => return Ok(refuse(&error)),
    };
    config.address = SocketAddr::new(arguments.host, arguments.port);
    config.guard = arguments.guard.guard(config.address)?;
    config.keep = Duration::from_hours(24 * u64::from(arguments.keep_days));
    config.allow_private_webhooks = arguments.allow_private_webhooks;
    config.webhook_networks = arguments.webhook_allow_network;
    let options = connect_options(&config);
    let address = Some(config.address);
    serving::on_database(
        connection,
        &options,
        address,
        async move |opened, shutdown| {
            orchestrator::run(config, opened.database.clone(), shutdown)
                .await
                .context("the orchestrator has failed")?;
            Ok(ExitCode::SUCCESS)
        },
    )
    .await
}

/// Tells what is wrong with a configuration; the exit codes are those that scripts know.
pub(crate) fn refuse(error: &NetworkError) -> ExitCode {
    output::tell(&format!("error: {error}"));
    ExitCode::from(error.exit_code())
}
