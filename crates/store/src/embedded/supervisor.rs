//! The thread that keeps the server running.
//!
//! It either owns the server (it holds the lock of the folder) or is a guest
//! of another process. A guest that gets the lock becomes the owner; an owner
//! whose server has ended starts it again.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::binaries::{Binaries, Identity};
use super::condition::Condition;
use super::instance::Instance;
use super::options::{DATABASE, EmbeddedOptions, HOST};
use super::postmaster::{PidFile, Postmaster, Progress, interrupt_leftover};
use super::{EmbeddedError, binaries, cluster, port};
use crate::connect;
use crate::error::StoreError;

/// How often to look whether a starting server is ready.
const START_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// How often to look after a running server, and after the lock of another
/// owner: waiting for the lock itself could not be interrupted.
const WATCH_INTERVAL: Duration = Duration::from_millis(100);

/// How often a long start is logged.
const TELL_INTERVAL: Duration = Duration::from_secs(10);

/// How long new programs must have been the same before they are run: package
/// managers replace one file after the other.
const SETTLE_TIME: Duration = Duration::from_secs(3);

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
    options: EmbeddedOptions,
    binaries: RefCell<Binaries>,
    instance: Instance,
    condition: Arc<Condition>,
    stop_requests: Receiver<()>,
    stopping: Cell<bool>,
}

enum Role {
    /// Another process owns the server.
    Guest,
    Owner {
        /// Before the lock: it must have ended when the lock does.
        server: Option<Postmaster>,
        /// What the programs have been replaced by, and since when that is so.
        replaced: Option<(Option<Identity>, Instant)>,
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
        options: EmbeddedOptions,
        binaries: Binaries,
        instance: Instance,
        condition: Arc<Condition>,
        stop_requests: Receiver<()>,
    ) -> Self {
        Self {
            options,
            binaries: RefCell::new(binaries),
            instance,
            condition,
            stop_requests,
            stopping: Cell::new(false),
        }
    }

