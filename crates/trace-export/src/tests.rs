//! What is written says what the tree says, read back by the formats' own rules.

use prost::Message as _;
use serde_json::{Value, json};
use store::read::{BlockTraceRow, StoredBlockTrace};
use trace::flat::StoredEntry;
use trace::{Compatibility, Process};

use super::*;

fn row(block: &str) -> BlockTraceRow {
    BlockTraceRow {
        metadata: serde_json::value::RawValue::from_string(
            r#"{"transactions": [["payment", "5J"]]}"#.to_owned(),
        )
        .unwrap(),
        source: "External".to_owned(),
        deployment_id: 7,
        blockchain_length: 461,
        global_slot: 855,
        block_id: block.to_owned(),
        node_name: "node/1".to_owned(),
        status: "Success".to_owned(),
        started_at: 1_760_000_000.25,
        total_time: 2.5,
    }
}

fn entry(name: &str, started_at: f64) -> StoredEntry {
    StoredEntry {
        process: Process::Main,
        is_control: false,
        name: name.to_owned(),
        started_at,
        metadata: Value::Null,
        call_id: 0,
    }
}

fn metadata(metadata: Value) -> StoredEntry {
    StoredEntry {
        is_control: true,
        started_at: -1.0,
        metadata,
        ..entry("metadata", 0.0)
    }
}

/// A block with three levels, metadata, and something after its integration.
fn block_trace() -> BlockTrace {
    let start = 1_760_000_000.25;
    let entries = vec![
        entry("External_block_received", start),
        metadata(json!({"sender": "x", "count": 3, "list": [1.5, true, null]})),
        entry("Build_breadcrumb", start + 0.5),
        entry("Validate_staged_ledger_diff", start + 0.5),
        entry("Check_completed_works", start + 1.0),
        entry("Create_breadcrumb", start + 1.5),
        entry("Add_and_finalize", start + 2.0),
        entry("Breadcrumb_integrated", start + 2.5),
        entry("Add_and_finalize_done", start + 3.0),
    ];
    let row = row("3NKPvaHB");
    BlockTrace::new(StoredBlockTrace { row, entries }, Compatibility::Corrected)
}

/// Name, depth, start and end in nanoseconds.
type Slice = (String, usize, u64, u64);

fn of_tree(trace: &BlockTrace) -> Vec<Slice> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "as in the tree"
    )]
    let ns = |seconds: f64| (seconds * 1e9).round() as u64;
    let slices = trace.tree.iter().map(|node| {
        let checkpoint = &trace.checkpoints[node.index];
        let end = ns(checkpoint.started_at + node.duration);
        (
            checkpoint.name.clone(),
            node.depth,
            ns(checkpoint.started_at),
            end,
        )
    });
    slices.collect()
}

/// Reads the slices of a Perfetto file as its rules say: an end belongs to the last begin of its
/// track that has none.
fn slices(bytes: &[u8], thread: &str) -> Vec<Slice> {
    use crate::perfetto::messages::{EventKind, Trace, packet};
    let file = Trace::decode(bytes).unwrap();
    let mut track = None;
    let (mut found, mut open): (Vec<Slice>, Vec<usize>) = (Vec::new(), Vec::new());
    let mut latest = 0;
    for packet in &file.packet {
        match packet.data.as_ref().unwrap() {
            packet::Data::TrackDescriptor(descriptor) => {
                let named = descriptor
                    .thread
                    .as_ref()
                    .and_then(|t| t.thread_name.as_deref());
                if named == Some(thread) {
                    track = descriptor.uuid;
                }
            }
            packet::Data::TrackEvent(event) if event.track_uuid == track => {
                let at = packet.timestamp.unwrap();
                assert!(at >= latest, "events are in order of time");
                latest = at;
                if event.kind() == EventKind::SliceBegin {
                    open.push(found.len());
                    found.push((event.name.clone().unwrap(), open.len() - 1, at, 0));
                } else {
                    assert_eq!(event.kind(), EventKind::SliceEnd);
                    let begun = open.pop().expect("every end has a begin");
                    found[begun].3 = at;
                }
            }
            _ => {}
        }
    }
    assert!(open.is_empty(), "every begin has an end");
    found
}

