-- Checkpoints by id, for a thousandth of the room of the primary key, which goes with the next
-- migration. Rows come nearly in order of their ids.
--
-- Locks: writers wait while the tables are read once, at the speed of the disk; readers go on, and
-- the log fetcher buffers meanwhile.
CREATE INDEX block_trace_checkpoint_id_idx ON public.block_trace_checkpoint
    USING brin (block_trace_checkpoint_id) WITH (pages_per_range = 32, autosummarize = on);
