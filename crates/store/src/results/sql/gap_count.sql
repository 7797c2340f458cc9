SELECT count(*)
  FROM loadlab.gap_time
 WHERE deployment_id = $1
   AND lost_until >= coalesce(to_timestamp($2::bigint / 1e6), '-infinity')
   AND lost_since < coalesce(to_timestamp($3::bigint / 1e6), 'infinity')
   AND ($4::text[] IS NULL OR node_name = ANY ($4))
