-- What pools did with a transaction, oldest first: $1 deployment, $2 the hash.
SELECT jsonb_build_object('node', node_name, 'at', loadlab.micros("time"), 'action', action,
                          'sender', sender, 'reason', reason)
  FROM public.tx_traces
 WHERE deployment_id = $1
   AND jsonb_typeof(diff) = 'array'
   AND EXISTS (SELECT FROM jsonb_array_elements(diff) AS tx WHERE tx ->> 1 = $2)
 ORDER BY "time", block_trace_checkpoint_id
 LIMIT 1000
