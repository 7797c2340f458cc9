-- Requests whose answer is missing count as accepted: the node may be at work.
UPDATE loadlab.experiment_request
   SET undo_wanted = true
 WHERE name = $1
   AND NOT undo_wanted
   AND undone_at IS NULL
   AND outcome IS DISTINCT FROM 'refused'
   AND (kind IN ('payments', 'zkapps') AND (runs_until IS NULL OR runs_until > clock_timestamp())
        OR kind = 'gating')
