-- What was asked of nodes and what traces have of it, by run, deployment, round, kind and request:
-- $1 the runs. A run that is in several deployments asked for what is in the one that it was started
-- in, or in the newest if nobody knows.
WITH tx AS MATERIALIZED (
    SELECT * FROM loadlab.run_transactions($1)
), main AS (
    SELECT exp, coalesce(max(tx.deployment_id) FILTER (WHERE tx.deployment_id = run.deployment_id),
                         max(tx.deployment_id)) AS deployment_id
      FROM tx LEFT JOIN loadlab.experiment_run AS run ON run.name = tx.exp
     GROUP BY exp
), span AS (
    SELECT exp, deployment_id, round, min("time") AS first,
           greatest(max("time"), max(block_received)) AS last
      FROM tx GROUP BY exp, deployment_id, round
), counted AS (
    SELECT exp, deployment_id, round, is_zkapp, batch,
           sum(count) FILTER (WHERE result = 'Applied')::bigint AS applied,
           jsonb_object_agg(failure, count) FILTER (WHERE failure IS NOT NULL) AS failures
      FROM (SELECT exp, deployment_id, round, is_zkapp, batch, result, failure, count(*) AS count
              FROM tx WHERE block_received IS NOT NULL
             GROUP BY exp, deployment_id, round, is_zkapp, batch, result, failure) AS outcome
     GROUP BY exp, deployment_id, round, is_zkapp, batch
), pooled AS (
    SELECT exp, deployment_id, round, is_zkapp, batch,
           jsonb_agg(jsonb_build_object('minute_us', loadlab.micros(minute), 'count', count))
               AS minutes
      FROM (SELECT exp, deployment_id, round, is_zkapp, batch,
                   date_trunc('minute', "time") AS minute, count(*) AS count
              FROM tx WHERE block_received IS NULL
             GROUP BY exp, deployment_id, round, is_zkapp, batch, minute) AS waiting
     GROUP BY exp, deployment_id, round, is_zkapp, batch
), seen AS (
    SELECT * FROM counted FULL JOIN pooled USING (exp, deployment_id, round, is_zkapp, batch)
), request AS (
    SELECT request.name AS exp, main.deployment_id, request.round,
           request.kind = 'zkapps' AS is_zkapp, request.request::text AS batch,
           node.node_name, request.node, request.intended, request.outcome,
           request.asked_at, request.runs_until, request.undone_at
      FROM loadlab.experiment_request AS request
      LEFT JOIN main ON main.exp = request.name
      LEFT JOIN loadlab.fetched_node AS node
             ON node.host || ':' || node.graphql_port = request.node
     WHERE request.name = ANY ($1) AND request.kind IN ('payments', 'zkapps')
       AND request.round IS NOT NULL
), lost AS (
    SELECT deployment_id, gap.node_name, lost_since AS since, lost_until AS until
      FROM loadlab.gap_time AS gap
      JOIN main USING (deployment_id)
), rejected AS (
    SELECT trace.deployment_id, trace.node_name, trace."time", trace.reason
      FROM public.tx_traces AS trace
      JOIN main USING (deployment_id)
     WHERE trace.action = 'rejected' AND trace.sender IS NULL AND trace.reason IS NOT NULL
)
SELECT coalesce(request.exp, seen.exp) AS exp,
       coalesce(request.deployment_id, seen.deployment_id) AS deployment_id,
       coalesce(request.round, seen.round) AS round,
       coalesce(request.is_zkapp, seen.is_zkapp) AS is_zkapp,
       request.exp IS NOT NULL AS is_requested,
       coalesce(request.intended, 0) AS intended,
       request.outcome,
       request.undone_at IS NOT NULL AS is_stopped,
       request.undone_at IS NOT NULL OR coalesce(request.runs_until < clock_timestamp(), false)
           AS is_over,
       EXISTS (SELECT FROM loadlab.experiment_request AS stop
                WHERE stop.name = request.exp AND stop.node = request.node
                  AND stop.kind IN ('stop-daemon', 'restart')
                  AND stop.outcome IN ('accepted', 'unconfirmed')
                  AND stop.asked_at BETWEEN request.asked_at AND request.runs_until)
           AS node_was_stopped,
       EXISTS (SELECT FROM lost
                WHERE lost.deployment_id = request.deployment_id
                  AND lost.node_name = request.node_name
                  AND (span.first IS NULL
                       OR lost.until >= span.first - (span.last - span.first)
                          AND lost.since <= span.last))
           AS has_loss,
       (SELECT coalesce(array_agg(reason ORDER BY count DESC, reason), '{}')
          FROM (SELECT rejected.reason, count(*) AS count FROM rejected
                 WHERE rejected.deployment_id = request.deployment_id
                   AND rejected.node_name = request.node_name
                   AND rejected."time" BETWEEN span.first AND span.last
                 GROUP BY rejected.reason ORDER BY 2 DESC LIMIT 3) AS frequent)
           AS rejections,
       coalesce(seen.applied, 0) AS applied,
       coalesce(seen.failures, '{}') AS failures,
       coalesce(seen.minutes, '[]') AS pooled
  FROM request
  FULL JOIN seen ON seen.exp = request.exp AND seen.deployment_id = request.deployment_id
                AND seen.round = request.round AND seen.is_zkapp = request.is_zkapp
                AND seen.batch = request.batch
  LEFT JOIN span ON span.exp = request.exp AND span.deployment_id = request.deployment_id
                AND span.round = request.round
 ORDER BY exp, deployment_id, round, is_zkapp
