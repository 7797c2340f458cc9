INSERT INTO loadlab.gap
    (session_id, process, after_entry, missing, reason, from_time, until_time)
SELECT session_id, process, after_entry, missing, reason,
       to_timestamp(from_microseconds / 1e6), to_timestamp(until_microseconds / 1e6)
FROM unnest(
    $1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[]
) AS new (
    session_id, process, after_entry, missing, reason, from_microseconds, until_microseconds
)
