//! An owner for the background tasks of a service.
//!
//! Each task has a name. A task that panics, or ends although nobody has asked the service to stop,
//! has failed: the failure is logged with the task's name, `/readyz` fails from that moment on, the
//! token of all tasks is cancelled, and [`Tasks::finish`] returns the failure, with which the
//! process ends. A process that goes on without one of its parts would look alive and do nothing.

use std::borrow::Cow;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long the other tasks may take to stop after one has failed. They may wait for it.
const STOP_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// How a background task failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TaskEnd {
    /// It panicked; the panic's message is on standard error.
    #[error("panicked")]
    Panicked,
    /// It returned although the service was not asked to stop.
    #[error("ended by itself")]
    Ended,
}

/// A background task that a service cannot do without does not run any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the background task \"{name}\" {end}")]
pub struct TaskFailure {
    /// The name of the task.
    pub name: Cow<'static, str>,
    /// What happened to it.
    pub end: TaskEnd,
}

/// The background tasks of one service. Dropping it aborts those that are futures.
#[derive(Debug)]
pub struct Tasks {
    running: JoinSet<()>,
    watch: Watch,
}

/// Whether a background task has failed. Clones share the state.
#[derive(Debug, Clone)]
pub struct TaskHealth(watch::Receiver<Option<TaskFailure>>);

#[derive(Debug, Clone)]
struct Watch {
    failure: watch::Sender<Option<TaskFailure>>,
    stop: CancellationToken,
}

impl Tasks {
    /// No tasks yet. They are asked to stop when `shutdown` is cancelled.
    #[must_use]
    pub fn new(shutdown: &CancellationToken) -> Self {
        Self {
            running: JoinSet::new(),
            watch: Watch {
                failure: watch::Sender::new(None),
                stop: shutdown.child_token(),
            },
        }
    }

    /// Cancelled when the service is asked to stop and when a task has failed. The service must
    /// stop on this token, not on that of its caller.
    #[must_use]
    pub fn stop_token(&self) -> CancellationToken {
        self.watch.stop.clone()
    }

    /// What `/readyz` asks.
    #[must_use]
    pub fn health(&self) -> TaskHealth {
        TaskHealth(self.watch.failure.subscribe())
    }

    /// Starts a task that runs until [`Self::stop_token`] is cancelled. It may take a while to end
    /// after that.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn spawn(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let watched = self.watch.task(name.into());
        self.running.spawn(async move {
            task.await;
            watched.returned();
        });
    }

    /// As [`Self::spawn`], for work that blocks: it has a thread of its own and is not aborted.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn spawn_blocking(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        task: impl FnOnce() + Send + 'static,
    ) {
        let watched = self.watch.task(name.into());
        self.running.spawn_blocking(move || {
            task();
            watched.returned();
        });
    }

    /// Waits until all tasks have ended. After a failure those that do not end in five seconds are
    /// aborted. The caller asks them to stop before, by the token that it gave.
    ///
    /// # Errors
    ///
    /// The first failure, if a task has failed.
    pub async fn finish(&mut self) -> Result<(), TaskFailure> {
        let mut health = self.health();
        let all_ended = async { while self.running.join_next().await.is_some() {} };
        tokio::select! {
            () = all_ended => {}
            () = health.failed_for(STOP_AFTER_FAILURE) => self.running.abort_all(),
        }
        health.check()
    }
}

impl TaskHealth {
    /// # Errors
    ///
    /// The first failure, if a task has failed.
    pub fn check(&self) -> Result<(), TaskFailure> {
        let failure = self.0.borrow();
        failure.clone().map_or(Ok(()), Err)
    }

    /// Waits for the first failure, for ever if there is none.
    pub async fn failed(&mut self) -> TaskFailure {
        if let Ok(failure) = self.0.wait_for(Option::is_some).await
            && let Some(failure) = failure.clone()
        {
            return failure;
        }
        std::future::pending().await
    }

