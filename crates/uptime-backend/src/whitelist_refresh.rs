//! Keeping the whitelist up to date while the service runs.
//!
//! The last whitelist that could be read stays in force; before the first one
//! nobody may submit. Bad entries are logged when they change and counted in
//! `uptime_whitelist_bad_entries`.

use std::sync::Arc;
use std::time::Duration;

use metrics::{counter, gauge};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::whitelist::{BadEntry, Whitelist};
use crate::whitelist_source::{FileVersion, WhitelistSource};

/// Bad entries that are logged one by one.
const LOGGED_MAX: usize = 20;

/// When to look and when to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    /// How often to look whether a file has changed, and whether it is time.
    pub(crate) look: Duration,
    /// How often to read in any case.
    pub(crate) reload: Duration,
    /// Retry delay after a failure.
    pub(crate) retry: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            look: Duration::from_secs(3),
            // As the original.
            reload: Duration::from_mins(10),
            retry: Duration::from_secs(30),
        }
    }
}

/// The whitelist in force, none before the first was read.
pub(crate) type Current = watch::Receiver<Option<Arc<Whitelist>>>;

/// Reads a whitelist and reads it again.
pub(crate) struct Refresher {
    source: WhitelistSource,
    timing: Timing,
    current: watch::Sender<Option<Arc<Whitelist>>>,
    version: Option<FileVersion>,
    due: Instant,
    reported: Vec<BadEntry>,
}

impl Refresher {
    /// Reads the whitelist once. A failure is logged and repaired later.
    pub(crate) async fn start(source: WhitelistSource, timing: Timing) -> (Self, Current) {
        let (current, receiver) = watch::channel(None);
        let mut refresher = Self {
            source,
            timing,
            current,
            version: None,
            due: Instant::now(),
            reported: Vec::new(),
        };
        refresher.reload().await;
        (refresher, receiver)
    }

