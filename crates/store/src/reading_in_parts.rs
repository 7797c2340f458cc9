//! A table's rows over several connections at once, which all see the same moment.
//!
//! The server sends the rows of one connection from one process, and that process is what an export
//! waits for. Parts are ranges of the table's pages: each row stands on one page, so it is in one
//! part, and a part is read without reading the others.

use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use crate::StoreError;
use crate::partitioned::PARTITIONED;

/// Connections that read at once. Each keeps a process of the server busy, and its rows are sorted
/// or encoded here meanwhile.
const READERS: usize = 2;
/// Pages that a part has at least; fewer are not worth a query.
const PAGES_MIN: i64 = 4;

/// A session's limits are not meant for whole tables: one connection reads for long, and another one
/// waits meanwhile.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
                     SET LOCAL statement_timeout = 0; \
                     SET LOCAL idle_in_transaction_session_timeout = 0";

/// Connections in read-only transactions that all see the same moment.
#[derive(Debug)]
pub(crate) struct Readers {
    pub(crate) first: PgConnection,
    /// None where the server, or what stands before it, does not allow that: the first one reads
    /// everything then.
    pub(crate) others: Vec<PgConnection>,
}

/// Opens connections and begins their transactions.
///
/// # Errors
///
/// The database does not answer or refuses.
pub(crate) async fn open(pool: &PgPool) -> Result<Readers, StoreError> {
    let mut first = pool.acquire().await?.detach();
    sqlx::raw_sql(BEGIN).execute(&mut first).await?;
    let exported = sqlx::query_scalar("SELECT pg_export_snapshot()")
        .fetch_one(&mut first)
        .await;
    let snapshot: String = match exported {
        Ok(snapshot) => snapshot,
        Err(error) => {
            alone(&error);
            // The refusal has ended the transaction.
            sqlx::raw_sql("ROLLBACK").execute(&mut first).await?;
            sqlx::raw_sql(BEGIN).execute(&mut first).await?;
            return Ok(Readers {
                first,
                others: Vec::new(),
            });
        }
    };
    let mut others = Vec::new();
    while others.len() + 1 < READERS {
        match another(pool, &snapshot).await {
            Ok(other) => others.push(other),
            Err(error) => {
                alone(&error);
                break;
            }
        }
    }
    Ok(Readers { first, others })
}

fn alone(error: &(dyn std::error::Error + 'static)) {
    tracing::debug!(error, "fewer connections read at once");
}

async fn another(pool: &PgPool, snapshot: &str) -> Result<PgConnection, sqlx::Error> {
    let mut other = pool.acquire().await?.detach();
    // The server names it with letters, digits and dashes.
    sqlx::raw_sql(AssertSqlSafe(format!(
        "{BEGIN}; SET TRANSACTION SNAPSHOT '{snapshot}'"
    )))
    .execute(&mut other)
    .await?;
    Ok(other)
}

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
    use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

    use super::*;
    use crate::testing::TestDatabase;

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

    #[tokio::test]
    async fn where_no_snapshot_is_exported_one_connection_reads_everything() {
        let test = TestDatabase::create().await.unwrap();
        let count = async |readers: &mut Readers| -> i64 {
            let rows = sqlx::query_scalar("SELECT count(*) FROM deployment");
            rows.fetch_one(&mut readers.first).await.unwrap()
        };
        let mut two = open(test.database().pool()).await.unwrap();
        assert_eq!((two.others.len(), count(&mut two).await), (READERS - 1, 0));
        // Found before the server's own, as by a server that has none.
        test.execute(
            "CREATE FUNCTION public.pg_export_snapshot() RETURNS text LANGUAGE plpgsql
                 AS 'BEGIN RAISE ''not here''; END'",
        )
        .await
        .unwrap();
        let options: PgConnectOptions = test.url().parse().unwrap();
        let options = options.options([("search_path", "public,pg_catalog")]);
        let pool = PgPoolOptions::new().connect_with(options).await.unwrap();
        let mut one = open(&pool).await.unwrap();
        assert_eq!((one.others.len(), count(&mut one).await), (0, 0));
    }
}
