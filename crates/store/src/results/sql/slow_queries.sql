-- The slowest statements of this database that were executed more than a few times.
SELECT jsonb_build_object('text', left(query, 500), 'calls', calls,
                          'mean_s', mean_exec_time / 1000)
  FROM pg_stat_statements
 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND calls > 5
 ORDER BY mean_exec_time DESC
 LIMIT 20
