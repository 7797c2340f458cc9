SELECT submitter, remote_addr, ahead_seconds
  FROM (SELECT DISTINCT ON (submitter, remote_addr)
               submitter, remote_addr,
               extract(epoch FROM created_at - received_at)::float8 AS ahead_seconds
          FROM loadlab.uptime_submission
         WHERE received_at > clock_timestamp() - $1 * interval '1 second'
         ORDER BY submitter, remote_addr, received_at DESC) AS last_submission
 ORDER BY abs(ahead_seconds) DESC, submitter, remote_addr
 LIMIT 10000
