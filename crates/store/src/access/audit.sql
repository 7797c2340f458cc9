SELECT id,
       at,
       actor, role, address, forwarded_for, service, method, path, target, parameters, request_id,
       changed_at,
       ended_at,
       status
  FROM loadlab.audit
 WHERE ($1::bigint IS NULL OR id < $1)
   AND ($3::text IS NULL
        OR position(lower($3) IN lower(concat_ws(' ', actor, address, forwarded_for, path, target,
                                                 request_id))) > 0)
 ORDER BY id DESC
 LIMIT $2
