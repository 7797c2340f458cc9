//! `loadlab trace show`.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use store::read::{EntriesPage, OUTSIDE, ReadBudget, StoredBlockTrace};
use store::{ConnectOptions, Database};
use trace::Compatibility;
use trace::flat::{FlatCheckpoint, StoredEntry, flatten};
use trace::tree::TreeNode;

use super::{choose, layout};
use crate::choice::Connection;
use crate::interpretation;
use crate::output::{self, inform};

/// Lines are this wide where there is no terminal.
const DEFAULT_WIDTH: usize = 120;

/// Arguments of `trace show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// State hash of the block, or the beginning of it; `0` for what happened
    /// outside of blocks.
    pub(crate) block: String,
    /// The node. Default: the only node, or the first by name, that has the block.
    #[arg(long, value_name = "NAME")]
    pub(crate) node: Option<String>,
    /// The deployment. Default: the newest.
    #[arg(long, value_name = "ID")]
    pub(crate) deployment: Option<i32>,
    /// The number of entries to leave out at the beginning. Only for block `0`, which has no end.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) offset: u32,
    /// The greatest number of entries to show. Only for block `0`.
    #[arg(long, value_name = "N", default_value_t = 500,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) limit: u32,
    /// Compute durations as corrected, or as the original implementation does.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) compatibility: interpretation::Compatibility,
}

pub(crate) async fn run(
    arguments: &ShowArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let opened = connection.open(&ConnectOptions::for_queries()).await?;
    let result = show(&opened.database, arguments).await;
    opened.close().await?;
    result.map(|()| ExitCode::SUCCESS)
}

async fn show(database: &Database, arguments: &ShowArguments) -> anyhow::Result<()> {
    let deployment_id = choose::deployment(database, arguments.deployment).await?;
    let (hash, node) = (arguments.block.as_str(), arguments.node.as_deref());
    let how = "with --node";
    let (node, block) = choose::block(database, deployment_id, hash, node, None, how).await?;
    let compatibility = arguments.compatibility.into();
    if block != OUTSIDE {
        return print_block(database, deployment_id, &node, &block, compatibility).await;
    }
    let page = EntriesPage {
        offset: arguments.offset.into(),
        limit: arguments.limit.into(),
    };
    let stored = database
        .block_trace_within(deployment_id, &node, &block, page, &ReadBudget::unlimited())
        .await?;
    let Some(stored) = stored else {
        bail!("node `{node}` has stored nothing outside of blocks in deployment {deployment_id}");
    };
    let all = database.count_entries(deployment_id, &node, &block).await?;
    let shown = i64::try_from(stored.entries.len()).unwrap_or(i64::MAX);
    if shown == 0 && page.offset > 0 {
        bail!("node `{node}` has only {all} entries outside of blocks");
    }
    let until = page.offset + shown;
    let head = format!(
        "outside of blocks, node {node} (deployment {deployment_id})\n\
         entries {} to {until} of {all}\n\n",
        page.offset + 1,
    );
    output::print(&(head + &tree(stored.entries, compatibility)))?;
    if until < all {
        inform(&format!("go on with --offset {until}"));
    }
    Ok(())
}

/// Prints one block of one node.
pub(crate) async fn print_block(
    database: &Database,
    deployment_id: i32,
    node: &str,
    block: &str,
    compatibility: Compatibility,
) -> anyhow::Result<()> {
    let Some(stored) = database.block_trace(deployment_id, node, block).await? else {
        bail!("node `{node}` has no block `{block}` in deployment {deployment_id}");
    };
    output::print(&text(stored, compatibility))
}

fn text(stored: StoredBlockTrace, compatibility: Compatibility) -> String {
    let row = &stored.row;
    let head = format!(
        "block {} of node {} (deployment {})\nheight {}, slot {}, {}, {}, total {}\n\n",
        row.block_id,
        row.node_name,
        row.deployment_id,
        row.blockchain_length,
        row.global_slot,
        row.source,
        row.status,
        layout::duration(row.total_time),
    );
    head + &tree(stored.entries, compatibility)
}

/// The tree of a trace, as wide as the terminal.
fn tree(entries: Vec<StoredEntry>, compatibility: Compatibility) -> String {
    let width = match console::Term::stdout().size_checked() {
        Some((_, columns)) => usize::from(columns),
        None => DEFAULT_WIDTH,
    };
    let (checkpoints, nodes) = checkpoint_tree(entries, compatibility);
    layout::tree(&checkpoints, &nodes, width)
}

/// The checkpoints of a trace, and the tree of them.
pub(crate) fn checkpoint_tree(
    entries: Vec<StoredEntry>,
    compatibility: Compatibility,
) -> (Vec<FlatCheckpoint>, Vec<TreeNode>) {
    let checkpoints = flatten(entries).checkpoints;
    let times: Vec<(&str, f64)> = checkpoints
        .iter()
        .map(|checkpoint| (checkpoint.name.as_str(), checkpoint.started_at))
        .collect();
    let nodes = trace::tree::build(&times, compatibility);
    (checkpoints, nodes)
}
