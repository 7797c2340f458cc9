-- The time that a deployment has data of, in microseconds: $1 deployment.
SELECT least((SELECT min(loadlab.micros("time")) FROM public.unique_txs WHERE deployment_id = $1),
             (SELECT (min(trace_started_at) * 1000000)::bigint FROM public.block_trace
               WHERE deployment_id = $1 AND block_id LIKE '3N%' AND trace_started_at > 0))
           AS from_us,
       greatest((SELECT max(loadlab.micros(block_received)) FROM public.block_txs
                  WHERE deployment_id = $1),
                (SELECT max(loadlab.micros("time")) FROM public.unique_txs
                  WHERE deployment_id = $1),
                (SELECT (max(trace_started_at) * 1000000)::bigint FROM public.block_trace
                  WHERE deployment_id = $1 AND block_id LIKE '3N%')) + 1 AS until_us
