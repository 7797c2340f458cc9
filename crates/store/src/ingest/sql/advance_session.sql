-- The fence: a writer that does not know the stored version writes nothing.
UPDATE loadlab.session
SET version = version + 1,
    cursor = $3,
    lines = lines + $4,
    repeated_lines = repeated_lines + $5,
    malformed_lines = malformed_lines + $6,
    unknown_controls = unknown_controls + $7,
    -- a log id may be any number: never more than the column holds
    lost_entries = lost_entries + least($8, 9223372036854775807 - lost_entries)
WHERE session_id = $1 AND version = $2
