//! Every shell and SQL example of the README and of the documentation does what it says, against all
//! services beside a simulated network.
//!
//! A block whose fence says ```` ```sh ```` or ```` ```sql ```` is run as it stands, in the order of
//! the documents; only ports and the addresses of machines become those of the lab. A block that
//! cannot be run says why in its fence: `no-run: needs two machines`. Where a test of its own runs
//! the same, the fence names it: `see loadlab/name_of_the_test`. The command lines of such blocks are
//! read by the program all the same.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use store::testing::TestDatabase;

use crate::calls::KEY;
use crate::monitoring::dashboard_queries;
use crate::program::{Said, example, loadlab};
use crate::up::{Up, get, until};

/// Documents that others run, and who.
const RUN_ELSEWHERE: [&str; 1] = ["compose.md"]; // `cargo xtask test-compose`

/// How long a block is tried again that fails because something has not come yet.
const EARLY: Duration = Duration::from_mins(1);

/// Languages of blocks that are no commands.
const NO_COMMANDS: [&str; 6] = ["", "console", "json", "rust", "text", "toml"];

/// A block of a document.
#[derive(Debug)]
struct Block {
    /// `README.md:7`.
    place: String,
    language: String,
    /// Why it is not run.
    reason: Option<String>,
    text: String,
    /// The paragraph before it says that it may find nothing.
    may_be_empty: bool,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The blocks of a document, those within lists too.
fn blocks(name: &str, text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = (1..).zip(text.lines());
    let mut before = String::new();
    while let Some((number, line)) = lines.next() {
        let Some(fence) = line.trim_start().strip_prefix("```") else {
            if !line.trim().is_empty() {
                line.clone_into(&mut before);
            }
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let (language, rest) = fence.split_once(' ').unwrap_or((fence, ""));
        let inner: Vec<&str> = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| line.trim() != "```")
            .map(|line| line.get(indent..).unwrap_or_default())
            .collect();
        let place = format!("{name}:{number}");
        let reason = rest.strip_prefix("no-run: ").map(str::to_owned);
        assert!(
            rest.is_empty() || reason.is_some(),
            "{place}: `{rest}` means nothing"
        );
        blocks.push(Block {
            place,
            language: language.to_owned(),
            reason,
            text: inner.join("\n"),
            may_be_empty: before.contains("Empty when nothing is"),
        });
    }
    blocks
}

/// All blocks with commands: the guide first, because it starts the experiment.
fn documented() -> Vec<Block> {
    let mut names: Vec<String> = fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| Path::new(name).extension().is_some_and(|end| end == "md"))
        .filter(|name| !RUN_ELSEWHERE.contains(&name.as_str()))
        .collect();
    names.sort_by_key(|name| (name != "guide.md", name.clone()));
    let mut paths: Vec<String> = names
        .into_iter()
        .map(|name| format!("docs/{name}"))
        .collect();
    paths.push("README.md".to_owned());
    let mut all = Vec::new();
    for path in paths {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        all.extend(blocks(&path, &text));
    }
    all.retain(|block| !NO_COMMANDS.contains(&block.language.as_str()));
    all
}

#[test]
fn every_example_is_run_or_says_why_not() {
    let all = documented();
    assert!(all.len() > 40, "{}", all.len());
    for block in &all {
        let known = ["sh", "sql"].contains(&block.language.as_str());
        assert!(known, "{}: nothing runs `{}`", block.place, block.language);
        let says = block.reason.as_ref().is_none_or(|reason| reason.len() > 8);
        assert!(says, "{}: say why it is not run", block.place);
    }
    let run = all.iter().filter(|block| block.reason.is_none()).count();
    assert!(run > 30, "{run}");
}

#[test]
fn the_tests_that_blocks_name_are_there() {
    let mut named = 0;
    for block in documented() {
        let Some((_, test)) = block.reason.as_ref().and_then(|it| it.split_once("see ")) else {
            continue;
        };
        let (package, name) = test.split_once('/').unwrap();
        let declared = format!("fn {name}(");
        assert!(
            has_test(
                &root().join("crates").join(package).join("tests"),
                &declared
            ),
            "{}: there is no test {test}",
            block.place
        );
        named += 1;
    }
    assert!(named > 8, "{named}");
}

fn has_test(folder: &Path, declared: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return has_test(&path, declared);
        }
        fs::read_to_string(&path).is_ok_and(|text| text.contains(declared))
    })
}

