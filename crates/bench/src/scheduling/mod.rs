//! `bench scheduling`: how fast a round is scheduled on many slow nodes, and whether the
//! orchestrator answers meanwhile.

mod nodes;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use hdrhistogram::Histogram;
use mina::{KeyFile, PasswordCost, PrivateKey};
use orchestrator::{CommandedNetwork, Config};
use serde_json::{Value, json};
use store::Database;
use store::experiment_runs::{Admission, NewRun};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::output::{OutputFormat, inform, print};
use crate::server::TemporaryServer;
use nodes::SlowNodes;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How the result is written
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    /// How many nodes
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    nodes: u32,
    /// How long each takes to answer a request, in milliseconds
    #[arg(long, default_value_t = 50)]
    answer_ms: u64,
}

/// Longer than all of it should take.
const PATIENCE: Duration = Duration::from_mins(2);
/// The run, and its wait, that is cancelled at the end.
const NAME: &str = "scheduling";

struct Measured {
    scheduling: Duration,
    accepted: usize,
    status: Histogram<u64>,
    cancel: Duration,
    stopped: usize,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let measured = tokio::time::timeout(PATIENCE, measure(&arguments))
        .await
        .context("the run does not end")??;
    let seconds = measured.scheduling.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds")]
    let status_p99_ms = measured.status.value_at_quantile(0.99) as f64 / 1_000.0;
    let cancel_ms = measured.cancel.as_secs_f64() * 1_000.0;
    print(&match arguments.format {
        OutputFormat::Json => {
            let mut report = json!({
                "nodes": arguments.nodes,
                "answer_ms": arguments.answer_ms,
                "accepted": measured.accepted,
                "stopped": measured.stopped,
                "seconds": rounded(seconds),
                "status_p99_ms": rounded(status_p99_ms),
                "status_requests": measured.status.len(),
                "cancel_ms": rounded(cancel_ms),
            });
            if arguments.nodes == 1_000 {
                report["seconds_for_1000_nodes"] = rounded(seconds).into();
            }
            report.to_string()
        }
        OutputFormat::Text => format!(
            "{} of {} nodes that take {} ms scheduled in {seconds:.2} s\nstatus: p99 \
             {status_p99_ms:.1} ms of {} requests meanwhile; cancel: {cancel_ms:.1} ms, then \
             stopped on {} nodes",
            measured.accepted,
            arguments.nodes,
            arguments.answer_ms,
            measured.status.len(),
            measured.stopped,
        ),
    });
    Ok(())
}

fn rounded(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

async fn measure(arguments: &Arguments) -> anyhow::Result<Measured> {
    let count = usize::try_from(arguments.nodes)?;
    inform("starting PostgreSQL and the nodes");
    let server = TemporaryServer::start().await?;
    let nodes = SlowNodes::start(count, Duration::from_millis(arguments.answer_ms)).await?;
    let folder = tempfile::tempdir()?;
    write_keys(folder.path(), count)?;

    let mut config = Config::new(CommandedNetwork::from_json(&nodes.config())?);
    config.poll = Duration::from_millis(100);
    let options = store::ConnectOptions {
        application_name: config.holder().to_string(),
        ..store::ConnectOptions::for_writing()
    };
    let database = Database::connect(server.url(), &options).await?;
    admit(&database, &script(folder.path(), count)?).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/api/v0/experiment", listener.local_addr()?);
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(orchestrator::serve(
        config,
        database.clone(),
        listener,
        shutdown.clone(),
    ));

    inform("scheduling");
    let status = watch(&url, &nodes, count).await?;
    let (scheduling, accepted) = nodes
        .scheduled()
        .context("no node was asked for anything")?;
    let begin = Instant::now();
    let answer = service::proxy::direct()
        .build()?
        .post(format!("{url}/cancel"))
        .send()
        .await?;
    let cancel = begin.elapsed();
    ensure!(answer.status().is_success(), "cancel: {}", answer.status());
    while nodes.running() > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    shutdown.cancel();
    serving.await??;
    database.close().await;
    Ok(Measured {
        scheduling,
        accepted,
        status,
        cancel,
        stopped: nodes.stopped(),
    })
}

/// Asks for the status again and again until all nodes have accepted. Gives the times in
/// microseconds.
async fn watch(url: &str, nodes: &SlowNodes, count: usize) -> anyhow::Result<Histogram<u64>> {
    let client = service::proxy::direct().build()?;
    let mut times = Histogram::new(3)?;
    while nodes.running() < count {
        let begin = Instant::now();
        let answer = client.get(format!("{url}/status")).send().await?;
        let body: Value = serde_json::from_slice(&answer.bytes().await?)?;
        let time = begin.elapsed();
        let status = body["result"]["status"].as_str();
        ensure!(status == Some("running"), "the run is over: {body}");
        if nodes.is_asked() {
            times.record(u64::try_from(time.as_micros())?)?;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(times)
}

/// One key for each node, as cheap to decrypt as can be: decrypting is not what is measured.
fn write_keys(folder: &Path, count: usize) -> anyhow::Result<()> {
    let cost = PasswordCost::new(1 << 20, 1)?;
    for number in 0..count {
        let mut bytes = [7; 64];
        bytes[..8].copy_from_slice(&u64::try_from(number)?.to_le_bytes());
        let key = PrivateKey::from_uniform_bytes(&bytes)?;
        let file = KeyFile::encrypt(&key, b"", [1; 16], [2; 24], cost)?;
        std::fs::write(folder.join(format!("key-{number:05}")), file.to_json())?;
    }
    Ok(())
}

/// A round of payments on all nodes, and a wait.
fn script(keys: &Path, count: usize) -> anyhow::Result<String> {
    const RECEIVER: &str = experiment::setup::DEFAULT_RECEIVER;
    let keys = keys
        .to_str()
        .context("the temporary folder has no plain name")?;
    let mut script = String::new();
    for command in [
        json!({"action": "load-keys", "params": {"dir": keys}}),
        json!({"action": "discovery"}),
        json!({"action": "payments", "params": {
            "experimentName": "bench-0", "round": 0, "tps": count, "minTps": 1, "durationMin": 60,
            "maxFee": 2, "minFee": 1, "amount": 1, "receiver": RECEIVER,
            "feePayers": {"type": "output", "step": -2, "name": "key"},
            "nodes": {"type": "output", "step": -1, "name": "participant"},
        }}),
        json!({"action": "wait", "params": {"min": 60}}),
    ] {
        writeln!(script, "{command}")?;
    }
    Ok(script)
}

async fn admit(database: &Database, script: &str) -> anyhow::Result<()> {
    let run = NewRun {
        name: NAME,
        setup: &json!({}),
        script,
        seed: Some(1),
        rounds: &json!([]),
        sealed_webhook: None,
        queue: false,
    };
    let admission = database.admit_experiment(&run).await?;
    ensure!(admission == Admission::Started, "the run is not started");
    Ok(())
}
