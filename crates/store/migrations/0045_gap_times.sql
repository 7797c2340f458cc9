-- When log entries are missing, by the clock of the node. A gap was noted by the clock of the
-- database, which says nothing of the node's: a simulated network may run faster. What is not known
-- is told by the entries that are stored beside the gap:
--   * an end that is not known is where the entries of the node go on (by whole minutes) or, if they
--     do not, the beginning: what was never read is not measured, and not lost;
--   * a beginning that is not known is the end;
--   * a gap without either may be anywhere in the time of its session.
CREATE VIEW loadlab.gap_time AS
SELECT gap.gap_id, gap.session_id, session.deployment_id, session.node_name, session.kind,
       gap.process, gap.missing, gap.reason, gap.from_time, gap.until_time, gap.noted_at,
       coalesce(gap.from_time, gap.until_time,
                (SELECT min(minute) FROM loadlab.session_minute
                  WHERE session_minute.session_id = gap.session_id),
                '-infinity') AS lost_since,
       coalesce(gap.until_time,
                CASE WHEN gap.from_time IS NOT NULL
                     THEN coalesce((SELECT min(minute) + interval '1 minute'
                                      FROM loadlab.session AS later
                                      JOIN loadlab.session_minute USING (session_id)
                                     WHERE later.deployment_id = session.deployment_id
                                       AND later.node_name = session.node_name
                                       AND minute > gap.from_time),
                                   gap.from_time)
                     ELSE coalesce((SELECT max(minute) + interval '1 minute'
                                      FROM loadlab.session_minute
                                     WHERE session_minute.session_id = gap.session_id),
                                   'infinity') END) AS lost_until
  FROM loadlab.gap
  JOIN loadlab.session USING (session_id);

-- As before, with the times of gaps by the nodes' clocks.
CREATE OR REPLACE FUNCTION loadlab.completeness_of(deployment integer, since timestamptz,
                                                   until timestamptz)
RETURNS TABLE (node_name text, stored bigint, lost bigint, unknown_gaps bigint)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT session.node_name,
       coalesce(sum(CASE WHEN kind = 'file' OR is_whole
                         THEN session.lines - session.repeated_lines - session.malformed_lines
                         ELSE minutes.entries END), 0)::bigint,
       coalesce(sum(CASE WHEN kind = 'file' OR is_whole
                         THEN session.lost_entries ELSE gaps.lost END), 0)::bigint,
       coalesce(sum(CASE WHEN is_whole THEN session.old_unknown_gaps ELSE 0 END
                    + coalesce(gaps.unknown, 0)), 0)::bigint
  FROM (SELECT since IS NULL AND until IS NULL AS is_whole) AS scope
 CROSS JOIN loadlab.session
  LEFT JOIN LATERAL (
       SELECT sum(entries) AS entries FROM loadlab.session_minute
        WHERE session_minute.session_id = session.session_id AND NOT is_whole
          AND minute > coalesce(since, '-infinity') - interval '1 minute'
          AND minute < coalesce(until, 'infinity')) AS minutes ON true
  LEFT JOIN LATERAL (
       SELECT sum(missing) AS lost, count(*) FILTER (WHERE missing IS NULL) AS unknown
         FROM loadlab.gap_time AS gap
        WHERE gap.session_id = session.session_id
          AND (is_whole OR lost_until >= coalesce(since, '-infinity')
                           AND lost_since < coalesce(until, 'infinity'))) AS gaps ON true
 WHERE session.deployment_id = deployment
 GROUP BY session.node_name
$$;

-- Locks: writers wait while the table is read once, at the speed of the disk; the log fetcher
-- buffers meanwhile.
-- Which nodes' pools had a transaction, and when. Rows come nearly in order of time, so this costs
-- next to nothing while they are written.
CREATE INDEX tx_traces_time_idx ON public.tx_traces USING brin ("time") WITH (autosummarize = on);
