//! A run whose process is killed at a write to its journal, before it and after it, each of them,
//! on a simulated network: what the nodes did in truth is the same in the end as without an
//! interruption.
//!
//! A node that has funded accounts does not report their keys again, so a crash that lasts longer than
//! a funding loses them (and ends the run). A crash here lasts minutes of the network, and longer on
//! a busy machine. Therefore the only node that produces blocks is started when the keys are safe:
//! until then no funding can be over.
//!
//! Compared are not counts of transactions alone, in which a second start could hide, but every run
//! that a scheduler of a node began, which is one for each request that the node executed; with it
//! what it is (payments, zkApp commands, accounts), of which round and batch, and how it ended. The
//! number of transactions is compared where it follows from what was asked: of payments that ran
//! until their time was over. A load that a client stops, or that continues, has made as many as fitted
//! into the time until then, and zkApp commands wait for blocks.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use simnet::{Fault, Role, SchedulerRun, Topology};
use store::experiment_runs::{RequestStatus, RunView};
use store::testing::TestDatabase;

use crate::lab::{PATIENCE, mina_executable, write_executable};
use crate::postgres_proxy::Side;
use crate::process::Process;
use crate::simnet_lab::{Shape, SimnetLab};

/// Runs at the same time, each in a database of its own: most of the time they wait.
const TOGETHER: usize = 6;

/// Nodes that are told to do something. The first one funds. One more produces blocks.
const NODES: usize = 3;

/// How fast network and orchestrator go. A node gives a funding up after an hour of the network.
const SCALE: u32 = 120;

/// After this many seconds of network time every command to a node has had its effect: a
/// daemon stops after 10 s and starts again after 30 s, and a scheduler looks every 10 s whether it
/// is to stop.
const SETTLED_SEC: i64 = 60;

/// Accounts of each command that makes some.
const ACCOUNTS: usize = 6;

/// What is run.
#[derive(Debug, Clone, Copy)]
struct Scenario {
    is_newest: bool,
    script: fn(&SimnetLab) -> String,
    /// Whether it makes accounts.
    funds: bool,
    /// How the run ends.
    status: &'static str,
    /// What its error says; nothing if it has none.
    error: &'static str,
    /// What the database has of it besides: `{name}` is the run.
    traces: &'static str,
}

/// Every kind of step that has effects; the run ends well. The payments of the first round are over
/// before the next step: within a minute each of three nodes makes one in ten seconds.
fn whole(lab: &SimnetLab) -> String {
    let fund = |directory: &str, key: &str| {
        let key = lab.path(&format!("net/keys/{key}"));
        format!(
            r#"{{"action":"fund-keys","params":{{"amount":60000000000,"fee":1000000000,"prefix":"./{directory}/key","num":{ACCOUNTS},"privkeys":["{key}"]}}}}"#
        )
    };
    let payments = |round: u32, minutes: u32| {
        format!(
            r#"{{"action":"payments","params":{{"experimentName":"crash-{round}","round":{round},"tps":0.33,"minTps":0.1,"durationMin":{minutes},"maxFee":2,"minFee":1,"amount":1,"receiver":"{}","feePayers":{{"type":"output","step":3,"name":"key"}},"nodes":{{"type":"output","step":2,"name":"participant"}}}}}}"#,
            lab.public_key("plain2")
        )
    };
    [
        r#""begin""#.to_owned(),
        fund("a", "plain1"),
        fund("b", "plain2"),
        r#"{"action":"discovery","params":{"noBPs":true}}"#.to_owned(),
        r#"{"action":"load-keys","params":{"dir":"./a"}}"#.to_owned(),
        r#"{"action":"load-keys","params":{"dir":"./b"}}"#.to_owned(),
        // A moment for the accounts to get to all nodes.
        r#"{"action":"wait","params":{"sec":20}}"#.to_owned(),
        payments(0, 1),
        r#"{"action":"zkapp-txs","params":{"experimentName":"crash-0","round":0,"tps":0.33,"minTps":0.1,"durationMin":6000,"maxFee":2,"minFee":1,"gap":10,"maxBalanceChange":1000,"deploymentFee":1,"feePayers":{"type":"output","step":4,"name":"key"},"nodes":{"type":"output","step":2,"name":"participant"}}}"#.to_owned(),
        r#"{"action":"sample","params":{"group":{"type":"output","step":2,"name":"participant"},"ratios":[0.4]}}"#.to_owned(),
        r#"{"action":"isolate","params":{"nodes":{"type":"output","step":-1,"name":"group1"}}}"#.to_owned(),
        r#"{"action":"wait","params":{"sec":75}}"#.to_owned(),
        r#"{"action":"stop","params":{"receipts":{"type":"output","step":7,"name":"receipt"}}}"#.to_owned(),
        r#"{"action":"reset-gating","params":{"nodes":{"type":"output","step":2,"name":"participant"},"addRandomPeers":1}}"#.to_owned(),
        payments(1, 6000),
        r#"{"action":"stop-daemon","params":{"nodes":{"type":"output","step":8,"name":"group1"}}}"#.to_owned(),
    ]
    .join("\n")
}

