//! The JSON of the answers. The order of members is that of the original;
//! clients read some of them by position.

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use store::read::{BlockTraceRow, StoredBlockTrace};
use trace::Compatibility;
use trace::flat::{self, FlatCheckpoint, FlatTrace};
use trace::tree::{self, TreeNode};

/// A node of a deployment.
#[derive(Debug, Serialize)]
pub(crate) struct NodeAnswer {
    pub(crate) id: i32,
    pub(crate) name: String,
}

/// A page of block traces.
#[derive(Debug, Serialize)]
pub(crate) struct BlockTracesAnswer<'a> {
    traces: Vec<BlockTraceSummary<'a>>,
    /// Always empty: traces of produced blocks stand among the others.
    produced_traces: [(); 0],
}

impl<'a> BlockTracesAnswer<'a> {
    pub(crate) fn new(rows: &'a [BlockTraceRow]) -> Self {
        Self {
            traces: rows.iter().map(BlockTraceSummary::new).collect(),
            produced_traces: [],
        }
    }
}

#[derive(Debug, Serialize)]
struct BlockTraceSummary<'a> {
    metadata: &'a RawValue,
    source: &'a str,
    deployment_id: i32,
    blockchain_length: i32,
    global_slot: i32,
    state_hash: &'a str,
    status: &'a str,
    started_at: f64,
    total_time: f64,
}

impl<'a> BlockTraceSummary<'a> {
    fn new(row: &'a BlockTraceRow) -> Self {
        Self {
            metadata: &row.metadata,
            source: &row.source,
            deployment_id: row.deployment_id,
            blockchain_length: row.blockchain_length,
            global_slot: row.global_slot,
            state_hash: &row.block_id,
            status: &row.status,
            started_at: row.started_at,
            total_time: row.total_time,
        }
    }
}

/// The answer about one block: its checkpoints flat or as a tree.
pub(crate) fn block_trace(
    stored: StoredBlockTrace,
    compatibility: Compatibility,
    structured: bool,
) -> serde_json::Result<Box<RawValue>> {
    let flat = flat::flatten(stored.entries);
    let row = &stored.row;
    let total_time = match compatibility {
        Compatibility::Corrected => row.total_time,
        Compatibility::Original => flat.original_total_time(row.total_time),
    };
    if structured {
        let checkpoints: Vec<(&str, f64)> = flat
            .checkpoints
            .iter()
            .map(|checkpoint| (checkpoint.name.as_str(), checkpoint.started_at))
            .collect();
        let nodes = tree::build(&checkpoints, compatibility);
        to_raw(&BlockTraceAnswer::new(
            row,
            total_time,
            Sections::new(&flat, &nodes),
        ))
    } else {
        to_raw(&BlockTraceAnswer::new(
            row,
            total_time,
            FlatLists::new(&flat),
        ))
    }
}

/// The JSON text of an answer.
pub(crate) fn to_raw(answer: &impl Serialize) -> serde_json::Result<Box<RawValue>> {
    serde_json::value::to_raw_value(answer)
}

#[derive(Debug, Serialize)]
struct BlockTraceAnswer<'a, Checkpoints> {
    source: &'a str,
    deployment_id: i32,
    blockchain_length: i32,
    global_slot: i32,
    #[serde(flatten)]
    checkpoints: Checkpoints,
    status: &'a str,
    total_time: f64,
    metadata: &'a RawValue,
}

impl<'a, Checkpoints> BlockTraceAnswer<'a, Checkpoints> {
    fn new(row: &'a BlockTraceRow, total_time: f64, checkpoints: Checkpoints) -> Self {
        Self {
            source: &row.source,
            deployment_id: row.deployment_id,
            blockchain_length: row.blockchain_length,
            global_slot: row.global_slot,
            checkpoints,
            status: &row.status,
            total_time,
            metadata: &row.metadata,
        }
    }
}

#[derive(Debug, Serialize)]
struct FlatLists<'a> {
    /// Oldest first.
    checkpoints: Vec<CheckpointAnswer<'a>>,
    /// What followed success, newest first as in the original.
    other_checkpoints: Vec<CheckpointAnswer<'a>>,
}

impl<'a> FlatLists<'a> {
    fn new(flat: &'a FlatTrace) -> Self {
        let answers = |list: &'a [FlatCheckpoint]| {
            list.iter()
                .map(|checkpoint| CheckpointAnswer::new(checkpoint, checkpoint.duration))
        };
        Self {
            checkpoints: answers(&flat.checkpoints).collect(),
            other_checkpoints: answers(&flat.after_success).rev().collect(),
        }
    }
}

#[derive(Debug, Serialize)]
struct CheckpointAnswer<'a> {
    checkpoint: &'a str,
    started_at: f64,
    duration: f64,
    metadata: &'a Map<String, Value>,
}

impl<'a> CheckpointAnswer<'a> {
    fn new(checkpoint: &'a FlatCheckpoint, duration: f64) -> Self {
        Self {
            checkpoint: &checkpoint.name,
            started_at: checkpoint.started_at,
            duration,
            metadata: &checkpoint.metadata,
        }
    }
}

#[derive(Debug, Serialize)]
struct Sections<'a> {
    sections: [Section<'a>; 1],
}

#[derive(Debug, Serialize)]
struct Section<'a> {
    title: &'static str,
    checkpoints: Level<'a>,
}

impl<'a> Sections<'a> {
    fn new(flat: &'a FlatTrace, nodes: &'a [TreeNode]) -> Self {
        Self {
            sections: [Section {
                title: "All",
                checkpoints: Level {
                    checkpoints: &flat.checkpoints,
                    nodes,
                },
            }],
        }
    }
}

