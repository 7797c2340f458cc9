//! The content of a database as text, to compare two of them.

use crate::{Database, StoreError};

/// Each query gives the rows of one table as texts. Row ids are replaced by
/// the place of the row among those of its node, so that databases are equal
/// which hold the same rows in the same order under other ids.
const QUERIES: [(&str, &str); 14] = [
    (
        "deployment",
        "SELECT to_jsonb(deployment)::text FROM public.deployment ORDER BY deployment_id",
    ),
    (
        "block_trace",
        "SELECT number || ' ' || (to_jsonb(trace) - 'block_trace_id')::text
           FROM public.block_trace AS trace JOIN traces USING (block_trace_id)
          ORDER BY trace.deployment_id, trace.node_name, number",
    ),
    (
        "block_trace_checkpoint",
        "SELECT entries.number || ' of ' || traces.number || ' ' || node_name || ' '
                || (to_jsonb(entry) - 'block_trace_id' - 'block_trace_checkpoint_id')::text
           FROM public.block_trace_checkpoint AS entry
           JOIN entries USING (block_trace_checkpoint_id)
           JOIN traces ON traces.block_trace_id = entry.block_trace_id
          ORDER BY traces.deployment_id, node_name, entries.number",
    ),
    (
        "data",
        "SELECT key || ' ' || deployment_id || ' ' || node_name || ' '
                || (SELECT jsonb_agg(element ORDER BY element)
                      FROM jsonb_array_elements(value::jsonb) AS element)::text
           FROM public.data ORDER BY key, deployment_id, node_name",
    ),
    (
        "last_block_trace_gossip_checkpoint",
        "SELECT number || ' ' || node_name || ' ' || (to_jsonb(gossip) - 'block_trace_id')::text
           FROM public.last_block_trace_gossip_checkpoint AS gossip
           JOIN traces USING (block_trace_id)
          ORDER BY deployment_id, node_name, number, resource",
    ),
    (
        "tx_traces",
        "SELECT number || ' ' || (to_jsonb(event) - 'block_trace_checkpoint_id')::text
           FROM public.tx_traces AS event JOIN entries USING (block_trace_checkpoint_id)
          ORDER BY event.deployment_id, event.node_name, number",
    ),
    (
        "sw_traces",
        "SELECT number || ' ' || (to_jsonb(event) - 'block_trace_checkpoint_id')::text
           FROM public.sw_traces AS event JOIN entries USING (block_trace_checkpoint_id)
          ORDER BY event.deployment_id, event.node_name, number",
    ),
    (
        "unique_txs",
        "SELECT to_jsonb(tx)::text FROM public.unique_txs AS tx ORDER BY deployment_id, hash",
    ),
    (
        "block_txs",
        "SELECT to_jsonb(tx)::text FROM public.block_txs AS tx ORDER BY deployment_id, hash",
    ),
    (
        "uniq_sws",
        "SELECT to_jsonb(work)::text FROM public.uniq_sws AS work
          ORDER BY deployment_id, fst_work_id, snd_work_id NULLS FIRST",
    ),
    (
        "sw_interruptions",
        "SELECT number || ' ' || node_name || ' ' || (to_jsonb(stop) - 'block_trace_id')::text
           FROM public.sw_interruptions AS stop JOIN traces USING (block_trace_id)
          ORDER BY traces.deployment_id, node_name, number",
    ),
    (
        "node_restarts",
        "SELECT to_jsonb(restart)::text FROM public.node_restarts AS restart ORDER BY id",
    ),
    (
        "loadlab.gap",
        "SELECT node_name || ' ' || process || ' ' || coalesce(after_entry, -1) || ' '
                || coalesce(missing, -1) || ' ' || reason
           FROM loadlab.gap JOIN loadlab.session USING (session_id)
          ORDER BY deployment_id, node_name, gap_id",
    ),
    (
        "loadlab.unknown_control",
        "SELECT node_name || ' ' || process || ' ' || line || ' ' || content::text
           FROM loadlab.unknown_control JOIN loadlab.session USING (session_id)
          ORDER BY deployment_id, node_name, session_id, process, line",
    ),
];

/// Numbers traces and entries within their nodes.
const NUMBERED: &str = "\
WITH traces AS (
    SELECT block_trace_id, deployment_id, node_name,
           row_number() OVER (PARTITION BY deployment_id, node_name ORDER BY block_trace_id)
               AS number
      FROM public.block_trace
), entries AS (
    SELECT block_trace_checkpoint_id,
           row_number() OVER (PARTITION BY traces.deployment_id, node_name
                              ORDER BY block_trace_checkpoint_id) AS number
      FROM public.block_trace_checkpoint JOIN traces USING (block_trace_id)
) ";

/// A line for each row of each table with data, tables in a fixed order.
pub(super) async fn dump(database: &Database) -> Result<String, StoreError> {
    let mut text = String::new();
    for (table, query) in QUERIES {
        let sql = sqlx::AssertSqlSafe(format!("{NUMBERED}{query}"));
        let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(database.pool()).await?;
        for row in rows {
            text.push_str(table);
            text.push_str(": ");
            text.push_str(&row);
            text.push('\n');
        }
    }
    Ok(text)
}

/// Fails with the first line in which two dumps differ.
///
/// # Panics
/// If they differ.
#[track_caller]
pub fn assert_same(found: &str, expected: &str) {
    if found == expected {
        return;
    }
    let (mut one, mut other) = (found.lines(), expected.lines());
    let mut number = 0;
    loop {
        number += 1;
        let (one, other) = (one.next(), other.next());
        assert_eq!(one, other, "line {number} of the dump");
    }
}
