-- How complete the log entries of a scope are: $1 deployment, $2 and $3 its time in microseconds
-- (null: all), $4 its nodes (null: all).
SELECT count(*) AS nodes,
       count(*) FILTER (WHERE lost > 0 OR unknown_gaps > 0) AS nodes_with_loss,
       coalesce(sum(stored), 0)::bigint AS stored,
       coalesce(sum(lost), 0)::bigint AS lost,
       coalesce(sum(unknown_gaps), 0)::bigint AS unknown_gaps
  FROM loadlab.completeness_of($1, to_timestamp($2::bigint / 1e6), to_timestamp($3::bigint / 1e6))
 WHERE $4::text[] IS NULL OR node_name = ANY ($4)
