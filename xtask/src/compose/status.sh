# The status of the experiment.
docker compose exec -T postgres psql -U postgres -d logs -At \
    -c "SELECT status FROM experiment_state WHERE name = '$EXPERIMENT'"
