//! An owner for the background tasks of a service.
//!
//! Each task has a name, a rule for its end, a metric and a line in `/readyz` while it does not work.
//! A task fails when it panics, or ends although the service was not asked to stop. The rule is one of
//! two:
//!
//! - [`Tasks::spawn`]: the process ends. The failure is logged, `/readyz` fails from that moment on,
//!   the token of all tasks is cancelled, and [`Tasks::finish`] returns the failure. A process that
//!   continues without one of its parts would look alive and do nothing.
//! - [`Tasks::spawn_restarting`]: the task begins again after a delay, and `/readyz` fails until it
//!   does. For work that the service can do without for a while.
//!
//! The metric `service_task_running{task}` is 1 while a task runs and 0 after its end,
//! `service_task_failures_total{task}` counts its failures.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long the other tasks may take to stop after one has failed. They may wait for it.
const STOP_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// The delay before a task begins again: at first, and at most. It doubles with each failure.
const RESTART_DELAY: Duration = Duration::from_secs(1);
const RESTART_DELAY_MAX: Duration = Duration::from_mins(1);

const RUNNING: &str = "service_task_running";
const FAILURES: &str = "service_task_failures_total";

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
#[error("the background task \"{name}\" {end}; it does not work since {since}")]
pub struct TaskFailure {
    /// The name of the task.
    pub name: Cow<'static, str>,
    /// What happened to it.
    pub end: TaskEnd,
    /// When it failed, in whole seconds.
    pub since: Timestamp,
}

/// The background tasks of one service. Dropping it aborts those that are futures.
#[derive(Debug)]
pub struct Tasks {
    running: JoinSet<()>,
    watch: Watch,
}

/// Whether a background task has failed. Clones share the state.
#[derive(Debug, Clone)]
pub struct TaskHealth(watch::Receiver<State>);

/// What does not work.
#[derive(Debug, Default)]
struct State {
    /// The first failure with which the process ends.
    failure: Option<TaskFailure>,
    /// Tasks that wait to begin again.
    waiting: BTreeMap<Cow<'static, str>, TaskFailure>,
}

#[derive(Debug, Clone)]
struct Watch {
    state: watch::Sender<State>,
    stop: CancellationToken,
}

