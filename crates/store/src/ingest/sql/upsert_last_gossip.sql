INSERT INTO last_block_trace_gossip_checkpoint (block_trace_id, resource, action, started_at)
SELECT new.trace, new.resource::resource_t, new.action::pool_action_t,
       timestamptz 'epoch' + new.time * interval '1 microsecond'
FROM unnest($1::int[], $2::text[], $3::text[], $4::bigint[]) AS new (trace, resource, action, time)
ON CONFLICT (block_trace_id, resource) DO UPDATE
SET action = excluded.action, started_at = excluded.started_at
