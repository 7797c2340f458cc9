//! What is left at nodes when a run has ended: how often they are tried, and what is given up.

use std::time::Duration;

use mina::PrivateKey;
use serde_json::json;
use store::experiment_runs::RequestRow;

use crate::lab::{Lab, PATIENCE};
use crate::network::Behaviour;
use crate::postgres_proxy::Side;
use crate::process::{Process, ended, expire_lease};

/// Payments on all nodes, and then a wait that does not end.
fn script(lab: &Lab) -> String {
    for number in 1..=3 {
        lab.write_key(&format!("payers/key-0-{number}"), number);
    }
    let receiver = PrivateKey::from_uniform_bytes(&[1; 64]).unwrap();
    let payments = json!({"action": "payments", "params": {
        "experimentName": "x-0", "tps": 0.35, "minTps": 0.1, "durationMin": 6000, "maxFee": 2,
        "minFee": 1, "amount": 1, "receiver": receiver.public_key().to_string(),
        "feePayers": {"type": "output", "step": 1, "name": "key"},
        "nodes": {"type": "output", "step": 0, "name": "participant"},
    }});
    let keys = json!({"action": "load-keys", "params": {"dir": lab.text("payers")}});
    let wait = json!({"action": "wait", "params": {"min": 6000}});
    format!("{{\"action\":\"discovery\"}}\n{keys}\n{payments}\n{wait}")
}

async fn requests(lab: &Lab, name: &str) -> Vec<RequestRow> {
    lab.db().read_journal(name).await.unwrap().unwrap().requests
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_away_is_tried_ever_more_rarely() {
    let lab = Lab::new(3, true).await;
    lab.admit("x", &script(&lab)).await;
    // It looks twenty times a second what is due.
    let service = lab.start().await;
    lab.until("x", |run| run.summary.step_name == "wait").await;
    lab.network.behave(0, Behaviour::Status(503));
    lab.db().request_cancel(None).await.unwrap();
    lab.ended("x").await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let rows = requests(&lab, "x").await;
    let left: Vec<&RequestRow> = rows.iter().filter(|row| row.undone_at.is_none()).collect();
    assert_eq!(left.len(), 1, "{rows:?}");
    let attempts = left[0].undo_attempts;
    assert!((2..=4).contains(&attempts), "{attempts}");
    // It is back, and no later than the pause is long it is undone.
    lab.network.behave(0, Behaviour::Well);
    let undone = async {
        while lab.network.running() > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, undone).await.unwrap();
    service.stop().await;
}

/// Older nodes choose handles themselves. Nobody can stop what one has executed without an answer, so
/// that is not tried again; what one has not executed is prevented.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_older_node_did_not_execute_is_prevented_and_the_rest_is_not_tried_again() {
    let lab = Lab::new(3, false).await;
    let script = script(&lab);
    for at in 1.. {
        let name = format!("x-{at}");
        lab.admit(&name, &script).await;
        for node in &lab.network.nodes {
            let mut effects = node.effects.lock().unwrap();
            effects.payers.clear();
            effects.started.clear();
        }
        let mut config = lab.config();
        config.lease_ttl = PATIENCE;
        let process =
            Process::start_until(&lab.database, config, Some((at, Side::AfterWrite))).await;
        tokio::select! {
            () = process.proxy.stopped() => {}
            _ = lab.until(&name, |run| run.summary.step_name == "wait") => {
                assert!(at > 6, "{at}");
                break;
            }
        }
        process.kill();
        expire_lease(&lab.database).await;
        lab.db().request_cancel(Some(&name)).await.unwrap();
        let process = Process::start(&lab.database, lab.config()).await;
        ended(lab.db(), &name).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        for row in requests(&lab, &name).await {
            let mut nodes = lab.network.nodes.iter();
            let node = nodes.find(|node| node.address.to_string() == row.node);
            let was_started = !node.unwrap().effects.lock().unwrap().started.is_empty();
            if row.outcome.is_some() || !was_started {
                assert!(row.undone_at.is_some(), "write {at}: {row:?}");
            } else {
                assert!(row.undone_at.is_none(), "write {at}: {row:?}");
                let error = row.undo_error.as_deref().unwrap_or_default();
                assert!(error.starts_with("its handle is not known"), "{error}");
                assert!(row.undo_attempts <= 2, "write {at}: {row:?}");
            }
        }
        process.kill();
        expire_lease(&lab.database).await;
        lab.network.nodes.iter().for_each(|node| node.end_load());
    }
}
