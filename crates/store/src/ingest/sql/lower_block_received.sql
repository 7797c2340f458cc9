UPDATE block_txs AS old
SET block_received = new.received
FROM (
    SELECT transaction ->> 1 AS hash, min(to_timestamp(trace.trace_started_at)) AS received
    FROM block_trace AS trace
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(trace.metadata_json -> 'transactions')
            WHEN 'array' THEN trace.metadata_json -> 'transactions'
            ELSE '[]'
        END
    ) AS transaction
    WHERE trace.deployment_id = $1 AND trace.block_trace_id = ANY ($2::int[])
    GROUP BY transaction ->> 1
) AS new
WHERE old.deployment_id = $1 AND old.hash = new.hash AND new.received < old.block_received