#[test]
fn a_perfetto_file_equals_the_tree() {
    let trace = block_trace();
    let mut found = slices(&trace.write(Format::Perfetto), "block");
    let (name, depth, start, end) = found.remove(0);
    assert_eq!((name.as_str(), depth), ("block 3NKPvaHB", 0));
    for slice in &mut found {
        slice.1 -= 1;
    }
    let tree = of_tree(&trace);
    assert_eq!(found, tree);
    assert_eq!((start, end), (tree[0].2, tree.last().unwrap().3));
    assert!(tree.iter().any(|slice| slice.1 == 2), "{tree:?}");
    let after = slices(&trace.write(Format::Perfetto), "after integration");
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].0, "Add_and_finalize_done");
}

#[test]
fn everything_stored_of_a_checkpoint_is_in_the_perfetto_file() {
    use crate::perfetto::messages::{Trace, annotation::Value as Found, packet};
    let file = Trace::decode(block_trace().write(Format::Perfetto).as_slice()).unwrap();
    let events = file.packet.iter().filter_map(|packet| match &packet.data {
        Some(packet::Data::TrackEvent(event)) => Some(event),
        _ => None,
    });
    let named = |name: &str| {
        let event = events
            .clone()
            .find(|event| event.name.as_deref() == Some(name))
            .unwrap();
        move |key: &str| {
            let found = event.debug_annotations.iter();
            found
                .clone()
                .find(|found| found.name.as_deref() == Some(key))
                .unwrap()
                .clone()
        }
    };
    let received = named("External_block_received");
    assert_eq!(received("sender").value, Some(Found::Text("x".to_owned())));
    assert_eq!(received("count").value, Some(Found::Int(3)));
    assert_eq!(
        received("started_at").value,
        Some(Found::Double(1_760_000_000.25))
    );
    let list: Vec<_> = received("list")
        .array_values
        .into_iter()
        .map(|e| e.value)
        .collect();
    assert_eq!(list[0], Some(Found::Double(1.5)));
    assert_eq!(list[1], Some(Found::Bool(true)));
    let block = named("block 3NKPvaHB");
    assert_eq!(block("height").value, Some(Found::Int(461)));
    assert_eq!(block("node").value, Some(Found::Text("node/1".to_owned())));
    assert_eq!(block("block_metadata").dict_entries.len(), 1);
}

/// Perfetto drops slices that overlap; clocks that were set back would make some.
#[test]
fn slices_never_overlap_whatever_the_clock_did() {
    let entries = vec![
        entry("Build_breadcrumb", 1_760_000_010.0),
        entry("Validate_staged_ledger_diff", 1_760_000_011.0),
        entry("Check_completed_works", 1_760_000_012.0),
        entry("Create_breadcrumb", 1_760_000_013.0),
        entry("Breadcrumb_integrated", 1_760_000_014.0),
        entry("Add_and_finalize_done", 1_760_000_009.0),
    ];
    let row = row("3NK");
    let mut trace = BlockTrace::new(StoredBlockTrace { row, entries }, Compatibility::Corrected);
    for (index, seconds) in [(0, 4.0), (1, -30.0), (2, 1e12), (3, f64::NAN)] {
        trace.tree[index].duration = seconds;
    }
    trace.checkpoints[2].started_at = 5.0;
    let found = slices(&trace.write(Format::Perfetto), "block");
    assert_eq!(found.len(), trace.tree.len() + 1);
    for (index, slice) in found.iter().enumerate() {
        assert!(slice.2 <= slice.3, "{slice:?}");
        let parent = found[..index].iter().rfind(|other| other.1 < slice.1);
        if let Some(parent) = parent {
            assert!(parent.2 <= slice.2, "{parent:?} {slice:?}");
        }
    }
}

