//! The threads that check signatures, so that neither the processor nor the
//! memory is overwhelmed: a limited number run at once, and a limited number wait.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, mpsc};
use std::{io, thread};

use parking_lot::Mutex;
use tokio::sync::{Semaphore, oneshot};

use crate::Refusal;

/// Checks that may wait for each thread: about 50 ms of work, so that an
/// accepted request is answered soon and others get a retry delay.
const WAITING_PER_THREAD: usize = 256;

type Check = Box<dyn FnOnce() + Send>;

/// A bounded number of threads with a bounded queue. Clones share it; the
/// threads end when the last one is gone.
///
/// They are threads of its own instead of tokio's for blocking work: under load
/// each goes from one check to the next without going to sleep in between.
#[derive(Debug, Clone)]
pub(crate) struct CheckPool {
    admitted: Arc<Semaphore>,
    /// Has at most as many checks as are admitted.
    queue: mpsc::Sender<Check>,
}

impl CheckPool {
    /// Starts the threads.
    pub(crate) fn new(threads: usize) -> io::Result<Self> {
        let threads = threads.clamp(1, 1024);
        let (queue, checks) = mpsc::channel();
        let checks = Arc::new(Mutex::new(checks));
        for _ in 0..threads {
            let checks = Arc::clone(&checks);
            thread::Builder::new()
                .name("uptime-check".to_owned())
                .spawn(move || work(&checks))?;
        }
        Ok(Self {
            admitted: Arc::new(Semaphore::new(threads * (1 + WAITING_PER_THREAD))),
            queue,
        })
    }

    /// Runs a check on one of the threads; [`Refusal::Busy`] if too many wait
    /// already, [`Refusal::Internal`] if the check panics.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        check: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let admitted = Arc::clone(&self.admitted)
            .try_acquire_owned()
            .map_err(|_| Refusal::Busy)?;
        let (sender, result) = oneshot::channel();
        let check = Box::new(move || {
            let result = panic::catch_unwind(AssertUnwindSafe(check));
            // Held to the end of the check, even if nobody waits for it.
            drop(admitted);
            let _ = sender.send(result.ok());
        });
        self.queue.send(check).map_err(|_| Refusal::Internal)?;
        if let Ok(Some(result)) = result.await {
            return Ok(result);
        }
        tracing::error!("a check of a submission panicked");
        Err(Refusal::Internal)
    }
}

fn work(checks: &Mutex<mpsc::Receiver<Check>>) {
    loop {
        // A statement of its own, so that the lock is free during the check.
        let check = checks.lock().recv();
        match check {
            Ok(check) => check(),
            Err(mpsc::RecvError) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    #[tokio::test]
    async fn no_more_checks_run_at_once_than_there_are_threads() {
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        let pool = CheckPool::new(2).unwrap();
        let checks = (0..50).map(|_| {
            pool.run(|| {
                let running = RUNNING.fetch_add(1, Ordering::SeqCst) + 1;
                std::thread::yield_now();
                RUNNING.fetch_sub(1, Ordering::SeqCst);
                running
            })
        });
        for running in futures_util::future::join_all(checks).await {
            assert!(running.unwrap() <= 2);
        }
    }

    #[tokio::test]
    async fn a_full_queue_refuses() {
        let pool = CheckPool::new(1).unwrap();
        let (go_on, wait) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(move || wait.recv().is_ok()).await }
        });
        let waiting: Vec<_> = (0..WAITING_PER_THREAD)
            .map(|_| {
                let pool = pool.clone();
                tokio::spawn(async move { pool.run(|| true).await })
            })
            .collect();
        while pool.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(pool.run(|| true).await, Err(Refusal::Busy));
        go_on.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(true));
        for check in waiting {
            assert_eq!(check.await.unwrap(), Ok(true));
        }
        assert_eq!(pool.run(|| true).await, Ok(true));
    }

    #[tokio::test]
    async fn a_panic_is_contained_and_frees_its_place() {
        let pool = CheckPool::new(1).unwrap();
        let result = pool.run(|| assert_eq!(1, 2)).await;
        assert_eq!(result, Err(Refusal::Internal));
        assert_eq!(pool.run(|| true).await, Ok(true));
    }
}
