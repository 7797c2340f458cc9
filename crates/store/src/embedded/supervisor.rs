//! The thread that keeps the server running.
//!
//! It either owns the server (it holds the lock of the folder) or is a guest
//! of another process. A guest that gets the lock becomes the owner; an owner
//! whose server has ended starts it again.

use std::cell::Cell;
use std::fs::File;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;

use super::binaries::Binaries;
use super::instance::Instance;
use super::postmaster::{PidFile, Postmaster, Progress, interrupt_leftover};
use super::{DATABASE, EmbeddedError, cluster, port};
use crate::connect;
use crate::error::StoreError;

/// How long a start may take: the recovery of a large log, or the shutdown of
/// the server before.
const START_MAX: Duration = Duration::from_mins(1);

/// How often to look whether a starting server is ready.
const START_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// How often to look after a running server, and after the lock of another
/// owner: waiting for the lock itself could not be interrupted.
const WATCH_INTERVAL: Duration = Duration::from_millis(100);

/// The pause between failing attempts to start a server again.
const RESTART_PAUSE: Duration = Duration::from_secs(5);

/// Messages of a server that may start a little later: another one of the same
/// folder has not quite ended, or another program has taken the port.
const TRANSIENT: [&str; 3] = [
    "pre-existing shared memory block",
    "lock file \"postmaster.pid\" already exists",
    "could not create any TCP/IP sockets",
];

pub(super) struct Supervisor {
    binaries: Binaries,
    instance: Instance,
    preferred_port: u16,
    stop_requests: Receiver<()>,
    stopping: Cell<bool>,
}

enum Role {
    /// Another process owns the server.
    Guest,
    Owner {
        /// Before the lock: it must have ended when the lock does.
        server: Option<Postmaster>,
        _lock: File,
    },
}

/// Which port a start may use.
#[derive(Clone, Copy)]
enum PortChoice {
    Any,
    /// Clients know it already.
    Only(u16),
}

impl Supervisor {
    pub(super) fn new(
        binaries: Binaries,
        instance: Instance,
        preferred_port: u16,
        stop_requests: Receiver<()>,
    ) -> Self {
        Self {
            binaries,
            instance,
            preferred_port,
            stop_requests,
            stopping: Cell::new(false),
        }
    }

    /// Starts or joins the server, tells its URL, and keeps it running until
    /// the other end of the channel of stop requests speaks or is dropped.
    pub(super) fn run(self, started: &SyncSender<Result<String, EmbeddedError>>) {
        let (role, port, url) = match self.enter() {
            Ok(entered) => entered,
            Err(error) => {
                // Fails only if nobody waits any more.
                let _ = started.send(Err(error));
                return;
            }
        };
        if started.send(Ok(url)).is_ok() {
            self.keep(role, port);
        }
    }

    fn enter(&self) -> Result<(Role, u16, String), EmbeddedError> {
        let deadline = Instant::now() + START_MAX;
        while Instant::now() < deadline {
            if let Some(lock) = self.instance.try_lock()? {
                let (server, port) = self.launch(PortChoice::Any)?;
                let server = Some(server);
                let url = self.prepare_database(port)?;
                return Ok((
                    Role::Owner {
                        server,
                        _lock: lock,
                    },
                    port,
                    url,
                ));
            }
            if let Some(port) = self.port_of_owner() {
                match self.prepare_database(port) {
                    Ok(url) => return Ok((Role::Guest, port, url)),
                    // What was read were traces of a server that has ended.
                    Err(EmbeddedError::Database(
                        StoreError::Unreachable { .. } | StoreError::NoConnection(_),
                    )) => {}
                    Err(error) => return Err(error),
                }
            }
            if self.stops_within(START_POLL_INTERVAL) {
                break;
            }
        }
        Err(not_ready(self.instance.log_tail(0)))
    }

    /// The port of the server that another process owns, none unless ready.
    fn port_of_owner(&self) -> Option<u16> {
        let file = PidFile::read(&self.instance.data())?;
        let port = self.instance.port()?;
        (file.ready && file.port == Some(port)).then_some(port)
    }

    fn keep(&self, mut role: Role, port: u16) {
        while !self.stops_within(WATCH_INTERVAL) {
            match &mut role {
                Role::Guest => match self.instance.try_lock() {
                    Ok(Some(lock)) => {
                        tracing::info!("the owner of the embedded PostgreSQL has ended");
                        role = Role::Owner {
                            server: None,
                            _lock: lock,
                        };
                    }
                    Ok(None) => {}
                    Err(error) => tracing::warn!("cannot watch the embedded PostgreSQL: {error}"),
                },
                Role::Owner { server, .. } => {
                    if server.as_mut().is_none_or(Postmaster::has_ended) {
                        *server = self.relaunch(port);
                    }
                }
            }
        }
    }

