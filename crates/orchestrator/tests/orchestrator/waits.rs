//! `wait`: how long, and until which slot.

use std::time::{Duration, Instant, SystemTime};

use orchestrator::{CommandedNetwork, run_script};
use tokio_util::sync::CancellationToken;

use crate::lab::{Lab, PATIENCE};
use crate::network::KEY;

/// How long a wait with these parameters takes in a network whose genesis was so long ago, whose
/// time passes 60 times as fast: its slots of an hour take a minute.
async fn seconds(lab: &Lab, since_genesis: Duration, params: &str) -> f64 {
    let begin = Instant::now();
    let genesis = SystemTime::now() - since_genesis;
    let genesis = jiff::Timestamp::try_from(genesis).unwrap();
    let text = format!(
        r#"{{"key":"{KEY}","onlineURL":"http://127.0.0.1:1/","slotDurationMs":60000,"genesisTimestamp":"{genesis}","timeScale":60}}"#
    );
    let mut config = lab.config();
    config.network = CommandedNetwork::from_json(&text).unwrap();
    config.time_scale = config.network.time_scale.unwrap();
    let script = format!(r#"{{"action":"wait","params":{params}}}"#);
    let running = run_script(&config, &script, |_| Ok(()), CancellationToken::new());
    tokio::time::timeout(PATIENCE, running)
        .await
        .unwrap()
        .unwrap();
    begin.elapsed().as_secs_f64()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn minutes_and_seconds_add_up_and_a_slot_counts_from_genesis() {
    let lab = Lab::new(1, true).await;
    let check = async |since_genesis: u64, params: &str, expected: f64| {
        let ago = Duration::from_secs(since_genesis);
        let found = seconds(&lab, ago, params).await;
        // The clock of the machine and the one that is measured with may differ a little.
        assert!(found > expected - 0.05, "{params}: {found}");
        // What is over is not waited for: it would be a minute, or an hour.
        assert!(found < expected + 30.0, "{params}: {found}");
    };
    tokio::join!(
        check(0, "{}", 0.0),
        check(0, r#"{"min":1,"sec":30}"#, 1.5),
        // The third slot begins three hours after genesis: 180 seconds here.
        check(178, r#"{"slot":3}"#, 1.5),
        check(179, r#"{"slot":3,"min":1}"#, 1.5),
        check(200, r#"{"slot":3}"#, 0.0),
        check(1_000_000, r#"{"slot":1,"min":5}"#, 0.0),
        // Half a minute before the slot, as in the original's orchestrator.
        check(178, r#"{"slot":3,"sec":-30}"#, 1.5),
        check(0, r#"{"slot":-3,"sec":90}"#, 1.5),
        check(0, r#"{"slot":1,"min":-600}"#, 0.0),
        check(0, r#"{"sec":-600,"min":-3}"#, 0.0),
    );
}
