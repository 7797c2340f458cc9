-- Work that was scheduled and not yet received, at most 600 points: $1 deployment, $2 and $3 the
-- time in microseconds (null: all).
WITH work AS (
    SELECT time_scheduled AS since, coalesce(time_received, 'infinity') AS until
      FROM public.uniq_sws
     WHERE deployment_id = $1 AND time_scheduled IS NOT NULL
), span AS (
    SELECT coalesce(to_timestamp($2::bigint / 1e6), min(since)) AS first,
           coalesce(to_timestamp($3::bigint / 1e6),
                    greatest(max(since), max(until) FILTER (WHERE isfinite(until)))) AS last
      FROM work
), event AS (
    SELECT since AS at, 1 AS change FROM work
     UNION ALL
    -- received before it was scheduled, by another clock: never open
    SELECT greatest(until, since), -1 FROM work WHERE isfinite(until)
), change AS (
    -- the first point at or after the event has it
    SELECT least(greatest(ceil(extract(epoch FROM at - first) * 599
                               / extract(epoch FROM last - first)), 0), 600)::bigint AS number,
           sum(change) AS change
      FROM event, span
     WHERE last > first
     GROUP BY 1
)
SELECT jsonb_build_object(
           't', coalesce(jsonb_agg(loadlab.micros(first + (last - first) * (number / 599.0))
                                   ORDER BY number), '[]'),
           'count', coalesce(jsonb_agg(open ORDER BY number), '[]'))
  FROM (SELECT number, first, last,
               sum(coalesce(change, 0)) OVER (ORDER BY number)::bigint AS open
          FROM span
         CROSS JOIN generate_series(0, 599) AS number
          LEFT JOIN change USING (number)
         WHERE last > first) AS curve
