# Which log entries were lost, when and why.
docker compose exec -T postgres psql -U postgres -d logs \
    -c "SELECT node_name, reason, missing, from_time, until_time, noted_at
          FROM loadlab.gap JOIN loadlab.session USING (session_id) ORDER BY noted_at"
