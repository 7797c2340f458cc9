//! Every answer that the original gave for a captured trace, compared with
//! ours. What differs on purpose stands in docs/compatibility.md; these tests
//! fail when anything else differs.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use trace::{Compatibility, TracerOptions};
use trace_import::{ImportOptions, Inputs, Progress};

use crate::api::TestApi;

/// A recorded request with the answer to it.
struct Exchange {
    query: String,
    variables: Value,
    /// None: the connection was closed without an answer.
    status: Option<u16>,
    body: Value,
}

/// The recorded exchanges, and our service with the same trace.
async fn scene(compatibility: Compatibility) -> Option<(TestApi, Vec<Exchange>)> {
    let text = captured_data::read_text("golden/graphql.json")?;
    let trace = captured_data::path("internal-trace.jsonl")?;
    let recorded: Vec<Value> = serde_json::from_str(&text).unwrap();
    let recorded: Vec<Exchange> = recorded
        .into_iter()
        .map(|exchange| Exchange {
            query: exchange["query"].as_str().unwrap().to_owned(),
            variables: exchange["variables"].clone(),
            status: exchange["http_status"]
                .as_u64()
                .map(|s| s.try_into().unwrap()),
            body: exchange["body"].clone(),
        })
        .collect();
    assert_eq!(recorded.len(), 64);
    let api = TestApi::start_with(compatibility).await;
    let options = ImportOptions {
        node_name: "node-a".to_owned(),
        deployment_id: None,
        tracer: TracerOptions {
            status_handling: true,
            compatibility,
        },
    };
    let inputs = Inputs::find(&[trace]).unwrap();
    trace_import::import(
        api.database.database(),
        inputs,
        options,
        Progress::default(),
    )
    .await
    .unwrap();
    Some((api, recorded))
}

/// Sorts the lists whose order is not defined.
fn in_order(mut body: Value) -> Value {
    for field in ["nodes", "deployments", "blockTracesDistributionStructured"] {
        let list = body.get_mut("data").and_then(|data| data.get_mut(field));
        if let Some(list) = list.and_then(Value::as_array_mut) {
            list.sort_by_key(Value::to_string);
        }
    }
    body
}

#[track_caller]
fn assert_answer(exchange: &Exchange, found: (u16, Value), expected: (u16, Value)) {
    let query = &exchange.query;
    assert_eq!(found.0, expected.0, "{query}");
    let (found, expected) = (in_order(found.1), in_order(expected.1));
    assert!(
        found == expected,
        "{query}\nours:     {found}\nexpected: {expected}"
    );
}

#[tokio::test]
async fn as_the_original_everything_that_was_answered_is_the_same() {
    let Some((api, recorded)) = scene(Compatibility::Original).await else {
        return;
    };
    let mut unanswered = 0;
    for exchange in &recorded {
        let found = api
            .query_with(&exchange.query, exchange.variables.clone())
            .await;
        if let Some(status) = exchange.status {
            assert_answer(exchange, found, (status, exchange.body.clone()));
        } else {
            unanswered += 1;
            assert_eq!(found.0, 200, "{}", exchange.query);
        }
    }
    assert_eq!(unanswered, 8);
}

#[tokio::test]
async fn corrected_only_what_is_documented_differs() {
    let Some((api, recorded)) = scene(Compatibility::Corrected).await else {
        return;
    };
    let totals = stored_totals(&recorded);
    let distribution = corrected_distribution(&api, &recorded).await;
    let mut differing = 0;
    for exchange in &recorded {
        let found = api
            .query_with(&exchange.query, exchange.variables.clone())
            .await;
        let Some(status) = exchange.status else {
            differing += 1;
            assert_is_tree_of_recorded(exchange, &recorded, &found, &totals);
            continue;
        };
        let mut expected = exchange.body.clone();
        let data = expected.get_mut("data").and_then(Value::as_object_mut);
        if let Some(data) = data {
            correct(
                data,
                &exchange.query,
                &exchange.variables,
                &totals,
                &distribution,
            );
        }
        differing += usize::from(expected != exchange.body);
        assert_answer(exchange, found, (status, expected));
    }
    // 12 blocks flat and 4 trees, 8 trees that were not answered, 2 more
    // questions for a block, 3 for the distribution and 1 for it structured.
    assert_eq!(differing, 30);
}

