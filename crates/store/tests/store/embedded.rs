//! The embedded server: life, death and inheritance.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::{Connection as _, PgConnection};
use store::embedded::{Embedded, EmbeddedError, EmbeddedOptions};
use tempfile::TempDir;

/// With this variable the test program is an owner of the folder it names.
const OWNER_FOLDER: &str = "LOADLAB_TEST_OWNER_FOLDER";

/// The programs that it runs, if not those that are found.
const OWNER_PROGRAMS: &str = "LOADLAB_TEST_OWNER_PROGRAMS";

/// Longer than any test takes unless something is broken.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    // The unprivileged user that runs the server must be able to enter.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

pub(crate) fn options(folder: &Path) -> EmbeddedOptions {
    EmbeddedOptions {
        preferred_port: 0,
        binaries: env::var_os(OWNER_PROGRAMS).map(PathBuf::from),
        ..EmbeddedOptions::new(folder.join("data"))
    }
}

pub(crate) fn start(folder: &Path) -> Embedded {
    Embedded::start(&options(folder)).unwrap()
}

fn on_server<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

pub(crate) fn execute(url: &str, sql: &str) -> Result<(), sqlx::Error> {
    on_server(async {
        let mut connection = PgConnection::connect(url).await?;
        // Safe: the text comes from a test.
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
            .execute(&mut connection)
            .await?;
        connection.close().await
    })
}

pub(crate) fn text(url: &str, sql: &'static str) -> Result<String, sqlx::Error> {
    on_server(async {
        let mut connection = PgConnection::connect(url).await?;
        sqlx::query_scalar(sql).fetch_one(&mut connection).await
    })
}

