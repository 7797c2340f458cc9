WITH run AS (
    UPDATE loadlab.experiment_run
       SET event_count = event_count + $3
     WHERE name = $1
 RETURNING event_count - $3 AS before
)
INSERT INTO loadlab.experiment_event (name, event, kind, level, step, message)
SELECT $1, run.before + new.position, new.value ->> 'kind', new.value ->> 'level',
       (new.value ->> 'step')::integer, new.value ->> 'message'
  FROM run, jsonb_array_elements($2) WITH ORDINALITY AS new (value, position)
