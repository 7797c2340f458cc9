-- The same function with its body as a string: what a body in SQL refers to counts as a dependency of
-- every default that calls it, and Citus refuses to distribute such a table.
CREATE OR REPLACE FUNCTION public.get_max_deployment_id() RETURNS bigint
    LANGUAGE sql STABLE
    AS 'SELECT max(deployment_id) FROM public.deployment';
