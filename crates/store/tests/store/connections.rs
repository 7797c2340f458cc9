//! Ways to a server: several hosts, other forms of text, poolers.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use store::testing::TestDatabase;
use store::{ConnectOptions, Database, ForClients, StoreError, for_clients};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Longer than any test takes unless something is broken.
const PATIENCE: Duration = Duration::from_mins(1);

/// The parts of the URL of a test's database.
struct Parts {
    user: String,
    password: String,
    port: u16,
    database: String,
}

/// The text of a test's server, which has no special characters.
fn parts(test: &TestDatabase) -> Parts {
    let ForClients { text, password } = for_clients(test.url()).unwrap();
    let value = |name: &str| {
        let (_, after) = text.split_once(&format!("{name}='")).unwrap();
        after.split_once('\'').unwrap().0.to_owned()
    };
    Parts {
        user: value("user"),
        password: password.unwrap(),
        port: value("port").parse().unwrap(),
        database: value("dbname"),
    }
}

impl Parts {
    fn login(&self) -> String {
        let Self {
            user,
            password,
            database,
            ..
        } = self;
        format!("user={user} password={password} dbname={database}")
    }
}

async fn connect(text: &str) -> Result<Database, StoreError> {
    Database::connect(text, &ConnectOptions::for_writing()).await
}

/// A way to the server that can be cut.
struct Way {
    port: u16,
    accepting: JoinHandle<()>,
}

impl Way {
    async fn to(port: u16) -> Self {
        Self::from("127.0.0.1:0", port).await.unwrap()
    }

