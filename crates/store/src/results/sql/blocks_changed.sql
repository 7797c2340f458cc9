-- How many rows the blocks of a deployment have, and which blocks have rows of a transaction that is
-- this one or younger: $1 deployment, $2 the transaction. A row that was changed is of the transaction
-- that did it. Ages are compared, as numbers of transactions in rows begin again at 3. The age of $2 is
-- a query of its own, so that it is found once and not for each row.
SELECT count(*) AS rows,
       array_agg(DISTINCT block_id::text)
           FILTER (WHERE age(trace.xmin) <= (SELECT age($2::bigint::text::xid8::xid))) AS changed
  FROM public.block_trace AS trace
 WHERE deployment_id = $1 AND block_id LIKE '3N%'
