SELECT session_id, key, body
FROM loadlab.session_state
WHERE session_id = ANY ($1::bigint[])
  -- Other keys have no time in them.
  AND CASE WHEN starts_with(key, 'lines:')
      THEN split_part(key, ':', 4)::bigint = 0 OR split_part(key, ':', 4)::bigint >= $2
      ELSE false
      END
ORDER BY session_id, key
