-- The snapshot of this transaction: the oldest transaction that has not ended, the first that has not
-- begun, how many between them have not ended; and whether rows may be those of another server, which
-- numbers its transactions itself.
SELECT pg_snapshot_xmin(now.snapshot)::text::bigint AS oldest,
       pg_snapshot_xmax(now.snapshot)::text::bigint AS next,
       (SELECT count(*) FROM pg_snapshot_xip(now.snapshot)) AS running,
       EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus') AS is_distributed
  FROM (SELECT pg_current_snapshot() AS snapshot) AS now
