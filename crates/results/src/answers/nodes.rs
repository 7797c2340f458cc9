//! Nodes: their state, height, lag, times and completeness.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Meta;

/// Answer of `/api/v1/nodes`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NodesAnswer {
    /// A window of the nodes.
    pub nodes: Vec<Node>,
    /// All nodes by state.
    pub counts: BTreeMap<String, i64>,
    /// What they rest on.
    pub meta: Meta,
}

/// A node within the scope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Node {
    /// Its name in all tables.
    pub name: String,
    /// Its host; null for imported traces.
    pub host: Option<String>,
    /// The port of its ITN server.
    pub port: Option<i32>,
    /// `fetching`, `waiting`, `failing`, …; `inactive` if it is not listed now, `imported` if its
    /// trace came from a file.
    pub state: String,
    /// What is wrong.
    pub problem: Option<String>,
    /// Null if unknown.
    pub role: Option<Role>,
    /// Height of its best chain.
    pub height: Option<i64>,
    /// Blocks behind the best node.
    pub behind: Option<i64>,
    /// Median time after the first node, over the blocks of others.
    pub lag_s: Option<f64>,
    /// Median time after the second node.
    pub lag2_s: Option<f64>,
    /// Median total time of block traces.
    pub apply_p50_s: Option<f64>,
    /// 95th percentile of total times.
    pub apply_p95_s: Option<f64>,
    /// Stored entries as a share of all; null where nothing is stored.
    pub completeness: Option<f64>,
    /// Stored entries.
    pub stored: i64,
    /// Lost entries.
    pub lost: i64,
    /// Gaps of unknown size.
    pub unknown_gaps: i64,
    /// Pause between polls.
    pub poll_s: Option<f64>,
    /// Since it was fetched from.
    pub age_s: Option<f64>,
    /// Reported restarts and changes of the daemon's run.
    pub restarts: i64,
    /// It received a block before its producer had made it: its clock is wrong.
    pub clock_suspect: bool,
    /// Lag for the last 60 blocks, oldest first; null where there is none.
    pub spark: Vec<Option<f64>>,
}

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Produces blocks.
    Producer,
    /// Does not.
    Other,
}

/// Answer of `/api/v1/nodes/{name}`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NodeAnswer {
    /// The node.
    #[serde(flatten)]
    pub node: Node,
    /// Its public key.
    pub submitter: Option<String>,
    /// The build that it submitted last.
    pub release: Option<String>,
    /// How its log was read over time, by the laboratory's clock.
    pub states: Vec<NodeState>,
    /// What is missing of its log.
    pub gaps: Vec<NodeGap>,
    /// When it was restarted, newest first; at most 500.
    pub restart_events: Vec<NodeRestart>,
    /// What this rests on.
    pub meta: Meta,
}

/// A time during which a node's log was read, or its state now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NodeState {
    /// Since when.
    pub from: String,
    /// Until when; null for now.
    pub until: Option<String>,
    /// The state.
    pub state: String,
    /// Why it ended, or what is wrong.
    pub problem: Option<String>,
}

/// A restart of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NodeRestart {
    /// When it was noted, by the laboratory's clock.
    pub at: String,
    /// `reported` by what runs the node, or `new_process`: its log continues in another process.
    pub source: String,
    /// Why, as reported.
    pub reason: Option<String>,
    /// The exit code.
    pub code: Option<i32>,
    /// The container.
    pub container: Option<String>,
    /// How often the container was restarted in all.
    pub restart_count: Option<i32>,
}

/// Missing entries of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NodeGap {
    /// Time of the last entry before it.
    pub from: Option<i64>,
    /// Time of the first entry after it.
    pub until: Option<i64>,
    /// How many; null if nobody can know.
    pub missing: Option<i64>,
    /// Why.
    pub reason: String,
}
