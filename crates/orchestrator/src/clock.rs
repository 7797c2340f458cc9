//! Time: waits that end when the run is cancelled, on a scale for rehearsals.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio_util::sync::CancellationToken;

use crate::run::StepError;

/// The longest single sleep: a deadline is looked at again after it, so that a machine that was
/// suspended notices.
const NAP_MAX: Duration = Duration::from_mins(1);

/// How fast the network's time passes. What is sent to nodes is always in network time; waits,
/// pauses and deadlines are divided by the scale.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    scale: f64,
}

impl Clock {
    pub(crate) fn new(scale: f64) -> Self {
        Self { scale }
    }

    /// The duration here of a number of seconds of the network.
    pub(crate) fn real(self, network_seconds: f64) -> Duration {
        let seconds = (network_seconds / self.scale).max(0.0);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    /// Sleeps for a number of seconds of the network, unless cancelled.
    pub(crate) async fn pause(
        self,
        network_seconds: f64,
        cancel: &CancellationToken,
    ) -> Result<(), StepError> {
        sleep(self.real(network_seconds), cancel).await
    }
}

/// Sleeps unless cancelled.
pub(crate) async fn sleep(duration: Duration, cancel: &CancellationToken) -> Result<(), StepError> {
    tokio::select! {
        () = cancel.cancelled() => Err(StepError::Cancelled),
        () = tokio::time::sleep(duration) => Ok(()),
    }
}

/// Sleeps until a moment of the wall clock, in milliseconds since 1970, unless cancelled.
pub(crate) async fn sleep_until(unix_ms: u64, cancel: &CancellationToken) -> Result<(), StepError> {
    loop {
        let left = Duration::from_millis(unix_ms.saturating_sub(now_unix_ms()));
        if left.is_zero() {
            return if cancel.is_cancelled() {
                Err(StepError::Cancelled)
            } else {
                Ok(())
            };
        }
        sleep(left.min(NAP_MAX), cancel).await?;
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_unix_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A duration in seconds as the original writes it: `1h2m3s`.
pub(crate) fn short_duration(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_always() {
        assert_eq!(short_duration(0), "0s");
        assert_eq!(short_duration(62), "1m2s");
        assert_eq!(short_duration(3723), "1h2m3s");
        assert_eq!(short_duration(7200), "2h0m0s");
    }

    #[tokio::test]
    async fn a_wait_ends_at_cancel() {
        let cancel = CancellationToken::new();
        let waiting = tokio::spawn({
            let cancel = cancel.clone();
            async move { sleep_until(now_unix_ms() + 3_600_000, &cancel).await }
        });
        cancel.cancel();
        assert!(matches!(waiting.await.unwrap(), Err(StepError::Cancelled)));
    }

    #[test]
    fn a_scale_shortens_waits_only() {
        let clock = Clock::new(60.0);
        assert_eq!(clock.real(1800.0), Duration::from_secs(30));
    }
}