impl Tasks {
    /// No tasks yet. They are asked to stop when `shutdown` is cancelled.
    #[must_use]
    pub fn new(shutdown: &CancellationToken) -> Self {
        Self {
            running: JoinSet::new(),
            watch: Watch {
                state: watch::Sender::new(State::default()),
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
        TaskHealth(self.watch.state.subscribe())
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

    /// Starts a task that begins again when it fails: after one second, then after twice as long
    /// each time, at most after a minute. A task that has worked for a minute begins anew with one
    /// second. `make` gives the task; it must be able to begin anywhere.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn spawn_restarting<Task>(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        mut make: impl FnMut() -> Task + Send + 'static,
    ) where
        Task: Future<Output = ()> + Send + 'static,
    {
        let name = name.into();
        let watch = self.watch.clone();
        self.running.spawn(async move {
            let mut delay = RESTART_DELAY;
            loop {
                let begin = tokio::time::Instant::now();
                watch.working(&name);
                let task = std::panic::AssertUnwindSafe(async {
                    let task = make();
                    task.await;
                });
                let end = match task.catch_unwind().await {
                    Ok(()) => TaskEnd::Ended,
                    Err(_) => TaskEnd::Panicked,
                };
                metrics::gauge!(RUNNING, "task" => name.to_string()).set(0);
                if watch.stop.is_cancelled() {
                    return;
                }
                if begin.elapsed() >= RESTART_DELAY_MAX {
                    delay = RESTART_DELAY;
                }
                let failure = Watch::failure(&name, end);
                tracing::error!(task = %name, "{failure}; it begins again in {delay:?}");
                watch.state.send_modify(|state| {
                    state.waiting.insert(name.clone(), failure);
                });
                tokio::select! {
                    () = tokio::time::sleep(delay) => {}
                    () = watch.stop.cancelled() => return,
                }
                delay = (2 * delay).min(RESTART_DELAY_MAX);
            }
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
        let failure = health.0.borrow().failure.clone();
        failure.map_or(Ok(()), Err)
    }
}

impl TaskHealth {
    /// # Errors
    ///
    /// The first failure with which the process ends, else that of a task that waits to begin again.
    pub fn check(&self) -> Result<(), TaskFailure> {
        let state = self.0.borrow();
        let failure = state.failure.as_ref().or(state.waiting.values().next());
        failure.cloned().map_or(Ok(()), Err)
    }

    /// Waits for the first failure with which the process ends, for ever if there is none.
    pub async fn failed(&mut self) -> TaskFailure {
        if let Ok(state) = self.0.wait_for(|state| state.failure.is_some()).await
            && let Some(failure) = state.failure.clone()
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
        self.working(&name);
        WatchedTask {
            name,
            watch: self.clone(),
        }
    }
}

impl Watch {
    /// A task of this name begins.
    fn working(&self, name: &str) {
        metrics::gauge!(RUNNING, "task" => name.to_owned()).set(1);
        self.state
            .send_if_modified(|state| state.waiting.remove(name).is_some());
    }

    /// A task of this name has failed right now.
    fn failure(name: &str, end: TaskEnd) -> TaskFailure {
        metrics::counter!(FAILURES, "task" => name.to_owned()).increment(1);
        let since = Timestamp::now();
        TaskFailure {
            name: name.to_owned().into(),
            end,
            since: Timestamp::from_second(since.as_second()).unwrap_or(since),
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
        let failure = Watch::failure(&self.name, end);
        tracing::error!(task = %self.name, "{failure}; the service stops");
        self.watch.state.send_if_modified(|state| {
            let is_first = state.failure.is_none();
            if is_first {
                state.failure = Some(failure);
            }
            is_first
        });
        self.watch.stop.cancel();
    }
}

impl Drop for WatchedTask {
    fn drop(&mut self) {
        metrics::gauge!(RUNNING, "task" => self.name.to_string()).set(0);
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

    #[tokio::test]
    async fn a_task_begins_again_after_its_failures_and_says_so_meanwhile() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicU32, Ordering};

        tokio::time::pause();
        let shutdown = CancellationToken::new();
        let mut tasks = Tasks::new(&shutdown);
        let stop = tasks.stop_token();
        let begun = Arc::new(AtomicU32::new(0));
        tasks.spawn_restarting("purge", {
            let (begun, stop) = (Arc::clone(&begun), stop.clone());
            move || {
                let (time, stop) = (begun.fetch_add(1, Ordering::SeqCst), stop.clone());
                async move {
                    assert!(time != 0, "broken");
                    if time >= 3 {
                        stop.cancelled().await;
                    }
                }
            }
        });
        let health = tasks.health();
        for (wait_ms, times, works) in [(10, 1, false), (1_000, 2, false), (2_000, 3, false)] {
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            assert_eq!(begun.load(Ordering::SeqCst), times);
            assert_eq!(health.check().is_ok(), works, "{times}");
        }
        let failure = health.check().unwrap_err();
        assert_eq!((&*failure.name, failure.end), ("purge", TaskEnd::Ended));
        assert!(failure.to_string().contains("since 20"), "{failure}");
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(begun.load(Ordering::SeqCst), 4);
        assert_eq!(health.check(), Ok(()));
        assert!(!stop.is_cancelled(), "the service continues");
        shutdown.cancel();
        assert_eq!(tasks.finish().await, Ok(()));
    }

    #[tokio::test]
    async fn running_tasks_and_failures_are_counted() {
        crate::metrics::install().unwrap();
        let mut tasks = Tasks::new(&CancellationToken::new());
        tasks.spawn("counted: runs", std::future::pending());
        tasks.spawn("counted: fails", async {});
        tasks.health().failed().await;
        tokio::task::yield_now().await;
        let text = crate::metrics::render().unwrap();
        for line in [
            r#"service_task_running{task="counted: runs"} 1"#,
            r#"service_task_running{task="counted: fails"} 0"#,
            r#"service_task_failures_total{task="counted: fails"} 1"#,
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
