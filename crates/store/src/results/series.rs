//! Figures over network time.

use results::answers::Series;
use sqlx::Row as _;

use super::{Scope, json_rows};
use crate::{Database, StoreError};

/// Most points of a series.
pub const STEPS_MAX: i64 = 600;

/// The figures that there are. Those of transactions are a minute; durations are seconds.
pub const METRICS: [&str; 12] = [
    "tx_intended",
    "tx_accepted",
    "tx_seen",
    "tx_included",
    "tx_applied",
    "tx_failed",
    "latency_p50",
    "latency_p95",
    "latency_max",
    "blocks",
    "apply_p50",
    "apply_p95",
];

const MINUTE_US: i64 = 60_000_000;

impl Database {
    /// The named figures by step of time, at most [`STEPS_MAX`] steps of whole minutes, each at
    /// least `step_s` seconds.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_series(
        &self,
        scope: &Scope,
        metrics: &[&str],
        step_s: Option<i64>,
    ) -> Result<Series, StoreError> {
        let mut reading = self.reading().await?;
        let range = sqlx::query(include_str!("sql/series_range.sql"))
            .bind(scope.deployment_id)
            .fetch_one(&mut *reading)
            .await?;
        let (first, last): (Option<i64>, Option<i64>) =
            (range.try_get("from_us")?, range.try_get("until_us")?);
        let (Some(from), Some(until)) = (scope.from_us.or(first), scope.until_us.or(last)) else {
            return Ok(Series::default());
        };
        let Some((from, step_us, steps)) = steps(from, until, step_s) else {
            return Ok(Series::default());
        };
        let query = sqlx::query(include_str!("sql/series.sql"))
            .bind(scope.deployment_id)
            .bind(from)
            .bind(step_us)
            .bind(steps);
        let series: Vec<Series> = json_rows(query, &mut reading).await?;
        let mut series = series.into_iter().next().unwrap_or_default();
        series
            .columns
            .retain(|name, _| metrics.contains(&name.as_str()));
        Ok(series)
    }
}

/// Beginning, length and number of the steps of a time. None for a time without length.
fn steps(from: i64, until: i64, step_s: Option<i64>) -> Option<(i64, i64, i64)> {
    let from = from.div_euclid(MINUTE_US).checked_mul(MINUTE_US)?;
    let length = until.checked_sub(from).filter(|length| *length > 0)?;
    let wanted = step_s.unwrap_or(0).saturating_mul(1_000_000);
    let least = length.div_euclid(STEPS_MAX).saturating_add(1).max(wanted);
    let step = least
        .saturating_add(MINUTE_US - 1)
        .div_euclid(MINUTE_US)
        .checked_mul(MINUTE_US)?;
    Some((from, step, (length - 1).div_euclid(step) + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_whole_minutes_and_bounded() {
        let minute = MINUTE_US;
        assert_eq!(steps(30, minute, None), Some((0, minute, 1)));
        assert_eq!(
            steps(minute, 4 * minute + 1, None),
            Some((minute, minute, 4))
        );
        assert_eq!(steps(0, 600 * minute, None), Some((0, 2 * minute, 300)));
        assert_eq!(steps(0, 10 * minute, Some(150)), Some((0, 3 * minute, 4)));
        assert_eq!(steps(5 * minute, 5 * minute, None), None);
        assert_eq!(steps(9 * minute, minute, None), None);
        let (_, _, count) = steps(0, i64::MAX - minute, None).unwrap_or_default();
        assert!(count > 0 && count <= STEPS_MAX, "{count}");
    }
}