    /// Reads the whitelist again whenever it is time, until `shutdown`.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        if matches!(self.source, WhitelistSource::List(_)) {
            return;
        }
        let mut look = tokio::time::interval(self.timing.look);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = look.tick() => {}
            }
            let changed = self.source.file_version().await != self.version;
            if changed || Instant::now() >= self.due {
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    () = self.reload() => {}
                }
            }
        }
    }

    async fn reload(&mut self) {
        // Taken before reading: a change in between shows the next time.
        self.version = self.source.file_version().await;
        match self.source.read().await {
            Ok(whitelist) => {
                self.due = Instant::now() + self.timing.reload;
                self.publish(whitelist);
            }
            Err(error) => {
                self.due = Instant::now() + self.timing.retry;
                counter!("uptime_whitelist_failures_total").increment(1);
                tracing::error!(
                    error = %service::error_chain(&error),
                    "the whitelist could not be read; the last one stays in force"
                );
            }
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "numbers of entries are far below 2^53"
    )]
    fn publish(&mut self, whitelist: Whitelist) {
        gauge!("uptime_whitelist_keys").set(whitelist.len() as f64);
        gauge!("uptime_whitelist_bad_entries").set(whitelist.bad_entries().len() as f64);
        self.report(whitelist.bad_entries());
        let is_new = self.current.borrow().as_deref() != Some(&whitelist);
        if !is_new {
            return;
        }
        if whitelist.is_empty() {
            tracing::warn!("the whitelist has no keys: every submission is refused");
        } else {
            tracing::info!(keys = whitelist.len(), "whitelist read");
        }
        self.current.send_replace(Some(Arc::new(whitelist)));
    }

    fn report(&mut self, bad_entries: &[BadEntry]) {
        if self.reported == bad_entries {
            return;
        }
        for bad in bad_entries.iter().take(LOGGED_MAX) {
            tracing::warn!(
                position = bad.position,
                entry = ?bad.entry,
                problem = %bad.problem,
                "an entry of the whitelist is not a public key"
            );
        }
        if bad_entries.len() > LOGGED_MAX {
            tracing::warn!(
                entries = bad_entries.len() - LOGGED_MAX,
                "further entries of the whitelist are not public keys"
            );
        }
        self.reported = bad_entries.to_vec();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const A: &str = "B62qrztYfPinaKqpXaYGY6QJ3SSW2NNKs7SajBLF1iFNXW9BoALN2Aq";
    const B: &str = "B62qoJC4KuLXgTEX2uwQGPNZSnqRTvJHzcEzkWTDFTXMsqdXPNKxJLs";

    const FAST: Timing = Timing {
        look: Duration::from_millis(5),
        reload: Duration::from_hours(1),
        retry: Duration::from_millis(5),
    };

    fn admits(current: &Current, key: &str) -> bool {
        let key = key.parse().unwrap();
        let whitelist = current.borrow();
        whitelist.as_ref().is_some_and(|list| list.contains(&key))
    }

    #[tokio::test]
    async fn a_changed_file_is_read_and_an_unreadable_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("whitelist");
        let source = WhitelistSource::File(path.clone());
        let (refresher, mut current) = Refresher::start(source, FAST).await;
        assert!(current.borrow().is_none(), "there is no file yet");
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(refresher.run(shutdown.clone()));

        std::fs::write(&path, A).unwrap();
        current.changed().await.unwrap();
        assert!(admits(&current, A) && !admits(&current, B));

        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, format!("{A}\n{B}\nnonsense\n")).unwrap();
        current
            .wait_for(|list| list.as_ref().is_some_and(|list| list.len() == 2))
            .await
            .unwrap();
        assert!(admits(&current, A) && admits(&current, B));

        std::fs::write(&path, b"\xFF").unwrap();
        tokio::time::sleep(20 * FAST.look).await;
        assert!(admits(&current, A), "the last good one stays in force");

        shutdown.cancel();
        running.await.unwrap();
    }

    #[tokio::test]
    async fn a_changed_list_in_the_configuration_is_read_and_a_broken_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        let write = |text: String| std::fs::write(&path, text).unwrap();
        write(format!(r#"{{"in_memory":true,"whitelist":["{A}"]}}"#));
        let source = WhitelistSource::ConfigFile(path.clone());
        let (refresher, mut current) = Refresher::start(source, FAST).await;
        assert!(admits(&current, A) && !admits(&current, B));
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(refresher.run(shutdown.clone()));

        write(format!(r#"{{"in_memory":true,"whitelist":["{A}","{B}"]}}"#));
        current
            .wait_for(|list| list.as_ref().is_some_and(|list| list.len() == 2))
            .await
            .unwrap();
        for broken in ["{", r#"{"in_memory":true,"gsheet_id":"x"}"#] {
            write(broken.to_owned());
            tokio::time::sleep(20 * FAST.look).await;
            assert!(admits(&current, A) && admits(&current, B), "{broken}");
        }
        shutdown.cancel();
        running.await.unwrap();
    }

    /// First a list of one key, then an error, from then on a list of two.
    #[tokio::test]
    async fn a_sheet_is_fetched_again_and_an_error_changes_nothing() {
        let fetches = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&fetches);
        let sheet = axum::Router::new().route(
            "/sheet",
            axum::routing::get(async move || match counted.fetch_add(1, Ordering::SeqCst) {
                0 => Ok(format!("key,name\n{A},one\n")),
                1 => Err(axum::http::StatusCode::BAD_GATEWAY),
                _ => Ok(format!("key,name\n{A},one\n{B},two\n")),
            }),
        );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/sheet", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, sheet).await });
        let source = WhitelistSource::Sheet(url.parse().unwrap());
        let timing = Timing {
            reload: Duration::from_millis(5),
            ..FAST
        };
        let (refresher, mut current) = Refresher::start(source, timing).await;
        assert!(admits(&current, A) && !admits(&current, B));
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(refresher.run(shutdown.clone()));
        let kept = current
            .wait_for(|list| {
                let length = list.as_ref().map(|list| list.len());
                assert!(length.is_some_and(|length| length > 0), "never without one");
                length == Some(2)
            })
            .await;
        assert!(kept.is_ok());
        assert!(fetches.load(Ordering::SeqCst) >= 3);
        shutdown.cancel();
        running.await.unwrap();
    }

    #[tokio::test]
    async fn a_list_is_read_once() {
        let source = WhitelistSource::List(vec![A.to_owned(), "nonsense".to_owned()]);
        let (refresher, current) = Refresher::start(source, FAST).await;
        assert!(admits(&current, A) && !admits(&current, B));
        refresher.run(CancellationToken::new()).await;
    }
}