/// A run that fails while transactions are scheduled and a node is isolated.
fn failing(lab: &SimnetLab) -> String {
    [
        r#"{"action":"discovery","params":{"noBPs":true}}"#.to_owned(),
        format!(r#"{{"action":"load-keys","params":{{"dir":"{}"}}}}"#, lab.path("pool")),
        format!(
            r#"{{"action":"payments","params":{{"experimentName":"crash-0","round":0,"tps":0.33,"minTps":0.1,"durationMin":6000,"maxFee":2,"minFee":1,"amount":1,"receiver":"{}","feePayers":{{"type":"output","step":-1,"name":"key"}},"nodes":{{"type":"output","step":-2,"name":"participant"}}}}}}"#,
            lab.public_key("plain2")
        ),
        r#"{"action":"sample","params":{"group":{"type":"output","step":0,"name":"participant"},"ratios":[0.4]}}"#.to_owned(),
        r#"{"action":"isolate","params":{"nodes":{"type":"output","step":-1,"name":"group1"}}}"#.to_owned(),
        r#"{"action":"restart","params":{"nodes":["nowhere:1"]}}"#.to_owned(),
    ]
    .join("\n")
}

/// A run that waits for hours while transactions are scheduled and a node is isolated.
fn waiting(lab: &SimnetLab) -> String {
    failing(lab).replace(
        r#"{"action":"restart","params":{"nodes":["nowhere:1"]}}"#,
        r#"{"action":"wait","params":{"min":600}}"#,
    )
}

/// Of one payment of the run it is known that the ledger refused it, and the setup wants an end then.
const REFUSED_BY_THE_LEDGER: &str = r#"
    UPDATE experiment_state SET setup_json = '{"Thresholds": ["failed == 0"], "AbortOnFail": true}'
     WHERE name = '{name}';
    INSERT INTO deployment (deployment_id, metadata_json) VALUES (1, '{}') ON CONFLICT DO NOTHING;
    WITH session AS (
        INSERT INTO loadlab.session (deployment_id, node_name, kind, lines, opened_at)
        VALUES (1, '{name}', 'node', 9, now()) RETURNING session_id)
    INSERT INTO loadlab.session_minute (session_id, minute, entries)
    SELECT session_id, date_trunc('minute', now()) + n * interval '1 minute', 1
      FROM session, generate_series(-1, 1) AS n;
    INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
    VALUES ('{name}', 1, 'payment', '{name}-0-0-1', now());
    INSERT INTO block_txs (hash, deployment_id, type, memo, block_received, result, failure_reason)
    VALUES ('{name}', 1, 'payment', '{name}-0-0-1', now(), 'Failed', 'Overflow');"#;

/// What a node did in truth, funding excepted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct NodeVisible {
    /// Kind, round and batch, and how it ended; and transactions if they follow from that.
    runs: Vec<(&'static str, String, &'static str, Option<u64>)>,
    /// Ends of its process.
    stops: u32,
    is_isolated: bool,
}

