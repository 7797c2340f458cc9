//! A run whose process is killed at a write to its journal, before or after it, each of them: the
//! nodes see the same in the end as without an interruption.

use std::time::Duration;

use futures_util::StreamExt as _;
use store::experiment_runs::RunView;
use store::{ConnectOptions, Database};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::lab::Lab;
use crate::network::Effects;
use crate::postgres_proxy::{Proxy, Side};

/// How often processes look at the database for what others ask for.
const LOOK: Duration = Duration::from_millis(500);
/// Cases at the same time.
const TOGETHER: usize = 3;

/// A script with every kind of step that has effects.
fn script(lab: &Lab) -> String {
    let (key, folder) = (lab.text("plain1"), lab.text("keys"));
    let fund = |directory: &str| {
        format!(
            r#"{{"action":"fund-keys","params":{{"amount":6000000000,"fee":1000000000,"prefix":"{folder}/{directory}/key","num":6,"privkeys":["{key}"]}}}}"#
        )
    };
    [
        r#""begin""#.to_owned(),
        fund("a"),
        fund("b"),
        r#"{"action":"discovery","params":{}}"#.to_owned(),
        format!(r#"{{"action":"load-keys","params":{{"dir":"{folder}/a"}}}}"#),
        format!(r#"{{"action":"load-keys","params":{{"dir":"{folder}/b"}}}}"#),
        r#"{"action":"payments","params":{"experimentName":"crash-0","tps":0.31,"minTps":0.1,"durationMin":6000,"maxFee":2,"minFee":1,"amount":1,"receiver":"B62qiy32p8kAKnny8ZFwoMhYpBppM1DWVCqAPBYNcXnsAHhnfAAuXgg","feePayers":{"type":"output","step":-2,"name":"key"},"nodes":{"type":"output","step":-3,"name":"participant"}}}"#.to_owned(),
        r#"{"action":"zkapp-txs","params":{"experimentName":"crash-0","tps":0.2,"minTps":0.1,"durationMin":6000,"maxFee":2,"minFee":1,"gap":10,"maxBalanceChange":1000,"deploymentFee":1,"feePayers":{"type":"output","step":-2,"name":"key"},"nodes":{"type":"output","step":-4,"name":"participant"}}}"#.to_owned(),
        r#"{"action":"wait","params":{"sec":30}}"#.to_owned(),
        r#"{"action":"sample","params":{"group":{"type":"output","step":2,"name":"participant"},"ratios":[0.4]}}"#.to_owned(),
        r#"{"action":"stop-daemon","params":{"nodes":{"type":"output","step":-1,"name":"group1"}}}"#.to_owned(),
        r#"{"action":"stop","params":{"receipts":{"type":"output","step":5,"name":"receipt"}}}"#.to_owned(),
    ]
    .join("\n")
}

/// What nodes saw, in a form that does not depend on the order of concurrent requests.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Visible {
    pub(crate) started: Vec<String>,
    pub(crate) stopped: Vec<String>,
    daemon_stops: u32,
    accounts: usize,
    /// Calls of the mina executable.
    fundings: usize,
}

impl Visible {
    pub(crate) fn at(lab: &Lab) -> Self {
        let effects = lab.network.effects();
        let sorted = |memos: fn(&Effects) -> &Vec<String>| {
            let mut all: Vec<String> = effects.iter().flat_map(|e| memos(e).clone()).collect();
            all.sort();
            all
        };
        let calls = std::fs::read_to_string(lab.path("calls")).unwrap_or_default();
        Self {
            started: sorted(|effects| &effects.started),
            stopped: sorted(|effects| &effects.stopped),
            daemon_stops: effects.iter().map(|e| e.daemon_stops).sum(),
            accounts: effects.iter().map(|e| e.accounts).sum(),
            fundings: calls.lines().count(),
        }
    }
}

/// One process with connections of its own. It lives until it is killed.
pub(crate) struct Process {
    pub(crate) proxy: Proxy,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Process {
    /// Starts it; the world stops for it at the commit with this number.
    pub(crate) async fn start(
        lab: &Lab,
        config: orchestrator::Config,
        at: usize,
        side: Side,
    ) -> Self {
        Self::behind(lab.database.url(), config, at, side).await
    }

    /// Starts one for which the world does not stop.
    pub(crate) async fn start_at(url: &str, config: orchestrator::Config) -> Self {
        Self::behind(url, config, usize::MAX, Side::AfterCommit).await
    }

    async fn behind(url: &str, config: orchestrator::Config, at: usize, side: Side) -> Self {
        let proxy = Proxy::start(&server(url), at, side).await;
        let url = through(url, &proxy);
        let mut options = ConnectOptions::for_writing();
        options.application_name = config.holder().to_string();
        // A runtime of its own, so that everything in it ends at once.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.spawn(async move {
            let database = Database::connect(&url, &options).await.unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            orchestrator::serve(config, database, listener, CancellationToken::new()).await;
        });
        Self {
            proxy,
            runtime: Some(runtime),
        }
    }

    /// First the database: what a runtime still does while it ends, a killed process does not.
    pub(crate) fn kill(mut self) {
        self.proxy.cut();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn through(url: &str, proxy: &Proxy) -> String {
    let (before, after) = url.rsplit_once('@').unwrap();
    let (_, path) = after.split_once('/').unwrap();
    format!("{before}@{}/{path}", proxy.address)
}

fn server(url: &str) -> String {
    let (_, after) = url.rsplit_once('@').unwrap();
    after.split_once('/').unwrap().0.to_owned()
}

/// A network with what a run of the script needs.
async fn lab(is_newest: bool) -> Lab {
    let mut lab = Lab::new(5, is_newest).await;
    if !is_newest {
        for number in 0..6 {
            lab.write_key(&format!("pool/1-{number}"), 10 + number);
            lab.write_key(&format!("pool/2-{number}"), 20 + number);
        }
        let executable = lab.mina_executable();
        lab.set_more(format!(
            r#","minaExec":"{executable}","allowUnverifiedMinaExec":true"#
        ));
    }
    lab.admit("crash", &script(&lab)).await;
    lab
}

/// A run whose process is killed at this commit, and taken up by the next one.
async fn killed_at(is_newest: bool, at: usize, side: Side) -> (Lab, RunView) {
    let lab = lab(is_newest).await;
    let mut config = lab.config();
    config.lease_ttl = Duration::from_secs(20);
    config.poll = LOOK;
    let process = Process::start(&lab, config, at, side).await;
    tokio::select! {
        () = process.proxy.stopped() => {}
        _ = lab.ended("crash") => {}
    }
    process.kill();
    // As if its lease had run out: nothing else tells that a process is gone.
    let expire = "UPDATE loadlab.lease SET expires_at = clock_timestamp()";
    lab.database.execute(expire).await.unwrap();
    let mut config = lab.config();
    config.poll = LOOK;
    let process = Process::start(&lab, config, usize::MAX, Side::AfterCommit).await;
    let run = lab.ended("crash").await;
    process.kill();
    (lab, run)
}

async fn undisturbed(is_newest: bool) -> (Visible, usize) {
    let lab = lab(is_newest).await;
    let process = Process::start(&lab, lab.config(), usize::MAX, Side::AfterCommit).await;
    let run = lab.ended("crash").await;
    let commits = process.proxy.commits();
    process.kill();
    assert_eq!(
        run.summary.status, "success",
        "{:?} {:?}",
        run.errors, run.warnings
    );
    let seen = Visible::at(&lab);
    assert_eq!(seen.started.len(), 5, "{seen:?}");
    assert_eq!(seen.stopped.len(), 3, "{seen:?}");
    assert_eq!(seen.daemon_stops, 2, "{seen:?}");
    assert!(commits > 15, "{commits}");
    (seen, commits)
}

/// Kills at every commit: before the odd and after the even ones, or the other way round.
async fn check(is_newest: bool, before_odd: bool) {
    let (expected, commits) = undisturbed(is_newest).await;
    let mut cases = futures_util::stream::iter(1..=commits)
        .map(|at| async move {
            let side = if (at % 2 == 1) == before_odd {
                Side::BeforeCommit
            } else {
                Side::AfterCommit
            };
            (at, side, killed_at(is_newest, at, side).await)
        })
        .buffer_unordered(TOGETHER);
    while let Some((at, side, (lab, run))) = cases.next().await {
        let place = format!("commit {at} of {commits}, {side:?}, newest: {is_newest}");
        assert_eq!(run.summary.status, "success", "{place}: {:?}", run.errors);
        let mut seen = Visible::at(&lab);
        if !is_newest {
            seen.stopped.extend(unknown_at_older_nodes(&lab).await);
            seen.stopped.sort();
        }
        assert_eq!(seen, expected, "{place}");
    }
}

/// Of what an older node has started while nobody had its answer, nobody knows the handle, so that
/// it runs until its time is over.
async fn unknown_at_older_nodes(lab: &Lab) -> Vec<String> {
    let journal = lab.db().read_journal("crash").await.unwrap().unwrap();
    let unknown = journal.requests.iter().filter(|row| {
        row.kind == "payments"
            && row.outcome.as_deref() == Some("unconfirmed")
            && row.handle.is_none()
    });
    unknown
        .map(|row| format!("crash-0-{}", row.request))
        .collect()
}

// Each side of each write is tried, with newest nodes or with older ones: both with both would take
// twice as long, and the sides differ little.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_write_newest_nodes_see_nothing_of_it() {
    check(true, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_write_older_nodes_see_nothing_of_it() {
    check(false, false).await;
}