    /// Starts or joins the server, reports its URL, and keeps it running until
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
        self.condition.runs_at(port);
        if started.send(Ok(url)).is_ok() {
            self.keep(role, port);
        }
    }

    fn enter(&self) -> Result<(Role, u16, String), EmbeddedError> {
        let mut waiting = Waiting::new(self);
        while !waiting.is_over() {
            if let Some(lock) = self.instance.try_lock()? {
                let (server, port) = self.launch(PortChoice::Any)?;
                let server = Some(server);
                let url = self.prepare_database(port)?;
                return Ok((
                    Role::Owner {
                        server,
                        replaced: None,
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
                        StoreError::Unreachable { .. }
                        | StoreError::NoConnection(_)
                        | StoreError::NotReady { .. },
                    )) => {}
                    Err(error) => return Err(error),
                }
            }
            if PidFile::read(&self.instance.data()).is_some_and(|file| file.is_starting()) {
                waiting.goes_on(|| self.instance.log_tail(0));
            }
            if self.stops_within(START_POLL_INTERVAL) {
                break;
            }
        }
        Err(self.not_ready(self.instance.log_tail(0)))
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
                            replaced: None,
                            _lock: lock,
                        };
                    }
                    Ok(None) => self.watch_as_guest(port),
                    Err(error) => tracing::warn!("cannot watch the embedded PostgreSQL: {error}"),
                },
                Role::Owner {
                    server, replaced, ..
                } => {
                    if server.as_mut().is_none_or(Postmaster::has_ended) {
                        *replaced = None;
                        *server = self.relaunch(port, "it has ended");
                    } else if self.has_other_programs(server.as_ref(), replaced) {
                        *replaced = None;
                        // The new server needs the data.
                        *server = None;
                        *server = self.relaunch(port, "its programs have been replaced");
                    }
                }
            }
        }
    }

    fn watch_as_guest(&self, port: u16) {
        if self.port_of_owner() == Some(port) {
            if self.condition.runs_at(port) {
                tracing::info!("the embedded PostgreSQL is running again");
            }
            return;
        }
        let message = "the embedded PostgreSQL is being started again by the process that owns it";
        if self.condition.is_not_ready(message.to_owned()) {
            tracing::warn!("{message}");
        }
    }

    /// Whether the programs of a running server have been replaced, as by an
    /// upgrade, and can be run by now.
    fn has_other_programs(
        &self,
        server: Option<&Postmaster>,
        replaced: &mut Option<(Option<Identity>, Instant)>,
    ) -> bool {
        let identity = self.binaries.borrow().identity();
        if server.is_none_or(|server| server.program == identity) {
            *replaced = None;
            return false;
        }
        match replaced {
            Some((known, since)) if *known == identity => {
                if identity.is_none() || since.elapsed() < SETTLE_TIME {
                    return false;
                }
                let programs = self.binaries.borrow().again();
                if programs.is_none() {
                    tracing::warn!("the new programs of PostgreSQL do not run yet");
                    *since = Instant::now();
                }
                programs.is_some()
            }
            _ => {
                *replaced = Some((identity, Instant::now()));
                if identity.is_some() {
                    let message = "the embedded PostgreSQL is about to be restarted: its programs \
                                   have been replaced";
                    tracing::warn!("{message}");
                    self.condition.is_not_ready(message.to_owned());
                } else {
                    tracing::warn!(
                        "the programs of the embedded PostgreSQL are gone: it runs on, but cannot \
                         be started again until they are back"
                    );
                }
                false
            }
        }
    }

    /// The programs to start the server with: an upgrade may have replaced or
    /// moved them.
    fn find_programs(&self) -> Result<(), EmbeddedError> {
        let known = self.binaries.borrow().clone();
        let found = if let Some(found) = known.again() {
            found
        } else {
            let found = binaries::find(self.options.binaries.as_deref(), &self.options.data_dir)?;
            if found.major != known.major {
                return Err(EmbeddedError::DataOfOtherVersion {
                    data_dir: self.options.data_dir.clone(),
                    major: known.major,
                });
            }
            found
        };
        if found.version != known.version {
            tracing::info!("PostgreSQL is {} now, was {}", found.version, known.version);
        }
        *self.binaries.borrow_mut() = found;
        Ok(())
    }

    fn relaunch(&self, port: u16, reason: &str) -> Option<Postmaster> {
        let message = format!("the embedded PostgreSQL is being started again: {reason}");
        tracing::warn!("{message}");
        self.condition.is_not_ready(message);
        match self
            .find_programs()
            .and_then(|()| self.launch(PortChoice::Only(port)))
        {
            Ok((server, _)) => {
                tracing::info!("the embedded PostgreSQL is running again");
                self.condition.runs_at(port);
                Some(server)
            }
            // The request to stop has interrupted the start.
            Err(_) if self.stopping.get() => None,
            Err(error) => {
                let message = format!("cannot start the embedded PostgreSQL again: {error}");
                tracing::error!("{message}");
                let first_line = message.lines().next().unwrap_or_default();
                self.condition.is_not_ready(first_line.to_owned());
                self.stops_within(RESTART_PAUSE);
                None
            }
        }
    }

    /// Starts the server and waits until it is ready. Needs the lock.
    fn launch(&self, choice: PortChoice) -> Result<(Postmaster, u16), EmbeddedError> {
        let binaries = self.binaries.borrow();
        cluster::initialise(&binaries, &self.instance)?;
        let mut waiting = Waiting::new(self);
        let mut log = String::new();
        while !waiting.is_over() && !self.stopping.get() {
            if interrupt_leftover(&self.instance.data()) {
                self.stops_within(START_POLL_INTERVAL);
                continue;
            }
            self.instance.clear_socket_folder()?;
            let port = self.port(choice)?;
            let mut server = Postmaster::spawn(&binaries, &self.instance, port)?;
            if self.wait_until_ready(&mut server, &mut waiting) == Progress::Ready {
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
        Err(self.not_ready(log))
    }

    fn wait_until_ready(&self, server: &mut Postmaster, waiting: &mut Waiting<'_>) -> Progress {
        loop {
            let progress = server.progress(&self.instance);
            match progress {
                Progress::Ready | Progress::Ended => return progress,
                Progress::Starting => waiting.goes_on(|| server.log_tail(&self.instance)),
                Progress::Silent => {}
            }
            if waiting.is_over() || self.stops_within(START_POLL_INTERVAL) {
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
                    .chain([self.options.preferred_port]);
                port::choose(wanted)
                    .map_err(|source| EmbeddedError::file(self.instance.folder(), source))
            }
        }
    }

    /// Makes the database unless it exists, and gives its URL.
    fn prepare_database(&self, port: u16) -> Result<String, EmbeddedError> {
        let password = self.instance.password()?;
        let options = PgConnectOptions::new_without_pgpass()
            .host(HOST)
            .port(port)
            .username(cluster::SUPERUSER)
            .password(&password)
            .database("postgres")
            // Whatever the variables of PostgreSQL's client library say.
            .ssl_mode(PgSslMode::Disable);
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(EmbeddedError::Thread)?
            .block_on(create_database(&options))
            .map_err(EmbeddedError::Database)?;
        let user = cluster::SUPERUSER;
        Ok(format!(
            "postgres://{user}:{password}@{HOST}:{port}/{DATABASE}?sslmode=disable"
        ))
    }

    fn not_ready(&self, log: String) -> EmbeddedError {
        EmbeddedError::NotReady {
            seconds: self.options.silence_max.as_secs(),
            log,
        }
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

/// How long a start is waited for: as long as a server says that it is
/// starting, and then as long as it may be silent.
struct Waiting<'a> {
    supervisor: &'a Supervisor,
    begun: Instant,
    told: Instant,
    deadline: Instant,
}

impl<'a> Waiting<'a> {
    fn new(supervisor: &'a Supervisor) -> Self {
        let now = Instant::now();
        Self {
            supervisor,
            begun: now,
            told: now,
            deadline: now + supervisor.options.silence_max,
        }
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// The server says that it is starting; `log` is the end of its log.
    fn goes_on(&mut self, log: impl FnOnce() -> String) {
        let now = Instant::now();
        self.deadline = now + self.supervisor.options.silence_max;
        if now.duration_since(self.told) < TELL_INTERVAL.min(self.supervisor.options.silence_max) {
            return;
        }
        self.told = now;
        let log = log();
        let last_line = log.lines().last().unwrap_or_default();
        // What stands before is the time and the process.
        let says = last_line
            .split_once("LOG:")
            .map_or(last_line, |(_, says)| says);
        let message = format!(
            "the embedded PostgreSQL has been starting for {} s (it recovers what was not written \
             before it ended): {}",
            now.duration_since(self.begun).as_secs(),
            says.trim(),
        );
        tracing::info!("{message}");
        self.supervisor.condition.is_not_ready(message);
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
