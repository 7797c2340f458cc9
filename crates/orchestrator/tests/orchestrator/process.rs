//! Processes of the orchestrator that can be killed or paused, at a chosen write to the journal or at
//! any moment.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use store::experiment_runs::RunView;
use store::testing::TestDatabase;
use store::{ConnectOptions, Database};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::lab::PATIENCE;
use crate::postgres_proxy::{Proxy, Side};

/// Threads of a process that run its tasks.
const THREADS: usize = 2;

/// One process with connections of its own. It lives until it is killed.
pub(crate) struct Process {
    pub(crate) proxy: Proxy,
    runtime: Option<tokio::runtime::Runtime>,
    pause: Arc<Pause>,
}

/// Threads that are held up.
#[derive(Default)]
struct Pause {
    /// How many there are, and whether they may go on.
    state: Mutex<(usize, bool)>,
    changed: Condvar,
}

impl Pause {
    /// Holds this thread up.
    fn hold(&self) {
        let mut state = self.state.lock().unwrap();
        state.0 += 1;
        while !state.1 {
            state = self.changed.wait(state).unwrap();
        }
    }

    fn held(&self) -> usize {
        self.state.lock().unwrap().0
    }

    fn end(&self) {
        self.state.lock().unwrap().1 = true;
        self.changed.notify_all();
    }
}

impl Process {
    /// Starts one.
    pub(crate) async fn start(database: &TestDatabase, config: orchestrator::Config) -> Self {
        Self::start_until(database, config, None).await
    }

    /// Starts one for which the world stops at the write with this number, if it gets there.
    pub(crate) async fn start_until(
        database: &TestDatabase,
        config: orchestrator::Config,
        stop: Option<(usize, Side)>,
    ) -> Self {
        let url = database.url();
        let proxy = Proxy::start(&server(url), stop).await;
        let url = through(url, &proxy);
        let mut options = ConnectOptions::for_writing();
        // Each costs more than what is asked through it, in a process that lives for a second.
        options.max_connections = 2;
        options.application_name = config.holder().to_string();
        // A runtime of its own, so that everything in it ends at once.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .enable_all()
            .build()
            .unwrap();
        runtime.spawn(async move {
            let database = Database::connect(&url, &options).await.unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let served = orchestrator::serve(config, database, listener, CancellationToken::new());
            served.await.unwrap();
        });
        Self {
            proxy,
            runtime: Some(runtime),
            pause: Arc::default(),
        }
    }

    /// Runs one until it gets to a write, before or after which it is killed, or until the run has
    /// ended. Whether it was killed at that write.
    pub(crate) async fn killed_at(
        database: &TestDatabase,
        config: orchestrator::Config,
        name: &str,
        stop: Option<(usize, Side)>,
    ) -> bool {
        let process = Self::start_until(database, config, stop).await;
        tokio::select! {
            () = process.proxy.stopped() => {}
            _ = ended(database.database(), name) => {}
        }
        let has_stopped = process.proxy.has_stopped();
        process.kill();
        has_stopped
    }

    /// The same, and one that was killed is followed by another, which ends the run.
    pub(crate) async fn killed_at_and_followed(
        database: &TestDatabase,
        config: orchestrator::Config,
        name: &str,
        stop: Option<(usize, Side)>,
    ) -> bool {
        expire_lease(database).await;
        let has_stopped = Self::killed_at(database, config.clone(), name, stop).await;
        if has_stopped {
            expire_lease(database).await;
            let process = Self::start(database, config).await;
            ended(database.database(), name).await;
            process.kill();
        }
        has_stopped
    }

    /// Pauses it as SIGSTOP does: nothing in it runs, neither tasks nor timers nor connections.
    pub(crate) async fn pause(&self) {
        let runtime = self.runtime.as_ref().unwrap();
        for held in 1..=THREADS {
            let pause = Arc::clone(&self.pause);
            runtime.spawn(async move { pause.hold() });
            while self.pause.held() < held {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    /// Wakes it. It does not know that it was paused.
    pub(crate) fn wake(&self) {
        self.proxy.go_on();
        self.pause.end();
    }

    /// First the database: what a runtime still does while it ends, a killed process does not.
    pub(crate) fn kill(mut self) {
        self.proxy.cut();
        self.pause.end();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.pause.end();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Lets the lease of a process that was killed run out: nothing else shows that it is gone.
pub(crate) async fn expire_lease(database: &TestDatabase) {
    let expire = "UPDATE loadlab.lease SET expires_at = clock_timestamp()";
    database.execute(expire).await.unwrap();
}

/// Waits until a run has ended.
pub(crate) async fn ended(database: &Database, name: &str) -> RunView {
    let ended = async {
        loop {
            let run = database.experiment_run(name).await.unwrap().unwrap();
            if run.summary.ended_at.is_some() {
                return run;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    if let Ok(run) = tokio::time::timeout(PATIENCE, ended).await {
        return run;
    }
    panic!(
        "the run does not end: {:#?}",
        database.experiment_run(name).await
    );
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
