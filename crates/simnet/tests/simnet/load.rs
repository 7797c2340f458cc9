//! The load generator as log fetchers meet it.

use simnet::{Burst, Config, Fault, Load};

use crate::shared::{client, start};

#[tokio::test]
async fn a_fetcher_reads_every_line_once_and_the_counts_agree() {
    let mut config = Config::nodes(2);
    config.itn_max_logs = 10_000;
    config.load = Some(Load {
        lines_per_second: 2_000.0,
        burst: None,
    });
    let simnet = start(config).await;
    let mut client = client(&simnet, 1);
    let uuid = client.auth().await.unwrap().server_uuid;
    let mut next = 1_u64;
    while next < 2_000 {
        let logs = client.internal_logs(uuid, next).await.unwrap();
        for log in logs.iter() {
            assert_eq!(log.id(), next);
            log.entry().expect("an entry that tracers understand");
            next += 1;
        }
        client.flush_internal_logs(uuid, next - 1).await.unwrap();
    }
    let counts = simnet.truth()[1].log;
    assert_eq!(counts.flushed, next - 1);
    assert_eq!(counts.dropped, 0);
    assert_eq!(counts.generated, counts.flushed + counts.queued);
    simnet.stop().await;
}

#[tokio::test]
async fn a_burst_overflows_the_queue_and_the_loss_is_counted() {
    let mut config = Config::nodes(1);
    config.load = Some(Load {
        lines_per_second: 12.5,
        burst: Some(Burst {
            entries: 3_000,
            every_seconds: 3_600.0,
        }),
    });
    let simnet = start(config).await;
    simnet.fault("node-0", Fault::Burst(3_000)).await.unwrap();
    let mut client = client(&simnet, 0);
    let uuid = client.auth().await.unwrap().server_uuid;
    let logs = client.internal_logs(uuid, 0).await.unwrap();
    let first = logs.first_id().unwrap();
    assert_eq!(logs.len(), 500);
    assert!(first > 2_000, "{first}");
    let counts = simnet.truth()[0].log;
    assert!(counts.dropped >= first - 1);
    assert_eq!(counts.generated, counts.dropped + counts.queued);
    simnet.stop().await;
}

#[tokio::test]
async fn the_log_of_a_simulated_node_overflows_and_counts_as_well() {
    let mut config = Config::nodes(1);
    config.time_scale = 100;
    let simnet = start(config).await;
    simnet.fault("node-0", Fault::Burst(3_000)).await.unwrap();
    let counts = simnet.truth()[0].log;
    assert!(counts.generated >= 3_000);
    assert_eq!(counts.queued, 500);
    assert_eq!(counts.generated, counts.dropped + counts.queued);
    simnet.stop().await;
}
