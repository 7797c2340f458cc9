SELECT id,
       to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at,
       actor, role, address, forwarded_for, service, method, path, target, parameters, request_id,
       to_char(changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS changed_at,
       to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ended_at,
       status
  FROM loadlab.audit
 WHERE ($1::bigint IS NULL OR id < $1)
   AND ($3::text IS NULL
        OR position(lower($3) IN lower(concat_ws(' ', actor, address, forwarded_for, path, target,
                                                 request_id))) > 0)
 ORDER BY id DESC
 LIMIT $2
