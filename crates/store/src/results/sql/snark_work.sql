-- SNARK work of a scope, newest first: $1 deployment, $2 and $3 the time in microseconds (null: all)
-- of its first event, $4 part of a prover (null: any), $5 how many to pass over, $6 how many at most.
SELECT jsonb_build_object(
           'ids', to_jsonb(array_remove(ARRAY[fst_work_id, snd_work_id], NULL)),
           'kinds', to_jsonb(array_remove(ARRAY[fst_work_type, snd_work_type], NULL)),
           'prover', prover, 'fee', fee,
           'scheduled', loadlab.micros(time_scheduled),
           'received', loadlab.micros(time_received),
           'added', loadlab.micros(time_added),
           'delay_s', extract(epoch FROM time_received
                                         - coalesce(time_scheduled, time_added))::float8,
           'interruptions', (SELECT count(*) FROM public.sw_interruptions AS missing
                              WHERE missing.deployment_id = $1
                                AND missing.fst_work_id = work.fst_work_id
                                AND missing.snd_work_id IS NOT DISTINCT FROM work.snd_work_id))
           AS work,
       total
  FROM (SELECT *, count(*) OVER () AS total
          FROM (SELECT *, least(time_scheduled, time_received, time_added) AS first
                  FROM public.uniq_sws WHERE deployment_id = $1) AS work
         WHERE coalesce(first, '-infinity')
               >= coalesce(to_timestamp($2::bigint / 1e6), '-infinity')
           AND coalesce(first, '-infinity') < coalesce(to_timestamp($3::bigint / 1e6), 'infinity')
           AND ($4::text IS NULL OR strpos(prover, $4) > 0)
         ORDER BY first DESC NULLS LAST, fst_work_id
        OFFSET $5 LIMIT $6) AS work
