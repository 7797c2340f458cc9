SELECT name, description,
       trim_scale(extract(epoch FROM created_at) * 1000000)::text AS created_at,
       trim_scale(extract(epoch FROM updated_at) * 1000000)::text AS updated_at,
       trim_scale(extract(epoch FROM ended_at) * 1000000)::text AS ended_at,
       status, comment, setup_json, current_step_no, current_step_name,
       warnings, errors, logs
  FROM public.experiment_state
 WHERE name = $1
