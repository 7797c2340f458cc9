//! The archive asked by another engine.

use std::path::Path;

use tokio::process::Command;

/// Prints how long the question takes, as the best of three.
const SCRIPT: &str = r#"
import sys, time
try:
    import duckdb
except ImportError:
    print("the package duckdb is not there")
    sys.exit(3)
files = sys.argv[1] + "/v1/block_trace_checkpoint/**/*.parquet"
question = ("SELECT name, node, quantile_cont(duration_us, 0.95), count(*) FROM read_parquet('"
            + files + "', hive_partitioning = true) WHERE duration_us IS NOT NULL GROUP BY ALL")
best = None
for _ in range(3):
    start = time.monotonic()
    duckdb.sql(question).fetchall()
    taken = time.monotonic() - start
    best = taken if best is None else min(best, taken)
print(best)
"#;

/// Seconds of the 95th percentile of durations by checkpoint and node, or why there are none.
pub(super) async fn p95(python: &Path, folder: &Path) -> Result<f64, String> {
    let asked = Command::new(python)
        .args(["-c", SCRIPT])
        .arg(folder)
        .kill_on_drop(true)
        .output()
        .await;
    let output = asked.map_err(|error| format!("{}: {error}", python.display()))?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() {
        let trouble = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{said}{}", trouble.trim()));
    }
    said.parse().map_err(|_| said)
}
