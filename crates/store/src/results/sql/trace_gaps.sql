-- Log entries of a node that are missing from a time: $1 deployment, $2 the node, $3 and $4 the time
-- in microseconds. Beginnings and ends count from the beginning of that time and are cut to it.
SELECT jsonb_build_object(
           'start_us', greatest(coalesce(loadlab.micros(lost_since), $3) - $3, 0),
           'end_us', least(coalesce(loadlab.micros(lost_until), $4), $4) - $3,
           'missing', missing)
  FROM loadlab.gap_time
 WHERE deployment_id = $1 AND node_name = $2
   AND lost_until >= to_timestamp($3::bigint / 1e6)
   AND lost_since <= to_timestamp($4::bigint / 1e6)
 ORDER BY lost_since, gap_id
 LIMIT 1000
