//! A block trace as a JSON object: the tree as `trace show` prints it, with all metadata.

use serde::Serialize;
use serde::ser::{SerializeSeq as _, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use trace::flat::FlatCheckpoint;
use trace::tree::{self, TreeNode};

use crate::block_trace::BlockTrace;

/// The whole trace. Unknown heights and slots are null.
#[derive(Serialize)]
struct Document<'a> {
    deployment_id: i32,
    node: &'a str,
    hash: &'a str,
    height: Option<i32>,
    slot: Option<i32>,
    source: &'a str,
    status: &'a str,
    /// Seconds since 1970; null before the first checkpoint.
    started_at: Option<f64>,
    total_s: f64,
    metadata: &'a RawValue,
    checkpoints: Parts<'a>,
    after_success: Vec<Checkpoint<'a>>,
}

#[derive(Serialize)]
struct Checkpoint<'a> {
    name: &'a str,
    started_at: f64,
    duration_s: f64,
    #[serde(skip_serializing_if = "Map::is_empty")]
    metadata: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Parts::is_empty")]
    parts: Parts<'a>,
}

/// Nodes of a tree below one parent.
struct Parts<'a> {
    checkpoints: &'a [FlatCheckpoint],
    nodes: &'a [TreeNode],
}

impl Parts<'_> {
    fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut nodes = self.nodes;
        while let Some((node, below, rest)) = tree::split_first(nodes) {
            let checkpoint = &self.checkpoints[node.index];
            list.serialize_element(&Checkpoint {
                name: &checkpoint.name,
                started_at: checkpoint.started_at,
                duration_s: node.duration,
                metadata: &checkpoint.metadata,
                parts: Parts {
                    checkpoints: self.checkpoints,
                    nodes: below,
                },
            })?;
            nodes = rest;
        }
        list.end()
    }
}

pub(crate) fn write(trace: &BlockTrace) -> Vec<u8> {
    let row = &trace.row;
    let document = Document {
        deployment_id: row.deployment_id,
        node: &row.node_name,
        hash: &row.block_id,
        height: (row.blockchain_length > 0).then_some(row.blockchain_length),
        slot: (row.global_slot > 0).then_some(row.global_slot),
        source: &row.source,
        status: &row.status,
        started_at: (row.started_at >= 0.0).then_some(row.started_at),
        total_s: row.total_time,
        metadata: &row.metadata,
        checkpoints: Parts {
            checkpoints: &trace.checkpoints,
            nodes: &trace.tree,
        },
        after_success: trace.after_success.iter().map(alone).collect(),
    };
    serde_json::to_vec(&document).expect("texts, numbers and lists are always written")
}

/// A checkpoint without parts.
fn alone(checkpoint: &FlatCheckpoint) -> Checkpoint<'_> {
    Checkpoint {
        name: &checkpoint.name,
        started_at: checkpoint.started_at,
        duration_s: checkpoint.duration,
        metadata: &checkpoint.metadata,
        parts: Parts {
            checkpoints: &[],
            nodes: &[],
        },
    }
}