/// What a run came to, in a form that does not depend on the order of concurrent requests: which
/// node is which follows from the order in which they answered at discovery.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Visible {
    nodes: Vec<NodeVisible>,
    /// How each request for accounts ended.
    fundings: Vec<&'static str>,
    /// Calls of the mina executable.
    calls: Vec<String>,
}

impl Visible {
    /// What there is when everything has had its effect.
    async fn at(lab: &SimnetLab) -> Self {
        let simnet = &lab.simnet;
        let settled = simnet.network_truth().now_unix_ms + SETTLED_SEC * 1_000;
        let settling = async {
            while simnet.network_truth().now_unix_ms < settled {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, settling).await.unwrap();
        let runs = simnet.scheduler_runs();
        let fundings = runs.iter().flatten().filter(|run| run.kind == "accounts");
        let calls = std::fs::read_to_string(lab.path("calls")).unwrap_or_default();
        let mut visible = Self {
            fundings: fundings.map(|run| run.state).collect(),
            calls: sorted(calls.lines().map(str::to_owned)),
            nodes: simnet
                .truth()
                .into_iter()
                .zip(&runs)
                .take(NODES)
                .map(|(node, runs)| NodeVisible {
                    runs: told(runs),
                    stops: node.runs - u32::from(node.info.is_running),
                    is_isolated: node.is_isolated,
                })
                .collect(),
        };
        visible.nodes.sort();
        visible
    }

    /// Takes for stopped what the script would have stopped if anybody knew the handle.
    fn stop_unknown(&mut self, unknown: &BTreeSet<String>) {
        for (kind, memo, state, _) in self.nodes.iter_mut().flat_map(|node| &mut node.runs) {
            if *kind == "zkapps" && unknown.contains(memo) {
                *state = "stopped";
            }
        }
        self.nodes.sort();
    }
}

fn sorted<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.collect();
    values.sort();
    values
}

fn told(runs: &[SchedulerRun]) -> Vec<(&'static str, String, &'static str, Option<u64>)> {
    let told = runs.iter().filter(|run| run.kind != "accounts").map(|run| {
        let is_known = run.kind == "payments" && run.state == "done";
        let transactions = is_known.then_some(run.transactions);
        (run.kind, run.memo_prefix.clone(), run.state, transactions)
    });
    sorted(told)
}

/// A network with what a run of the scenario needs.
async fn lab(database: &Arc<TestDatabase>, scenario: Scenario) -> SimnetLab {
    let mut topology = Topology::nodes(NODES + 1);
    // One producer: where two make a block each for the same slot, nodes may have different
    // ledgers for a while, and refuse.
    for node in &mut topology.nodes[..NODES] {
        node.role = Role::Plain;
    }
    topology.slot_seconds = 20.0;
    topology.funded_accounts = 2 + 2 * ACCOUNTS;
    let shape = Shape {
        topology,
        time_scale: SCALE,
        newest_schema: scenario.is_newest,
    };
    let mut lab = SimnetLab::with(Arc::clone(database), shape).await;
    // Keys of funded accounts, for what needs some without making them.
    std::fs::create_dir(lab.path("pool")).unwrap();
    for number in 0..2 * ACCOUNTS {
        let key = lab.path(&format!("net/keys/plain{}", 3 + number));
        std::fs::copy(key, lab.path(&format!("pool/key-{number}"))).unwrap();
    }
    if scenario.is_newest {
        lab.fund_by_node();
    } else {
        lab.config["minaExec"] = funding_executable(lab.folder.path()).into();
        lab.config["allowUnverifiedMinaExec"] = true.into();
    }
    lab
}

