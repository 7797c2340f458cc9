-- All deployments, newest first: $1 those before this one (null: all), $2 how many.
SELECT jsonb_build_object(
           'id', deployment_id,
           'metadata', CASE jsonb_typeof(metadata_json) WHEN 'object' THEN metadata_json
                       ELSE '{}' END,
           'note', CASE jsonb_typeof(metadata_json -> 'note')
                   WHEN 'string' THEN metadata_json ->> 'note' END,
           'created', (SELECT loadlab.rfc3339(min(opened_at)) FROM loadlab.session
                        WHERE session.deployment_id = deployment.deployment_id),
           'nodes', greatest(complete.nodes, traces.nodes),
           'blocks', traces.blocks,
           'entries', complete.stored,
           'bytes', (SELECT sum(pg_total_relation_size(part.oid))::bigint
                       FROM pg_class AS part
                       JOIN pg_namespace ON pg_namespace.oid = part.relnamespace
                      WHERE nspname = 'loadlab'
                        AND part.relname = ANY (ARRAY[
                                'block_trace_d' || deployment_id,
                                'block_trace_checkpoint_d' || deployment_id,
                                'tx_traces_d' || deployment_id,
                                'sw_traces_d' || deployment_id])),
           'completeness', complete.stored::float8 / nullif(complete.stored + complete.lost, 0),
           'lost_entries', complete.lost,
           'unknown_gaps', complete.unknown_gaps,
           'runs', runs.count,
           'archived', (SELECT jsonb_build_object('url', url,
                                                  'since', loadlab.rfc3339(archived_at))
                          FROM loadlab.archived_deployment AS archived
                         WHERE archived.deployment_id = deployment.deployment_id))
  FROM (SELECT * FROM public.deployment
         WHERE $1::integer IS NULL OR deployment_id < $1
         ORDER BY deployment_id DESC LIMIT $2) AS deployment
 CROSS JOIN LATERAL (
       SELECT count(*) AS nodes, coalesce(sum(stored), 0)::bigint AS stored,
              coalesce(sum(lost), 0)::bigint AS lost,
              coalesce(sum(unknown_gaps), 0)::bigint AS unknown_gaps
         FROM loadlab.completeness_of(deployment.deployment_id, NULL, NULL)) AS complete
 CROSS JOIN LATERAL (
       SELECT count(DISTINCT node_name) AS nodes,
              count(DISTINCT block_id) FILTER (WHERE block_id LIKE '3N%') AS blocks
         FROM public.block_trace
        WHERE block_trace.deployment_id = deployment.deployment_id) AS traces
 CROSS JOIN LATERAL (
       SELECT count(DISTINCT loadlab.memo_experiment(memo, ending)) AS count
         FROM (SELECT memo, loadlab.memo_ending(memo) AS ending
                 FROM public.unique_txs
                WHERE unique_txs.deployment_id = deployment.deployment_id
               OFFSET 0) AS tx
        WHERE ending IS NOT NULL) AS runs
 ORDER BY deployment_id DESC
