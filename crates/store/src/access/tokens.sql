SELECT id, name, role,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS expires_at,
       coalesce(expires_at <= clock_timestamp(), false) AS is_expired,
       to_char(last_used_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS last_used_at
  FROM loadlab.access_token
 WHERE revoked_at IS NULL AND ($1::bigint IS NULL OR id = $1)
 ORDER BY name
