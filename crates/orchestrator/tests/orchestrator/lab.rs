//! A network, a database and an orchestrator between them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use mina::{KeyFile, PasswordCost, PrivateKey};
use orchestrator::{CommandedNetwork, Config};
use serde_json::{Value, json};
use store::Database;
use store::experiment_runs::{Admission, NewRun, RunChoice, RunSummary, RunView};
use store::testing::TestDatabase;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::network::TestNetwork;

/// How fast time passes.
pub(crate) const TIME_SCALE: f64 = 600.0;
/// Longer than any test should take.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Lab {
    pub(crate) network: TestNetwork,
    pub(crate) database: TestDatabase,
    pub(crate) folder: TempDir,
    more: String,
}

/// An orchestrator that runs.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), orchestrator::ServeError>>,
}

impl Service {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap().unwrap();
    }
}

/// Writes a file that can be executed.
pub(crate) fn write_executable(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(path, mode).unwrap();
}

/// A mina executable that reports its version, or else reads `prefix`, `number` and `daemon` off its
/// arguments and does this.
pub(crate) fn mina_executable(then: &str) -> String {
    format!(
        r#"#!/bin/sh
if [ "$1" = --version ]; then echo 'Mina 1 (commit 83b4654000000000000000000000000000000000)'; exit 0; fi
while [ $# -gt 0 ]; do
  case "$1" in --key-prefix) prefix=$2;; --num-accounts) number=$2;; --daemon-port) daemon=$2;; esac
  shift
done
{then}
"#
    )
}

/// Takes a run of a script in, as the generator would.
pub(crate) async fn admit(database: &Database, name: &str, script: &str) {
    let run = NewRun {
        name,
        setup: &json!({}),
        script,
        seed: Some(42),
        rounds: &json!([]),
        sealed_webhook: None,
        queue: false,
    };
    let admission = database.admit_experiment(&run).await.unwrap();
    assert_eq!(admission, Admission::Started);
}

/// What a step of a run has put out under a name.
pub(crate) async fn outputs(
    database: &Database,
    name: &str,
    step: u32,
    output: &str,
) -> Vec<Value> {
    let journal = database.read_journal(name).await.unwrap().unwrap();
    let rows = journal.outputs.into_iter();
    rows.filter(|row| row.step == step && row.output == output)
        .map(|row| row.value)
        .collect()
}

pub(crate) fn cheap() -> PasswordCost {
    PasswordCost::new(1 << 20, 1).unwrap()
}

impl Lab {
    pub(crate) async fn new(nodes: usize, is_newest: bool) -> Self {
        let network = TestNetwork::start(nodes, is_newest).await;
        let more = if is_newest {
            format!(r#","fundItnNodes":["{}"]"#, network.nodes[0].address)
        } else {
            String::new()
        };
        let lab = Self {
            network,
            database: TestDatabase::create().await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
            more,
        };
        lab.write_key("plain1", 1);
        lab
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write_key(&self, name: &str, number: u8) {
        let key = PrivateKey::from_uniform_bytes(&[number; 64]).unwrap();
        let file = KeyFile::encrypt(&key, b"", [1; 16], [2; 24], cheap()).unwrap();
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, file.to_json()).unwrap();
    }

    /// A mina executable that gives out the keys of the folder `pool`, others at each call, counts
    /// its calls in the file `calls`, and takes a moment for it.
    pub(crate) fn mina_executable(&self) -> String {
        let (pool, calls) = (self.text("pool"), self.text("calls"));
        let text = mina_executable(&format!(
            r#"echo "$prefix" >> '{calls}'
call=$(wc -l < '{calls}')
sleep 0.2
index=0
while [ $index -lt $number ]; do
  cp '{pool}'/$call-$index "$prefix-$index"
  index=$((index + 1))
done
"#
        ));
        self.write_executable("mina", &text);
        self.text("mina")
    }

    pub(crate) fn write_executable(&self, name: &str, text: &str) {
        write_executable(&self.path(name), text);
    }

    pub(crate) fn set_more(&mut self, more: String) {
        self.more = more;
    }

    pub(crate) fn config(&self) -> Config {
        let network = CommandedNetwork::from_json(&self.network.config(&self.more)).unwrap();
        let mut config = Config::new(network);
        config.time_scale = TIME_SCALE;
        config.key_file_cost = cheap();
        config.lease_ttl = Duration::from_secs(3);
        config.poll = Duration::from_millis(50);
        config
    }

    pub(crate) fn db(&self) -> &Database {
        self.database.database()
    }

    /// All runs that the database knows.
    pub(crate) async fn runs(&self) -> Vec<RunSummary> {
        let all = RunChoice::default();
        self.db().experiment_runs(&all, 10).await.unwrap()
    }

    pub(crate) async fn start(&self) -> Service {
        self.start_with(self.config()).await
    }

    pub(crate) async fn start_with(&self, config: Config) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let serving = orchestrator::serve(config, self.db().clone(), listener, shutdown.clone());
        Service {
            address,
            shutdown,
            task: tokio::spawn(serving),
        }
    }

