INSERT INTO loadlab.experiment_request
       (name, step, request, node, kind, round, handle, handle_is_ours, server_uuid,
        sequence_number, tps, intended, first_key, keys, runs_until)
SELECT $1, step, request, node, kind, round, handle, handle_is_ours, server_uuid,
       sequence_number, tps, intended, first_key, keys,
       clock_timestamp() + make_interval(secs => runs_seconds)
  FROM jsonb_to_recordset($2)
    AS new (step integer, request integer, node text, kind text, round integer, handle text,
            handle_is_ours boolean, server_uuid text, sequence_number integer,
            tps double precision, intended bigint, first_key integer, keys integer,
            runs_seconds double precision)
-- Asked again, after a refusal or after a crash: the daemon may be another run by now.
ON CONFLICT (name, step, request) DO UPDATE
   SET node = excluded.node,
       handle = excluded.handle,
       handle_is_ours = excluded.handle_is_ours,
       server_uuid = excluded.server_uuid,
       sequence_number = excluded.sequence_number,
       -- It may begin only now. The time of the first request stays: it may have begun then.
       runs_until = excluded.runs_until,
       outcome = NULL,
       error = NULL,
       is_permanent = false,
       answered_at = NULL
 WHERE coalesce(experiment_request.outcome, 'refused') = 'refused'