/// The nodes of one level of the tree, with those below them.
#[derive(Debug)]
struct Level<'a> {
    checkpoints: &'a [FlatCheckpoint],
    nodes: &'a [TreeNode],
}

#[derive(Debug, Serialize)]
struct NodeOfTree<'a> {
    #[serde(flatten)]
    checkpoint: CheckpointAnswer<'a>,
    checkpoints: Level<'a>,
}

impl Serialize for Level<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut level = serializer.serialize_seq(None)?;
        let mut nodes = self.nodes;
        while let Some((node, below, rest)) = tree::split_first(nodes) {
            let checkpoint = &self.checkpoints[node.index];
            level.serialize_element(&NodeOfTree {
                checkpoint: CheckpointAnswer::new(checkpoint, node.duration),
                checkpoints: Level {
                    checkpoints: self.checkpoints,
                    nodes: below,
                },
            })?;
            nodes = rest;
        }
        level.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use trace::Process;
    use trace::flat::StoredEntry;

    use super::*;

    fn row() -> BlockTraceRow {
        BlockTraceRow {
            metadata: RawValue::from_string(r#"{"slot":"855"}"#.to_owned()).unwrap(),
            source: "External".to_owned(),
            deployment_id: 1,
            blockchain_length: 461,
            global_slot: 855,
            block_id: "3N".to_owned(),
            node_name: "n".to_owned(),
            status: "Success".to_owned(),
            started_at: 1.0,
            total_time: 2.0,
        }
    }

    fn entry(name: &str, started_at: f64) -> StoredEntry {
        StoredEntry {
            process: Process::Main,
            is_control: false,
            name: name.to_owned(),
            started_at,
            metadata: json!([]),
            call_id: 0,
        }
    }

    fn stored() -> StoredBlockTrace {
        StoredBlockTrace {
            row: row(),
            entries: vec![
                entry("Prediff", 1.0),
                entry("Verify_commands", 2.0),
                StoredEntry {
                    is_control: true,
                    metadata: json!({"n": 1}),
                    ..entry("metadata", -1.0)
                },
                entry("Breadcrumb_integrated", 3.0),
                entry("A", 4.0),
                entry("B", 5.0),
            ],
        }
    }

    #[test]
    fn a_page_has_its_members_in_order() {
        let rows = [row()];
        let text = serde_json::to_string(&BlockTracesAnswer::new(&rows)).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"traces":[{"metadata":{"slot":"855"},"source":"External","deployment_id":1,"#,
                r#""blockchain_length":461,"global_slot":855,"state_hash":"3N","#,
                r#""status":"Success","started_at":1.0,"total_time":2.0}],"produced_traces":[]}"#
            )
        );
    }

    #[test]
    fn a_flat_trace_has_its_members_in_order() {
        let answer = block_trace(stored(), Compatibility::Corrected, false).unwrap();
        assert_eq!(
            answer.get(),
            concat!(
                r#"{"source":"External","deployment_id":1,"blockchain_length":461,"#,
                r#""global_slot":855,"checkpoints":["#,
                r#"{"checkpoint":"Prediff","started_at":1.0,"duration":1.0,"metadata":{}},"#,
                r#"{"checkpoint":"Verify_commands","started_at":2.0,"duration":1.0,"#,
                r#""metadata":{"n":1}},"#,
                r#"{"checkpoint":"Breadcrumb_integrated","started_at":3.0,"duration":0.0,"#,
                r#""metadata":{}}],"other_checkpoints":["#,
                r#"{"checkpoint":"B","started_at":5.0,"duration":0.0,"metadata":{}},"#,
                r#"{"checkpoint":"A","started_at":4.0,"duration":1.0,"metadata":{}}],"#,
                r#""status":"Success","total_time":2.0,"metadata":{"slot":"855"}}"#
            )
        );
    }

    #[test]
    fn a_tree_has_children_on_every_level() {
        let answer = block_trace(stored(), Compatibility::Corrected, true).unwrap();
        assert_eq!(
            answer.get(),
            concat!(
                r#"{"source":"External","deployment_id":1,"blockchain_length":461,"#,
                r#""global_slot":855,"sections":[{"title":"All","checkpoints":["#,
                r#"{"checkpoint":"Prediff","started_at":1.0,"duration":2.0,"metadata":{},"#,
                r#""checkpoints":["#,
                r#"{"checkpoint":"Verify_commands","started_at":2.0,"duration":1.0,"#,
                r#""metadata":{"n":1},"checkpoints":[]}]},"#,
                r#"{"checkpoint":"Breadcrumb_integrated","started_at":3.0,"duration":0.0,"#,
                r#""metadata":{},"checkpoints":[]}]}],"#,
                r#""status":"Success","total_time":2.0,"metadata":{"slot":"855"}}"#
            )
        );
    }

    #[test]
    fn the_original_doubles_the_total_time() {
        let answer = block_trace(stored(), Compatibility::Original, false).unwrap();
        assert!(answer.get().contains(r#""total_time":4.0"#), "{answer}");
    }

    #[test]
    fn a_trace_without_checkpoints_has_an_empty_section() {
        let stored = StoredBlockTrace {
            row: row(),
            entries: Vec::new(),
        };
        let answer = block_trace(stored, Compatibility::Original, true).unwrap();
        let sections = r#""sections":[{"title":"All","checkpoints":[]}]"#;
        assert!(answer.get().contains(sections), "{answer}");
    }
}
