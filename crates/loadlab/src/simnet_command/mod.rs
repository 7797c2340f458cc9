//! `loadlab simnet`: its arguments, and running a simulated network.

mod mina;
mod record;
mod table;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ::mina::NetworkId;
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use simnet::{Addresses, Burst, Config, Load, RandomFaults, Simnet, Topology, TopologyFile};

use crate::guard_arguments::GuardArguments;
use crate::output::OutputFormat;
use mina::MinaArguments;

/// Longest topology file.
const TOPOLOGY_BYTES_MAX: u64 = 4 << 20;

/// Arguments of `simnet`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Two terminals:\n  \
        loadlab simnet --nodes 5 --time-scale 60 --dir net --uptime-url http://127.0.0.1:8080/v1/submit\n  \
        loadlab uptime-backend --config-file net/uptime-backend/config.json --network-id 0 --submissions-per-hour 100000\n\n\
        A topology (TOML):\n  \
        slot_seconds = 180\n  \
        [[nodes]]\n  \
        name = \"whale\"\n  \
        count = 3                    # whale-0, whale-1, whale-2\n  \
        role = \"block-producer\"      # or snark-coordinator, plain\n  \
        stake = 1000000              # MINA, each\n  \
        [[faults]]\n  \
        kind = \"stop\"\n  \
        node = \"whale-1\"\n  \
        at_seconds = 600             # network time\n  \
        for_seconds = 120\n\n\
        At run time: curl -X POST http://<status>/api/v1/faults -H 'content-type: application/json' \\\n  \
        -d '{\"kind\":\"restart\",\"node\":\"whale-0\"}'"
)]
pub(crate) struct SimnetArguments {
    #[command(flatten)]
    network: NetworkArguments,
    #[command(subcommand)]
    command: Option<SimnetCommand>,
}

/// What else there is.
#[derive(Debug, Subcommand)]
enum SimnetCommand {
    /// A stand-in for the `mina` executable that commands a running simnet.
    Mina(MinaArguments),
    /// Write trace files of a simulated network as fast as the machine can, without servers.
    Record(record::RecordArguments),
}

/// What the network is to be.
#[derive(Debug, Args)]
struct NetworkArguments {
    /// That many nodes with equal stakes, in place of a topology.
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 5,
        conflicts_with = "topology"
    )]
    nodes: usize,
    /// A file (TOML) that describes the nodes: names, roles, stakes, delays, faults.
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// What everything that looks random comes from. The same seed gives the same keys.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many times faster than real time the network runs.
    #[arg(
        long,
        default_value_t = 1,
        value_name = "FACTOR",
        value_parser = clap::value_parser!(u32).range(1..=i64::from(simnet::TIME_SCALE_MAX))
    )]
    time_scale: u32,
    /// Where the nodes submit their blocks, such as <http://127.0.0.1:8080/v1/submit>.
    /// Without it they submit nothing.
    #[arg(long, value_name = "URL")]
    uptime_url: Option<url::Url>,
    /// For which network submissions are signed: 1 for mainnet, 0 for all others.
    #[arg(long, default_value_t = 0, value_name = "ID", value_parser = clap::value_parser!(u8).range(0..=1))]
    network_id: u8,
    /// The folder for keys and configuration files of other services. Default: a
    /// temporary one, removed at the end.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The address on which all nodes listen, or a name of this machine. Others can
    /// connect to the nodes only if it is not a loopback address.
    #[arg(
        long,
        value_name = "HOST",
        default_value = "127.0.0.1",
        conflicts_with = "first_address"
    )]
    host: String,
    /// Give the nodes ports from this one on: first the ITN ports of all nodes, then the
    /// public ones. Default: any free ports.
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 0,
        hide_default_value = true
    )]
    first_port: u16,
    /// Give the nodes addresses of their own from this one on, within 127.0.0.0/8, all
    /// with the ports 3086 (ITN) and 3085 (public).
    #[arg(long, value_name = "ADDRESS", conflicts_with = "first_port")]
    first_address: Option<Ipv4Addr>,
    /// Entries that a node's log keeps, as the daemon's flag of this name.
    #[arg(long, value_name = "COUNT", default_value_t = simnet::MAX_LOGS_DEFAULT)]
    itn_max_logs: usize,
    /// Further keys permitted on the ITN ports: Ed25519 public keys in base64, with
    /// commas, as the daemon's flag of this name.
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    itn_keys: Vec<itn::VerifyingKey>,
    /// Be daemons without the newest additions: `createAccounts`, handles chosen by the
    /// caller, `scheduledTransactions`.
    #[arg(long)]
    without_newest_schema: bool,
    /// Write this number of log lines a second and node, at an even rate, instead of those of
    /// the simulated chain: a load for log fetchers.
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    lines_per_second: Option<f64>,
    /// With --lines-per-second: this number of further lines at once every --burst-every seconds.
    #[arg(long, value_name = "LINES", requires = "lines_per_second")]
    burst: Option<u32>,
    /// Seconds from burst to burst.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60.0,
        requires = "burst"
    )]
    burst_every: f64,
    /// The number of faults by chance in an hour of network time: nodes stop, hang, answer
    /// wrongly, lose log entries, and so on.
    #[arg(long, value_name = "COUNT")]
    random_faults: Option<f64>,
    /// Every node takes this many times as long as usual at a checkpoint of the handling of
    /// blocks, such as `Apply_diff=1.1`: to see whether a comparison finds it.
    #[arg(long, value_name = "CHECKPOINT=FACTOR")]
    slow: Option<simulation::Slowed>,
    /// The address of the status page and the control endpoint, or a name of this machine.
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    status_host: String,
    /// The port of the status page and the control endpoint. Default: any free port.
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 0,
        hide_default_value = true
    )]
    status_port: u16,
    /// How the list of nodes is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
    #[command(flatten)]
    guard: GuardArguments,
}

