-- SNARK work of a scope: $1 deployment, $2 and $3 the time in microseconds (null: all) of its first
-- event, $4 part of a prover (null: any), $5, $10 and $11 the place after which
-- the page begins (null: the first page), $6 how many at most, $7 a kind of
-- work (null: any), $8 what to sort by and $9 whether the greatest comes first.
WITH interrupted AS (
    SELECT fst_work_id, coalesce(snd_work_id, -1) AS snd_work_id, count(*) AS count
      FROM public.sw_interruptions
     WHERE deployment_id = $1
     GROUP BY 1, 2
), work AS (
    SELECT work.*,
           least(time_scheduled, time_received, time_added) AS first,
           extract(epoch FROM time_received - coalesce(time_scheduled, time_added))::float8
               AS delay,
           CASE WHEN fee ~ '^[0-9]{1,30}([.][0-9]{1,9})?$' THEN fee::numeric END AS mina,
           coalesce(interrupted.count, 0) AS interruptions
      FROM public.uniq_sws AS work
      LEFT JOIN interrupted ON interrupted.fst_work_id = work.fst_work_id
                           AND interrupted.snd_work_id = coalesce(work.snd_work_id, -1)
     WHERE deployment_id = $1
), listed AS (
    SELECT work.*,
           coalesce(CASE WHEN $9::boolean THEN -sorted.value ELSE sorted.value END, 'infinity')
               AS sort_key,
           coalesce(-loadlab.micros(first), 0) AS sort_at,
           -- both ids in one number
           (fst_work_id::bigint << 32) + coalesce(snd_work_id, -1) + 1 AS sort_id
      FROM work
     CROSS JOIN LATERAL (
           SELECT (CASE $8::text
                       WHEN 'delay' THEN delay
                       WHEN 'fee' THEN mina
                       WHEN 'interruptions' THEN interruptions
                       ELSE loadlab.micros(first) END)::float8 AS value) AS sorted
     WHERE coalesce(first, '-infinity') >= coalesce(to_timestamp($2::bigint / 1e6), '-infinity')
       AND coalesce(first, '-infinity') < coalesce(to_timestamp($3::bigint / 1e6), 'infinity')
       AND ($4::text IS NULL OR strpos(prover, $4) > 0)
       AND ($7::text IS NULL OR $7 IN (fst_work_type, snd_work_type))
)
SELECT jsonb_build_object(
           'ids', to_jsonb(array_remove(ARRAY[fst_work_id, snd_work_id], NULL)),
           'kinds', to_jsonb(array_remove(ARRAY[fst_work_type, snd_work_type], NULL)),
           'prover', prover, 'fee', fee,
           'scheduled', loadlab.micros(time_scheduled),
           'received', loadlab.micros(time_received),
           'added', loadlab.micros(time_added),
           'delay_s', delay,
           'interruptions', interruptions) AS work,
       (SELECT count(*) FROM listed) AS total,
       sort_key, sort_at, sort_id::text AS sort_id
  FROM listed
 WHERE $5::float8 IS NULL OR (sort_key, sort_at, listed.sort_id) > ($5, $10::bigint, $11::bigint)
 ORDER BY sort_key, sort_at, listed.sort_id
 LIMIT $6
