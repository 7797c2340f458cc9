-- Each descriptive column keeps its first value, each time the earliest. A row
-- that would not change is not written: the same work is gossiped many times.
INSERT INTO uniq_sws AS old (
    deployment_id, fst_work_id, snd_work_id, fee, prover, sender,
    fst_work_type, snd_work_type, fst_work_tx_hash, snd_work_tx_hash,
    fst_work_tx_memo, snd_work_tx_memo, time_added, time_received, time_scheduled
)
SELECT $1, new.first, new.second, new.fee, new.prover, new.sender,
       new.first_type, new.second_type, new.first_hash, new.second_hash,
       new.first_memo, new.second_memo,
       timestamptz 'epoch' + new.added * interval '1 microsecond',
       timestamptz 'epoch' + new.received * interval '1 microsecond',
       timestamptz 'epoch' + new.scheduled * interval '1 microsecond'
FROM unnest(
    $2::int[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[]
) AS new (
    first, second, fee, prover, sender, first_type, second_type,
    first_hash, second_hash, first_memo, second_memo, added, received, scheduled
)
ON CONFLICT (deployment_id, fst_work_id, coalesce(snd_work_id, -1)) DO UPDATE
SET fee = coalesce(old.fee, excluded.fee),
    prover = coalesce(old.prover, excluded.prover),
    sender = coalesce(old.sender, excluded.sender),
    fst_work_type = coalesce(old.fst_work_type, excluded.fst_work_type),
    snd_work_type = coalesce(old.snd_work_type, excluded.snd_work_type),
    fst_work_tx_hash = coalesce(old.fst_work_tx_hash, excluded.fst_work_tx_hash),
    snd_work_tx_hash = coalesce(old.snd_work_tx_hash, excluded.snd_work_tx_hash),
    fst_work_tx_memo = coalesce(old.fst_work_tx_memo, excluded.fst_work_tx_memo),
    snd_work_tx_memo = coalesce(old.snd_work_tx_memo, excluded.snd_work_tx_memo),
    time_added = least(old.time_added, excluded.time_added),
    time_received = least(old.time_received, excluded.time_received),
    time_scheduled = least(old.time_scheduled, excluded.time_scheduled)
WHERE (old.fee IS NULL AND excluded.fee IS NOT NULL)
   OR (old.prover IS NULL AND excluded.prover IS NOT NULL)
   OR (old.sender IS NULL AND excluded.sender IS NOT NULL)
   OR (old.fst_work_type IS NULL AND excluded.fst_work_type IS NOT NULL)
   OR (old.snd_work_type IS NULL AND excluded.snd_work_type IS NOT NULL)
   OR (old.fst_work_tx_hash IS NULL AND excluded.fst_work_tx_hash IS NOT NULL)
   OR (old.snd_work_tx_hash IS NULL AND excluded.snd_work_tx_hash IS NOT NULL)
   OR (old.fst_work_tx_memo IS NULL AND excluded.fst_work_tx_memo IS NOT NULL)
   OR (old.snd_work_tx_memo IS NULL AND excluded.snd_work_tx_memo IS NOT NULL)
   OR least(old.time_added, excluded.time_added) IS DISTINCT FROM old.time_added
   OR least(old.time_received, excluded.time_received) IS DISTINCT FROM old.time_received
   OR least(old.time_scheduled, excluded.time_scheduled) IS DISTINCT FROM old.time_scheduled