/// Applies the corrections to an answer of the original.
fn correct(
    data: &mut Map<String, Value>,
    query: &str,
    variables: &Value,
    totals: &BTreeMap<String, Value>,
    distribution: &[Value],
) {
    for field in ["blockTrace", "blockStructuredTrace"] {
        if let Some(answer) = data.get_mut(field).filter(|answer| !answer.is_null()) {
            answer["total_time"] = totals[block_of(query, variables)].clone();
            if field == "blockStructuredTrace" {
                nest(answer["sections"][0]["checkpoints"].as_array_mut().unwrap());
            }
        }
    }
    let of_flat = data.get_mut("blockTracesDistribution");
    if let Some(list) = of_flat
        .and_then(Value::as_array_mut)
        .filter(|l| !l.is_empty())
    {
        list.clone_from(&distribution.to_vec());
    }
    let of_tree = data.get_mut("blockTracesDistributionStructured");
    if let Some(roots) = of_tree
        .and_then(Value::as_array_mut)
        .filter(|l| !l.is_empty())
    {
        nest_distributions(roots, distribution);
    }
}

/// The block that a query asks for.
fn block_of<'a>(query: &'a str, variables: &'a Value) -> &'a str {
    variables["b"]
        .as_str()
        .or_else(|| query.split('"').nth(1))
        .unwrap()
}

/// `total_time` of single blocks: the stored one, as lists of blocks have it.
fn stored_totals(recorded: &[Exchange]) -> BTreeMap<String, Value> {
    let all = recorded
        .iter()
        .find(|exchange| exchange.query == "{blockTraces(node_name:\"node-a\")}")
        .unwrap();
    let traces = all.body["data"]["blockTraces"]["traces"]
        .as_array()
        .unwrap();
    assert_eq!(traces.len(), 12);
    traces
        .iter()
        .map(|trace| {
            let block = trace["state_hash"].as_str().unwrap().to_owned();
            (block, trace["total_time"].clone())
        })
        .collect()
}

/// `Apply_catchup_state_diffs` is a part of `Add_breadcrumb_to_frontier`: it
/// does not end the nesting of it and of `Add_and_finalize`.
fn nest(top: &mut Vec<Value>) {
    let at = |top: &[Value], name: &str| top.iter().position(|node| node["checkpoint"] == name);
    let Some(finalize) = at(top, "Add_and_finalize") else {
        return;
    };
    let added = at(top, "Add_breadcrumb_to_frontier_done").unwrap();
    let finalized = at(top, "Add_and_finalize_done").unwrap();
    assert_eq!(finalized, added + 1);
    let until = |node: &Value, end: &Value| {
        let start = |node: &Value| node["started_at"].as_f64().unwrap();
        Value::from(start(end) - start(node))
    };
    let finalize_duration = until(&top[finalize], &top[finalized]);
    let add_duration = until(&top[finalize]["checkpoints"][0], &top[added]);
    let mut moved: Vec<Value> = top.drain(finalize + 1..finalized).collect();
    assert_eq!(moved[0]["checkpoint"], "Apply_catchup_state_diffs");
    let added = moved.pop().unwrap();
    top[finalize]["duration"] = finalize_duration;
    let children = top[finalize]["checkpoints"].as_array_mut().unwrap();
    assert_eq!(children.len(), 1);
    children[0]["duration"] = add_duration;
    children[0]["checkpoints"]
        .as_array_mut()
        .unwrap()
        .extend(moved);
    children.push(added);
}

