//! A block trace for Perfetto: the node is a process, and its checkpoints are nested slices.
//!
//! Whatever is known of a block or checkpoint is an argument of its slice.

pub(crate) mod messages;

use prost::Message as _;
use serde_json::Value;

use self::messages::{
    Clock, ClockSnapshot, DebugAnnotation, ProcessDescriptor, ThreadDescriptor, Trace, TracePacket,
    TrackDescriptor, TrackEvent, annotation, packet,
};
use crate::block_trace::BlockTrace;
use crate::spans::{self, Span};

/// Numbers of the tracks; any will do that differ.
const PROCESS: u64 = 1;
const BLOCK: u64 = 2;
const AFTER: u64 = 3;
/// Numbers of the one process and its threads, which Perfetto demands.
const PROCESS_ID: i32 = 1;
const AFTER_THREAD_ID: i32 = 2;
/// The one writer of the packets.
const SEQUENCE: u32 = 1;

pub(crate) fn write(trace: &BlockTrace) -> Vec<u8> {
    let spans = spans::of_tree(trace);
    let after = spans::after_success(trace);
    let start_ns = spans
        .first()
        .or(after.first())
        .map_or(0, |span| span.start_ns);
    let mut file = Trace::default();
    file.packet.push(clocks(start_ns));
    file.packet.extend(tracks(trace, !after.is_empty()));
    let end_ns = spans
        .iter()
        .map(|span| span.end_ns)
        .max()
        .unwrap_or(start_ns);
    file.packet
        .push(begin(BLOCK, start_ns, title(trace), facts(trace)));
    push_slices(&mut file, BLOCK, &spans);
    file.packet.push(end(BLOCK, end_ns));
    push_slices(&mut file, AFTER, &after);
    file.encode_to_vec()
}

fn title(trace: &BlockTrace) -> String {
    format!("block {}", trace.row.block_id)
}

/// The begin and the end of every span, in order of time.
fn push_slices(file: &mut Trace, track: u64, spans: &[Span<'_>]) {
    let mut open: Vec<&Span<'_>> = Vec::new();
    for span in spans {
        while open.len() > span.depth {
            file.packet
                .extend(open.pop().map(|span| end(track, span.end_ns)));
        }
        let checkpoint = span.checkpoint;
        let mut annotations = vec![annotation(
            "started_at",
            annotation::Value::Double(checkpoint.started_at),
        )];
        annotations.extend(
            checkpoint
                .metadata
                .iter()
                .map(|(key, value)| of_json(key, value)),
        );
        file.packet.push(begin(
            track,
            span.start_ns,
            checkpoint.name.clone(),
            annotations,
        ));
        open.push(span);
    }
    while let Some(span) = open.pop() {
        file.packet.push(end(track, span.end_ns));
    }
}

/// Says that times are those of the wall clock.
fn clocks(at_ns: u64) -> TracePacket {
    const REALTIME: u32 = 1;
    const BOOTTIME: u32 = 6;
    let clock = |clock_id| Clock {
        clock_id: Some(clock_id),
        timestamp: Some(at_ns),
    };
    TracePacket {
        timestamp: Some(at_ns),
        sequence: Some(SEQUENCE),
        sequence_flags: Some(packet::INCREMENTAL_STATE_CLEARED),
        data: Some(packet::Data::ClockSnapshot(ClockSnapshot {
            clocks: vec![clock(REALTIME), clock(BOOTTIME)],
        })),
    }
}

/// The node as a process, and its threads.
fn tracks(trace: &BlockTrace, with_after: bool) -> Vec<TracePacket> {
    let process = TrackDescriptor {
        uuid: Some(PROCESS),
        process: Some(ProcessDescriptor {
            pid: Some(PROCESS_ID),
            process_name: Some(trace.row.node_name.clone()),
        }),
        ..TrackDescriptor::default()
    };
    let thread = |uuid, tid, name: &str| TrackDescriptor {
        uuid: Some(uuid),
        parent_uuid: Some(PROCESS),
        thread: Some(ThreadDescriptor {
            pid: Some(PROCESS_ID),
            tid: Some(tid),
            thread_name: Some(name.to_owned()),
        }),
        ..TrackDescriptor::default()
    };
    let mut tracks = vec![process, thread(BLOCK, PROCESS_ID, "block")];
    if with_after {
        tracks.push(thread(AFTER, AFTER_THREAD_ID, "after integration"));
    }
    let packets = tracks.into_iter().map(|track| TracePacket {
        sequence: Some(SEQUENCE),
        data: Some(packet::Data::TrackDescriptor(track)),
        ..TracePacket::default()
    });
    packets.collect()
}

/// What is known of the whole block.
fn facts(trace: &BlockTrace) -> Vec<DebugAnnotation> {
    use annotation::Value::{Double, Int, Text};
    let row = &trace.row;
    let mut facts = vec![
        annotation("hash", Text(row.block_id.clone())),
        annotation("node", Text(row.node_name.clone())),
        annotation("deployment_id", Int(row.deployment_id.into())),
        annotation("height", Int(row.blockchain_length.into())),
        annotation("slot", Int(row.global_slot.into())),
        annotation("source", Text(row.source.clone())),
        annotation("status", Text(row.status.clone())),
        annotation("total_s", Double(row.total_time)),
    ];
    if let Ok(metadata) = serde_json::from_str(row.metadata.get()) {
        facts.push(of_json("block_metadata", &metadata));
    }
    facts
}

fn begin(track: u64, at_ns: u64, name: String, annotations: Vec<DebugAnnotation>) -> TracePacket {
    event(
        at_ns,
        TrackEvent {
            kind: Some(messages::EventKind::SliceBegin.into()),
            track_uuid: Some(track),
            name: Some(name),
            debug_annotations: annotations,
        },
    )
}

fn end(track: u64, at_ns: u64) -> TracePacket {
    event(
        at_ns,
        TrackEvent {
            kind: Some(messages::EventKind::SliceEnd.into()),
            track_uuid: Some(track),
            ..TrackEvent::default()
        },
    )
}

fn event(at_ns: u64, event: TrackEvent) -> TracePacket {
    TracePacket {
        timestamp: Some(at_ns),
        sequence: Some(SEQUENCE),
        data: Some(packet::Data::TrackEvent(event)),
        ..TracePacket::default()
    }
}

fn annotation(name: &str, value: annotation::Value) -> DebugAnnotation {
    DebugAnnotation {
        name: Some(name.to_owned()),
        value: Some(value),
        ..DebugAnnotation::default()
    }
}

fn of_json(name: &str, json: &Value) -> DebugAnnotation {
    let mut found = DebugAnnotation {
        name: Some(name.to_owned()),
        ..DebugAnnotation::default()
    };
    match json {
        Value::Null => found.value = Some(annotation::Value::Text("null".to_owned())),
        Value::Bool(value) => found.value = Some(annotation::Value::Bool(*value)),
        Value::String(text) => found.value = Some(annotation::Value::Text(text.clone())),
        Value::Number(number) => {
            found.value = Some(match number.as_i64() {
                Some(number) => annotation::Value::Int(number),
                None => annotation::Value::Double(number.as_f64().unwrap_or(f64::NAN)),
            });
        }
        Value::Array(values) => {
            let elements = values.iter().enumerate();
            found.array_values = elements
                .map(|(index, value)| of_json(&index.to_string(), value))
                .collect();
        }
        Value::Object(members) => {
            found.dict_entries = members
                .iter()
                .map(|(key, value)| of_json(key, value))
                .collect();
        }
    }
    found
}
