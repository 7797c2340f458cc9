//! What is in the files is what is in the tables.

use std::path::Path;

use open_data::{Format, Progress, Summary, export};
use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::{Value, json};
use store::open_data::{ColumnType, TABLES, Table};
use store::testing::TestDatabase;

use crate::scene::{csv_rows, database, exported, names, parquet_rows};

/// A value of CSV as it is in Parquet.
fn of_csv(kind: ColumnType, text: &str) -> Value {
    match kind {
        ColumnType::Bool => json!(text == "t"),
        ColumnType::Int4 | ColumnType::Int8 => json!(text.parse::<i64>().unwrap()),
        ColumnType::Float8 => json!(text.parse::<f64>().unwrap()),
        ColumnType::Text | ColumnType::Json => json!(text),
        ColumnType::Timestamp => {
            let time: jiff::Timestamp = text.replace("+00", "+00:00").parse().unwrap();
            json!(time.as_microsecond())
        }
    }
}

/// Both are made of the same rows in ways that have nothing in common: one from the binary form, the
/// other as the server writes it.
fn assert_same(table: &Table, parquet: &Path, csv: &Path) -> usize {
    let rows = parquet_rows(parquet);
    let mut lines = csv_rows(csv).into_iter();
    let head: Vec<String> = lines.next().unwrap().into_iter().flatten().collect();
    let expected: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    assert_eq!(head, expected, "{}", table.name);
    assert_eq!(rows.len(), lines.len(), "{}", table.name);
    for (row, line) in rows.iter().zip(lines) {
        assert_eq!(row.len(), line.len());
        for (column, text) in table.columns.iter().zip(line) {
            let expected = text.map_or(Value::Null, |text| of_csv(column.kind, &text));
            let found = &row[column.name];
            assert_eq!(*found, expected, "{}.{}", table.name, column.name);
        }
    }
    rows.len()
}

#[tokio::test]
async fn every_table_is_written_whole_in_both_formats() {
    let test = database().await;
    let folder = tempfile::tempdir().unwrap();
    let (parquet, csv) = (folder.path().join("p"), folder.path().join("below/c"));
    let summary = exported(&test, Format::Parquet, &parquet).await.unwrap();
    exported(&test, Format::Csv, &csv).await.unwrap();
    for (table, written) in TABLES.iter().zip(&summary.tables) {
        let csv = csv.join(format!("{}.csv.zst", table.name));
        let rows = assert_same(table, &parquet.join(&written.file), &csv);
        assert!(rows > 0, "{} has rows in the scene", table.name);
        assert_eq!(written.rows, rows as u64, "{}", table.name);
    }
    let checkpoints = parquet_rows(&parquet.join("block_trace_checkpoint.parquet"));
    assert_eq!(checkpoints.len(), 3, "those of the deployment only");
    assert_eq!(checkpoints[0]["started_at"], json!(1_746_628_222.361_262_3));
    assert_eq!(
        checkpoints[1]["metadata_json"],
        json!("{\"a\": \"line\\nend, \\\"q\\\" ü\"}")
    );
    assert_eq!(
        checkpoints[2]["block_trace_checkpoint_id"],
        json!(9_007_199_254_740_993_i64)
    );
    assert_eq!(checkpoints[2]["metadata_json"], Value::Null);
    let rounds = parquet_rows(&parquet.join("experiments.parquet"));
    assert_eq!(rounds.len(), 1);
    assert_eq!(
        (&rounds[0]["exp"], &rounds[0]["total"]),
        (&json!("run"), &json!(2))
    );
    assert_eq!(rounds[0]["max_latency_s"], json!(179.638_738));
    assert_manifest(&parquet, &summary);
    assert_eq!(names(folder.path()), ["below", "p"], "nothing else is left");
}

