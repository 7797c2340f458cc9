-- Claims of the session that came to nothing are given up, or others would
-- wait for it for ever: those of runs that it has not stored anything of and
-- is not about to, $3.
WITH given_up AS (
    DELETE FROM loadlab.run_claim AS old
    USING loadlab.session
    WHERE old.session_id = $2
        AND session.session_id = $2
        AND old.run <> $1
        AND old.run IS DISTINCT FROM session.cursor ->> 'run'
        AND old.run <> ALL ($3)
)
INSERT INTO loadlab.run_claim AS claim (run, session_id)
VALUES ($1, $2)
ON CONFLICT (run) DO UPDATE
SET session_id = excluded.session_id, claimed_at = clock_timestamp()
WHERE claim.session_id = excluded.session_id
    OR NOT EXISTS (
        SELECT FROM loadlab.session
        LEFT JOIN loadlab.fetched_node AS node USING (node_name)
        WHERE session.session_id = claim.session_id
            AND ended_at IS NULL
            AND greatest(claim.claimed_at, node.fetched_at) > clock_timestamp() - interval '1 minute'
    )
