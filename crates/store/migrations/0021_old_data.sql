-- Old data can go, and the ids of block traces last.

-- One id for each row. So far each transaction reserved 32, of which a node that writes one trace
-- at a time used one: 67 million transactions instead of 2,147 million rows.
CREATE SEQUENCE loadlab.block_trace_id_seq AS integer;

-- Processes of the version before may still run, and draw from the sequence that they know. They
-- have the ids up to here, half of those that are left if that is less.
DO $$
DECLARE
    used bigint;
BEGIN
    SELECT last_value INTO used FROM public.block_trace_block_trace_id_seq WHERE is_called;
    IF used IS NOT NULL THEN
        PERFORM setval('loadlab.block_trace_id_seq',
                       used + least(3200000, (2147483647 - used) / 2));
    END IF;
END
$$;

ALTER TABLE public.block_trace
    ALTER COLUMN block_trace_id SET DEFAULT nextval('loadlab.block_trace_id_seq');

-- What is too old is looked for by time. Minutes come almost in order.
CREATE INDEX session_minute_minute_idx ON loadlab.session_minute USING brin (minute);
CREATE INDEX gap_noted_at_idx ON loadlab.gap (noted_at);
CREATE INDEX left_run_left_at_idx ON loadlab.left_run (left_at);
ALTER TABLE loadlab.unknown_control ADD COLUMN noted_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX unknown_control_noted_at_idx ON loadlab.unknown_control (noted_at);
CREATE INDEX experiment_event_at_idx ON loadlab.experiment_event USING brin (at);

-- Gaps that were deleted because of their age still count.
ALTER TABLE loadlab.session
    ADD COLUMN old_gaps bigint NOT NULL DEFAULT 0,
    ADD COLUMN old_unknown_gaps bigint NOT NULL DEFAULT 0;

-- Minutes before this were deleted: what was stored then is not known by the minute any more.
ALTER TABLE loadlab.fetch_control ADD COLUMN minutes_since timestamptz;

CREATE OR REPLACE VIEW loadlab.completeness AS
SELECT session.deployment_id,
       session.node_name,
       sum(session.lines - session.repeated_lines - session.malformed_lines)::bigint AS stored_entries,
       sum(session.lost_entries)::bigint AS lost_entries,
       sum(session.malformed_lines)::bigint AS malformed_entries,
       sum(session.old_unknown_gaps + coalesce(gaps.unknown, 0))::bigint AS unknown_gaps,
       count(*) AS sessions,
       CASE WHEN sum(session.lines) + sum(session.lost_entries) > 0
            THEN sum(session.lines - session.malformed_lines)::double precision
                 / (sum(session.lines) + sum(session.lost_entries))
            ELSE 1 END AS completeness
  FROM loadlab.session
  LEFT JOIN (SELECT session_id, count(*) AS unknown FROM loadlab.gap
              WHERE missing IS NULL GROUP BY session_id) AS gaps USING (session_id)
 GROUP BY session.deployment_id, session.node_name;
