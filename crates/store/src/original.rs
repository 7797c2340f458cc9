//! Bringing a database of the original to this schema, in place.
//!
//! All of it is one transaction: the tables of the original are put aside, this schema is made, the
//! rows are copied, and what was put aside is dropped. So a process that is killed meanwhile changes
//! nothing, and others that start wait until it is done. The copy needs as much room again as the
//! rows take.

use std::collections::HashSet;

use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use crate::StoreError;
use crate::partitioned::PARTITIONED;
use crate::partitions::ensure_partition;

/// Key of the advisory lock that is held meanwhile.
const LOCK: i64 = 0x10AD_1AB0_01D0;

/// How long the locks of the tables are waited for: programs of the original that still run hold
/// them again and again.
const LOCK_WAIT_MS: u32 = 5_000;

/// Tables of the original, in an order in which rows can refer to those of tables before.
const TABLES: [&str; 13] = [
    "deployment",
    "block_trace",
    "block_trace_checkpoint",
    "data",
    "last_block_trace_gossip_checkpoint",
    "tx_traces",
    "sw_traces",
    "unique_txs",
    "block_txs",
    "uniq_sws",
    "sw_interruptions",
    "node_restarts",
    "experiment_state",
];

/// Columns by which a database of the original is known. Later versions have added tables.
const SIGNATURE: [(&str, &[&str]); 3] = [
    ("deployment", &["deployment_id", "metadata_json"]),
    (
        "block_trace",
        &[
            "block_trace_id",
            "deployment_id",
            "node_name",
            "block_id",
            "trace_started_at",
            "total_time",
            "source",
            "status",
            "metadata_json",
        ],
    ),
    (
        "block_trace_checkpoint",
        &[
            "block_trace_checkpoint_id",
            "block_trace_id",
            "source",
            "main_trace",
            "is_control",
            "name",
            "started_at",
            "call_id",
        ],
    ),
];

/// The addresses of webhooks are credentials, which this schema does not hold.
const LEFT_BEHIND: (&str, &str) = ("experiment_state", "webhook_url");

/// Sequences that continue after the greatest id, and the table and column with the ids.
const SEQUENCES: [(&str, &str, &str); 5] = [
    (
        "public.deployment_deployment_id_seq",
        "deployment",
        "deployment_id",
    ),
    (
        "public.block_trace_block_trace_id_seq",
        "block_trace",
        "block_trace_id",
    ),
    (
        "loadlab.block_trace_id_seq",
        "block_trace",
        "block_trace_id",
    ),
    (
        "public.block_trace_checkpoint_block_trace_checkpoint_id_seq",
        "block_trace_checkpoint",
        "block_trace_checkpoint_id",
    ),
    ("public.node_restarts_id_seq", "node_restarts", "id"),
];

/// A column of a table.
#[derive(Debug)]
struct Column {
    name: String,
    /// The type if it is an enumeration, which has to be read as text.
    enumeration: Option<String>,
}

/// Whether the tables are those of the original and not of this schema.
pub(crate) async fn is_there(pool: &PgPool) -> Result<bool, StoreError> {
    let mut connection = pool.acquire().await?;
    is_original(&mut connection).await
}

async fn is_original(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let ours: bool =
        sqlx::query_scalar("SELECT to_regclass('loadlab._sqlx_migrations') IS NOT NULL")
            .fetch_one(&mut *connection)
            .await?;
    if ours {
        return Ok(false);
    }
    for (table, expected) in SIGNATURE {
        let found: HashSet<String> = columns(connection, "public", table)
            .await?
            .into_iter()
            .map(|column| column.name)
            .collect();
        if !expected.iter().all(|column| found.contains(*column)) {
            return Ok(false);
        }
    }
    // Every table of this schema that is partitioned says so in its columns.
    let checkpoint = columns(connection, "public", "block_trace_checkpoint").await?;
    Ok(checkpoint
        .iter()
        .all(|column| column.name != "deployment_id"))
}

/// Brings the database over, unless another process has done so meanwhile.
pub(crate) async fn bring_over(pool: &PgPool, migrator: &Migrator) -> Result<(), StoreError> {
    let mut transaction = pool.begin().await?;
    let connection = &mut *transaction;
    // Constants only. Copying takes as long as the rows need.
    sqlx::raw_sql(
        "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(&mut *connection)
        .await?;
    if !is_original(connection).await? {
        return Ok(());
    }
    refuse_dependents(connection).await?;
    tracing::info!("the database is one of the original: it is brought to the schema of loadlab");
    sqlx::raw_sql(AssertSqlSafe(format!(
        "SET LOCAL lock_timeout = {LOCK_WAIT_MS}"
    )))
    .execute(&mut *connection)
    .await?;
    sqlx::raw_sql(include_str!("original/put_aside.sql"))
        .execute(&mut *connection)
        .await
        .map_err(in_use)?;
    sqlx::raw_sql("SET LOCAL lock_timeout = 0")
        .execute(&mut *connection)
        .await?;
    migrator.run_direct(None, &mut *connection, false).await?;
    for deployment_id in original_deployments(connection).await? {
        for table in PARTITIONED {
            ensure_partition(connection, table, deployment_id).await?;
        }
    }
    for table in TABLES {
        copy(connection, table).await?;
    }
    for (sequence, table, column) in SEQUENCES {
        continue_sequence(connection, sequence, table, column).await?;
    }
    sqlx::raw_sql("DROP SCHEMA loadlab_original CASCADE")
        .execute(&mut *connection)
        .await?;
    transaction.commit().await?;
    tracing::info!("the database of the original is brought over; no row is lost");
    Ok(())
}

/// A lock that was not given in time, or two that waited for each other: its programs run.
fn in_use(error: sqlx::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Sql(error) if matches!(error.code(), Some("55P03" | "40P01")) => {
            StoreError::OriginalInUse(error)
        }
        other => other,
    }
}

