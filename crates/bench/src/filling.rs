//! Filling the database through the import.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use tokio::task::JoinSet;

use crate::fleet::Fleet;
use crate::ingest::import_file;
use crate::output::inform;
use crate::server::TemporaryServer;

/// Nodes at once.
const IMPORTERS: u32 = 2;

/// Imports the traces of all nodes. Each is written to a file just before, and
/// the file deleted just after, because all of them would be large.
pub(crate) async fn fill(server: &TemporaryServer, fleet: &Fleet) -> anyhow::Result<()> {
    let database = server.connect(2 * IMPORTERS + 1).await?;
    let next = Arc::new(AtomicU64::new(0));
    let mut importers = JoinSet::new();
    for _ in 0..IMPORTERS {
        let (database, fleet, next) = (database.clone(), fleet.clone(), Arc::clone(&next));
        importers.spawn(async move {
            loop {
                let node = next.fetch_add(1, Ordering::Relaxed);
                if node >= fleet.nodes {
                    return Ok(());
                }
                import_node(&database, &fleet, node, &Fleet::node_name(node)).await?;
                if (node + 1) % 10 == 0 {
                    inform(&format!("     {} of {} nodes", node + 1, fleet.nodes));
                }
            }
        });
    }
    while let Some(imported) = importers.join_next().await {
        imported?.map_err(|error: anyhow::Error| error.context("cannot fill the database"))?;
    }
    database.close().await;
    Ok(())
}

/// Imports a node's trace under a name; gives its lines.
pub(crate) async fn import_node(
    database: &store::Database,
    fleet: &Fleet,
    node: u64,
    name: &str,
) -> anyhow::Result<u64> {
    let file = tempfile::Builder::new()
        .suffix(".jsonl")
        .tempfile()
        .context("cannot make a temporary file")?
        .into_temp_path();
    let (fleet, path) = (fleet.clone(), file.to_path_buf());
    tokio::task::spawn_blocking(move || fleet.write(node, &path))
        .await
        .context("the thread that writes a trace failed")??;
    import_file(database, &file, name).await
}