/// The distributions of the original with two of them corrected, whose values
/// follow from the trees.
async fn corrected_distribution(api: &TestApi, recorded: &[Exchange]) -> Vec<Value> {
    const CORRECTED: [&str; 2] = ["Add_and_finalize", "Add_breadcrumb_to_frontier"];
    let query = "{blockTracesDistribution(node_name:\"node-a\")}";
    let (_, ours) = api.query(query).await;
    let ours = ours["data"]["blockTracesDistribution"].as_array().unwrap();
    let original = recorded.iter().find(|exchange| exchange.query == query);
    let original = &original.unwrap().body["data"]["blockTracesDistribution"];
    let mut expected = original.as_array().unwrap().clone();
    for name in CORRECTED {
        let mut durations = Vec::new();
        for exchange in recorded
            .iter()
            .filter(|e| e.query.starts_with("{blockStructured"))
        {
            let (_, tree) = api.query(&exchange.query).await;
            let top = &tree["data"]["blockStructuredTrace"]["sections"][0]["checkpoints"];
            for node in flat_nodes(top).filter(|node| node["checkpoint"] == name) {
                durations.push(node["duration"].as_f64().unwrap());
            }
        }
        let is_it = |object: &&Value| object["identity"] == name;
        let object = ours.iter().find(is_it).unwrap();
        assert_eq!(object["count"], durations.len());
        let total: f64 = durations.iter().sum();
        let found = object["totalTime"].as_f64().unwrap();
        assert!(
            (found - total).abs() <= 1e-9 * total,
            "{name}: {found}, {total}"
        );
        let old = expected.iter().position(|object| is_it(&object)).unwrap();
        expected[old] = object.clone();
    }
    expected.sort_by(|one, other| {
        let total = |object: &Value| object["totalTime"].as_f64().unwrap();
        total(one).total_cmp(&total(other))
    });
    expected
}

/// Takes the corrected distributions into the structured answer, where
/// `Apply_catchup_state_diffs` is a child now: in the reverse of table order,
/// behind `Apply_full_frontier_diffs`, in front of `Calculate_diffs_done`.
fn nest_distributions(roots: &mut Vec<Value>, distribution: &[Value]) {
    let name = |node: &Value| {
        node["distribution"]["identity"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let catchup = roots
        .iter()
        .position(|node| name(node) == "Apply_catchup_state_diffs")
        .unwrap();
    let catchup = roots.remove(catchup);
    hang_below(roots, distribution, &catchup);
}

/// Gives every node its corrected distribution, and the parent of `catchup` it
/// as a child.
fn hang_below(nodes: &mut Vec<Value>, distribution: &[Value], catchup: &Value) {
    for node in nodes {
        let identity = node["distribution"]["identity"].clone();
        let object = distribution
            .iter()
            .find(|object| object["identity"] == identity);
        node["distribution"] = object.unwrap().clone();
        let children = node["children"].as_array_mut().unwrap();
        if identity == "Add_breadcrumb_to_frontier" {
            let place = children
                .iter()
                .position(|child| child["distribution"]["identity"] == "Calculate_diffs_done");
            children.insert(place.unwrap(), catchup.clone());
        }
        hang_below(children, distribution, catchup);
    }
}

/// All nodes of a tree, depth first.
fn flat_nodes(top: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    let nodes = top.as_array().into_iter().flatten();
    Box::new(nodes.flat_map(|node| std::iter::once(node).chain(flat_nodes(&node["checkpoints"]))))
}

/// Where the original gave no tree, ours holds the very checkpoints of the
/// flat answer that it did give.
fn assert_is_tree_of_recorded(
    exchange: &Exchange,
    recorded: &[Exchange],
    found: &(u16, Value),
    totals: &BTreeMap<String, Value>,
) {
    let query = exchange.query.replace("blockStructuredTrace", "blockTrace");
    let flat = recorded.iter().find(|other| other.query == query).unwrap();
    let flat = &flat.body["data"]["blockTrace"];
    assert_eq!(found.0, 200, "{query}");
    let tree = &found.1["data"]["blockStructuredTrace"];
    let outline =
        |node: &Value| ["checkpoint", "started_at", "metadata"].map(|member| node[member].clone());
    let top = &tree["sections"][0]["checkpoints"];
    let nodes: Vec<_> = flat_nodes(top).map(outline).collect();
    let checkpoints: Vec<_> = flat["checkpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(outline)
        .collect();
    assert_eq!(nodes.len(), 85);
    assert_eq!(nodes, checkpoints, "{query}");
    assert_eq!(tree["total_time"], totals[block_of(&query, &Value::Null)]);
    for member in [
        "source",
        "deployment_id",
        "blockchain_length",
        "global_slot",
        "status",
        "metadata",
    ] {
        assert_eq!(tree[member], flat[member], "{query}");
    }
}