async fn columns(
    connection: &mut PgConnection,
    schema: &str,
    table: &str,
) -> Result<Vec<Column>, StoreError> {
    let rows: Vec<(String, Option<String>)> = sqlx::query_as(
        "SELECT attname::text AS name,
                CASE typtype WHEN 'e' THEN typname::text END AS enumeration
           FROM pg_attribute
           JOIN pg_type ON pg_type.oid = atttypid
          WHERE attrelid = to_regclass(format('%I.%I', $1::text, $2::text))
            AND attnum > 0 AND NOT attisdropped
          ORDER BY attnum",
    )
    .bind(schema)
    .bind(table)
    .fetch_all(connection)
    .await?;
    let column = |(name, enumeration)| Column { name, enumeration };
    Ok(rows.into_iter().map(column).collect())
}

/// Views that others have made on the tables would be dropped with them.
async fn refuse_dependents(connection: &mut PgConnection) -> Result<(), StoreError> {
    let view: Option<String> = sqlx::query_scalar(include_str!("original/dependents.sql"))
        .fetch_optional(connection)
        .await?;
    match view {
        Some(view) => Err(StoreError::OriginalHasView { view }),
        None => Ok(()),
    }
}

async fn original_deployments(connection: &mut PgConnection) -> Result<Vec<i32>, StoreError> {
    let ids = sqlx::query_scalar(
        "SELECT deployment_id FROM loadlab_original.deployment ORDER BY deployment_id",
    )
    .fetch_all(connection)
    .await?;
    Ok(ids)
}

/// Copies the rows of a table, if the original has it.
async fn copy(connection: &mut PgConnection, table: &str) -> Result<(), StoreError> {
    let old = columns(connection, "loadlab_original", table).await?;
    let new = columns(connection, "public", table).await?;
    let known: HashSet<&str> = new.iter().map(|column| column.name.as_str()).collect();
    if let Some(column) = old
        .iter()
        .find(|column| !known.contains(column.name.as_str()))
    {
        return Err(StoreError::OriginalHasColumn {
            table: table.to_owned(),
            column: column.name.clone(),
        });
    }
    if old.is_empty() {
        return Ok(());
    }
    let mut names = Vec::new();
    let mut values = Vec::new();
    for column in &old {
        if (table, column.name.as_str()) == LEFT_BEHIND {
            continue;
        }
        names.push(format!("\"{}\"", column.name));
        values.push(match &column.enumeration {
            Some(name) => format!("old.\"{}\"::text::public.\"{name}\"", column.name),
            None => format!("old.\"{}\"", column.name),
        });
    }
    let (deployment, joins) = deployment_of(table);
    if let Some(deployment) = deployment {
        names.push("deployment_id".to_owned());
        values.push(deployment.to_owned());
    }
    // Safe: names are those of columns that this schema knows, the rest is constant.
    let sql = format!(
        "INSERT INTO public.{table} ({}) SELECT {} FROM loadlab_original.{table} AS old {joins}",
        names.join(", "),
        values.join(", ")
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .execute(connection)
        .await?
        .rows_affected();
    tracing::info!(table, rows, "rows of the original are copied");
    Ok(())
}

/// What the column `deployment_id` gets where the original has none, and what has to be joined.
///
/// The deployment is that of the trace. A clean-up of the original has deleted checkpoints and left
/// their pool events: those get the deployment of the checkpoint that was stored before them.
const fn deployment_of(table: &str) -> (Option<&'static str>, &'static str) {
    match table.as_bytes() {
        b"block_trace_checkpoint" => (
            Some("trace.deployment_id"),
            "JOIN loadlab_original.block_trace AS trace USING (block_trace_id)",
        ),
        b"tx_traces" | b"sw_traces" => (
            Some(
                "coalesce(trace.deployment_id,
                          (SELECT earlier_trace.deployment_id
                             FROM loadlab_original.block_trace_checkpoint AS earlier
                             JOIN loadlab_original.block_trace AS earlier_trace
                                  USING (block_trace_id)
                            WHERE earlier.block_trace_checkpoint_id < old.block_trace_checkpoint_id
                            ORDER BY earlier.block_trace_checkpoint_id DESC LIMIT 1),
                          (SELECT min(deployment_id) FROM loadlab_original.deployment))",
            ),
            "LEFT JOIN loadlab_original.block_trace_checkpoint AS checkpoint
                  USING (block_trace_checkpoint_id)
             LEFT JOIN loadlab_original.block_trace AS trace
                  ON trace.block_trace_id = checkpoint.block_trace_id",
        ),
        _ => (None, ""),
    }
}

async fn continue_sequence(
    connection: &mut PgConnection,
    sequence: &str,
    table: &str,
    column: &str,
) -> Result<(), StoreError> {
    // Constants only.
    sqlx::query(AssertSqlSafe(format!(
        "SELECT setval('{sequence}', max({column})) FROM public.{table} HAVING max({column}) > 0"
    )))
    .execute(connection)
    .await?;
    Ok(())
}
