-- Size and growth of the database. Entries are counted by the clock of the database, because that
-- of nodes may run faster, as in a simulated network.
WITH read AS (
    SELECT session.lines - session.repeated_lines AS entries,
           opened_at AS begin_at,
           coalesce(ended_at, clock_timestamp()) AS end_at
      FROM loadlab.session
     WHERE kind = 'node' AND deployment_id IS NOT NULL
), period AS (
    SELECT greatest(min(begin_at), clock_timestamp() - interval '1 day') AS begin_at,
           clock_timestamp() AS end_at
      FROM read
), recent AS (
    -- Each session counts as far as it lies in the period.
    SELECT sum(entries * extract(epoch FROM read.end_at - greatest(read.begin_at, period.begin_at))
                   / greatest(extract(epoch FROM read.end_at - read.begin_at), 1)) AS entries,
           extract(epoch FROM min(period.end_at) - min(period.begin_at)) AS seconds
      FROM read, period
     WHERE read.end_at > period.begin_at
), stored AS (
    -- Of deployments that have sessions: what others have stored is in no session.
    SELECT sum(bytes) AS bytes, sum(entries) AS entries
      FROM (SELECT deployment_id, sum(lines - repeated_lines) AS entries
              FROM loadlab.session WHERE deployment_id IS NOT NULL GROUP BY deployment_id) AS session
      JOIN LATERAL (SELECT sum(coalesce(pg_total_relation_size(to_regclass(
                               'loadlab.' || name || '_d' || session.deployment_id)), 0)) AS bytes
                      FROM unnest(ARRAY['block_trace', 'block_trace_checkpoint', 'tx_traces',
                                        'sw_traces']) AS name) AS partition ON true
)
SELECT pg_database_size(current_database()) AS database_bytes,
       (SELECT (stored.bytes / stored.entries * recent.entries / recent.seconds * 86400)::float8
          FROM stored, recent
         WHERE stored.entries > 0 AND recent.seconds >= 600) AS growth_bytes_per_day
