-- FOR UPDATE waits for nobody, and conflicts with the key share locks of
-- transactions that write under the lease: see the module.
WITH wanted AS (
    SELECT DISTINCT resource FROM unnest($1::text[]) AS resource
),
free AS (
    SELECT resource
    FROM loadlab.lease
    WHERE resource = ANY ($1) AND (expires_at <= clock_timestamp() OR holder = $2)
    ORDER BY resource
    FOR UPDATE SKIP LOCKED
),
taken AS (
    UPDATE loadlab.lease
    SET holder = $2,
        token = token + 1,
        acquired_at = clock_timestamp(),
        expires_at = clock_timestamp() + $3 * interval '1 second'
    FROM free
    WHERE lease.resource = free.resource
    RETURNING lease.resource, lease.token
),
made AS (
    INSERT INTO loadlab.lease (resource, holder, token, acquired_at, expires_at)
    SELECT resource, $2, 1, clock_timestamp(), clock_timestamp() + $3 * interval '1 second'
    FROM wanted
    WHERE NOT EXISTS (SELECT FROM loadlab.lease WHERE lease.resource = wanted.resource)
    ORDER BY resource
    ON CONFLICT (resource) DO NOTHING
    RETURNING resource, token
)
SELECT resource, token FROM taken
UNION ALL
SELECT resource, token FROM made
ORDER BY resource
