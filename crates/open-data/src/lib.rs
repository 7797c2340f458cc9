//! A deployment as a folder of files that other tools read: a Parquet or CSV file for each table.
//!
//! The folder appears when all of it is on disk, or not at all. All files show the same moment.
//! Memory does not depend on how much there is. What the columns are is in docs/open-data.md.

mod copy_format;
mod csv;
mod error;
mod format;
mod parquet_file;
mod progress;
mod row_groups;
mod rows;
mod sink;
mod staging;
mod table_file;

use std::path::Path;
use std::time::Instant;

use futures_util::future::try_join_all;
use serde::Serialize;
use store::Database;
use store::open_data::{Snapshot, TABLES, Table};

use crate::staging::Staging;
use crate::table_file::{TableFile, hand_over};

pub use copy_format::{CopiedRows, NotARow, field};
pub use error::ExportError;
pub use format::Format;
pub use progress::Progress;
pub use row_groups::{GROUP_ROWS_MAX, GROUP_TEXT_BYTES_MAX, GroupReader, GroupWriter};
pub use rows::{Rows, Text, Walk};

/// What was written; the file `manifest.json` in the folder says the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The deployment.
    pub deployment_id: i32,
    /// The moment that all files show, in RFC 3339.
    pub taken_at: String,
    /// A file for each table.
    pub tables: Vec<WrittenTable>,
    /// How long it took.
    #[serde(skip)]
    pub seconds: f64,
}

impl Summary {
    /// Rows of all tables.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// Bytes of all files of tables.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.tables.iter().map(|table| table.bytes).sum()
    }
}

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WrittenTable {
    /// The table.
    pub name: &'static str,
    /// The file's name.
    pub file: String,
    /// Rows.
    pub rows: u64,
    /// Size of the file.
    pub bytes: u64,
}

/// The file that says what is in the folder.
const MANIFEST: &str = "manifest.json";

/// Writes a deployment into a folder, which must be empty or not be there yet. If the future is
/// dropped, nothing is left.
///
/// # Errors
///
/// The folder is not empty, or cannot be written; the database does not answer or refuses.
pub async fn export(
    database: &Database,
    deployment_id: i32,
    format: Format,
    folder: &Path,
    progress: Progress,
) -> Result<Summary, ExportError> {
    let start = Instant::now();
    let staging = Staging::beside(folder)?;
    let mut snapshot = database.snapshot(deployment_id).await?;
    let mut tables = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        progress.begin(table.name);
        tables.push(write_table(&mut snapshot, table, format, &staging, &progress).await?);
    }
    let mut summary = Summary {
        deployment_id,
        taken_at: snapshot.taken_at().to_string(),
        tables,
        seconds: 0.0,
    };
    snapshot.close().await?;
    staging.write(MANIFEST, &manifest(&summary)?)?;
    staging.publish()?;
    summary.seconds = start.elapsed().as_secs_f64();
    Ok(summary)
}

fn manifest(summary: &Summary) -> Result<Vec<u8>, ExportError> {
    let mut text = serde_json::to_vec_pretty(summary).map_err(ExportError::Manifest)?;
    text.push(b'\n');
    Ok(text)
}

async fn write_table(
    snapshot: &mut Snapshot,
    table: &'static Table,
    format: Format,
    staging: &Staging,
    progress: &Progress,
) -> Result<WrittenTable, ExportError> {
    let name = format!("{}{}", table.name, format.ending());
    let parts = snapshot.rows(table, format.row_form()).await?;
    let path = staging.path_of(&name);
    let (file, senders) = TableFile::start(table, format, path, parts.len(), progress);
    let parts = parts.into_iter().zip(senders);
    try_join_all(parts.map(|(rows, sender)| hand_over(rows, sender))).await?;
    let (rows, bytes) = file.finish().await?;
    Ok(WrittenTable {
        name: table.name,
        file: name,
        rows,
        bytes,
    })
}
