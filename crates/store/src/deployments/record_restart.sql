INSERT INTO public.node_restarts
    (deployment_id, node_name, reason, code, object_name, object_namespace, container_name,
     restart_count)
SELECT newest, $1, $2, $3, $4, $5, $6, $7
  FROM public.get_max_deployment_id() AS newest
 WHERE newest IS NOT NULL
RETURNING id, trim_scale(extract(epoch FROM "time") * 1000000)::text AS "time"
