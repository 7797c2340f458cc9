-- Where the server keeps this database, and when it was started in seconds since 1970; no row where
-- the server is elsewhere, for roles that may not know it, or where the database is not in that folder.
SELECT setting AS folder, extract(epoch FROM pg_postmaster_start_time())::float8 AS started
  FROM pg_settings
 WHERE name = 'data_directory'
   AND (inet_server_addr() IS NULL OR inet_server_addr() <<= '127.0.0.0/8'
        OR inet_server_addr() = '::1')
   AND EXISTS (SELECT FROM pg_database JOIN pg_tablespace AS space ON space.oid = dattablespace
                WHERE datname = current_database() AND spcname = 'pg_default')