pub(crate) async fn run(arguments: SimnetArguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Some(SimnetCommand::Mina(arguments)) => mina::run(arguments).await,
        Some(SimnetCommand::Record(arguments)) => record::run(arguments).await,
        None => run_network(arguments.network).await,
    }
}

async fn run_network(arguments: NetworkArguments) -> anyhow::Result<ExitCode> {
    let shutdown = service::shutdown::on_signal()?;
    service::metrics::install()?;
    let format = arguments.format;
    let temporary = match arguments.dir {
        Some(_) => None,
        None => Some(
            tempfile::Builder::new()
                .prefix("loadlab-simnet-")
                .tempdir()
                .context("cannot make a temporary folder; choose one with --dir")?,
        ),
    };
    let mut config = config(arguments)?;
    if let Some(folder) = &temporary {
        config.folder = Some(folder.path().to_owned());
    }
    let starting = Simnet::start(config);
    let simnet = tokio::select! {
        simnet = starting => simnet?,
        () = shutdown.cancelled() => return Ok(ExitCode::from(130)),
    };
    table::print(&simnet.description(), format)?;
    let failure = tokio::select! {
        failure = simnet.failed() => Some(failure),
        () = shutdown.cancelled() => None,
    };
    simnet.stop().await;
    if let Some(folder) = temporary {
        folder
            .close()
            .context("cannot remove the temporary folder")?;
    }
    match failure {
        Some(failure) => Err(failure).context("the simulated network has failed"),
        None => Ok(ExitCode::SUCCESS),
    }
}

fn config(arguments: NetworkArguments) -> anyhow::Result<Config> {
    let file = match &arguments.topology {
        Some(path) => Some(read_topology(path)?),
        None => None,
    };
    let (topology, faults, random_faults, load) = match file {
        Some(file) => (file.topology, file.faults, file.random_faults, file.load),
        None if arguments.nodes == 0 => bail!("a network has at least one node"),
        None if arguments.nodes > simnet::NODES_MAX => {
            bail!("a network has at most {} nodes", simnet::NODES_MAX)
        }
        None => (Topology::nodes(arguments.nodes), Vec::new(), None, None),
    };
    let burst = arguments.burst.map(|entries| Burst {
        entries,
        every_seconds: arguments.burst_every,
    });
    let status_address = SocketAddr::new(resolved(&arguments.status_host)?, arguments.status_port);
    let random = arguments.random_faults;
    Ok(Config {
        topology,
        seed: arguments.seed,
        time_scale: arguments.time_scale,
        addresses: match arguments.first_address {
            Some(first) => Addresses::Hosts {
                first,
                itn_port: 3_086,
                public_port: 3_085,
            },
            None => Addresses::Ports {
                host: resolved(&arguments.host)?,
                first: arguments.first_port,
            },
        },
        itn_max_logs: arguments.itn_max_logs,
        load: arguments
            .lines_per_second
            .map(|lines_per_second| Load {
                lines_per_second,
                burst,
            })
            .or(load),
        itn_keys: arguments.itn_keys,
        newest_schema: !arguments.without_newest_schema,
        uptime_url: arguments.uptime_url,
        network_id: if arguments.network_id == 1 {
            NetworkId::Mainnet
        } else {
            NetworkId::Testnet
        },
        faults,
        random_faults: random
            .map(|per_hour| RandomFaults { per_hour })
            .or(random_faults),
        slowed: arguments.slow,
        status_address,
        guard: arguments.guard.guard(status_address)?,
        folder: arguments.dir,
        loadlab: Some(std::env::current_exe().context("cannot find where this program lies")?),
    })
}

/// The address that a name of this machine has, as that of a container in its network.
fn resolved(host: &str) -> anyhow::Result<IpAddr> {
    let addresses = (host, 0)
        .to_socket_addrs()
        .with_context(|| format!("cannot resolve {host}"))?;
    let mut addresses = addresses.map(|address| address.ip());
    addresses
        .next()
        .with_context(|| format!("{host} has no address"))
}

fn read_topology(path: &Path) -> anyhow::Result<TopologyFile> {
    let text = text_file::read(path, TOPOLOGY_BYTES_MAX)
        .with_context(|| format!("cannot read the topology {}", path.display()))?;
    anyhow::ensure!(
        !text.trim().is_empty(),
        "{}: the file is empty",
        path.display()
    );
    TopologyFile::parse(&text).with_context(|| format!("{}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topology_that_cannot_be_read_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("topology.toml");
        for (text, problem) in [
            ("", "the file is empty"),
            ("\n \n", "the file is empty"),
            ("slot_seconds = \"3\"\nnodes = []", "slot_seconds"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = format!("{:#}", read_topology(&path).err().unwrap());
            assert!(
                error.contains("topology.toml") && error.contains(problem),
                "{error}"
            );
        }
    }
}
