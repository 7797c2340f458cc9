INSERT INTO unique_txs AS old (deployment_id, hash, type, memo, time)
SELECT $1, new.hash, new.type, new.memo, timestamptz 'epoch' + new.time * interval '1 microsecond'
FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) AS new (hash, type, memo, time)
ON CONFLICT (deployment_id, hash) DO UPDATE SET time = excluded.time
WHERE excluded.time < old.time
