//! How many signed submissions per second an uptime backend accepts: received
//! over loopback, checked, and stored in a PostgreSQL with `fsync` on, all on
//! this machine, together with the clients.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail, ensure};
use mina::{BitOrder, NetworkId, PrivateKey, UptimePayload, schnorr};
use rand::rngs::StdRng;
use rand::{RngCore as _, SeedableRng as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uptime_backend::{Config, UptimeBackend, WhitelistSource};

use crate::output::{inform, per_second};
use crate::server::TemporaryServer;

/// Fixed, so that each run has the same keys and blocks.
const SEED: u64 = 2026;
/// Nodes that submit.
const KEYS: usize = 250;
/// As many as a key may submit within an hour.
const SUBMISSIONS_PER_KEY: u64 = 120;
/// Of each key, submitted before measuring.
const WARM_UP_PER_KEY: u64 = 10;
/// Connections, each with one request at a time.
const CONNECTIONS: usize = 125;
/// Bytes of a block: those of today's blocks without transactions.
const BLOCK_BYTES: usize = 12_000;
/// When a machine is too slow to wait for.
const TIME_MAX: Duration = Duration::from_mins(2);

/// Submissions accepted per second.
pub(super) async fn measure() -> anyhow::Result<f64> {
    inform(&format!(
        "uptime backend: {} submissions of {KEYS} keys over {CONNECTIONS} connections",
        KEYS as u64 * (SUBMISSIONS_PER_KEY - WARM_UP_PER_KEY)
    ));
    let fleet = tokio::task::spawn_blocking(Fleet::sign).await??;
    let server = TemporaryServer::start().await?;
    let database = server.connect(8).await?;
    let config = Config::new(WhitelistSource::List(fleet.submitters.clone()));
    let shutdown = CancellationToken::new();
    let backend = UptimeBackend::start(&config, database.clone(), shutdown.clone()).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(backend.serve(listener));
    let fleet = Arc::new(fleet);
    let measuring = async {
        submit(address, &fleet, 0..WARM_UP_PER_KEY).await?;
        submit(address, &fleet, WARM_UP_PER_KEY..SUBMISSIONS_PER_KEY).await
    };
    let measured = tokio::time::timeout(TIME_MAX, measuring).await;
    shutdown.cancel();
    serving.await??;
    let online = database.online_nodes(TIME_MAX).await?.len();
    database.close().await;
    let rate = measured.context("the uptime backend took too long")??;
    ensure!(
        online == KEYS,
        "{online} nodes are online instead of {KEYS}"
    );
    Ok(rate)
}

/// Signed submissions: those with the same number differ in key and signature only, so that the
/// clients take little of the time that is measured.
struct Fleet {
    submitters: Vec<String>,
    /// What is signed, the JSON of the field `data`, by number.
    payloads: Vec<String>,
    /// All of the first key, then all of the second, and so on.
    signatures: Vec<String>,
}

impl Fleet {
    fn sign() -> anyhow::Result<Self> {
        let mut random = StdRng::seed_from_u64(SEED);
        let mut block = String::from('"');
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for _ in 0..BLOCK_BYTES / 3 * 4 {
            block.push(digits[random.next_u32() as usize % digits.len()].into());
        }
        block.push('"');
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let begin_unix_seconds = i64::try_from(now)? - 3600;
        let mut fleet = Self {
            submitters: Vec::new(),
            payloads: Vec::new(),
            signatures: Vec::new(),
        };
        let mut digests = Vec::new();
        for number in 0..SUBMISSIONS_PER_KEY {
            let payload = UptimePayload {
                block: &block,
                created_at_unix_seconds: begin_unix_seconds + i64::try_from(number)?,
                peer_id: "12D3KooWKK4LhGdxaNDMbyTJA8v7CjuBuHZ2tXtDQQjxjLBDGVrb",
                snark_work: None,
                graphql_control_port: 3086,
                built_with_commit_sha: "36e0198c",
            };
            digests.push(payload.digest()?);
            fleet.payloads.push(String::from_utf8(payload.to_bytes()?)?);
        }
        for _ in 0..KEYS {
            let mut bytes = [0; 64];
            random.fill_bytes(&mut bytes);
            let key = PrivateKey::from_uniform_bytes(&bytes)?;
            fleet.submitters.push(key.public_key().to_string());
            for digest in &digests {
                let order = BitOrder::LowestFirst;
                let signature = schnorr::sign(&key, NetworkId::Mainnet, order, digest);
                fleet.signatures.push(signature.to_string());
            }
        }
        Ok(fleet)
    }

    /// The whole request of the submission of this number of a key.
    fn write_request(&self, key: usize, number: u64, request: &mut String) -> anyhow::Result<()> {
        let number = usize::try_from(number)?;
        let submitter = &self.submitters[key];
        let signature = &self.signatures[key * self.payloads.len() + number];
        let data = &self.payloads[number];
        let begin = format!(r#"{{"submitter":"{submitter}","signature":"{signature}","data":"#);
        request.clear();
        write!(
            request,
            "POST /v1/submit HTTP/1.1\r\nHost: backend\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{begin}{data}}}",
            begin.len() + data.len() + 1
        )?;
        Ok(())
    }
}

/// Sends these submissions of each key, and gives the number per second.
async fn submit(
    address: SocketAddr,
    fleet: &Arc<Fleet>,
    numbers: std::ops::Range<u64>,
) -> anyhow::Result<f64> {
    let begin = Instant::now();
    let mut connections = JoinSet::new();
    for first in 0..CONNECTIONS {
        let (fleet, numbers) = (Arc::clone(fleet), numbers.clone());
        connections.spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let mut request = String::new();
            let mut sent = 0;
            for number in numbers {
                for key in (first..KEYS).step_by(CONNECTIONS) {
                    fleet.write_request(key, number, &mut request)?;
                    stream.write_all(request.as_bytes()).await?;
                    expect_accepted(&mut stream).await?;
                    sent += 1;
                }
            }
            anyhow::Ok(sent)
        });
    }
    let mut sent = 0;
    while let Some(connection) = connections.join_next().await {
        sent += connection??;
    }
    Ok(per_second(sent, begin.elapsed().as_secs_f64()))
}

/// Reads an answer, which must be the one to an accepted submission.
async fn expect_accepted(stream: &mut TcpStream) -> anyhow::Result<()> {
    let mut answer = [0; 1024];
    let mut length = 0;
    // Both are short, and nothing follows before the next request.
    while !answer[..length].ends_with(b"}") {
        let read = stream.read(&mut answer[length..]).await?;
        ensure!(read > 0, "the uptime backend closed the connection");
        length += read;
    }
    let text = String::from_utf8_lossy(&answer[..length]);
    if !text.starts_with("HTTP/1.1 200 ") || !text.ends_with(r#"{"status":"ok"}"#) {
        bail!("a submission was not accepted: {text}");
    }
    Ok(())
}