#[test]
fn the_program_understands_the_commands_that_are_not_run() {
    let mut lines = 0;
    for block in documented().iter().filter(|block| block.reason.is_some()) {
        for line in block.text.lines() {
            let Some(words) = line.trim_start().strip_prefix("loadlab ") else {
                continue;
            };
            let command = words.split(['#', '|']).next().unwrap();
            let before = command
                .split_once(" -- ")
                .map_or(command, |(before, _)| before);
            // It reads all that stands before it, and does nothing.
            let mut program = loadlab(before.split_whitespace().chain(["--help"]));
            let said = Said::of(program.env("COLUMNS", "100"));
            assert_eq!(
                said.code,
                Some(0),
                "{}: `{line}`: {}",
                block.place,
                said.err
            );
            assert!(said.out.contains("Usage:"), "{line}: {}", said.out);
            lines += 1;
        }
    }
    assert!(lines > 25, "{lines}");
}

/// The lab, and the folder in which commands run.
struct Reader {
    database: String,
    folder: PathBuf,
    /// What stands in documents, and what is there in the lab.
    places: Vec<(String, String)>,
    variables: Vec<(&'static str, String)>,
}

impl Reader {
    fn new(up: &Up, database: &str, data: &Path, folder: &Path) -> Self {
        let mut places = Vec::new();
        let mut variables = vec![
            ("DATABASE_URL", database.to_owned()),
            ("LOADLAB_DATA_DIR", data.to_str().unwrap().to_owned()),
            (
                "LOADLAB_KEYS_DIR",
                data.join("simnet/keys").to_str().unwrap().to_owned(),
            ),
        ];
        for (service, port, url, port_variable) in [
            ("uptime backend", 8080, None, "UPTIME_BACKEND_PORT"),
            ("log API", 9080, None, "LOG_API_PORT"),
            (
                "experiments API",
                3003,
                Some("LOADLAB_EXPERIMENTS_API_URL"),
                "EXPERIMENTS_API_PORT",
            ),
            (
                "log fetcher",
                4000,
                Some("LOADLAB_LOG_FETCHER_URL"),
                "LOG_FETCHER_PORT",
            ),
            (
                "orchestrator",
                9090,
                Some("LOADLAB_ORCHESTRATOR_URL"),
                "ORCHESTRATOR_PORT",
            ),
            ("dashboard", 4200, None, "DASHBOARD_PORT"),
            ("simnet", 7650, None, ""),
        ] {
            let address = up.address(service);
            for host in ["localhost", "127.0.0.1"] {
                places.push((format!("http://{host}:{port}"), address.clone()));
            }
            if let Some(variable) = url {
                variables.push((variable, address.clone()));
            }
            if !port_variable.is_empty() {
                let port = address.rsplit_once(':').unwrap().1.to_owned();
                variables.push((port_variable, port));
            }
        }
        // The public GraphQL of the third node.
        let network = fs::read_to_string(data.join("simnet/network.json")).unwrap();
        let network: Value = serde_json::from_str(&network).unwrap();
        let node = &network["nodes"][2];
        places.push((
            "http://127.0.0.1:3102".to_owned(),
            format!("http://{}", node["public_graphql"].as_str().unwrap()),
        ));
        Self {
            database: database.to_owned(),
            folder: folder.to_owned(),
            places,
            variables,
        }
    }

    /// What commands find in their folder: the program, a curl that fails where a service refuses,
    /// and the files that documents speak of.
    fn prepare(&self) {
        let programs = self.folder.join("bin");
        fs::create_dir(&programs).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_loadlab"), programs.join("loadlab"))
            .unwrap();
        let curl = programs.join("curl");
        let script = "#!/bin/sh\nPATH=${PATH#*:}\nexec curl --fail-with-body --silent --show-error --max-time 120 \"$@\"\n";
        fs::write(&curl, script).unwrap();
        fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink(root().join("crates"), self.folder.join("crates")).unwrap();
        let output = self.folder.join("output/node-1");
        fs::create_dir_all(&output).unwrap();
        fs::copy(example(), output.join("internal-trace.jsonl")).unwrap();
    }

