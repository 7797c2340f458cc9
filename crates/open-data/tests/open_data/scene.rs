//! A deployment with rows in every table, and files read back.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use open_data::{ExportError, Format, Progress, Summary, export};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;
use store::testing::TestDatabase;

/// Deployment 1 is exported, deployment 2 is another. Texts have quotes, commas, line ends and
/// letters beyond ASCII; what may be null is null somewhere and is not elsewhere.
const ROWS: &str = r#"
INSERT INTO deployment (metadata_json) VALUES ('{"release": "3.3.0", "note": "ü, \"q\""}'), ('{}');
INSERT INTO block_trace VALUES
    (1, 1, 'node "a"', '3NKa', 1746628222.3612623, 1746628223.25, 0.8887377, 'External', 461, 855,
     'Success', '{"transactions": [["payment", "5Ja", "run-0-1-0", ["Applied"]]]}'),
    (2, 1, 'node-b', '0', -1, NULL, 0, 'Unknown', 0, 0, 'Pending', '{}'),
    (3, 2, 'node-b', '3NKb', 1, 2, 1, 'External', 1, 2, 'Success', '{}');
INSERT INTO block_trace_checkpoint VALUES
    (1, 1, 'M', true, false, 'External_block_received', 1746628222.3612623, '[]', 0, false, 1),
    (2, 1, 'M', true, true, 'metadata', -1, '{"a": "line\nend, \"q\" ü"}', 0, false, 1),
    (9007199254740993, 2, 'P', false, false, 'Zü', 1e-5, NULL, -7, true, 1),
    (4, 3, 'M', true, false, 'other deployment', 1, '[]', 0, false, 2);
INSERT INTO tx_traces VALUES
    (10, 'node-b', 'received', '2025-05-07 14:30:22.361262Z', '[["payment", "5Ja", "m"]]', NULL,
     NULL, 1),
    (11, 'node-b', 'rejected', '2025-05-07 14:30:23Z', '[]', 'peer', 'fee', 1),
    (12, 'node-b', 'rejected', '2025-05-07 14:30:23Z', '[]', 'peer', 'fee', 2);
INSERT INTO sw_traces VALUES
    (20, 'node-b', 'added', '2025-05-07 14:30:22.5Z', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, 1),
    (21, 'node-b', 'received', '1969-12-31 23:59:59.5Z', -2147483648, 2, '0.1', 'B62', 'p', 'why',
     'payment', 'merge', 'h1', 'h2', 'm1', 'm2', 1);
INSERT INTO unique_txs VALUES
    ('5Ja', 1, 'payment', 'run-0-1-0', '2025-05-07 14:30:22.361262Z'),
    ('5Jb', 1, 'zkapp:9:2', 'run-0-1-1', '2025-05-07 14:31:22Z'),
    ('5Jc', 1, 'payment', NULL, '2025-05-07 14:32:22Z'),
    ('5Ja', 2, 'payment', 'run-0-1-0', '2025-05-07 14:30:22Z');
INSERT INTO block_txs VALUES
    ('5Ja', 1, 'payment', 'run-0-1-0', '2025-05-07 14:33:22Z', 'Applied', NULL),
    ('5Jb', 1, 'zkapp:9:2', 'run-0-1-1', '2025-05-07 14:33:22Z', 'Failed', 'Overflow');
INSERT INTO uniq_sws (deployment_id, fst_work_id, time_added) VALUES (1, 1, '2025-05-07 14:30Z');
INSERT INTO uniq_sws VALUES
    (1, 2, 3, '0.1', 'B62', 'p', 'payment', 'merge', 'h1', 'h2', 'm1', 'm2', NULL,
     '2025-05-07 14:30Z', '2025-05-07 14:29Z');
INSERT INTO sw_interruptions VALUES (1, 1, '2025-05-07 14:30Z', 3, 'fee', 7, NULL);
INSERT INTO node_restarts (deployment_id, node_name, time, reason, code)
    VALUES (1, 'node-b', '2025-05-07 14:30Z', 'OOM', 137), (1, 'node-b', '2025-05-07 14:31Z', NULL, NULL);
INSERT INTO loadlab.session (deployment_id, node_name, kind, lines, lost_entries)
    VALUES (1, 'node-b', 'node', 90, 10), (2, 'node-b', 'node', 1, 0);
INSERT INTO loadlab.gap (session_id, process, after_entry, missing, reason, noted_at, from_time)
    SELECT session_id, 'main', 5, 10, 'overwritten', '2025-05-07 14:30Z', '2025-05-07 14:29Z'
      FROM loadlab.session WHERE deployment_id = 1;
"#;

pub(crate) async fn database() -> TestDatabase {
    let test = TestDatabase::create().await.unwrap();
    test.execute(ROWS).await.unwrap();
    test
}

pub(crate) async fn exported(
    test: &TestDatabase,
    format: Format,
    folder: &Path,
) -> Result<Summary, ExportError> {
    export(test.database(), 1, format, folder, Progress::default()).await
}

/// The names in a folder, in order.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

/// A row: its values by the names of their columns.
pub(crate) type Row = BTreeMap<String, Value>;

/// The rows of a Parquet file. Times are microseconds, JSON is text.
pub(crate) fn parquet_rows(path: &Path) -> Vec<Row> {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| {
        let row = row.unwrap();
        let columns = row.get_column_iter();
        columns
            .map(|(name, field)| (name.clone(), value(field)))
            .collect()
    })
    .collect()
}

fn value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(value) => Value::from(*value),
        Field::Int(number) => Value::from(*number),
        Field::Long(number) | Field::TimestampMicros(number) => Value::from(*number),
        Field::Double(number) => Value::from(*number),
        Field::Str(text) => Value::from(text.as_str()),
        Field::Bytes(bytes) => Value::from(std::str::from_utf8(bytes.data()).unwrap()),
        other => panic!("a field of another kind: {other:?}"),
    }
}

/// The lines of a compressed CSV file as values; empty ones are null, as there are no empty texts
/// in the scene.
pub(crate) fn csv_rows(path: &Path) -> Vec<Vec<Option<String>>> {
    let mut text = String::new();
    zstd::Decoder::new(File::open(path).unwrap())
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    let mut rows = vec![vec![String::new()]];
    let (mut quoted, mut characters) = (false, text.chars().peekable());
    while let Some(c) = characters.next() {
        let field = rows.last_mut().unwrap().last_mut().unwrap();
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => rows.last_mut().unwrap().push(String::new()),
            '\n' if !quoted => rows.push(vec![String::new()]),
            c => field.push(c),
        }
    }
    assert_eq!(
        rows.pop(),
        Some(vec![String::new()]),
        "the last line is ended"
    );
    let optional = |field: String| (!field.is_empty()).then_some(field);
    let rows = rows.into_iter();
    rows.map(|row| row.into_iter().map(optional).collect())
        .collect()
}
