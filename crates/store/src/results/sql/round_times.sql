-- The times of the rounds of a run, in microseconds: $1 run, $2 deployment.
SELECT round, coalesce(loadlab.micros(min("time")), 0),
       coalesce(loadlab.micros(greatest(max("time"), max(block_received))), 0)
  FROM loadlab.run_transactions(ARRAY[$1])
 WHERE deployment_id = $2
 GROUP BY round
 ORDER BY round
