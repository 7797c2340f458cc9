-- Sizes of the database. A partition is named by its table and its deployment.
WITH relation AS (
    SELECT relation.oid, relation.relname::text AS name, nspname, parent.relname::text AS parent,
           greatest(relation.reltuples, 0)::bigint AS rows,
           pg_total_relation_size(relation.oid) AS bytes
      FROM pg_class AS relation
      JOIN pg_namespace ON pg_namespace.oid = relation.relnamespace
      LEFT JOIN pg_inherits ON inhrelid = relation.oid
      LEFT JOIN pg_class AS parent ON parent.oid = inhparent
     WHERE relation.relkind = 'r' AND nspname IN ('public', 'loadlab')
), growth AS (
    -- Entries of the last day, of all: what the database grew by if it grew evenly with them.
    SELECT sum(entries) FILTER (WHERE minute > newest - interval '1 day') AS day_entries,
           sum(entries) AS entries,
           max(newest) - min(minute) AS span
      FROM loadlab.session_minute, (SELECT max(minute) AS newest FROM loadlab.session_minute) AS m
)
SELECT jsonb_build_object(
           'bytes', pg_database_size(current_database()),
           'free_bytes', null,
           'tables', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                 'name', coalesce(parent, name),
                                 'deployment_id', CASE WHEN parent IS NOT NULL
                                     THEN substring(name FROM '_d([0-9]{1,9})$')::integer END,
                                 'rows', rows, 'bytes', bytes) ORDER BY bytes DESC, name), '[]')
                        FROM (SELECT * FROM relation ORDER BY bytes DESC, name LIMIT 200) AS top),
           'growth_bytes_day', (SELECT pg_database_size(current_database())::float8
                                           * day_entries / entries
                                  FROM growth WHERE span >= interval '1 day' AND entries > 0),
           'connections', (SELECT count(*) FROM pg_stat_activity
                            WHERE datname = current_database()),
           'partitions', (SELECT count(*) FROM relation WHERE parent IS NOT NULL),
           'slow_queries', '[]'::jsonb)
