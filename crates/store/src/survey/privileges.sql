-- What services do with tables and sequences of ours, and the user may not.
SELECT missing
  FROM (SELECT privilege || ' on ' || relation.oid::regclass AS missing
          FROM pg_class AS relation
          JOIN pg_namespace ON pg_namespace.oid = relnamespace
         CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
         WHERE nspname IN ('public', 'loadlab') AND relkind IN ('r', 'p') AND NOT relispartition
           AND NOT has_table_privilege(relation.oid, privilege)
        UNION ALL
        SELECT 'USAGE on ' || relation.oid::regclass
          FROM pg_class AS relation
          JOIN pg_namespace ON pg_namespace.oid = relnamespace
         WHERE nspname IN ('public', 'loadlab')
           -- In this order: asked of anything else it is an error.
           AND CASE WHEN relkind = 'S' THEN NOT has_sequence_privilege(relation.oid, 'USAGE') END
        UNION ALL
        -- A new deployment gets partitions.
        SELECT 'ownership of ' || relation.oid::regclass
          FROM pg_class AS relation
         WHERE relnamespace = 'public'::regnamespace AND relkind = 'p'
           AND NOT pg_has_role(relowner, 'USAGE')
        UNION ALL
        SELECT 'CREATE on schema loadlab'
         WHERE NOT has_schema_privilege('loadlab', 'CREATE')
       ) AS lacking
 ORDER BY missing
 LIMIT 10
