//! Made-up rows that the benchmark of results reads, and the original's formula of its view.
//!
//! For benchmarks only.

use std::time::{Duration, Instant};

use sqlx::AssertSqlSafe;

use crate::{Database, StoreError};

/// Checkpoints of the main process in a block that a node receives, in order; made-up traces repeat
/// them.
const CHECKPOINTS: &str = include_str!("checkpoints.txt");

/// `$1` deployment, `$2` transactions, `$3` rounds. Of a hundred transactions, two are in no block
/// and one fails; every tenth is a zkApp command.
const TRANSACTIONS: &str = "
INSERT INTO public.unique_txs (hash, deployment_id, type, memo, time)
SELECT '5J' || left(md5(n::text) || md5((-n)::text), 50), $1,
       CASE WHEN n % 10 = 0 THEN 'zkapp:9:2' ELSE 'payment' END,
       'bench-' || n % $3 || '-' || n / $3 % 4 || '-' || n / $3,
       to_timestamp(1760000000 + n % $3 * 3600 + n / $3 * 0.25)
  FROM generate_series(1::bigint, $2) AS n";

const BLOCK_TRANSACTIONS: &str = "
INSERT INTO public.block_txs (hash, deployment_id, type, memo, block_received, result,
                              failure_reason)
SELECT hash, deployment_id, type, memo, time + hashtext(hash) % 300 * interval '0.5 s' + '200 s',
       CASE WHEN hashtext(hash) % 100 = 3 THEN 'Failed' ELSE 'Applied' END,
       CASE WHEN hashtext(hash) % 100 = 3 THEN 'Amount_insufficient_to_create_account' END
  FROM public.unique_txs
 WHERE deployment_id = $1 AND hashtext(hash) % 100 NOT IN (1, 2)";

/// `$1` deployment, `$2` nodes, `$3` blocks, `$4` checkpoints of each trace, `$5` their names. The
/// later half of the blocks is slow in one checkpoint.
const TRACES: &str = "
WITH trace AS (
    INSERT INTO public.block_trace (deployment_id, node_name, block_id, trace_started_at,
                                    trace_completed_at, total_time, source, blockchain_length,
                                    global_slot, status, metadata_json)
    SELECT $1, 'node-' || lpad(node::text, 4, '0'),
           '3N' || left(md5(block::text) || md5((-block)::text), 50),
           started, started + total, total,
           CASE WHEN is_producer THEN 'Internal' ELSE 'External' END,
           block, block * 2, 'Success',
           jsonb_build_object('transactions', '[]'::jsonb, 'creator', 'B62' || md5((block % $2)::text),
                              'previous_state_hash',
                              '3N' || left(md5((block - 1)::text) || md5((1 - block)::text), 50))
      FROM generate_series(1, $3::integer) AS block
     CROSS JOIN generate_series(0, $2::integer - 1) AS node
     CROSS JOIN LATERAL (SELECT node = block % $2 AS is_producer,
                                $4 * 0.01 + CASE WHEN block * 2 > $3 THEN 1 ELSE 0 END AS total)
                        AS kind
     CROSS JOIN LATERAL (SELECT 1760000000 + block * 1800.0
                                -- a block is made before others have it
                                + CASE WHEN is_producer THEN -1 - total
                                       ELSE node % 97 * 0.01 END AS started) AS time
    RETURNING block_trace_id, trace_started_at, blockchain_length
)
INSERT INTO public.block_trace_checkpoint (block_trace_id, source, main_trace, is_control, name,
                                           started_at, metadata_json, call_id, deployment_id)
SELECT block_trace_id, 'M', true, false, names[1 + step % cardinality(names)],
       trace_started_at + step * 0.01
           + CASE WHEN blockchain_length * 2 > $3 AND step > $4 / 2 THEN 1 ELSE 0 END,
       '[]', 0, $1
  FROM trace, generate_series(0, $4::integer - 1) AS step,
       (SELECT $5::text[] AS names) AS named
 ORDER BY block_trace_id, step";

/// What the original computes for each round, as it does it: three passes over all transactions for
/// each group, each matching all memos.
const REFERENCE: &str = r"
WITH tx AS (
    SELECT *, regexp_replace(memo, '-\d+-\d+-\d+$', '') AS exp,
           substring(memo FROM '-(\d+)-\d+-\d+$')::integer AS round
      FROM public.txs WHERE memo ~ '-\d+-\d+-\d+$'
), grouped AS (
    SELECT exp, round, deployment_id, min(time) AS start, max(time) - min(time) AS duration,
           max(latency) AS max_latency, count(*) AS total,
           count(*) FILTER (WHERE type <> 'payment') AS zkapps
      FROM tx WHERE deployment_id IS NOT NULL
     GROUP BY exp, round, deployment_id
)
SELECT grouped.*,
       (SELECT count(*) FROM public.txs AS other
         WHERE other.memo ~ ('^' || exp || '-' || round || '-\d+-\d+$')
           AND latency IS NULL) AS missed,
       (SELECT count(*) FROM public.txs AS other
         WHERE other.memo ~ ('^' || exp || '-' || round || '-\d+-\d+$')
           AND result = 'Failed') AS failed,
       (SELECT count(*) FROM public.txs AS other
         WHERE other.memo ~ ('^' || exp || '-' || round || '-\d+-\d+$')
           AND result = 'Applied') AS successful
  FROM grouped ORDER BY start";

