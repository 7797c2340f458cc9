-- What the original's programs write, row by row, so that its triggers fill the other tables.
INSERT INTO deployment (metadata_json) VALUES ('{"commit":"one"}'), ('{"commit":"two"}');
INSERT INTO block_trace (deployment_id, node_name, block_id, trace_started_at, total_time, source,
                         blockchain_length, global_slot, status, metadata_json)
VALUES (1, 'a', '3NA', 1700000000.5, 1.25, 'External', 7, 9, 'Pending', '{}'),
       (2, 'b', '3NB', 1700000100.5, 2.5, 'External', 8, 10, 'Pending', '{}'),
       (2, 'b', '0', -1, 0, 'Unknown', 0, 0, 'Pending', '{}');
INSERT INTO block_trace_checkpoint
    (block_trace_id, source, main_trace, is_control, name, started_at, metadata_json, call_id)
SELECT trace, 'M', true, control, name, at, metadata::jsonb, 0
  FROM (VALUES
    (1, 1, false, 'External_block_received', 1700000000.5, '[]'),
    (2, 1, false, 'Transaction_diff_received', 1700000000.625, '[]'),
    (3, 1, true, 'metadata', -1, '{"diff":[["payment","7a","e-0-0-1"]]}'),
    (4, 2, false, 'Snark_work_received', 1700000100.75, '[]'),
    (5, 2, true, 'metadata', -1, '{"work_ids":[3,4],"fee":"1"}'),
    (6, 2, false, 'Transaction_diff_received', 1700000101, '[]'),
    (7, 2, true, 'metadata', -1, '{"diff":[["payment","7b","e-0-0-2"],["zkapp:9:2","7c","e-0-0-3"]]}')
  ) AS line (number, trace, control, name, at, metadata)
 ORDER BY number;
