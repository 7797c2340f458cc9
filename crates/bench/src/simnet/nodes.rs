//! A thousand nodes with servers in one process: how long they take to be ready, and what they take.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use itn::{AddressPolicy, Client, Limits, SigningKey, Transport};
use serde::{Deserialize, Serialize};
use simnet::{Config, Simnet};

use crate::memory;
use crate::output::print;

const NODES: usize = 1_000;

/// So that every log queue is full after some blocks, within seconds.
const TIME_SCALE: u32 = 200;

/// Until all queues are full.
const FILL_LIMIT: Duration = Duration::from_secs(90);

/// What was measured.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Figures {
    /// From the start of the process until every port accepts connections.
    pub(super) ready_seconds: f64,
    /// The most memory resident, with full log queues, after every node was asked.
    pub(super) memory_mib: f64,
}

/// Measures in a process of its own, whose memory holds nothing else.
pub(super) async fn measure() -> anyhow::Result<Figures> {
    let program = std::env::current_exe().context("cannot find where this program lies")?;
    let output = tokio::process::Command::new(program)
        .arg("simnet-child")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .context("cannot start the network")?;
    ensure!(output.status.success(), "the network failed");
    serde_json::from_slice(&output.stdout).context("the network's figures cannot be read")
}

/// The network, in the process of its own.
pub(crate) async fn run_child() -> anyhow::Result<()> {
    let begin = Instant::now();
    let simnet = Simnet::start(Config {
        time_scale: TIME_SCALE,
        ..Config::nodes(NODES)
    })
    .await?;
    let ready_seconds = begin.elapsed().as_secs_f64();
    ask_all(&simnet).await?;
    let filling = Instant::now();
    loop {
        let truth = simnet.truth();
        if truth.iter().all(|node| node.log.dropped > 0) {
            break;
        }
        ensure!(
            filling.elapsed() < FILL_LIMIT,
            "the log queues did not fill"
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    ask_all(&simnet).await?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2⁵²")]
    let memory_mib = memory::peak_kib()? as f64 / 1_024.0;
    print(&serde_json::to_string(&Figures {
        ready_seconds,
        memory_mib,
    })?);
    simnet.stop().await;
    Ok(())
}

/// Every node must answer, with all it has.
async fn ask_all(simnet: &Simnet) -> anyhow::Result<()> {
    let key = Arc::new(SigningKey::from_base64(&simnet.fetcher_key())?);
    let transport = Transport::new(Limits::default(), AddressPolicy::any());
    for node in simnet.nodes() {
        let mut client = Client::new(transport.clone(), node.itn.into(), Arc::clone(&key));
        let auth = client.auth().await?;
        client.internal_logs(auth.server_uuid, 0).await?;
    }
    Ok(())
}