/// Waits until the query can be answered, and returns the answer.
pub(crate) fn text_within_patience(url: &str, sql: &'static str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match text(url, sql) {
            Ok(text) => return text,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// The folder of the only version.
pub(crate) fn instance(folder: &Path) -> PathBuf {
    let mut instances = fs::read_dir(folder.join("data")).unwrap();
    instances.next().unwrap().unwrap().path()
}

pub(crate) fn running_postmaster(folder: &Path) -> Option<Pid> {
    let content = fs::read_to_string(instance(folder).join("data/postmaster.pid")).ok()?;
    content.lines().next()?.parse().ok().map(Pid::from_raw)
}

fn postmaster(folder: &Path) -> Pid {
    running_postmaster(folder).expect("a server runs")
}

/// A process that owns the server in the folder, and the server's URL.
pub(crate) struct Owner {
    process: Child,
    pub(crate) url: String,
}

impl Owner {
    fn spawn(folder: &Path) -> Self {
        Self::spawn_with(folder, None)
    }

    /// One that runs these programs; without them, those that are found.
    pub(crate) fn spawn_with(folder: &Path, programs: Option<&Path>) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "embedded::owner_process", "--nocapture"])
            .env(OWNER_FOLDER, folder)
            .envs(programs.map(|programs| (OWNER_PROGRAMS, programs)))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let url = output
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.split_once("url=").map(|(_, url)| url.to_owned()))
            .expect("the owner prints its URL");
        Self { process, url }
    }

    pub(crate) fn lives(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Not a test of its own: what [`Owner`] runs.
#[test]
fn owner_process() {
    let Some(folder) = env::var_os(OWNER_FOLDER) else {
        return;
    };
    let server = start(Path::new(&folder));
    println!("\nurl={}", server.url());
    thread::sleep(PATIENCE);
}

#[test]
fn data_and_address_survive_a_restart() {
    let folder = folder();
    let server = start(folder.path());
    let url = server.url().to_owned();
    execute(&url, "CREATE TABLE kept AS SELECT 'yes' AS answer").unwrap();
    server.stop();
    assert!(execute(&url, "SELECT 1").is_err(), "the server has ended");
    let server = start(folder.path());
    assert_eq!(server.url(), url);
    assert_eq!(text(&url, "SELECT answer FROM kept").unwrap(), "yes");
}

#[test]
fn the_server_is_durable_local_and_private() {
    let folder = folder();
    let server = start(folder.path());
    let setting = |sql| text(server.url(), sql).unwrap();
    assert_eq!(setting("SHOW fsync"), "on");
    assert_eq!(setting("SHOW data_checksums"), "on");
    assert_eq!(setting("SHOW listen_addresses"), "127.0.0.1");
    assert_eq!(setting("SELECT current_database()::text"), "logs");
    let wrong_password = server.url().replace("://postgres:", "://postgres:x");
    assert!(text(&wrong_password, "SHOW fsync").is_err());
    let password = server.url().split([':', '@']).nth(2).unwrap();
    assert!(password.len() >= 32);
    assert!(!format!("{server:?}").contains(password));
    let instance = instance(folder.path());
    let mode = |name: &str| {
        fs::metadata(instance.join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("password"), 0o600);
    assert_eq!(mode("data"), 0o700);
    assert!(!instance.join("password.initdb").exists());
}

#[test]
fn a_killed_server_is_started_again_with_its_data() {
    let folder = folder();
    let server = start(folder.path());
    execute(server.url(), "CREATE TABLE kept AS SELECT 'yes' AS answer").unwrap();
    kill(postmaster(folder.path()), Signal::SIGKILL).unwrap();
    assert_eq!(
        text_within_patience(server.url(), "SELECT answer FROM kept"),
        "yes"
    );
}

#[test]
fn data_survive_the_death_of_server_and_owner() {
    let folder = folder();
    let owner = Owner::spawn(folder.path());
    execute(&owner.url, "CREATE TABLE kept AS SELECT 'yes' AS answer").unwrap();
    let server = postmaster(folder.path());
    let url = owner.url.clone();
    owner.kill();
    let _ = kill(server, Signal::SIGKILL);
    let server = start(folder.path());
    assert_eq!(server.url(), url);
    assert_eq!(text(&url, "SELECT answer FROM kept").unwrap(), "yes");
}

#[test]
fn the_server_ends_with_a_killed_owner() {
    let folder = folder();
    let owner = Owner::spawn(folder.path());
    let url = owner.url.clone();
    owner.kill();
    let deadline = Instant::now() + PATIENCE;
    while text(&url, "SELECT ''").is_ok() {
        assert!(
            Instant::now() < deadline,
            "the server has outlived its owner"
        );
        thread::sleep(Duration::from_millis(20));
    }
    let server = start(folder.path());
    assert_eq!(server.url(), url);
}

#[test]
fn a_second_process_joins_and_takes_over() {
    let folder = folder();
    let owner = Owner::spawn(folder.path());
    let guest = start(folder.path());
    assert_eq!(guest.url(), owner.url);
    execute(guest.url(), "CREATE TABLE kept AS SELECT 'yes' AS answer").unwrap();
    let first_server = postmaster(folder.path());
    owner.kill();
    let deadline = Instant::now() + PATIENCE;
    while running_postmaster(folder.path()).is_none_or(|pid| pid == first_server) {
        assert!(Instant::now() < deadline, "nobody took over");
        thread::sleep(Duration::from_millis(20));
    }
    let answer = text_within_patience(guest.url(), "SELECT answer FROM kept");
    assert_eq!(answer, "yes");
}

#[test]
fn a_guest_that_stops_leaves_the_server_running() {
    let folder = folder();
    let owner = start(folder.path());
    let guest = start(folder.path());
    guest.stop();
    assert_eq!(text(owner.url(), "SELECT 'up'").unwrap(), "up");
}

#[test]
fn a_stale_pid_file_that_names_a_stranger_is_no_obstacle() {
    let folder = folder();
    let server = start(folder.path());
    execute(server.url(), "CREATE TABLE kept AS SELECT 'yes' AS answer").unwrap();
    server.stop();
    let file = instance(folder.path()).join("data/postmaster.pid");
    // Process 1 always exists.
    fs::write(file, "1\n/data\n0\n5432\n/run\n127.0.0.1\n1 2\nready\n").unwrap();
    let server = start(folder.path());
    assert_eq!(
        text(server.url(), "SELECT answer FROM kept").unwrap(),
        "yes"
    );
}

#[test]
fn unusable_settings_are_explained() {
    let folder = folder();
    let file = folder.path().join("data");
    fs::write(&file, "").unwrap();
    let error = Embedded::start(&options(folder.path())).unwrap_err();
    assert!(matches!(error, EmbeddedError::File { .. }), "{error}");

    let error = Embedded::start(&EmbeddedOptions {
        binaries: Some(folder.path().to_owned()),
        ..options(folder.path())
    })
    .unwrap_err();
    assert!(
        matches!(error, EmbeddedError::NotAnInstallation { .. }),
        "{error}"
    );
}

#[test]
fn a_folder_that_the_servers_user_cannot_enter_is_refused() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("SKIPPED: only root runs the server as another user");
        return;
    }
    let folder = folder();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let error = Embedded::start(&options(folder.path())).unwrap_err();
    assert!(
        matches!(error, EmbeddedError::NotEnterable { .. }),
        "{error}"
    );
}
