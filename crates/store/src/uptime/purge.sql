DELETE FROM loadlab.uptime_submission
 WHERE submission_id IN
       (SELECT submission_id
          FROM loadlab.uptime_submission
         WHERE received_at < clock_timestamp() - $1 * interval '1 second'
         LIMIT $2)
