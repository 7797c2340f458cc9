UPDATE loadlab.lease
SET holder = NULL, expires_at = clock_timestamp()
FROM unnest($1::text[], $2::bigint[]) AS held (resource, token)
WHERE lease.resource = held.resource AND lease.token = held.token
