SELECT submitter, extract(epoch FROM clock_timestamp() - received_at)::float8
  FROM (SELECT submitter, received_at, submission_id,
               row_number() OVER (PARTITION BY submitter
                                      ORDER BY received_at DESC, submission_id DESC) AS rank
          FROM loadlab.uptime_submission
         WHERE received_at > clock_timestamp() - $1 * interval '1 second'
       ) AS recent
 WHERE rank <= $2
 ORDER BY received_at, submission_id
