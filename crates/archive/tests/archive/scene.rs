//! A deployment of three nodes and four days, and what its tables show.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use archive::{ArchiveError, Archived, Manifest, Place, Progress};
use object_store::local::LocalFileSystem;
use store::Database;
use store::lease::Holder;
use store::testing::TestDatabase;
use tempfile::TempDir;

/// Deployment 1 is archived; deployment 2 is another, and the newest. Node `b"ü` has a trace for
/// what happens outside of blocks through all days, with rows that have no time. A checkpoint and an
/// event have no block trace. Ids and times are not in the same order.
const ROWS: &str = r#"
INSERT INTO deployment (metadata_json) VALUES ('{"release": "3.3.0", "note": "ü, \"q\""}'), ('{}');
INSERT INTO block_trace
SELECT id, 1, (ARRAY['a', 'b"ü', 'c'])[1 + id % 3], '3NK' || id / 3,
       1746628222.3612623 + id * 21600.0123457, 1746628222.3612623 + id * 21600.0123457 + 9.5,
       9.5, 'External', 460 + id / 3, 855 + id, 'Success',
       jsonb_build_object('id', id, 'text', 'line' || chr(10) || '"q" ü', 'n', 1.50)
  FROM generate_series(1, 15) AS id;
INSERT INTO block_trace VALUES
    (16, 1, 'b"ü', '0', -1, NULL, 0, 'Unknown', 0, 0, 'Pending', '{}'),
    (17, 2, 'a', '3NKz', 1, 2, 1, 'External', 1, 2, 'Success', '{}'),
    (18, 1, 'c', '3NKnan', 'NaN', 'Infinity', 1, 'External', 1, 2, 'Success', '{}');
INSERT INTO block_trace_checkpoint
SELECT id, 1 + (id * 7) % 15, (ARRAY['M', 'M', 'M', 'P', 'V'])[1 + id % 5], id % 11 <> 0,
       id % 6 = 0, 'step_' || id % 17,
       CASE WHEN id % 6 = 0 THEN -1
            ELSE 1746628222.3612623 + (1 + (id * 7) % 15) * 21600.0123457
                 + ((id * 7919) % 1000) / 97.0 END,
       CASE WHEN id % 6 = 0 THEN jsonb_build_object('id', id) WHEN id % 4 = 0 THEN NULL ELSE '[]' END,
       id % 3, id % 9 = 0, 1
  FROM generate_series(1, 900) AS id;
INSERT INTO block_trace_checkpoint
SELECT 1000 + id, 16, 'M', false, id % 3 = 0, 'outside',
       CASE WHEN id % 3 = 0 THEN -1 ELSE 1746628222.3 + id * 3600.1 END, '[]', 0, true, 1
  FROM generate_series(1, 90) AS id;
INSERT INTO block_trace_checkpoint VALUES
    (9007199254740993, 16, 'P', false, false, 'Zü', 1e-5, NULL, -7, true, 1),
    (2000, 9999, 'M', true, false, 'of no trace', 1746628222.5, '[]', 0, false, 1),
    (2001, 18, 'M', true, false, 'of no time', 'NaN', '[]', 0, false, 1),
    (2002, 17, 'M', true, false, 'other deployment', 1, '[]', 0, false, 2);
INSERT INTO tx_traces
SELECT id * 6, (ARRAY['a', 'b"ü', 'c'])[1 + (1 + (id * 42) % 15) % 3],
       (ARRAY['received', 'accepted', 'rejected'])[1 + id % 3]::pool_action_t,
       '2025-05-07 14:30:22.361262Z'::timestamptz + id * interval '1 hour',
       jsonb_build_array(jsonb_build_array('payment', '5J' || id % 7, 'run-0-1-' || id % 7)),
       CASE WHEN id % 4 = 0 THEN NULL ELSE 'peer' || id % 2 END,
       CASE WHEN id % 3 = 2 THEN 'fee' END, 1
  FROM generate_series(1, 100) AS id;
INSERT INTO tx_traces VALUES
    (7000, 'elsewhere', 'received', '2025-05-07 14:30Z', '[]', NULL, NULL, 1),
    (7001, 'elsewhere', 'received', 'infinity', '[]', NULL, NULL, 1),
    (7002, 'a', 'received', '2025-05-07 14:30Z', '[]', NULL, NULL, 2);
