//! The experiments API and the log API, on free ports and on threads of their own.

use std::net::SocketAddr;
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, anyhow};
use service::Guard;
use store::{ConnectOptions, Database};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};
use trace::Compatibility;

/// Threads of both services together, as many as the machine of the goals has.
const THREADS: usize = 2;

/// Both services; they end when this is dropped.
pub(super) struct Servers {
    pub(super) experiments_api: SocketAddr,
    pub(super) log_api: SocketAddr,
    shutdown: DropGuard,
    thread: JoinHandle<anyhow::Result<()>>,
}

impl Servers {
    pub(super) async fn start(url: &str) -> anyhow::Result<Self> {
        let shutdown = CancellationToken::new();
        let (url, token) = (url.to_owned(), shutdown.clone());
        let (tell_addresses, addresses) = oneshot::channel();
        let thread = thread::spawn(move || {
            runtime::Builder::new_multi_thread()
                .worker_threads(THREADS)
                .enable_all()
                .build()?
                .block_on(serve(url, tell_addresses, token))
        });
        match addresses.await {
            Ok((experiments_api, log_api)) => Ok(Self {
                experiments_api,
                log_api,
                shutdown: shutdown.drop_guard(),
                thread,
            }),
            Err(_) => Err(match join(thread).await {
                Err(error) => error,
                Ok(()) => anyhow!("the services have ended at once"),
            }),
        }
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        drop(self.shutdown);
        join(self.thread).await.context("the services failed")
    }
}

async fn join(thread: JoinHandle<anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::task::spawn_blocking(move || thread.join())
        .await?
        .map_err(|_| anyhow!("a thread of the benchmark has panicked"))?
}

async fn serve(
    url: String,
    tell_addresses: oneshot::Sender<(SocketAddr, SocketAddr)>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let connect = || async { Database::connect(&url, &ConnectOptions::for_queries()).await };
    let results =
        experiments_api::router(connect().await?, &Guard::this_machine(), shutdown.clone());
    let traces = log_api::router(connect().await?, Compatibility::Corrected)?;
    let of_results = service::bind(service::loopback(0), "--port").await?;
    let of_traces = service::bind(service::loopback(0), "--port").await?;
    // Fails only if nobody waits any more.
    let _ = tell_addresses.send((of_results.local_addr()?, of_traces.local_addr()?));
    tokio::join!(
        service::serve(of_results, results, shutdown.clone()),
        service::serve(of_traces, traces, shutdown),
    );
    Ok(())
}
