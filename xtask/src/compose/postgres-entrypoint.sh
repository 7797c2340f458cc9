#!/bin/sh
# What the official image does at its start, as far as compose.yaml relies on it: the first start
# makes the cluster, the user and the database; `postgres …` is run as the user postgres.
set -eu
export PATH="$(echo /usr/lib/postgresql/*/bin):$PATH" PGDATA=/var/lib/postgresql/data
user="${POSTGRES_USER:-postgres}"
mkdir -p "$PGDATA" /run/postgresql
chown postgres "$PGDATA" /run/postgresql
chmod 700 "$PGDATA"
as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    printf '%s\n' "$POSTGRES_PASSWORD" >/run/postgresql/password
    chown postgres /run/postgresql/password
    as_postgres initdb -U "$user" --pwfile=/run/postgresql/password -A scram-sha-256 --auth-local=trust -E UTF8 --locale=C.UTF-8
    rm /run/postgresql/password
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    as_postgres pg_ctl -w -o '-c listen_addresses=' start
    if [ "${POSTGRES_DB:-$user}" != postgres ]; then
        as_postgres createdb -U "$user" "${POSTGRES_DB:-$user}"
    fi
    as_postgres pg_ctl -w -m fast stop
fi
exec setpriv --reuid=postgres --regid=postgres --init-groups "$@" -c 'listen_addresses=*'
