-- Moves everything of the original out of the schema public, so that this schema can be made there.
CREATE SCHEMA loadlab_original;
DO $body$
DECLARE
    named text;
    names CONSTANT text[] := ARRAY[
        'deployment', 'block_trace', 'block_trace_checkpoint', 'data',
        'last_block_trace_gossip_checkpoint', 'tx_traces', 'sw_traces', 'unique_txs', 'block_txs',
        'uniq_sws', 'sw_interruptions', 'node_restarts', 'experiment_state', 'tx_diffs',
        'received_txs', 'txs', 'experiments', 'sw_experiments'];
BEGIN
    -- Functions of triggers, and those that defaults and others call by name.
    FOR named IN
        SELECT format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(pg_proc.oid))
          FROM pg_proc
          JOIN pg_namespace ON pg_namespace.oid = pronamespace
         WHERE nspname = 'public'
           AND (pg_proc.oid IN (SELECT tgfoid FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
                                 WHERE relnamespace = 'public'::regnamespace
                                   AND relname = ANY (names) AND NOT tgisinternal)
                OR proname = 'get_max_deployment_id')
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET SCHEMA loadlab_original', named);
    END LOOP;
    FOR named IN
        SELECT format('%I.%I', 'public', relname) FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relname = ANY (names)
    LOOP
        EXECUTE format('ALTER TABLE %s SET SCHEMA loadlab_original', named);
    END LOOP;
    -- Sequences that no column owns: those that one owns have moved with it.
    FOR named IN
        SELECT DISTINCT format('%I.%I', 'public', sequence.relname)
          FROM pg_depend
          JOIN pg_attrdef ON pg_attrdef.oid = objid
          JOIN pg_class AS moved ON moved.oid = adrelid
          JOIN pg_class AS sequence ON sequence.oid = refobjid
         WHERE classid = 'pg_attrdef'::regclass AND refclassid = 'pg_class'::regclass
           AND moved.relnamespace = 'loadlab_original'::regnamespace
           AND sequence.relkind = 'S' AND sequence.relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER SEQUENCE %s SET SCHEMA loadlab_original', named);
    END LOOP;
    FOR named IN
        SELECT format('%I.%I', 'public', typname) FROM pg_type
         WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
           AND typname IN ('pool_action_t', 'resource_t')
    LOOP
        EXECUTE format('ALTER TYPE %s SET SCHEMA loadlab_original', named);
    END LOOP;
END
$body$;
