-- A node that starts again loads blocks from its disk, and its trace of such a block goes on where the
-- one before the stop ended: its total time has the time of the stop in it. Such traces are few and
-- found by an index of their own.
--
-- Locks: writers wait while the tables are read once, at the speed of the disk; readers go on, and
-- the log fetcher buffers meanwhile.
CREATE INDEX block_trace_checkpoint_loaded ON public.block_trace_checkpoint (block_trace_id)
    WHERE name = 'Loaded_transition_from_storage' AND main_trace;
-- Locks: the table has no rows.
CREATE INDEX ON loadlab.block_trace_checkpoint_shape (block_trace_id)
    WHERE name = 'Loaded_transition_from_storage' AND main_trace;

-- The traces of a deployment that go over a stop of their node, whose total time says nothing about
-- the block.
CREATE FUNCTION loadlab.reloaded_traces(integer) RETURNS SETOF integer LANGUAGE sql STABLE AS $$
    SELECT trace.block_trace_id
      FROM public.block_trace_checkpoint AS entry
      JOIN public.block_trace AS trace USING (block_trace_id)
     WHERE entry.deployment_id = $1 AND trace.deployment_id = $1
       AND entry.name = 'Loaded_transition_from_storage' AND entry.main_trace
       -- A block that was loaded first begins with it.
       AND entry.started_at > trace.trace_started_at
$$;
