//! An orchestrator is paused for longer than its lease lasts, another one finishes its run, and the
//! first one wakes: it sends nothing any more, to nobody.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::post;
use experiment::action::Kind;
use mina::PrivateKey;
use serde_json::{Value, json};

use crate::funding;
use crate::lab::{Lab, PATIENCE, admit};
use crate::network::serve;
use crate::postgres_proxy::Side;
use crate::process::{Process, ended, expire_lease};

/// How long the lease lasts.
const LEASE: Duration = Duration::from_secs(2);
/// How long a process that has woken is watched: it finds out at once that it was asleep.
const WATCHED: Duration = Duration::from_secs(1);
/// Labs in which processes are paused at the same time: most of the time they wait.
const TOGETHER: usize = 6;

/// Actions that send nothing to anybody.
const SILENT: [Kind; 7] = [
    Kind::LoadKeys,
    Kind::Wait,
    Kind::Join,
    Kind::Sample,
    Kind::Except,
    Kind::AllocateSlots,
    Kind::SlotsCoveredCheck,
];

/// Something outside of the process that is asked to do something.
type Asked = Arc<Mutex<Vec<String>>>;

/// A public GraphQL whose accounts are rich and which takes every payment.
async fn public_graphql(asked: Asked) -> String {
    let answer = async move |axum::Json(body): axum::Json<Value>| {
        let query = body["query"].as_str().unwrap().to_owned();
        let is_balance = query.starts_with("query");
        asked.lock().unwrap().push(query);
        axum::Json(if is_balance {
            json!({ "data": { "a0": { "balance": { "total": "12000000000" } } } })
        } else {
            json!({ "data": {} })
        })
    };
    let address = serve(Router::new().route("/graphql", post(answer))).await;
    address.to_string()
}

/// A network, executables and a public GraphQL, with all that they were asked.
struct Scene {
    lab: Lab,
    rotation: Asked,
    server: String,
}

impl Scene {
    async fn new() -> Self {
        let mut lab = Lab::new(3, true).await;
        for number in 1..=3 {
            lab.write_key(&format!("payers/key-0-{number}"), number);
            lab.write_key(&format!("others/key-0-{number}"), number + 10);
        }
        let (control, calls) = (lab.text("control"), lab.text("calls"));
        lab.write_executable("control", &format!("#!/bin/sh\necho \"$@\" >> '{calls}'\n"));
        let funds = lab.network.nodes[0].address;
        lab.set_more(format!(
            r#","fundItnNodes":["{funds}"],"controlExec":"{control}""#
        ));
        let rotation = Asked::default();
        let server = public_graphql(Arc::clone(&rotation)).await;
        Self {
            lab,
            rotation,
            server,
        }
    }

    /// Every action that sends a request.
    fn script(&self, name: &str) -> String {
        let lab = &self.lab;
        let text = |name: &str| lab.text(name);
        let all = json!({"type": "output", "step": 1, "name": "participant"});
        let key = |number| {
            let key = PrivateKey::from_uniform_bytes(&[number; 64]).unwrap();
            key.public_key().to_string()
        };
        let load = json!({
            "experimentName": format!("{name}-0"), "tps": 0.3, "minTps": 0.1, "durationMin": 6000,
            "maxFee": 2, "minFee": 1, "nodes": all,
        });
        let with = |mut params: Value, more: Value| {
            let members = more.as_object().unwrap().clone();
            params.as_object_mut().unwrap().extend(members);
            params
        };
        let steps = [
            (
                "fund-keys",
                json!({"amount": 4_000_000_000_u64, "fee": 1, "num": 2,
                    "prefix": text(&format!("new-{name}/key")), "privkeys": [text("plain1")]}),
            ),
            ("discovery", json!({})),
            ("preflight", json!({ "nodes": all })),
            ("load-keys", json!({ "dir": text("payers") })),
            ("load-keys", json!({ "dir": text("others") })),
            (
                "payments",
                with(
                    load.clone(),
                    json!({"amount": 1, "receiver": key(1),
                        "feePayers": {"type": "output", "step": 3, "name": "key"}}),
                ),
            ),
            (
                "zkapp-txs",
                with(
                    load,
                    json!({"gap": 10, "maxBalanceChange": 1000, "deploymentFee": 1,
                        "feePayers": {"type": "output", "step": 4, "name": "key"}}),
                ),
            ),
            (
                "stop",
                json!({"receipts": {"type": "output", "step": 5, "name": "receipt"}}),
            ),
            ("stop-all-scheduled", json!({ "nodes": all })),
            ("set-zkapp-soft-limit", json!({ "nodes": all, "limit": 24 })),
            ("slots-won", json!({ "nodes": all })),
            ("isolate", json!({ "nodes": all })),
            ("reset-gating", json!({ "nodes": all, "addRandomPeers": 1 })),
            (
                "rotate-balance",
                json!({"pubkeys": [key(1), key(2)], "servers": [self.server, self.server],
                    "ratio": 0.3, "mapping": [1, 0]}),
            ),
            ("restart", json!({ "nodes": ["a:1", "b:1"] })),
            ("stop-daemon", json!({ "nodes": all })),
        ];
        for kind in Kind::ALL {
            let is_sent = steps.iter().any(|(action, _)| *action == kind.name());
            assert!(is_sent || SILENT.contains(&kind), "{kind} is not tried");
        }
        let commands = steps.map(|(action, params)| {
            let command = json!({ "action": action, "params": params });
            command.to_string()
        });
        commands.join("\n")
    }

