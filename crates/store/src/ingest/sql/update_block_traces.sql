UPDATE block_trace AS trace
SET block_id = new.block_id,
    trace_started_at = new.started,
    trace_completed_at = new.completed,
    total_time = new.total_time,
    source = new.source,
    blockchain_length = new.length,
    global_slot = new.slot,
    status = new.status,
    metadata_json = CASE
        WHEN new.patch IS NULL THEN trace.metadata_json
        ELSE trace.metadata_json || new.patch::jsonb
    END
FROM unnest(
    $2::int[], $3::text[], $4::float8[], $5::float8[], $6::float8[],
    $7::text[], $8::int[], $9::int[], $10::text[], $11::text[]
) AS new (id, block_id, started, completed, total_time, source, length, slot, status, patch)
WHERE trace.deployment_id = $1 AND trace.block_trace_id = new.id
