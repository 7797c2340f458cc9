-- Gaps of a scope, newest first: $1 deployment, $2 and $3 its time in microseconds (null: all), $4
-- its nodes (null: all), $5 those noted before this gap (null: all), $6 how many.
SELECT gap_id,
       jsonb_build_object(
           'node', node_name,
           'process', gap.process,
           'from', loadlab.micros(from_time),
           'until', loadlab.micros(until_time),
           'missing', missing,
           'reason', gap.reason,
           'noted', loadlab.rfc3339(noted_at)) AS gap
  FROM loadlab.gap_time AS gap
 WHERE deployment_id = $1
   AND lost_until >= coalesce(to_timestamp($2::bigint / 1e6), '-infinity')
   AND lost_since < coalesce(to_timestamp($3::bigint / 1e6), 'infinity')
   AND ($4::text[] IS NULL OR node_name = ANY ($4))
   AND ($5::bigint IS NULL OR gap_id < $5)
 ORDER BY gap_id DESC
 LIMIT $6
