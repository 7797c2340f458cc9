//! The node that is meant where a request names none: the one of the header
//! `x-loadlab-node`. The log fetcher sets it on requests to the port of a node,
//! where clients of the original do not name the node.

use async_graphql::Positioned;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Selection, SelectionSet,
};
use async_graphql::{Name, Value};
use axum::http::HeaderMap;

use crate::fields::{self, NODE_NAME};

const HEADER: &str = "x-loadlab-node";

/// The node that the header names.
pub(crate) fn of_headers(headers: &HeaderMap) -> Option<String> {
    let name = headers.get(HEADER)?.to_str().ok()?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// Adds the node to each field that needs one and names none.
pub(crate) fn fill(document: &mut ExecutableDocument, node: &str) {
    match &mut document.operations {
        DocumentOperations::Single(operation) => {
            fill_set(&mut operation.node.selection_set.node, node);
        }
        DocumentOperations::Multiple(operations) => {
            for operation in operations.values_mut() {
                fill_set(&mut operation.node.selection_set.node, node);
            }
        }
    }
    for fragment in document.fragments.values_mut() {
        fill_set(&mut fragment.node.selection_set.node, node);
    }
}

/// Fields with data have no selection of their own, so only fragments nest.
fn fill_set(set: &mut SelectionSet, node: &str) {
    for selection in &mut set.items {
        match &mut selection.node {
            Selection::Field(field) => {
                let takes_node = fields::find(&field.node.name.node).is_some_and(|definition| {
                    definition
                        .arguments
                        .iter()
                        .any(|argument| argument.name == NODE_NAME.name)
                });
                let names_node = field
                    .node
                    .arguments
                    .iter()
                    .any(|(name, _)| name.node == NODE_NAME.name);
                if takes_node && !names_node {
                    let pos = field.pos;
                    field.node.arguments.push((
                        Positioned::new(Name::new(NODE_NAME.name), pos),
                        Positioned::new(Value::String(node.to_owned()).into(), pos),
                    ));
                }
            }
            Selection::InlineFragment(fragment) => {
                fill_set(&mut fragment.node.selection_set.node, node);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn only_fields_that_need_a_node_and_name_none_get_one() {
        let query = r#"query latest { blockTraces ... on query { blockTrace(block_identifier: "3N") }
                       other: blockTraces(node_name: "b") deployments ...F }
                       fragment F on query { blockTracesDistribution }"#;
        let mut document = parse_query(query).unwrap();
        fill(&mut document, "a");
        let text = format!("{document:?}");
        assert_eq!(text.matches(r#"Name("node_name")"#).count(), 4, "{text}");
        assert_eq!(text.matches(r#"String("a")"#).count(), 3, "{text}");
    }
}
