//! A table's rows over several connections at once, which all see the same moment.
//!
//! The server sends the rows of one connection from one process, and that process is what an export
//! waits for. Parts are ranges of the table's pages: each row stands on one page, so it is in one
//! part, and a part is read without reading the others.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use crate::StoreError;
use crate::partitioned::PARTITIONED;

/// Connections that read at once. Each keeps a process of the server busy, and its rows are sorted
/// or encoded here meanwhile.
const READERS: usize = 2;
/// Pages that a part has at least; fewer are not worth a query.
const PAGES_MIN: i64 = 4;

/// More connections in read-only transactions with these settings that see what `first` sees, whose
/// transaction is `REPEATABLE READ`. None where the server, or what stands before it, does not allow
/// that: `first` reads everything then.
pub(crate) async fn beside(
    pool: &PgPool,
    first: &mut PgConnection,
    settings: &str,
) -> Vec<PgConnection> {
    let mut others = Vec::new();
    while others.len() + 1 < READERS {
        match another(pool, first, settings).await {
            Ok(other) => others.push(other),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::debug!(error, "one connection reads everything");
                break;
            }
        }
    }
    others
}

async fn another(
    pool: &PgPool,
    first: &mut PgConnection,
    settings: &str,
) -> Result<PgConnection, StoreError> {
    let snapshot: String = sqlx::query_scalar("SELECT pg_export_snapshot()")
        .fetch_one(first)
        .await?;
    let mut other = pool.acquire().await?.detach();
    // The server names it with letters, digits and dashes.
    let begun = sqlx::raw_sql(AssertSqlSafe(format!(
        "{BEGIN_READING}; SET TRANSACTION SNAPSHOT '{snapshot}'; {settings}"
    )))
    .execute(&mut other)
    .await;
    match begun {
        Ok(_) => Ok(other),
        Err(error) => {
            other.close().await?;
            Err(error.into())
        }
    }
}

/// Begins a transaction that sees one moment.
pub(crate) const BEGIN_READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// What follows the conditions of a query for the rows of a table and deployment, so that each row is
/// in one part: ` AND …`, or nothing where there is only one. `alias` names the table in the query.
///
/// # Errors
///
/// The database does not answer or refuses.
pub(crate) async fn parts(
    connection: &mut PgConnection,
    table: &str,
    deployment_id: i32,
    alias: &str,
    most: usize,
) -> Result<Vec<String>, StoreError> {
    let most = i64::try_from(most).unwrap_or(1);
    if most < 2 || !PARTITIONED.contains(&table) {
        return Ok(vec![String::new()]);
    }
    // Without a partition of its own, the deployment's rows are in the one for all such deployments.
    let pages: i64 = sqlx::query_scalar(
        "SELECT coalesce(pg_relation_size(coalesce(to_regclass($1), to_regclass($2))), 0) \
                / current_setting('block_size')::bigint",
    )
    .bind(format!("loadlab.{table}_d{deployment_id}"))
    .bind(format!("loadlab.{table}_default"))
    .fetch_one(connection)
    .await?;
    Ok(ranges(pages, most, alias))
}

fn ranges(pages: i64, most: i64, alias: &str) -> Vec<String> {
    let parts = (pages / PAGES_MIN).clamp(1, most);
    let first_page = |part: i64| pages * part / parts;
    (0..parts)
        .map(|part| {
            let from =
                (part > 0).then(|| format!(" AND {alias}.ctid >= '({},0)'", first_page(part)));
            // Pages that have come since are of the last part.
            let until = (part + 1 < parts)
                .then(|| format!(" AND {alias}.ctid < '({},0)'", first_page(part + 1)));
            [from, until].into_iter().flatten().collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_ranges_of_pages_without_ends() {
        assert_eq!(ranges(0, 2, "r"), [""]);
        assert_eq!(ranges(7, 2, "r"), [""]);
        assert_eq!(ranges(900, 1, "r"), [""]);
        assert_eq!(
            ranges(9, 2, "r"),
            [" AND r.ctid < '(4,0)'", " AND r.ctid >= '(4,0)'"]
        );
        assert_eq!(
            ranges(900, 3, "r"),
            [
                " AND r.ctid < '(300,0)'",
                " AND r.ctid >= '(300,0)' AND r.ctid < '(600,0)'",
                " AND r.ctid >= '(600,0)'"
            ]
        );
    }
}
