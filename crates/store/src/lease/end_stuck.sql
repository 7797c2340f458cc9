-- Transactions of processes that lost these leases, begun before they lost
-- them: such a process may be paused or cut off, and its transaction would
-- hold its locks until it wakes.
SELECT pg_terminate_backend(activity.pid)
FROM pg_stat_activity AS activity
JOIN (
    SELECT holder, max(expires_at) AS expired_at
    FROM loadlab.lease
    WHERE resource = ANY ($1) AND expires_at <= clock_timestamp() AND holder <> $2
    GROUP BY holder
) AS former ON activity.application_name = former.holder
WHERE activity.datname = current_database()
    AND activity.usename = current_user
    AND activity.pid <> pg_backend_pid()
    AND activity.xact_start < former.expired_at