/// A checkpoint lasts until the next one of the main process in its block trace.
const CHECKPOINT_P95: &str = "\
WITH step AS (
    SELECT entry.name, trace.node_name,
           lead(entry.started_at) OVER (PARTITION BY entry.block_trace_id
                                        ORDER BY entry.started_at,
                                                 entry.block_trace_checkpoint_id)
               - entry.started_at AS seconds
      FROM public.block_trace AS trace
      JOIN public.block_trace_checkpoint AS entry USING (deployment_id, block_trace_id)
     WHERE trace.deployment_id = $1 AND entry.main_trace AND NOT entry.gossip
       AND NOT entry.is_control AND entry.source = 'M'
       AND entry.started_at BETWEEN trace.trace_started_at AND trace.trace_completed_at
)
SELECT name, node_name, percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds), count(*)
  FROM step WHERE seconds IS NOT NULL GROUP BY name, node_name";

/// What was asked for did not fit into the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfTime;

impl Database {
    /// A deployment with made-up transactions in its rounds, and no others in the database.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn make_transactions(
        &self,
        transactions: u32,
        rounds: u32,
    ) -> Result<i32, StoreError> {
        sqlx::raw_sql("TRUNCATE public.unique_txs, public.block_txs")
            .execute(self.pool())
            .await?;
        let deployment_id = self.create_deployment(&serde_json::Map::new()).await?;
        sqlx::query(TRANSACTIONS)
            .bind(deployment_id)
            .bind(i64::from(transactions))
            .bind(i64::from(rounds))
            .execute(self.pool())
            .await?;
        sqlx::query(BLOCK_TRANSACTIONS)
            .bind(deployment_id)
            .execute(self.pool())
            .await?;
        // As the server does by itself after a while.
        sqlx::raw_sql("VACUUM ANALYZE public.unique_txs, public.block_txs")
            .execute(self.pool())
            .await?;
        Ok(deployment_id)
    }

    /// A deployment with made-up traces: one of each node for each block.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn make_traces(
        &self,
        nodes: u32,
        blocks: u32,
        checkpoints: u32,
    ) -> Result<i32, StoreError> {
        let names: Vec<&str> = CHECKPOINTS.lines().collect();
        let deployment_id = self.create_deployment(&serde_json::Map::new()).await?;
        self.ensure_partitions(deployment_id).await?;
        sqlx::query(TRACES)
            .bind(deployment_id)
            .bind(i64::from(nodes))
            .bind(i64::from(blocks))
            .bind(i64::from(checkpoints))
            .bind(names)
            .execute(self.pool())
            .await?;
        sqlx::raw_sql("VACUUM ANALYZE public.block_trace, public.block_trace_checkpoint")
            .execute(self.pool())
            .await?;
        Ok(deployment_id)
    }

    /// Changes one of the newest traces of a deployment, `number` by turns, as nodes that are read do.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn make_a_change(&self, deployment_id: i32, number: u32) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE public.block_trace SET total_time = total_time + 0.001
              WHERE deployment_id = $1 AND block_trace_id = (
                    SELECT block_trace_id FROM public.block_trace WHERE deployment_id = $1
                     ORDER BY block_trace_id DESC OFFSET $2 LIMIT 1)",
        )
        .bind(deployment_id)
        .bind(i64::from(number))
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// How long the 95th percentile of own times by checkpoint and node takes.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn time_checkpoint_p95(&self, deployment_id: i32) -> Result<Duration, StoreError> {
        let mut transaction = self.pool().begin().await?;
        sqlx::raw_sql("SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '256MB'")
            .execute(&mut *transaction)
            .await?;
        let start = Instant::now();
        sqlx::query(CHECKPOINT_P95)
            .bind(deployment_id)
            .fetch_all(&mut *transaction)
            .await?;
        Ok(start.elapsed())
    }

    /// How long the view `experiments` takes: all of its rows.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn time_experiments(&self) -> Result<Duration, StoreError> {
        let start = Instant::now();
        sqlx::query("SELECT * FROM public.experiments")
            .fetch_all(self.pool())
            .await?;
        Ok(start.elapsed())
    }

    /// How long the original's formula takes, if it ends within `limit`.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn time_reference(
        &self,
        limit: Duration,
    ) -> Result<Result<Duration, OutOfTime>, StoreError> {
        let mut transaction = self.pool().begin().await?;
        let statement = format!("SET LOCAL statement_timeout = {}", limit.as_millis());
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *transaction)
            .await?;
        let start = Instant::now();
        let asked = sqlx::query(REFERENCE).fetch_all(&mut *transaction).await;
        let taken = start.elapsed();
        match asked {
            Ok(_) => Ok(Ok(taken)),
            Err(_) if taken >= limit => Ok(Err(OutOfTime)),
            Err(error) => Err(error.into()),
        }
    }

    /// The state hash of a made-up block.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn made_block(&self, deployment_id: i32) -> Result<String, StoreError> {
        let query = "SELECT block_id FROM public.block_trace WHERE deployment_id = $1 LIMIT 1";
        Ok(sqlx::query_scalar(query)
            .bind(deployment_id)
            .fetch_one(self.pool())
            .await?)
    }
}
