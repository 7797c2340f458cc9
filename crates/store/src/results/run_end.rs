//! When the run that is executed will end.

use results::ending::{Progress, ends_at};
use sqlx::{PgConnection, Row as _};

use super::json;
use crate::StoreError;

/// RFC 3339 by the laboratory's clock; none without a run, or when its end cannot be known or is past.
pub(super) async fn of_running(
    connection: &mut PgConnection,
) -> Result<Option<String>, StoreError> {
    let found = sqlx::query(include_str!("sql/run_progress.sql"))
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = found else { return Ok(None) };
    let script: String = row.try_get("script")?;
    let progress = Progress {
        step: row.try_get("step")?,
        step_began: row.try_get("began")?,
        waits_until: row.try_get("waits_until")?,
        waited: json(&row, "waited")?,
    };
    let Some(end) = ends_at(&script, &progress) else {
        return Ok(None);
    };
    let text = sqlx::query_scalar(
        "SELECT loadlab.rfc3339(date_trunc('second', to_timestamp($1)))
          WHERE to_timestamp($1) > clock_timestamp()",
    )
    .bind(end)
    .fetch_optional(connection)
    .await?;
    Ok(text)
}