    /// All that anybody was asked.
    fn asked(&self) -> Vec<String> {
        let nodes = self.lab.network.nodes.iter().enumerate();
        let mut asked: Vec<String> = nodes
            .flat_map(|(node, of)| {
                let executed = of.executed.lock().unwrap().clone();
                let text = move |(name, variables)| format!("node {node}: {name} {variables}");
                executed.into_iter().map(text)
            })
            .collect();
        asked.extend(self.rotation.lock().unwrap().iter().cloned());
        asked.extend(calls(&self.lab));
        asked
    }

    /// What a run has left at nodes is over when the next one begins.
    fn end_run(&self) {
        for node in &self.lab.network.nodes {
            node.end_load();
            node.effects.lock().unwrap().payers.clear();
        }
    }

    /// Pauses a process at this write, lets another one finish the run, and wakes the first one.
    /// Whether it came to that write.
    async fn check(&self, at: usize) -> bool {
        let (lab, name) = (&self.lab, format!("paused-{at}"));
        lab.admit(&name, &self.script(&name)).await;
        let stop = Some((at, Side::AfterWrite));
        let first = Process::start_until(&lab.database, config(lab), stop).await;
        tokio::select! {
            () = first.proxy.stopped() => {}
            _ = ended(lab.db(), &name) => {
                first.kill();
                return false;
            }
        }
        first.pause().await;
        let paused = Instant::now();
        expire_lease(&lab.database).await;
        let second = Process::start(&lab.database, config(lab)).await;
        let run = ended(lab.db(), &name).await;
        assert_eq!(
            run.summary.status.as_str(),
            "success",
            "{at}: {:?}",
            run.errors
        );
        tokio::time::sleep(LEASE.saturating_sub(paused.elapsed())).await;
        let asked = self.asked();
        first.wake();
        tokio::time::sleep(WATCHED).await;
        let later = self.asked();
        let more: Vec<&String> = later.iter().filter(|one| !asked.contains(one)).collect();
        assert_eq!(later.len(), asked.len(), "write {at}: {more:?}");
        let state = lab.db().experiment_run(&name).await.unwrap().unwrap();
        assert_eq!(state.logs, run.logs, "{at}");
        first.kill();
        second.kill();
        expire_lease(&lab.database).await;
        self.end_run();
        true
    }
}

fn config(lab: &Lab) -> orchestrator::Config {
    let mut config = lab.config();
    config.lease_ttl = LEASE;
    config
}