    async fn failed_for(&mut self, duration: Duration) {
        self.failed().await;
        tokio::time::sleep(duration).await;
    }
}

impl Watch {
    fn task(&self, name: Cow<'static, str>) -> WatchedTask {
        WatchedTask {
            name,
            watch: self.clone(),
        }
    }
}

/// A running task. A panic drops it while the thread unwinds; an abort drops it quietly.
struct WatchedTask {
    name: Cow<'static, str>,
    watch: Watch,
}

impl WatchedTask {
    fn returned(self) {
        if !self.watch.stop.is_cancelled() {
            self.fail(TaskEnd::Ended);
        }
    }

    fn fail(&self, end: TaskEnd) {
        let failure = TaskFailure {
            name: self.name.clone(),
            end,
        };
        tracing::error!(task = %self.name, "{failure}; the service stops");
        self.watch.failure.send_if_modified(|first| {
            let is_first = first.is_none();
            if is_first {
                *first = Some(failure);
            }
            is_first
        });
        self.watch.stop.cancel();
    }
}

impl Drop for WatchedTask {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.fail(TaskEnd::Panicked);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn until(token: CancellationToken) {
        token.cancelled().await;
    }

    #[tokio::test]
    async fn tasks_that_end_when_asked_have_not_failed() {
        let shutdown = CancellationToken::new();
        let mut tasks = Tasks::new(&shutdown);
        let stop = tasks.stop_token();
        tasks.spawn("waiting", until(stop.clone()));
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        tasks.spawn_blocking("blocking", move || {
            let _ = receiver.recv();
        });
        tokio::task::yield_now().await;
        assert_eq!(tasks.health().check(), Ok(()));
        shutdown.cancel();
        assert!(stop.is_cancelled());
        drop(sender);
        assert_eq!(tasks.finish().await, Ok(()));
    }

    #[tokio::test]
    async fn the_first_task_that_fails_is_named_and_stops_the_others() {
        type Start = fn(&mut Tasks);
        let cases: [(Start, TaskEnd); 4] = [
            (
                |tasks| tasks.spawn("writer 1", async { panic!("broken") }),
                TaskEnd::Panicked,
            ),
            (
                |tasks| tasks.spawn_blocking("writer 1", || panic!("broken")),
                TaskEnd::Panicked,
            ),
            (|tasks| tasks.spawn("writer 1", async {}), TaskEnd::Ended),
            (
                |tasks| tasks.spawn_blocking("writer 1", || {}),
                TaskEnd::Ended,
            ),
        ];
        for (start, end) in cases {
            let shutdown = CancellationToken::new();
            let mut tasks = Tasks::new(&shutdown);
            let mut health = tasks.health();
            let stop = tasks.stop_token();
            tasks.spawn("other", until(stop.clone()));
            start(&mut tasks);
            let failure = health.failed().await;
            assert_eq!((&*failure.name, failure.end), ("writer 1", end));
            assert_eq!(health.check(), Err(failure.clone()));
            stop.cancelled().await;
            assert!(!shutdown.is_cancelled(), "others of the process go on");
            assert_eq!(tasks.finish().await, Err(failure.clone()));
            assert!(failure.to_string().contains("\"writer 1\""), "{failure}");
        }
    }

    #[tokio::test]
    async fn a_task_that_waits_for_a_failed_one_is_not_waited_for() {
        tokio::time::pause();
        let mut tasks = Tasks::new(&CancellationToken::new());
        tasks.spawn("waits for ever", std::future::pending());
        tasks.spawn("fails", async {});
        let failure = tasks.finish().await.unwrap_err();
        assert_eq!(failure.name, "fails");
    }

    #[tokio::test]
    async fn tasks_that_are_dropped_have_not_failed() {
        let mut tasks = Tasks::new(&CancellationToken::new());
        tasks.spawn("waits for ever", std::future::pending());
        tokio::task::yield_now().await;
        let health = tasks.health();
        drop(tasks);
        tokio::task::yield_now().await;
        assert_eq!(health.check(), Ok(()));
    }
}