INSERT INTO sw_traces VALUES
    (6, 'a', 'added', '2025-05-07 14:30:22.5Z', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, 1),
    (12, 'c', 'received', '1969-12-31 23:59:59.5Z', -2147483648, 2, '0.1', 'B62', 'p', 'why',
     'payment', 'merge', 'h1', 'h2', 'm1', 'm2', 1);
INSERT INTO unique_txs VALUES ('5J1', 1, 'payment', 'run-0-1-1', '2025-05-07 14:30:22.361262Z');
INSERT INTO loadlab.session (deployment_id, node_name, kind, lines, lost_entries, ended_at)
    VALUES (1, 'a', 'node', 90, 10, now()), (2, 'a', 'node', 1, 0, NULL);
INSERT INTO loadlab.gap (session_id, process, after_entry, missing, reason, noted_at, from_time)
    SELECT session_id, 'main', 5, 10, 'overwritten', '2025-05-07 14:30Z', '2025-05-07 14:29Z'
      FROM loadlab.session WHERE deployment_id = 1;
"#;

/// What users see of the traces.
const SHOWN: [&str; 8] = [
    "block_trace",
    "block_trace_checkpoint",
    "tx_traces",
    "sw_traces",
    "tx_diffs",
    "received_txs",
    "loadlab.completeness",
    "unique_txs",
];

pub(crate) struct Scene {
    pub(crate) test: TestDatabase,
    pub(crate) holder: Holder,
    pub(crate) folder: TempDir,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let test = TestDatabase::create().await.unwrap();
        for statement in ROWS.split_inclusive(";\n") {
            test.execute(statement).await.unwrap();
            // Deployment 1 has partitions, as services make them.
            if statement.contains("INSERT INTO deployment") {
                test.database().ensure_partitions(1).await.unwrap();
            }
        }
        Self {
            test,
            holder: Holder::new("archive"),
            folder: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn database(&self) -> &Database {
        self.test.database()
    }

    pub(crate) fn place(&self) -> Place {
        let objects = LocalFileSystem::new_with_prefix(self.folder.path()).unwrap();
        Place::new(
            Arc::new(objects),
            object_store::path::Path::default(),
            "file:///archive",
        )
    }

    pub(crate) async fn run(&self, place: &Place) -> Result<Archived, ArchiveError> {
        let progress = Progress::default();
        archive::run(self.database(), &self.holder, place, 1, false, &progress).await
    }

    pub(crate) async fn drop(&self, place: &Place) -> Result<Manifest, ArchiveError> {
        let progress = Progress::default();
        archive::drop_archived(self.database(), &self.holder, place, 1, &progress).await
    }

    pub(crate) async fn restore(&self, place: &Place) -> Result<Manifest, ArchiveError> {
        let progress = Progress::default();
        archive::restore(self.database(), &self.holder, place, 1, &progress).await
    }

    /// All that users see of the traces, of all deployments.
    pub(crate) async fn shown(&self) -> Vec<String> {
        let mut shown = Vec::new();
        for table in SHOWN {
            let query = format!(
                "SELECT coalesce(string_agg(to_jsonb(one)::text, E'\\n' ORDER BY to_jsonb(one)::text),
                                 '') FROM {table} AS one"
            );
            shown.extend(self.test.texts(&query).await.unwrap());
        }
        shown
    }

    /// How many partitions deployment 1 has.
    pub(crate) async fn partitions(&self) -> usize {
        let query = "SELECT inhrelid::regclass::text FROM pg_inherits
                      WHERE inhrelid::regclass::text LIKE '%\\_d1'";
        self.test.texts(query).await.unwrap().len()
    }

    /// A process that had a lease was killed: the server has ended its transaction, which may take a
    /// moment, and the lease has expired.
    pub(crate) async fn bury_killed(&self) {
        let open = "SELECT pid::text FROM pg_stat_activity
                     WHERE datname = current_database() AND pid <> pg_backend_pid()
                       AND xact_start IS NOT NULL AND backend_type = 'client backend'";
        let begin = std::time::Instant::now();
        while !self.test.texts(open).await.unwrap().is_empty() {
            assert!(begin.elapsed() < Duration::from_secs(30), "it never ends");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.expire_leases().await;
    }

    /// A process that had a lease and is paused for so long that it has expired.
    pub(crate) async fn expire_leases(&self) {
        self.test
            .execute("UPDATE loadlab.lease SET expires_at = clock_timestamp()")
            .await
            .unwrap();
    }
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                files.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    files
}
