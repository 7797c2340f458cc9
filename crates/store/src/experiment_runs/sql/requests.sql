SELECT step, request, node, kind, round, handle, handle_is_ours, server_uuid, sequence_number,
       tps, intended, first_key, keys, outcome, error, is_permanent, undo_wanted, undo_attempts, undo_error,
       coalesce(runs_until < clock_timestamp(), false) AS is_over,
       extract(epoch FROM clock_timestamp() - asked_at)::double precision AS asked_seconds_ago,
       asked_at,
       undone_at
  FROM loadlab.experiment_request
 WHERE name = $1
 ORDER BY step, request
