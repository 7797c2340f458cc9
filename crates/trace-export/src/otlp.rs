//! A block trace as OpenTelemetry spans.
//!
//! All nodes' traces of a block in a deployment are one trace; each node has a root span in it,
//! with the checkpoints below. Ids follow from what they name, so exporting a trace again gives the
//! same ids.

use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValueKind;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, TracesData};
use prost::Message as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::block_trace::BlockTrace;
use crate::spans::{self, Span as Checkpoint};

pub(crate) fn json(trace: &BlockTrace) -> Vec<u8> {
    serde_json::to_vec(&data(trace)).expect("texts, numbers and lists are always written")
}

/// `ExportTraceServiceRequest`, which has the form of `TracesData`.
pub(crate) fn protobuf(trace: &BlockTrace) -> Vec<u8> {
    data(trace).encode_to_vec()
}

fn data(trace: &BlockTrace) -> TracesData {
    let row = &trace.row;
    let resource = Resource {
        attributes: vec![
            text("service.name", &row.node_name),
            text("service.namespace", "mina"),
            integer("mina.deployment", row.deployment_id.into()),
        ],
        ..Resource::default()
    };
    let scope = InstrumentationScope {
        name: "loadlab".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    TracesData {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![ScopeSpans {
                scope: Some(scope),
                spans: all_spans(trace),
                schema_url: String::new(),
            }],
            schema_url: String::new(),
        }],
    }
}

/// The root, the checkpoints below it, and what came after the block was integrated.
fn all_spans(trace: &BlockTrace) -> Vec<Span> {
    let ids = Ids::of(trace);
    let tree = spans::of_tree(trace);
    let after = spans::after_success(trace);
    let start_ns = tree
        .first()
        .or(after.first())
        .map_or(0, |span| span.start_ns);
    let end_ns = tree
        .iter()
        .map(|span| span.end_ns)
        .max()
        .unwrap_or(start_ns);
    let mut spans = vec![Span {
        trace_id: ids.trace.clone(),
        span_id: ids.root(),
        name: format!("block {}", trace.row.block_id),
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: start_ns,
        end_time_unix_nano: end_ns,
        attributes: block_attributes(trace),
        status: Some(status(&trace.row.status)),
        ..Span::default()
    }];
    for (index, checkpoint) in tree.iter().enumerate() {
        let parent = checkpoint
            .parent
            .map_or_else(|| ids.root(), |parent| ids.checkpoint(parent));
        spans.push(ids.span(index, parent, checkpoint));
    }
    for (index, checkpoint) in after.iter().enumerate() {
        let mut span = ids.span(tree.len() + index, ids.root(), checkpoint);
        span.attributes.push(attribute(
            "mina.after_integration",
            AnyValueKind::BoolValue(true),
        ));
        spans.push(span);
    }
    spans
}

fn status(status: &str) -> Status {
    let code = match status {
        "Success" => StatusCode::Ok,
        "Failure" => StatusCode::Error,
        _ => StatusCode::Unset,
    };
    Status {
        code: code.into(),
        message: String::new(),
    }
}

fn block_attributes(trace: &BlockTrace) -> Vec<KeyValue> {
    let row = &trace.row;
    let mut attributes = vec![
        text("mina.block.hash", &row.block_id),
        text("mina.block.source", &row.source),
        text("mina.block.status", &row.status),
    ];
    for (key, number) in [
        ("mina.block.height", row.blockchain_length),
        ("mina.block.slot", row.global_slot),
    ] {
        if number > 0 {
            attributes.push(integer(key, number.into()));
        }
    }
    if let Ok(metadata) = serde_json::from_str(row.metadata.get()) {
        attributes.push(attribute("mina.block.metadata", of_json(&metadata)));
    }
    attributes
}

/// The ids of one node's spans of a block.
struct Ids {
    trace: Vec<u8>,
    /// What all span ids begin from.
    node: Sha256,
}

impl Ids {
    fn of(trace: &BlockTrace) -> Self {
        let row = &trace.row;
        let mut block = Sha256::new();
        block.update(row.deployment_id.to_be_bytes());
        block.update(row.block_id.as_bytes());
        let mut node = block.clone();
        node.update([0]);
        node.update(row.node_name.as_bytes());
        node.update([0]);
        Self {
            trace: block.finalize()[..16].to_vec(),
            node,
        }
    }

    fn root(&self) -> Vec<u8> {
        self.node.clone().finalize()[..8].to_vec()
    }

    fn checkpoint(&self, index: usize) -> Vec<u8> {
        let mut hash = self.node.clone();
        hash.update((index as u64).to_be_bytes());
        hash.finalize()[..8].to_vec()
    }

    fn span(&self, index: usize, parent: Vec<u8>, span: &Checkpoint<'_>) -> Span {
        let checkpoint = span.checkpoint;
        let mut attributes = vec![attribute(
            "mina.started_at",
            AnyValueKind::DoubleValue(checkpoint.started_at),
        )];
        attributes.extend(
            checkpoint
                .metadata
                .iter()
                .map(|(key, value)| attribute(&format!("mina.metadata.{key}"), of_json(value))),
        );
        Span {
            trace_id: self.trace.clone(),
            span_id: self.checkpoint(index),
            parent_span_id: parent,
            name: checkpoint.name.clone(),
            kind: SpanKind::Internal.into(),
            start_time_unix_nano: span.start_ns,
            end_time_unix_nano: span.end_ns,
            attributes,
            ..Span::default()
        }
    }
}

fn attribute(key: &str, value: AnyValueKind) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(any(value)),
        ..KeyValue::default()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, AnyValueKind::StringValue(value.to_owned()))
}

fn integer(key: &str, value: i64) -> KeyValue {
    attribute(key, AnyValueKind::IntValue(value))
}

fn any(value: AnyValueKind) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn of_json(json: &Value) -> AnyValueKind {
    match json {
        Value::Null => AnyValueKind::StringValue("null".to_owned()),
        Value::Bool(value) => AnyValueKind::BoolValue(*value),
        Value::String(text) => AnyValueKind::StringValue(text.clone()),
        Value::Number(number) => match number.as_i64() {
            Some(number) => AnyValueKind::IntValue(number),
            None => AnyValueKind::DoubleValue(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::Array(values) => AnyValueKind::ArrayValue(ArrayValue {
            values: values.iter().map(|value| any(of_json(value))).collect(),
        }),
        Value::Object(members) => AnyValueKind::KvlistValue(KeyValueList {
            values: members
                .iter()
                .map(|(key, value)| attribute(key, of_json(value)))
                .collect(),
        }),
    }
}
