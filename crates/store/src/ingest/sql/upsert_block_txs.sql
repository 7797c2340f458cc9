INSERT INTO block_txs AS old (deployment_id, hash, type, memo, block_received, result)
SELECT $1, new.hash, new.type, new.memo,
       timestamptz 'epoch' + new.received * interval '1 microsecond', new.result
FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
    AS new (hash, type, memo, received, result)
ON CONFLICT (deployment_id, hash) DO UPDATE
SET block_received = least(old.block_received, excluded.block_received),
    result = least(old.result, excluded.result)
WHERE excluded.block_received < old.block_received OR excluded.result < old.result
