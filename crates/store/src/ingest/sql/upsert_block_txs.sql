INSERT INTO block_txs AS old
    (deployment_id, hash, type, memo, block_received, result, failure_reason)
SELECT $1, new.hash, new.type, new.memo,
       timestamptz 'epoch' + new.received * interval '1 microsecond', new.result, new.failure
FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[])
    AS new (hash, type, memo, received, result, failure)
ON CONFLICT (deployment_id, hash) DO UPDATE
SET block_received = least(old.block_received, excluded.block_received),
    result = least(old.result, excluded.result),
    -- that of the lesser result
    failure_reason = CASE WHEN excluded.result < old.result THEN excluded.failure_reason
                          WHEN excluded.result > old.result THEN old.failure_reason
                          ELSE least(old.failure_reason, excluded.failure_reason) END
WHERE excluded.block_received < old.block_received OR excluded.result < old.result
   OR (excluded.result = old.result
       AND least(old.failure_reason, excluded.failure_reason)
           IS DISTINCT FROM old.failure_reason)