#[test]
fn otlp_spans_equal_the_tree() {
    let trace = block_trace();
    let json: Value = serde_json::from_slice(&trace.write(Format::Otlp)).unwrap();
    let resource = &json["resourceSpans"][0];
    assert_eq!(
        resource["resource"]["attributes"][0],
        json!({"key": "service.name", "value": {"stringValue": "node/1"}})
    );
    let spans = resource["scopeSpans"][0]["spans"].as_array().unwrap();
    let text = |span: &Value, key: &str| span[key].as_str().unwrap().to_owned();
    let root = &spans[0];
    assert_eq!(text(root, "name"), "block 3NKPvaHB");
    assert_eq!(text(root, "parentSpanId"), "");
    assert_eq!(root["status"]["code"], 1);
    // Depths by following parents.
    let depth = |span: &Value| {
        let (mut depth, mut at) = (0, text(span, "parentSpanId"));
        while let Some(parent) = spans.iter().find(|other| text(other, "spanId") == at) {
            depth += 1;
            at = text(parent, "parentSpanId");
        }
        assert_eq!(at, "", "every parent is there");
        depth
    };
    let number = |span: &Value, key: &str| text(span, key).parse::<u64>().unwrap();
    let tree = of_tree(&trace);
    let found: Vec<Slice> = spans[1..=tree.len()]
        .iter()
        .map(|span| {
            let start = number(span, "startTimeUnixNano");
            (
                text(span, "name"),
                depth(span) - 1,
                start,
                number(span, "endTimeUnixNano"),
            )
        })
        .collect();
    assert_eq!(found, tree);
    assert_eq!(
        spans.len(),
        tree.len() + 2,
        "the root, and what came after the integration"
    );
    let mut ids: Vec<String> = spans.iter().map(|span| text(span, "spanId")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), spans.len());
    assert!(ids.iter().all(|id| id.len() == 16));
    assert!(spans.iter().all(|span| span["traceId"] == root["traceId"]));
    assert_eq!(text(root, "traceId").len(), 32);
}

#[test]
fn the_binary_form_of_otlp_says_the_same_and_ids_are_those_of_the_block() {
    use opentelemetry_proto::tonic::trace::v1::TracesData;
    let trace = block_trace();
    let binary = TracesData::decode(trace.otlp_request().as_slice()).unwrap();
    let json: TracesData = serde_json::from_slice(&trace.write(Format::Otlp)).unwrap();
    assert_eq!(binary, json);
    // Another node's trace of the block is part of the same trace, with spans of its own.
    let mut other = trace.clone();
    other.row.node_name = "node/2".to_owned();
    let of = |data: &TracesData| data.resource_spans[0].scope_spans[0].spans[0].clone();
    let other = TracesData::decode(other.otlp_request().as_slice()).unwrap();
    assert_eq!(of(&other).trace_id, of(&binary).trace_id);
    assert_ne!(of(&other).span_id, of(&binary).span_id);
}

#[test]
fn json_has_the_tree_with_all_metadata() {
    let trace = block_trace();
    let json: Value = serde_json::from_slice(&trace.write(Format::Json)).unwrap();
    assert_eq!(json["hash"], "3NKPvaHB");
    assert_eq!(json["height"], 461);
    assert_eq!(json["metadata"]["transactions"][0][0], "payment");
    let breadcrumb = &json["checkpoints"][1];
    assert_eq!(breadcrumb["name"], "Build_breadcrumb");
    assert_eq!(breadcrumb["duration_s"], 1.5);
    let inner = &breadcrumb["parts"][0]["parts"][0];
    assert_eq!(inner["name"], "Check_completed_works");
    assert_eq!(json["checkpoints"][0]["metadata"]["count"], 3);
    assert_eq!(json["after_success"][0]["name"], "Add_and_finalize_done");
}

#[test]
fn a_trace_without_checkpoints_is_written_too() {
    let (mut row, entries) = (row("0"), Vec::new());
    (row.started_at, row.blockchain_length) = (-1.0, 0);
    let trace = BlockTrace::new(StoredBlockTrace { row, entries }, Compatibility::Corrected);
    assert_eq!(slices(&trace.write(Format::Perfetto), "block").len(), 1);
    let json: Value = serde_json::from_slice(&trace.write(Format::Json)).unwrap();
    assert_eq!(
        (&json["height"], &json["started_at"]),
        (&Value::Null, &Value::Null)
    );
    assert!(serde_json::from_slice::<Value>(&trace.write(Format::Otlp)).is_ok());
}

#[test]
fn formats_have_names_and_others_are_refused() {
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
    }
    let refused = "svg".parse::<Format>().unwrap_err().to_string();
    assert_eq!(refused, "`svg` is no format: choose perfetto, otlp or json");
}

#[test]
fn names_of_files_stay_in_their_folder() {
    let trace = block_trace();
    assert_eq!(trace.file_name(Format::Perfetto), "3NKPvaHB-node_1.pftrace");
    let mut odd = trace;
    odd.row.block_id = "../../etc".to_owned();
    assert!(!odd.file_name(Format::Json).contains('/'));
    assert!(!odd.file_name(Format::Json).starts_with('.'));
}
