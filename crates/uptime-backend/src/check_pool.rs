//! The threads that check signatures, so that neither the processor nor the
//! memory is overwhelmed: so many at once, so many waiting, and no more.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::Refusal;

/// Checks that may wait for each thread: about 50 ms of work, so that an
/// accepted request is answered soon and others are told to come back.
const WAITING_PER_THREAD: usize = 256;

/// A bounded number of threads with a bounded queue. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct CheckPool {
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl CheckPool {
    pub(crate) fn new(threads: usize) -> Self {
        let threads = threads.clamp(1, 1024);
        Self {
            admitted: Arc::new(Semaphore::new(threads * (1 + WAITING_PER_THREAD))),
            running: Arc::new(Semaphore::new(threads)),
        }
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
        let running = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|_| Refusal::Internal)?;
        let checking = tokio::task::spawn_blocking(move || {
            // Held to the end of the check, even if nobody waits for it.
            let _places = (admitted, running);
            check()
        });
        checking.await.map_err(|error| {
            tracing::error!(%error, "a check of a submission failed");
            Refusal::Internal
        })
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
        let pool = CheckPool::new(2);
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
        let pool = CheckPool::new(1);
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
        let pool = CheckPool::new(1);
        let result = pool.run(|| assert_eq!(1, 2)).await;
        assert_eq!(result, Err(Refusal::Internal));
        assert_eq!(pool.run(|| true).await, Ok(true));
    }
}
