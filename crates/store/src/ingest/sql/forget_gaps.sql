DELETE FROM loadlab.gap
WHERE session_id = $1 AND process = $2
  AND from_time >= to_timestamp($3::bigint / 1e6) - interval '1 second'
  AND until_time <= to_timestamp($4::bigint / 1e6) + interval '1 second'