    fn shell(&self, block: &Block) {
        let mut text = block.text.clone();
        for (documented, real) in &self.places {
            text = text.replace(documented, real);
        }
        let path = std::env::var("PATH").unwrap();
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", &text])
            .current_dir(&self.folder)
            .env(
                "PATH",
                format!("{}:{path}", self.folder.join("bin").display()),
            )
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        // A reader may be early: an experiment has nothing to report in its first seconds.
        let begun = Instant::now();
        loop {
            let said = Said::of(&mut bash);
            if said.code == Some(0) {
                return;
            }
            let (place, text, output) = (&block.place, &block.text, said.out + &said.err);
            assert!(begun.elapsed() < EARLY, "{place}:\n{text}\n{output}");
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    async fn sql(&self, block: &Block) {
        until(async || {
            let mut command = loadlab(["db", "psql", "--database-url", &self.database]);
            let arguments = ["--", "-At", "-v", "ON_ERROR_STOP=1", "-c", &block.text];
            let said = Said::of(command.args(arguments));
            assert_eq!(said.code, Some(0), "{}: {}", block.place, said.err);
            (block.may_be_empty || !said.out.trim().is_empty()).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn the_examples_of_the_documents_work_as_they_are_written() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("SKIPPED: curl is not installed");
        return;
    }
    let test = TestDatabase::create().await.unwrap();
    let data = tempfile::tempdir().unwrap();
    let work = tempfile::tempdir().unwrap();
    let up = Up::start(test.url(), data.path());
    let reader = Reader::new(&up, test.url(), data.path(), work.path());
    reader.prepare();
    // Nodes are there before anybody asks for them.
    let fetcher = up.address("log fetcher");
    until(async || {
        let (_, nodes) = get(&format!("{fetcher}/nodes")).await;
        let nodes: Vec<Value> = serde_json::from_str(&nodes).unwrap();
        (nodes.len() >= 3).then_some(())
    })
    .await;
    doctor_finds_every_node(&up, test.url(), data.path());
    for block in documented() {
        if block.reason.is_some() {
            continue;
        }
        match block.language.as_str() {
            "sh" => reader.shell(&block),
            _ => reader.sql(&block).await,
        }
    }
    the_dashboard_finds_its_metrics(&fetcher).await;
    up.end();
}

/// With the fetcher's key every node lets us in, with another one none does.
fn doctor_finds_every_node(up: &Up, database: &str, data: &Path) {
    let simnet = data.join("simnet");
    let doctor = |key: &Path| {
        let mut command = loadlab(["doctor", "--json"]);
        command
            .env("DATABASE_URL", database)
            .env("LOG_FETCHER_KEY_FILE", key)
            .env("LOG_FETCHER_ALLOW_NETWORKS", "127.0.0.0/8")
            .env("ONLINE_URL", up.address("uptime backend") + "/v1/online");
        let said = Said::of(&mut command);
        let report: Value = serde_json::from_str(&said.out).unwrap();
        let findings = report["findings"].as_array().unwrap().clone();
        let nodes = findings
            .into_iter()
            .filter(|finding| finding["check"] == "nodes");
        nodes.collect::<Vec<Value>>()
    };
    let nodes = doctor(&simnet.join("fetcher_sk"));
    assert_eq!(nodes.len(), 3, "{nodes:?}");
    assert!(nodes.iter().all(|node| node["level"] == "ok"), "{nodes:?}");
    let stranger = data.join("stranger");
    fs::write(&stranger, KEY).unwrap();
    let nodes = doctor(&stranger);
    let refused = |node: &Value| node["message"].as_str().unwrap().contains("status 401");
    assert!(nodes.len() == 3 && nodes.iter().all(refused), "{nodes:?}");
}

/// What a lab has only when something goes wrong, or when it has a past.
const NOT_IN_EVERY_LAB: [&str; 4] = [
    "log_fetcher_lost_entries_total",
    "log_fetcher_unknown_gaps_total",
    "log_fetcher_database_growth_bytes_per_day",
    "orchestrator_runs_ended_total",
];

/// Every metric of the Grafana dashboard is among the metrics of a running lab.
async fn the_dashboard_finds_its_metrics(address: &str) {
    let (_, told) = get(&format!("{address}/metrics")).await;
    let mut names = std::collections::BTreeSet::new();
    for query in dashboard_queries() {
        names.extend(crate::monitoring::metrics(&query));
    }
    names.retain(|name| !NOT_IN_EVERY_LAB.contains(&name.as_str()));
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        assert!(told.contains(&name), "the lab does not have {name}");
    }
}
