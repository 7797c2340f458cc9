# Makes ./postgres_data as the original leaves it: its schema with rows in every table, from the SQL
# in $ORIGINAL, with the image of the stack, $IMAGE. Prints each table with its number of rows.
name=loadlab-original-test
docker rm -f "$name" >/dev/null 2>&1 || true
trap 'docker rm -f "$name" >/dev/null' EXIT
# The files of an earlier run belong to a user of the container.
docker run --rm -v "$PWD:/folder" --entrypoint rm "$IMAGE" -rf /folder/postgres_data
# As many connections as the original has.
docker run -d --name "$name" -v "$PWD/postgres_data:/var/lib/postgresql/data" \
    -e POSTGRES_USER=postgres -e POSTGRES_PASSWORD="$PASSWORD" -e POSTGRES_DB=logs \
    "$IMAGE" postgres -c max_connections=10000 >/dev/null
# The server of the first start, which makes the database, does not listen there.
for _ in $(seq 60); do
    docker exec "$name" pg_isready -q -h 127.0.0.1 -U postgres -d logs && break
    sleep 1
done
psql() { docker exec -i "$name" psql -q -v ON_ERROR_STOP=1 -U postgres -d logs "$@"; }
cat "$ORIGINAL"/schema.sql "$ORIGINAL"/rows.sql "$ORIGINAL"/more_rows.sql | psql >/dev/null
psql -At <<'SQL'
SELECT format('SELECT %L, count(*) FROM public.%I', tablename, tablename)
  FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename \gexec
SQL
docker stop -t 60 "$name" >/dev/null
