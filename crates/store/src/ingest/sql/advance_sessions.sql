-- The fence: a writer that does not know the stored version, whose session has
-- ended, or who has lost the lease, writes nothing. A session of a node is
-- taken over by raising its version, which waits for transactions like this.
UPDATE loadlab.session
SET version = session.version + 1,
    cursor = new.cursor,
    lines = session.lines + new.lines,
    repeated_lines = session.repeated_lines + new.repeated,
    malformed_lines = session.malformed_lines + new.malformed,
    unknown_controls = session.unknown_controls + new.unknown,
    -- a log id may be any number: never more than the column holds
    lost_entries = session.lost_entries
        + least(new.lost, 9223372036854775807 - session.lost_entries),
    delivered_at = clock_timestamp(),
    ended_at = CASE WHEN new.end_reason IS NOT NULL THEN clock_timestamp() END,
    end_reason = new.end_reason
FROM unnest(
    $1::bigint[], $2::bigint[], $3::jsonb[], $4::bigint[], $5::bigint[], $6::bigint[],
    $7::bigint[], $8::bigint[], $9::text[], $10::bigint[], $11::text[]
) AS new (
    session_id, version, cursor, lines, repeated, malformed, unknown, lost, resource, token,
    end_reason
)
WHERE session.session_id = new.session_id
    AND session.version = new.version
    AND session.ended_at IS NULL
    AND (
        new.resource IS NULL
        OR EXISTS (
            SELECT FROM loadlab.lease
            WHERE lease.resource = new.resource
                AND lease.token = new.token
                AND lease.expires_at > clock_timestamp()
        )
    )
RETURNING session.session_id
