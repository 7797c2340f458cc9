//! What runs beside the clients, each on threads of its own: the log API and
//! the import.

use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use store::{ConnectOptions, Database};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};
use trace::Compatibility;

use crate::filling::import_node;
use crate::fleet::Fleet;
use crate::output::per_second;
use crate::server;

/// Threads of the log API.
const API_THREADS: usize = 2;
/// Copies of the source that the running import takes at a time.
const COPIES_AT_ONCE: u64 = 5;

/// A thread that ends when it is asked to, at the latest when this is dropped.
struct Worker<T> {
    shutdown: DropGuard,
    thread: JoinHandle<anyhow::Result<T>>,
}

impl<T: Send + 'static> Worker<T> {
    fn start<F: Future<Output = anyhow::Result<T>>>(
        threads: usize,
        work: impl FnOnce(CancellationToken) -> F + Send + 'static,
    ) -> Self {
        let shutdown = CancellationToken::new();
        let token = shutdown.clone();
        let thread = thread::spawn(move || {
            runtime::Builder::new_multi_thread()
                .worker_threads(threads)
                .enable_all()
                .build()?
                .block_on(work(token))
        });
        Self {
            shutdown: shutdown.drop_guard(),
            thread,
        }
    }

    async fn stop(self) -> anyhow::Result<T> {
        drop(self.shutdown);
        let thread = self.thread;
        tokio::task::spawn_blocking(move || thread.join())
            .await?
            .map_err(|_| anyhow!("a thread of the benchmark has panicked"))?
    }
}

/// A running log API.
pub(super) struct Api {
    pub(super) address: SocketAddr,
    worker: Worker<()>,
}

impl Api {
    /// Serves on a free port of this machine.
    pub(super) async fn start(url: &str) -> anyhow::Result<Self> {
        let url = url.to_owned();
        let (tell_address, address) = oneshot::channel();
        let worker = Worker::start(API_THREADS, |shutdown| async move {
            let database = Database::connect(&url, &ConnectOptions::for_queries()).await?;
            let router = log_api::router(database, Compatibility::Corrected)?;
            let listener = service::bind(service::loopback(0), "--port").await?;
            // Fails only if nobody waits any more.
            let _ = tell_address.send(listener.local_addr()?);
            service::serve(listener, router, shutdown).await;
            Ok(())
        });
        match address.await {
            Ok(address) => Ok(Self { address, worker }),
            Err(_) => Err(match worker.stop().await {
                Err(error) => error,
                Ok(()) => anyhow!("the log API has ended at once"),
            }),
        }
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.worker.stop().await.context("the log API failed")
    }
}

/// An import that runs until it is stopped.
pub(super) struct Importing {
    worker: Worker<f64>,
}

impl Importing {
    /// Imports further copies, those after the last one of `filled`.
    pub(super) fn start(url: &str, filled: &Fleet) -> Self {
        let url = url.to_owned();
        let fleet = Fleet {
            copies_per_node: COPIES_AT_ONCE,
            first_copy: filled.copies_of(filled.nodes).start,
            ..filled.clone()
        };
        let worker = Worker::start(1, |shutdown| async move {
            let database = server::connect(&url, 3).await?;
            let begun = Instant::now();
            let mut lines = 0;
            for node in 0.. {
                if shutdown.is_cancelled() {
                    break;
                }
                let name = format!("busy-{node:04}");
                lines += import_node(&database, &fleet, node, &name).await?;
            }
            database.close().await;
            Ok(per_second(lines, begun.elapsed().as_secs_f64()))
        });
        Self { worker }
    }

    /// Ends the import; gives its lines per second.
    pub(super) async fn stop(self) -> anyhow::Result<f64> {
        self.worker.stop().await.context("the import failed")
    }
}
