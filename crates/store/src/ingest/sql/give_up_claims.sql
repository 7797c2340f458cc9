DELETE FROM loadlab.run_claim AS claim
USING unnest($1::bigint[], $2::text[]) AS old (session_id, run)
WHERE claim.run = old.run AND claim.session_id = old.session_id