/// A mina executable that gives out the keys of the folder `pool`, others for each prefix, and
/// counts its calls in the file `calls`.
fn funding_executable(folder: &Path) -> String {
    let path = folder.join("mina");
    let folder = folder.display();
    let text = mina_executable(&format!(
        r#"name=${{prefix#{folder}/}}
echo "$name" >> '{folder}/calls'
case "$name" in ./a/*|a/*) first=0;; *) first=6;; esac
index=0
while [ $index -lt $number ]; do
  cp '{folder}/pool'/key-$((first + index)) "$prefix-$index"
  index=$((index + 1))
done"#
    ));
    write_executable(&path, &text);
    path.display().to_string()
}

/// A run whose process is killed at this write, and taken up by the next one. Whether it came to
/// that write.
async fn killed_at(
    database: &Arc<TestDatabase>,
    scenario: Scenario,
    stop: Option<(usize, Side)>,
) -> (RunView, Visible, bool) {
    let lab = lab(database, scenario).await;
    let producer = lab.simnet.nodes()[NODES].name.clone();
    lab.simnet.fault(&producer, Fault::Stop).await.unwrap();
    let producing = async {
        produce_blocks(&lab, scenario, &producer).await;
        std::future::pending::<()>().await;
    };
    let ended = tokio::select! {
        ended = run_killed_at(&lab, scenario, stop) => ended,
        () = producing => unreachable!(),
    };
    lab.simnet.stop().await;
    ended
}

/// Lets there be blocks, as soon as no key can be lost any more.
async fn produce_blocks(lab: &SimnetLab, scenario: Scenario, producer: &str) {
    let has_keys = |directory: &str| {
        let last = lab.path(&format!("{directory}/key-0-{}", ACCOUNTS - 1));
        Path::new(&last).is_file()
    };
    while scenario.funds && !(has_keys("a") && has_keys("b")) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    lab.simnet.fault(producer, Fault::Start).await.unwrap();
}

async fn run_killed_at(
    lab: &SimnetLab,
    scenario: Scenario,
    stop: Option<(usize, Side)>,
) -> (RunView, Visible, bool) {
    let database = &lab.database;
    let name = stop.map_or_else(
        || "crash".to_owned(),
        |(at, side)| format!("crash-{at}-{side:?}"),
    );
    lab.admit(&name, &(scenario.script)(lab)).await;
    let traces = scenario.traces.replace("{name}", &name);
    database.execute(&traces).await.unwrap();
    // Renewed by nobody at the time of the crash.
    let mut config = lab.config();
    config.lease_ttl = PATIENCE;
    // What is due is found when a process begins and when its run has ended.
    config.poll = Duration::from_secs(1);
    let has_stopped = Process::killed_at_and_followed(database, config, &name, stop).await;
    let run = lab.db().experiment_run(&name).await.unwrap().unwrap();
    let mut visible = Visible::at(lab).await;
    if !scenario.is_newest {
        visible.stop_unknown(&unknown(lab, &name).await);
    }
    (run, visible, has_stopped)
}

/// Memo prefixes of the zkApp commands whose handle nobody knows: older nodes choose handles
/// themselves, and what one has started while nobody had its answer runs until its time is over.
async fn unknown(lab: &SimnetLab, name: &str) -> BTreeSet<String> {
    let journal = lab.db().read_journal(name).await.unwrap().unwrap();
    let rows = journal.requests.into_iter().filter(|row| {
        row.kind == "zkapps"
            && row.outcome == Some(RequestStatus::Unconfirmed)
            && row.handle.is_none()
    });
    rows.map(|row| format!("crash-{}-{}", row.round.unwrap_or(0), row.request))
        .collect()
}

/// Kills at every write. Their number differs a little from run to run, as answers that come
/// together are written together: one after the other is tried, until no run gets there any more.
async fn check(scenario: Scenario, expect: impl Fn(&Visible)) {
    let mut databases = Vec::new();
    for _ in 0..TOGETHER {
        databases.push(Arc::new(TestDatabase::create().await.unwrap()));
    }
    let (run, expected, _) = killed_at(&databases[0], scenario, None).await;
    assert_eq!(
        run.summary.status.as_str(),
        scenario.status,
        "{:?}",
        run.errors
    );
    assert!(has_error(&run, scenario), "{:?}", run.errors);
    expect(&expected);
    let (next, missed) = (AtomicUsize::new(1), AtomicUsize::new(0));
    let work = databases.iter().map(async |database| {
        // Not one run alone: it may just have had few writes.
        while missed.load(Ordering::SeqCst) < 2 {
            let at = next.fetch_add(1, Ordering::SeqCst);
            for side in [Side::BeforeWrite, Side::AfterWrite] {
                let stop = Some((at, side));
                let (run, visible, has_stopped) = killed_at(database, scenario, stop).await;
                let place = format!("{side:?} {at}, newest: {}", scenario.is_newest);
                let (status, logs) = (run.summary.status.as_str(), &run.logs);
                assert_eq!(status, scenario.status, "{place}: {:?}", run.errors);
                assert!(has_error(&run, scenario), "{place}: {:?}", run.errors);
                assert_eq!(visible, expected, "{place}: {logs:#?}");
                missed.fetch_add(usize::from(!has_stopped), Ordering::SeqCst);
            }
        }
    });
    futures_util::future::join_all(work).await;
    assert!(next.load(Ordering::SeqCst) > 20);
}

/// Everything that was started is stopped.
fn expect_stopped(visible: &Visible) {
    for node in &visible.nodes {
        let states: Vec<&str> = node.runs.iter().map(|run| run.2).collect();
        assert_eq!(states, ["stopped"], "{visible:#?}");
        assert!(!node.is_isolated, "{visible:#?}");
    }
}

/// Whether the run has the error that it should have, and no other.
fn has_error(run: &RunView, scenario: Scenario) -> bool {
    let mut errors = run.errors.iter();
    run.errors.is_empty() == scenario.error.is_empty()
        && errors.all(|error| error.contains(scenario.error))
}

/// Each start once at each of three nodes, and what became of it.
fn expect_whole(visible: &Visible) {
    let mut running = 0;
    for node in &visible.nodes {
        let kinds: Vec<_> = node
            .runs
            .iter()
            .map(|(kind, _, state, _)| (*kind, *state))
            .collect();
        let last = if node.stops == 0 { "running" } else { "lost" };
        let expected = [
            ("payments", "done"),
            ("payments", last),
            ("zkapps", "stopped"),
        ];
        assert_eq!(kinds, expected, "{visible:#?}");
        assert_eq!(node.runs[0].3, Some(7), "{visible:#?}");
        assert!(!node.is_isolated, "{visible:#?}");
        running += 1 - node.stops;
    }
    assert_eq!((visible.nodes.len(), running), (NODES, 2), "{visible:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_write_newest_nodes_see_nothing_of_it() {
    let scenario = Scenario {
        is_newest: true,
        script: whole,
        funds: true,
        status: "success",
        error: "",
        traces: "",
    };
    check(scenario, |visible| {
        expect_whole(visible);
        assert_eq!(visible.fundings, ["done", "done"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_write_older_nodes_see_nothing_of_it() {
    let scenario = Scenario {
        is_newest: false,
        script: whole,
        funds: true,
        status: "success",
        error: "",
        traces: "",
    };
    check(scenario, |visible| {
        expect_whole(visible);
        assert_eq!(visible.calls.len(), 2, "{visible:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_write_of_the_clean_up_nothing_is_left_at_nodes() {
    let scenario = Scenario {
        is_newest: true,
        script: failing,
        funds: false,
        status: "error",
        error: "no restart exec provided",
        traces: "",
    };
    check(scenario, expect_stopped).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_write_a_run_that_fails_a_threshold_ends_early_and_nothing_is_left_at_nodes()
{
    let scenario = Scenario {
        is_newest: true,
        script: waiting,
        funds: false,
        status: "error",
        error: "the run is aborted: failed == 0 does not hold in round 0",
        traces: REFUSED_BY_THE_LEDGER,
    };
    check(scenario, expect_stopped).await;
}
