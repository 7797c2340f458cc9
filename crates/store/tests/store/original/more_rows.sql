UPDATE block_trace
   SET metadata_json = '{"transactions":[["coinbase","720",["Applied"]],["payment","7b","e-0-0-2",["Applied"]]],
                         "interrupt_get_completed_work_at":3,
                         "interrupt_get_completed_work_reason":"fee",
                         "interrupt_get_completed_work_ids":[3,4]}'
 WHERE block_trace_id = 2;
INSERT INTO block_trace_checkpoint
    (block_trace_id, source, main_trace, is_control, name, started_at, metadata_json, call_id)
VALUES (2, 'M', true, false, 'Breadcrumb_integrated', 1700000103, '[]', 0);
-- The clean-up of the original deletes checkpoints and traces, and leaves pool events.
DELETE FROM block_trace_checkpoint WHERE block_trace_id = 1;
DELETE FROM block_trace WHERE block_trace_id = 1;
INSERT INTO data VALUES ('checkpoint_distributions', 2, 'b', '{"x":1}');
INSERT INTO node_restarts (node_name, reason, code) VALUES ('a', 'OOMKilled', 137);
INSERT INTO experiment_state (name, description, status, setup_json, logs, webhook_url)
VALUES ('e', 'd', 'success', '{"x":1}', ARRAY['one', 'two'], 'https://hooks.example/credential');
