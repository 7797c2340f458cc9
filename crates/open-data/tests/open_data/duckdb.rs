//! Another reader of Parquet finds the same rows.

use std::path::Path;
use std::process::Command;

use open_data::Format;
use serde_json::Value;
use store::open_data::TABLES;

use crate::python::{DUCKDB, python};
use crate::scene::{Row, database, exported, parquet_rows};

/// Prints every row as a line of JSON; times as microseconds, JSON as text.
const SCRIPT: &str = r#"
import duckdb, json, sys
connection = duckdb.connect()
table = "read_parquet('" + sys.argv[1] + "')"
columns = []
for name, kind, *_ in connection.execute("DESCRIBE SELECT * FROM " + table).fetchall():
    quoted = '"' + name + '"'
    if kind.startswith("TIMESTAMP"):
        quoted = "epoch_us(" + quoted + ")"
    elif kind == "JSON":
        quoted = quoted + "::VARCHAR"
    columns.append((name, quoted))
rows = connection.execute("SELECT " + ", ".join(q for _, q in columns) + " FROM " + table)
for row in rows.fetchall():
    print(json.dumps(dict(zip([name for name, _ in columns], row))))
"#;

#[tokio::test]
async fn duckdb_reads_the_same_rows() {
    let Some(python) = python(DUCKDB) else {
        eprintln!("SKIPPED: {DUCKDB} is not there and cannot be installed");
        return;
    };
    let test = database().await;
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("out");
    exported(&test, Format::Parquet, &to).await.unwrap();
    for table in TABLES {
        let path = to.join(format!("{}.parquet", table.name));
        assert_eq!(read(&python, &path), parquet_rows(&path), "{}", table.name);
    }
}

fn read(python: &Path, file: &Path) -> Vec<Row> {
    let mut command = Command::new(python);
    let output = command.args(["-c", SCRIPT]).arg(file).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{}: {said}", file.display());
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            serde_json::from_value(row).unwrap()
        })
        .collect()
}
