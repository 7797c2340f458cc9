-- Views that the original does not have and that read its tables or views.
SELECT dependent.oid::regclass::text
  FROM pg_depend
  JOIN pg_rewrite ON pg_rewrite.oid = objid
  JOIN pg_class AS dependent ON dependent.oid = ev_class
  JOIN pg_class AS read ON read.oid = refobjid
 WHERE classid = 'pg_rewrite'::regclass AND refclassid = 'pg_class'::regclass
   AND read.relnamespace = 'public'::regnamespace
   AND read.relname IN (
        'deployment', 'block_trace', 'block_trace_checkpoint', 'data',
        'last_block_trace_gossip_checkpoint', 'tx_traces', 'sw_traces', 'unique_txs', 'block_txs',
        'uniq_sws', 'sw_interruptions', 'node_restarts', 'experiment_state', 'tx_diffs',
        'received_txs', 'txs', 'experiments', 'sw_experiments')
   AND NOT (dependent.relnamespace = 'public'::regnamespace
            AND dependent.relname IN ('tx_diffs', 'received_txs', 'txs', 'experiments',
                                      'sw_experiments'))
 ORDER BY 1
 LIMIT 1