    /// # Errors
    /// This machine has no such address.
    async fn from(address: &str, port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let own_port = listener.local_addr().unwrap().port();
        let accepting = tokio::spawn(async move {
            // Ends with this task.
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                connections.spawn(async move {
                    let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
        Ok(Self {
            port: own_port,
            accepting,
        })
    }

    fn cut(self) {
        self.accepting.abort();
    }
}

#[tokio::test]
async fn both_forms_of_text_lead_to_the_database() {
    let test = TestDatabase::create().await.unwrap();
    let parts = parts(&test);
    let database = connect(&format!(
        "host=127.0.0.1 port={} {}",
        parts.port,
        parts.login()
    ))
    .await
    .unwrap();
    database.require_migrated().await.unwrap();
}

#[tokio::test]
async fn an_ipv6_address_leads_to_the_database_in_both_forms() {
    let test = TestDatabase::create().await.unwrap();
    let parts = parts(&test);
    let Ok(way) = Way::from("[::1]:0", parts.port).await else {
        eprintln!("SKIPPED: this machine has no IPv6");
        return;
    };
    let (user, password, database) = (&parts.user, &parts.password, &parts.database);
    for text in [
        format!("host=::1 port={} {}", way.port, parts.login()),
        format!("postgres://{user}:{password}@[::1]:{}/{database}", way.port),
    ] {
        let database = connect(&text).await.unwrap();
        database.require_migrated().await.unwrap();
        database.close().await;
    }
}

#[tokio::test]
async fn of_several_hosts_the_first_that_will_do_is_used() {
    let test = TestDatabase::create().await.unwrap();
    let parts = parts(&test);
    // Nobody listens on port 1.
    let two = format!(
        "host=127.0.0.1,127.0.0.1 port=1,{} {}",
        parts.port,
        parts.login()
    );
    connect(&two)
        .await
        .unwrap()
        .require_migrated()
        .await
        .unwrap();
    for kind in ["any", "read-write", "primary", "prefer-standby"] {
        let text = format!("{two} target_session_attrs={kind}");
        connect(&text).await.unwrap().ping().await.unwrap();
    }
    for kind in ["read-only", "standby"] {
        let error = connect(&format!("{two} target_session_attrs={kind}"))
            .await
            .unwrap_err();
        let StoreError::NoServer { reasons } = &error else {
            panic!("{error}");
        };
        assert!(reasons.contains("127.0.0.1:1: cannot reach"), "{reasons}");
        assert!(reasons.contains("target_session_attrs"), "{reasons}");
        assert!(!format!("{error:?}").contains(&parts.password));
    }
}

#[tokio::test]
async fn another_host_is_used_when_the_first_is_gone() {
    let test = TestDatabase::create().await.unwrap();
    let parts = parts(&test);
    let (first, second) = (Way::to(parts.port).await, Way::to(parts.port).await);
    let text = format!(
        "host=127.0.0.1 hostaddr=127.0.0.1,127.0.0.1 port={},{} target_session_attrs=read-write {}",
        first.port,
        second.port,
        parts.login()
    );
    let database = connect(&text).await.unwrap();
    database.ping().await.unwrap();
    first.cut();
    let begun = Instant::now();
    while database.ping().await.is_err() {
        assert!(begun.elapsed() < PATIENCE, "the second host is not used");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    database.require_migrated().await.unwrap();
    database.close().await;
}

/// A running `PgBouncer`.
struct Pooler {
    process: Child,
    port: u16,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Pooler {
    /// None where it is not installed.
    #[expect(clippy::print_stderr, reason = "a skipped test must say so")]
    fn start(folder: &Path, parts: &Parts, settings: &str) -> Option<Self> {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        drop(taken);
        let configuration = folder.join("pgbouncer.ini");
        let text = format!(
            "[databases]\nlogs = host=127.0.0.1 port={} user={} password={} dbname={}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\n{settings}\n",
            parts.port, parts.user, parts.password, parts.database
        );
        std::fs::write(&configuration, text).unwrap();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder, open).unwrap();
        let mut command = Command::new("pgbouncer");
        if nix::unistd::geteuid().is_root() {
            command.args(["-u", "nobody"]);
        }
        let process = command
            .arg(&configuration)
            // Debian keeps it outside of the path of users.
            .env(
                "PATH",
                format!("{}:/usr/sbin", std::env::var("PATH").unwrap()),
            )
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        if let Ok(process) = process {
            Some(Self { process, port })
        } else {
            eprintln!("SKIPPED: pgbouncer is not installed");
            None
        }
    }

    async fn connect(&self) -> Result<Database, StoreError> {
        let text = format!("postgres://anybody@127.0.0.1:{}/logs", self.port);
        let begun = Instant::now();
        loop {
            match connect(&text).await {
                Err(StoreError::Unreachable { .. }) if begun.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                other => return other,
            }
        }
    }
}

#[tokio::test]
async fn a_pooler_that_gives_sessions_is_no_obstacle() {
    let ignoring = "ignore_startup_parameters = extra_float_digits,options";
    for settings in ["", ignoring, "default_pool_size = 4"] {
        let test = TestDatabase::create_empty().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let settings = format!("pool_mode = session\n{settings}");
        let Some(pooler) = Pooler::start(folder.path(), &parts(&test), &settings) else {
            return;
        };
        let database = pooler.connect().await.unwrap();
        database.migrate().await.unwrap();
        database.require_migrated().await.unwrap();
        database.ping().await.unwrap();
        database.close().await;
    }
}

#[tokio::test]
async fn a_pooler_that_shares_sessions_is_refused_with_what_is_needed() {
    let ignoring = "ignore_startup_parameters = extra_float_digits,options";
    for mode in ["transaction", "statement"] {
        for settings in ["", ignoring] {
            let test = TestDatabase::create().await.unwrap();
            let folder = tempfile::tempdir().unwrap();
            let settings = format!("pool_mode = {mode}\n{settings}");
            let Some(pooler) = Pooler::start(folder.path(), &parts(&test), &settings) else {
                return;
            };
            let error = pooler.connect().await.unwrap_err();
            assert!(
                matches!(error, StoreError::SharedSessions),
                "{mode}: {error}"
            );
            assert!(
                error.to_string().contains("pool_mode to session"),
                "{error}"
            );
        }
    }
}
