//! How every command is called by the tests that try all of them.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use store::testing::TestDatabase;

use crate::program::{example, loadlab};

/// A key for the ITN servers of nodes.
pub(crate) const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const RECEIVER: &str = "B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i";
/// Nothing here takes so long unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// How a command is called here.
pub(crate) struct Call {
    pub(crate) command: Command,
    /// What is written to its standard input.
    pub(crate) input: &'static str,
    /// Of commands that serve until they are told to stop: how to see that they do.
    pub(crate) serves: Option<Serves>,
    /// The exit code.
    pub(crate) code: i32,
}

/// How to see that a command serves.
pub(crate) enum Serves {
    /// They listen here.
    Port(u16),
    /// They have written this file.
    File(PathBuf),
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The variables with the ports of services.
const PORT_VARIABLES: [&str; 6] = [
    "UPTIME_BACKEND_PORT",
    "LOG_API_PORT",
    "EXPERIMENTS_API_PORT",
    "LOG_FETCHER_PORT",
    "ORCHESTRATOR_PORT",
    "DASHBOARD_PORT",
];

/// Gives every service of a command another port than that of a lab on this machine.
pub(crate) fn on_free_ports(command: &mut Command) {
    for variable in PORT_VARIABLES {
        command.env(variable, free_port().to_string());
    }
}

/// A call of the command that succeeds and prints something, as far as it can.
#[expect(clippy::too_many_lines, reason = "a table: one arm for each command")]
pub(crate) fn call(command: &str, folder: &Path, database: &TestDatabase) -> Call {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).unwrap();
        path(name)
    };
    let config = write(
        "config.json",
        &format!(r#"{{"key":"{KEY}","onlineURL":"http://127.0.0.1:1/"}}"#),
    );
    let key = write("key", "");
    let port = free_port();
    let (mut input, mut serves, mut code) = ("", None, 0);
    let mut serve = |arguments: &[&str]| {
        serves = Some(Serves::Port(port));
        let port = port.to_string();
        let mut all: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        all.extend(["--port".to_owned(), port]);
        all
    };
    let words =
        |arguments: &[&str]| -> Vec<String> { arguments.iter().map(ToString::to_string).collect() };
    let example = example();
    let example = example.to_str().unwrap();
    let arguments = match command {
        "trace import" => words(&[example, "--node", "n"]),
        "trace export" => words(&["0", "--format", "otlp"]),
        "trace show" => words(&["0"]),
        "log-api" | "experiments-api" | "dashboard" => serve(&[]),
        "log-fetcher" | "log-fetcher discovery" | "log-fetcher node-address-port" => serve(&[
            "--online-url",
            "http://127.0.0.1:1/",
            "-k",
            &write("itn-key", KEY),
        ]),
        "uptime-backend" => serve(&["--whitelist-file", &write("whitelist", RECEIVER)]),
        "orchestrator" => serve(&["--config", &config]),
        "experiment plan" => {
            let setup = format!(
                r#"{{"experiment_name":"x","payment_receiver":"{RECEIVER}","priv_keys":["{key}"]}}"#
            );
            words(&[&write("setup.json", &setup)])
        }
        "experiment kill" => words(&["--config", &config]),
        "script generate" => words(&["-rounds", "1", "-payment-receiver", RECEIVER, &key]),
        "script run" => {
            // Ends without waiting when nobody reads the outputs.
            input = r#"{"action":"sample","params":{"group":["a"],"ratios":[1]}}"#;
            words(&[&config])
        }
        "simnet" => {
            serves = Some(Serves::Port(port));
            words(&["--nodes", "1", "--status-port", &port.to_string()])
        }
        "simnet mina" => words(&["--network", &path("none"), "--", "version"]),
        "simnet record" => words(&["--nodes", "2", "--out", &path("recorded")]),
        "experiment list" | "deployment list" | "token list" | "audit" | "db migrate"
        | "db url" | "config show" | "config reference" | "version" => Vec::new(),
        // No service runs on ports of its own, so nothing is wrong.
        "doctor" | "archive list" => words(&[]),
        "completions" => words(&["bash"]),
        "man" => words(&[&path("man")]),
        // No lab is there: they say so.
        "experiment run" | "cycle" => {
            code = 1;
            let setup = write("setup.json", r#"{"experiment_name":"x"}"#);
            words(&["--lab", "http://127.0.0.9", &setup])
        }
        "experiment watch" | "experiment cancel" | "deployment new" | "tracing freeze"
        | "tracing unfreeze" | "tracing reset" | "tracing cleanup" | "tracing status" => {
            code = 1;
            words(&["--lab", "http://127.0.0.9"])
        }
        "init" => words(&[&path("loadlab.toml")]),
        "experiment status" => words(&["x"]),
        "experiment report" => {
            code = 1;
            words(&["x"])
        }
        "experiment compare" => {
            code = 1;
            words(&["x", "y"])
        }
        "trace diff" => {
            code = 1;
            words(&["3Nx", "3Ny"])
        }
        "deployment drop" => words(&["1"]),
        "export" => words(&["--format", "csv", "--to", &path("exported")]),
        "archive run" | "archive verify" | "archive restore" | "archive drop" => {
            // Deployment 7 is not there.
            code = 1;
            words(&["7", "--to", &format!("file://{}", path("archived"))])
        }
        "db role-reader" => {
            // A role belongs to the whole server: one that may do more is refused.
            code = 1;
            words(&[url::Url::parse(database.url()).unwrap().username()])
        }
        "token new" => words(&["one", "--role", "viewer"]),
        "token revoke" => {
            code = 1;
            words(&["nobody"])
        }
        // The tests' server has no such extension.
        "db distribute" => {
            code = 1;
            words(&["--by", "deployment"])
        }
        "db psql" => words(&["--", "-c", "SELECT generate_series(1, 100000)"]),
        "db dump" => words(&["-"]),
        // What these do takes a server of their own: they say why they cannot.
        "db restore" => {
            code = 1;
            words(&["/nowhere"])
        }
        "db upgrade" => {
            code = 1;
            Vec::new()
        }
        // Standard input is closed from the beginning.
        "db run" => words(&["--until-stdin-closes"]),
        "up" => {
            serves = Some(Serves::File(folder.join("data/simnet/network.json")));
            words(&["--simnet", "2", "--free-ports"])
        }
        "demo" => words(&[example, "--exit"]),
        other => panic!("say here how `{other}` is called"),
    };
    // The flags of the log fetcher stand before the words that say which nodes.
    let (command, last) = match command.split_once(' ') {
        Some(("log-fetcher", "node-address-port")) => (
            "log-fetcher",
            words(&["node-address-port", "127.0.0.1", "-p", "1"]),
        ),
        Some(("log-fetcher", last)) => ("log-fetcher", words(&[last])),
        _ => (command, Vec::new()),
    };
    let mut process = loadlab(command.split(' '));
    if command == "doctor" {
        on_free_ports(&mut process);
    }
    process
        .args(arguments)
        .args(last)
        .env("DATABASE_URL", database.url())
        .env("LOADLAB_DATA_DIR", folder.join("data"))
        // So that something is always logged.
        .env("LOADLAB_LOG", "debug");
    Call {
        command: process,
        input,
        serves,
        code,
    }
}

/// Waits until a command serves.
pub(crate) fn wait_until_it_serves(name: &str, process: &mut Child, serves: &Serves) {
    let begun = Instant::now();
    let is_ready = || match serves {
        Serves::Port(port) => TcpStream::connect(("127.0.0.1", *port)).is_ok(),
        Serves::File(path) => path.exists(),
    };
    while !is_ready() {
        if let Some(status) = process.try_wait().unwrap() {
            panic!("`{name}` ended before it served: {status}");
        }
        assert!(begun.elapsed() < PATIENCE, "`{name}` does not serve");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A service that listens on a port, ended with the test.
pub(crate) struct Service {
    process: Child,
    /// `http://…`, without a path.
    pub(crate) address: String,
}

impl Service {
    /// Starts it; what it says goes to the file `log` in `folder`.
    pub(crate) fn start(command: &str, folder: &Path, database: &TestDatabase) -> Self {
        Self::at(command, folder, database, database.url())
    }

    /// The same with another way to the database.
    pub(crate) fn at(command: &str, folder: &Path, database: &TestDatabase, url: &str) -> Self {
        let mut call = call(command, folder, database);
        let log = std::fs::File::create(folder.join("log")).unwrap();
        call.command.env("LOADLAB_LOG", "warn");
        call.command.env("DATABASE_URL", url);
        let started = call.command.stdout(Stdio::null()).stderr(log).spawn();
        let Some(Serves::Port(port)) = call.serves else {
            panic!("{command} has no port");
        };
        let mut service = Self {
            process: started.unwrap(),
            address: format!("http://127.0.0.1:{port}"),
        };
        wait_until_it_serves(command, &mut service.process, &Serves::Port(port));
        service
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Already gone, usually.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
