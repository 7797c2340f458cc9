//! Which block trace is meant: by the beginning of a hash, a node, a deployment.

use anyhow::bail;
use store::Database;

use crate::output::inform;

/// The deployment that is named, or else the newest.
pub(super) async fn deployment(database: &Database, id: Option<i32>) -> anyhow::Result<i32> {
    if let Some(id) = id {
        database.require_deployment(id).await?;
        return Ok(id);
    }
    match database.newest_deployment().await? {
        Some(id) => Ok(id),
        None => bail!("nothing is stored yet; import a trace with `loadlab trace import`"),
    }
}

/// Finds the block that the beginning of a hash means, and a node that has it: the one that is
/// named, or else `usual` if it has it, or else the first by name. `how` says how to name another.
pub(super) async fn block(
    database: &Database,
    deployment_id: i32,
    hash: &str,
    node: Option<&str>,
    usual: Option<&str>,
    how: &str,
) -> anyhow::Result<(String, String)> {
    let wanted = hash.trim_end_matches('…');
    let found = database.find_blocks(deployment_id, wanted, node).await?;
    let usual = found
        .iter()
        .position(|(node, _)| Some(node.as_str()) == usual);
    let Some((chosen, block)) = found.get(usual.unwrap_or(0)).cloned() else {
        let of_node = node.map_or(String::new(), |node| format!(" of node `{node}`"));
        bail!("no block{of_node} in deployment {deployment_id} begins with `{wanted}`");
    };
    let mut blocks: Vec<&str> = found.iter().map(|(_, block)| block.as_str()).collect();
    blocks.sort_unstable();
    blocks.dedup();
    if blocks.len() > 1 {
        bail!("`{wanted}` may mean {}; give more of it", blocks.join(", "));
    }
    let others: Vec<&str> = found
        .iter()
        .map(|(node, _)| node.as_str())
        .filter(|node| *node != chosen)
        .collect();
    if !others.is_empty() && usual.is_none() {
        inform(&format!(
            "shown for node `{chosen}`; choose another {how}: {}",
            others.join(", ")
        ));
    }
    Ok((chosen, block))
}