fn assert_manifest(folder: &Path, summary: &Summary) {
    let text = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest["deployment_id"], 1);
    assert!(
        manifest["taken_at"].as_str().unwrap().ends_with('Z'),
        "{manifest}"
    );
    let tables = manifest["tables"].as_array().unwrap();
    assert_eq!(tables.len(), TABLES.len());
    for (table, written) in tables.iter().zip(&summary.tables) {
        let file = folder.join(table["file"].as_str().unwrap());
        assert_eq!(
            std::fs::metadata(file).unwrap().len(),
            table["bytes"].as_u64().unwrap()
        );
        assert_eq!(table["rows"].as_u64(), Some(written.rows));
    }
    assert_eq!(names(folder).len(), TABLES.len() + 1);
}

/// A deployment with that number of checkpoints.
async fn with_checkpoints(count: u32) -> TestDatabase {
    let test = TestDatabase::create().await.unwrap();
    test.execute(&format!(
        "INSERT INTO deployment (metadata_json) VALUES ('{{}}');
         INSERT INTO block_trace_checkpoint
         SELECT n, n / 100, 'M', true, false, 'name-' || n % 70, 1.7e9 + n * 0.0123, '[]', 0,
                n % 3 = 0, 1
           FROM generate_series(1, {count}) AS n"
    ))
    .await
    .unwrap();
    test
}

/// More rows than a group has, with the encodings that make files small.
#[tokio::test]
async fn a_large_table_is_written_in_groups_and_is_small() {
    let test = with_checkpoints(1_060_000).await;
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("out");
    let progress = Progress::default();
    let summary = export(test.database(), 1, Format::Parquet, &to, progress.clone());
    let summary = summary.await.unwrap();
    assert_eq!(summary.rows(), 1_060_000 + 1);
    assert_eq!(
        (progress.rows(), progress.bytes()),
        (summary.rows(), summary.bytes())
    );
    assert_eq!(progress.table(), "gap", "the last one");
    let file = std::fs::File::open(to.join("block_trace_checkpoint.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let groups = reader.metadata().row_groups();
    let rows: Vec<_> = groups.iter().map(RowGroupMetaData::num_rows).collect();
    assert_eq!(rows.iter().sum::<i64>(), 1_060_000);
    // Two parts of the table, each with one full group.
    assert_eq!((rows.len(), rows[0], rows[1]), (4, 1 << 19, 1 << 19));
    let group = reader.metadata().row_group(0);
    for (column, encoding) in [
        ("block_trace_checkpoint_id", Encoding::DELTA_BINARY_PACKED),
        ("started_at", Encoding::BYTE_STREAM_SPLIT),
        ("name", Encoding::RLE_DICTIONARY),
        ("gossip", Encoding::RLE),
    ] {
        let chunks = group.columns().iter();
        let chunk = chunks
            .clone()
            .find(|chunk| chunk.column_path().string() == column);
        let chunk = chunk.unwrap();
        assert!(chunk.encodings().any(|found| found == encoding), "{column}");
        assert!(
            matches!(chunk.compression(), Compression::ZSTD(_)),
            "{column}"
        );
        assert!(chunk.statistics().is_some(), "{column}");
    }
    // A line of a trace is six times that at least.
    let bytes_per_row = summary.bytes() / summary.rows();
    assert!(bytes_per_row < 8, "{bytes_per_row} bytes a row");
}

/// The pages of a table are read over two connections.
#[tokio::test]
async fn each_row_of_a_table_that_is_read_in_parts_is_there_once() {
    let test = with_checkpoints(3000).await;
    // Changed rows stand behind the others.
    test.execute(
        "UPDATE block_trace_checkpoint SET call_id = 1 WHERE block_trace_checkpoint_id % 5 = 0",
    )
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (parquet, csv) = (folder.path().join("p"), folder.path().join("c"));
    exported(&test, Format::Parquet, &parquet).await.unwrap();
    exported(&test, Format::Csv, &csv).await.unwrap();
    let table = TABLES
        .iter()
        .find(|table| table.name == "block_trace_checkpoint");
    let parquet = parquet.join("block_trace_checkpoint.parquet");
    let csv = csv.join("block_trace_checkpoint.csv.zst");
    assert_eq!(assert_same(table.unwrap(), &parquet, &csv), 3000);
    let file = std::fs::File::open(parquet).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    assert_eq!(reader.num_row_groups(), 2);
}
