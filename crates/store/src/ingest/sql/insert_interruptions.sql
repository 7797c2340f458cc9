INSERT INTO sw_interruptions (block_trace_id, deployment_id, time, at, reason, fst_work_id, snd_work_id)
SELECT new.trace, $1,
       coalesce(timestamptz 'epoch' + new.time * interval '1 microsecond', now()),
       new.at, new.reason, new.first, new.second
FROM unnest($2::int[], $3::bigint[], $4::int[], $5::text[], $6::int[], $7::int[])
    AS new (trace, time, at, reason, first, second)
ON CONFLICT (block_trace_id) DO NOTHING
