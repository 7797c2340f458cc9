-- Why pools rejected transactions in a scope, most frequent first: $1 deployment, $2 and $3 the time
-- in microseconds (null: all), $4 nodes (null: all).
SELECT jsonb_build_object('reason', reason, 'count', count(*), 'nodes', count(DISTINCT node_name))
  FROM (SELECT coalesce(reason, 'no reason given') AS reason, node_name
          FROM public.tx_traces
         WHERE deployment_id = $1 AND action = 'rejected'
           AND "time" >= coalesce(to_timestamp($2::bigint / 1e6), '-infinity')
           AND "time" < coalesce(to_timestamp($3::bigint / 1e6), 'infinity')
           AND ($4::text[] IS NULL OR node_name = ANY ($4))) AS rejected
 GROUP BY reason
 ORDER BY count(*) DESC, reason
 LIMIT 100
