-- An expired lease is not renewed, even if nobody else has taken it.
UPDATE loadlab.lease
SET expires_at = clock_timestamp() + $3 * interval '1 second'
FROM unnest($1::text[], $2::bigint[]) AS held (resource, token)
WHERE lease.resource = held.resource
    AND lease.token = held.token
    AND lease.expires_at > clock_timestamp()
RETURNING lease.resource
