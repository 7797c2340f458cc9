//! Imported traces as Parquet files: how small, how fast.

use std::path::PathBuf;
use std::sync::Arc;

use open_data::{Format, Progress};

use crate::filling;
use crate::fleet::Fleet;
use crate::output::{inform, per_second};
use crate::server::TemporaryServer;
use crate::source;

/// Nodes that have written the traces.
const NODES: u64 = 20;
/// The export is made so often; the fastest counts, as others share the machine.
const REPETITIONS: usize = 3;

/// What was measured.
pub(super) struct Parquet {
    pub(super) lines: u64,
    pub(super) raw_bytes: u64,
    pub(super) file_bytes: u64,
    pub(super) rows: u64,
    pub(super) seconds: f64,
}

impl Parquet {
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    pub(super) fn bytes_per_line(&self) -> f64 {
        self.file_bytes as f64 / self.lines as f64
    }

    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    pub(super) fn raw_bytes_per_line(&self) -> f64 {
        self.raw_bytes as f64 / self.lines as f64
    }

    pub(super) fn lines_per_second(&self) -> f64 {
        per_second(self.lines, self.seconds)
    }
}

pub(super) async fn measure(
    server: &TemporaryServer,
    trace: Option<PathBuf>,
    lines: u64,
) -> anyhow::Result<Parquet> {
    let template = Arc::new(source::template(trace)?);
    let in_source = template.lines;
    let fleet = Fleet::with_at_least(template, NODES, lines, in_source);
    let database = server.connect(4).await?;
    let deployment_id = database.create_deployment(&serde_json::Map::new()).await?;
    filling::fill(server, &fleet).await?;
    inform("     imported");
    let mut measured = Parquet {
        lines: fleet.lines(),
        raw_bytes: raw_bytes(&fleet),
        file_bytes: 0,
        rows: 0,
        seconds: f64::INFINITY,
    };
    for _ in 0..REPETITIONS {
        let folder = tempfile::tempdir()?;
        let to = folder.path().join("parquet");
        let format = Format::Parquet;
        let summary =
            open_data::export(&database, deployment_id, format, &to, Progress::default()).await?;
        measured.file_bytes = summary.bytes();
        measured.rows = summary.rows();
        measured.seconds = measured.seconds.min(summary.seconds);
        inform(&format!("     exported in {:.2} s", summary.seconds));
    }
    database.close().await;
    Ok(measured)
}

/// The bytes of all trace files.
fn raw_bytes(fleet: &Fleet) -> u64 {
    let mut copy = Vec::new();
    let mut bytes = 0;
    for node in 0..fleet.nodes {
        for (rounds, number) in (0..).zip(fleet.copies_of(node)) {
            copy.clear();
            fleet.template.render(number, rounds, &mut copy);
            bytes += copy.len() as u64;
        }
    }
    bytes
}