    pub(crate) async fn admit(&self, name: &str, script: &str) {
        admit(self.db(), name, script).await;
    }

    /// Runs a script to its end in a service.
    pub(crate) async fn run_to_end(&self, name: &str, script: &str) -> RunView {
        self.admit(name, script).await;
        let service = self.start().await;
        let run = self.ended(name).await;
        service.stop().await;
        run
    }

    pub(crate) async fn outputs(&self, name: &str, step: u32, output: &str) -> Vec<Value> {
        outputs(self.db(), name, step, output).await
    }

    /// Waits until the run has ended.
    pub(crate) async fn ended(&self, name: &str) -> RunView {
        self.until(name, |run| run.summary.ended_at.is_some()).await
    }

    /// Waits until the run is as it should be, for as long as it gets on: how fast that is depends on
    /// what else the machine does.
    pub(crate) async fn until(&self, name: &str, is_right: impl Fn(&RunView) -> bool) -> RunView {
        let (mut step, mut since) = (None, Instant::now());
        loop {
            let run = self.db().experiment_run(name).await.unwrap();
            if let Some(run) = run.as_ref().filter(|run| is_right(run)) {
                return run.clone();
            }
            let now = run.as_ref().map(|run| run.summary.step);
            if step != now {
                (step, since) = (now, Instant::now());
            }
            assert!(
                since.elapsed() < PATIENCE,
                "the run never gets there: {run:#?}"
            );
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }

    /// A setup for the service, with these changes.
    #[expect(clippy::needless_pass_by_value, reason = "callers write it in place")]
    pub(crate) fn setup(&self, name: &str, changes: Value) -> Value {
        let mut setup = json!({
            "experiment_name": name,
            "priv_keys": [self.text("plain1")],
            "fund_key_prefix": self.text("fund_keys"),
            "rounds": 1, "round_duration_min": 1, "pause_min": 0, "gap": 10,
            "stops_per_round": 1, "base_tps": 0.1, "stress_tps": 0.1, "min_tps": 0.01,
            "generate_fund_keys": 2, "privkeys_per_fund_cmd": 1, "zkapp_ratio": 0.5,
            "max_stop_ratio": 0.5,
        });
        let members = setup.as_object_mut().unwrap();
        for (name, value) in changes.as_object().unwrap() {
            members.insert(name.clone(), value.clone());
        }
        setup
    }
}

/// One client for all requests: making one takes longer than most requests.
fn client() -> &'static reqwest::Client {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        // Tests have runtimes of their own, with which their connections end.
        let builder = service::proxy::direct().pool_max_idle_per_host(0);
        builder.no_proxy().build().unwrap()
    })
}

/// Posts JSON; status and body.
pub(crate) async fn post(url: &str, body: &Value) -> (u16, String) {
    let request = client().post(url).json(body);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Gets; status and body.
pub(crate) async fn get(url: &str) -> (u16, String) {
    let response = client().get(url).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}
