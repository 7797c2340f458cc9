SELECT count(*)
  FROM loadlab.gap
  JOIN loadlab.session USING (session_id)
 WHERE session.deployment_id = $1
   AND greatest(coalesce(until_time, noted_at), from_time) >= coalesce(to_timestamp($2::bigint / 1e6), '-infinity')
   AND coalesce(from_time, until_time, noted_at)
       < coalesce(to_timestamp($3::bigint / 1e6), 'infinity')
   AND ($4::text[] IS NULL OR session.node_name = ANY ($4))