    fn relaunch(&self, port: u16) -> Option<Postmaster> {
        tracing::warn!("starting the embedded PostgreSQL again");
        match self.launch(PortChoice::Only(port)) {
            Ok((server, _)) => Some(server),
            // The request to stop has interrupted the start.
            Err(_) if self.stopping.get() => None,
            Err(error) => {
                tracing::error!("cannot start the embedded PostgreSQL again: {error}");
                self.stops_within(RESTART_PAUSE);
                None
            }
        }
    }

    /// Starts the server and waits until it is ready. Needs the lock.
    fn launch(&self, choice: PortChoice) -> Result<(Postmaster, u16), EmbeddedError> {
        cluster::initialise(&self.binaries, &self.instance)?;
        let deadline = Instant::now() + START_MAX;
        let mut log = String::new();
        while Instant::now() < deadline && !self.stopping.get() {
            if interrupt_leftover(&self.instance.data()) {
                self.stops_within(START_POLL_INTERVAL);
                continue;
            }
            self.instance.clear_socket_folder()?;
            let port = self.port(choice)?;
            let mut server = Postmaster::spawn(&self.binaries, &self.instance, port)?;
            if self.wait_until_ready(&mut server, deadline) == Progress::Ready {
                self.instance.remember_port(port)?;
                return Ok((server, port));
            }
            log = server.log_tail(&self.instance);
            if !server.has_ended() {
                break;
            }
            if EmbeddedError::says_disk_full(&log) {
                let path = self.instance.folder().to_owned();
                return Err(EmbeddedError::DiskFull { path });
            }
            if !TRANSIENT.iter().any(|message| log.contains(message)) {
                return Err(EmbeddedError::Start { log });
            }
            self.stops_within(WATCH_INTERVAL);
        }
        Err(not_ready(log))
    }

    fn wait_until_ready(&self, server: &mut Postmaster, deadline: Instant) -> Progress {
        loop {
            let progress = server.progress(&self.instance);
            if progress != Progress::Starting
                || Instant::now() >= deadline
                || self.stops_within(START_POLL_INTERVAL)
            {
                return progress;
            }
        }
    }

    fn port(&self, choice: PortChoice) -> Result<u16, EmbeddedError> {
        match choice {
            PortChoice::Only(port) => Ok(port),
            PortChoice::Any => {
                let wanted = self
                    .instance
                    .port()
                    .into_iter()
                    .chain([self.preferred_port]);
                port::choose(wanted)
                    .map_err(|source| EmbeddedError::file(self.instance.folder(), source))
            }
        }
    }

    /// Makes the database unless it exists, and gives its URL.
    fn prepare_database(&self, port: u16) -> Result<String, EmbeddedError> {
        let password = self.instance.password()?;
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(port)
            .username(cluster::SUPERUSER)
            .password(&password)
            .database("postgres");
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(EmbeddedError::Thread)?
            .block_on(create_database(&options))
            .map_err(EmbeddedError::Database)?;
        let user = cluster::SUPERUSER;
        Ok(format!(
            "postgres://{user}:{password}@127.0.0.1:{port}/{DATABASE}"
        ))
    }

    /// Waits, and returns whether the server is to be stopped.
    fn stops_within(&self, time: Duration) -> bool {
        if !self.stopping.get() {
            let stop = match self.stop_requests.recv_timeout(time) {
                Ok(()) | Err(RecvTimeoutError::Disconnected) => true,
                Err(RecvTimeoutError::Timeout) => false,
            };
            self.stopping.set(stop);
        }
        self.stopping.get()
    }
}

fn not_ready(log: String) -> EmbeddedError {
    EmbeddedError::NotReady {
        seconds: START_MAX.as_secs(),
        log,
    }
}

async fn create_database(options: &PgConnectOptions) -> Result<(), StoreError> {
    let mut connection = connect::first_connection(options).await?;
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(DATABASE)
            .fetch_one(&mut connection)
            .await?;
    if exists {
        return Ok(());
    }
    // Safe: the name is a constant.
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {DATABASE}"));
    match sqlx::query(create).execute(&mut connection).await {
        // duplicate_database, or its race: another process was faster
        Err(sqlx::Error::Database(error))
            if matches!(error.code().as_deref(), Some("42P04" | "23505")) =>
        {
            Ok(())
        }
        result => result.map(drop).map_err(StoreError::from),
    }
}
