SELECT id, name, role,
       created_at,
       expires_at,
       coalesce(expires_at <= clock_timestamp(), false) AS is_expired,
       last_used_at
  FROM loadlab.access_token
 WHERE revoked_at IS NULL AND ($1::bigint IS NULL OR id = $1)
 ORDER BY name
