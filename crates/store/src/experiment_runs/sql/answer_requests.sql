UPDATE loadlab.experiment_request AS request
   SET outcome = answer.outcome,
       handle = coalesce(answer.handle, request.handle),
       error = answer.error,
       is_permanent = answer.is_permanent,
       answered_at = clock_timestamp()
  FROM jsonb_to_recordset($2)
    AS answer (step integer, request integer, outcome text, handle text, error text,
               is_permanent boolean)
 WHERE request.name = $1
   AND request.step = answer.step
   AND request.request = answer.request