fn calls(lab: &Lab) -> Vec<String> {
    funding::calls(lab)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paused_after_any_write_a_process_sends_nothing_when_it_wakes() {
    let (next, missed) = (AtomicUsize::new(1), AtomicUsize::new(0));
    let work = (0..TOGETHER).map(async |_| {
        let scene = Scene::new().await;
        // Not one run alone: answers that come together are written together.
        while missed.load(Ordering::SeqCst) < 2 {
            let at = next.fetch_add(1, Ordering::SeqCst);
            if !scene.check(at).await {
                missed.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    futures_util::future::join_all(work).await;
    assert!(next.load(Ordering::SeqCst) > 40, "{next:?}");
}

/// Nodes without handles of ours answer slowly, so requests wait for permits, and some are on their
/// way, when the process is paused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paused_while_a_wave_is_sent_no_node_begins_twice() {
    const NODES: usize = 8;
    let lab = Lab::new(NODES, false).await;
    for number in 1..=NODES {
        let number = u8::try_from(number).unwrap();
        lab.write_key(&format!("payers/key-0-{number}"), number);
    }
    let receiver = PrivateKey::from_uniform_bytes(&[1; 64]).unwrap();
    let payments = json!({"action": "payments", "params": {
        "experimentName": "x-0", "tps": 0.8, "minTps": 0.1, "durationMin": 6000, "maxFee": 2,
        "minFee": 1, "amount": 1, "receiver": receiver.public_key().to_string(),
        "feePayers": {"type": "output", "step": 1, "name": "key"},
        "nodes": {"type": "output", "step": 0, "name": "participant"},
    }});
    let keys = json!({"action": "load-keys", "params": {"dir": lab.text("payers")}});
    let script = format!("{{\"action\":\"discovery\"}}\n{keys}\n{payments}");
    admit(lab.db(), "x", &script).await;
    let config = || {
        let mut config = config(&lab);
        config.concurrency = 2;
        config
    };
    let first = Process::start(&lab.database, config()).await;
    let started = || {
        let effects = lab.network.effects();
        effects.iter().map(|one| one.started.len()).sum::<usize>()
    };
    lab.until("x", |run| run.summary.step == 2).await;
    for node in &lab.network.nodes {
        *node.delay.lock().unwrap() = Duration::from_millis(300);
    }
    // The first node is asked alone, so the others are written down by then.
    let begin = Instant::now();
    while started() < 2 {
        assert!(begin.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    first.pause().await;
    let paused = Instant::now();
    expire_lease(&lab.database).await;
    let second = Process::start(&lab.database, config()).await;
    let run = ended(lab.db(), "x").await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    tokio::time::sleep(LEASE.saturating_sub(paused.elapsed())).await;
    assert_eq!(started(), NODES);
    first.wake();
    tokio::time::sleep(WATCHED + Duration::from_secs(1)).await;
    let effects = lab.network.effects();
    let all: Vec<usize> = effects.iter().map(|one| one.started.len()).collect();
    assert_eq!(all, [1; NODES]);
    first.kill();
    second.kill();
}

/// A process that was paused right before it calls the mina executable does not call it when it
/// wakes: the one that has the run now does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paused_before_an_executable_is_called_it_is_called_once() {
    let pays = r#"here=$(dirname "$0")
for number in 0 1 2 3; do cp "$here/plain1" "$prefix-$number"; done"#;
    let lab = funding::lab("[]", pays).await;
    for at in 1.. {
        let name = format!("x-{at}");
        let _ = std::fs::remove_file(lab.path("calls"));
        let _ = std::fs::remove_dir_all(lab.path("new"));
        lab.admit(&name, &funding::fund(&lab, &name)).await;
        let stop = Some((at, Side::AfterWrite));
        let first = Process::start_until(&lab.database, config(&lab), stop).await;
        tokio::select! {
            () = first.proxy.stopped() => {}
            _ = ended(lab.db(), &name) => {
                assert!(at > 3, "{at}");
                break;
            }
        }
        first.pause().await;
        expire_lease(&lab.database).await;
        let second = Process::start(&lab.database, config(&lab)).await;
        tokio::time::sleep(LEASE).await;
        // The second one may be waiting for the first one's lock.
        first.wake();
        let run = ended(lab.db(), &name).await;
        assert_eq!(
            run.summary.status.as_str(),
            "success",
            "{at}: {:?}",
            run.errors
        );
        tokio::time::sleep(WATCHED).await;
        assert_eq!(calls(&lab).len(), 1, "write {at}");
        first.kill();
        second.kill();
        expire_lease(&lab.database).await;
    }
}
