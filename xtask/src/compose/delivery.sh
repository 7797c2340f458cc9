# What has arrived of the experiment: intended, accepted, seen, not sent, included, applied, and log
# entries lost, with | between them.
psql() { docker compose exec -T postgres psql -U postgres -d logs -At "$@"; }
document=$(curl -sf "http://localhost:9090/api/v1/experiments/$EXPERIMENT")
psql -v document="$document" <<'SQL'
SELECT sum((d->>'intended')::int), sum((d->>'accepted')::int),
       sum((d->>'seen')::int), sum((d->>'unsent')::int),
       sum((d->>'included')::int), sum((d->>'applied')::int),
       (SELECT coalesce(sum(lost_entries), 0) FROM loadlab.completeness)
FROM jsonb_array_elements(:'document'::jsonb -> 'delivery') d
SQL
