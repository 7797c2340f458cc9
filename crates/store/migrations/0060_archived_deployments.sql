-- Deployments whose traces are in an archive and no longer in the large tables. All else of them is
-- still here: what is listed, results, and completeness.
CREATE TABLE loadlab.archived_deployment (
    deployment_id integer PRIMARY KEY REFERENCES public.deployment ON DELETE CASCADE,
    -- Where the archive is, without any secret.
    url text NOT NULL,
    -- Of the manifest, in hexadecimal digits: it names every file with its own.
    manifest_sha256 text NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
