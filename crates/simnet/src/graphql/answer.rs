//! Answering: from the text of a document to the bytes of the answer.

use async_graphql_parser::Positioned;
use async_graphql_parser::types as ast;
use async_graphql_value::{ConstValue, Name};

use super::arguments::Variables;
use super::documents::DocumentError;
use super::engine::{Engine, Request};
use super::execute::Execution;
use super::failure::{Failure, failure_body, write_error, write_json};
use super::value::Object;

impl Engine {
    /// The body of the answer. `roots` are the objects of queries and of mutations.
    pub(crate) fn execute(&self, request: &Request, roots: [&dyn Object; 2]) -> Vec<u8> {
        let document = match self.documents.get(&request.query) {
            Ok(document) => document,
            Err(DocumentError::Empty) => {
                return failure_body(&Failure::Validation("No operation found".to_owned()));
            }
            // A bare text.
            Err(DocumentError::Syntax(message)) => {
                return serde_json::to_vec(&message).unwrap_or_default();
            }
        };
        self.operation(&document, request, roots)
            .unwrap_or_else(|failure| failure_body(&failure))
    }

    fn operation(
        &self,
        document: &ast::ExecutableDocument,
        request: &Request,
        roots: [&dyn Object; 2],
    ) -> Result<Vec<u8>, Failure> {
        refuse_cycles(document)?;
        let operation = select(document, request.operation_name.as_deref())?;
        let variables = variables(operation, &request.variables, self.missing_is_null);
        let [query, mutation] = roots;
        let root = match operation.ty {
            ast::OperationType::Query => (self.schema.query, query),
            ast::OperationType::Mutation => {
                let index = self
                    .schema
                    .mutation
                    .ok_or_else(|| Failure::Validation("Mutations not configured".to_owned()))?;
                (index, mutation)
            }
            ast::OperationType::Subscription => return self.subscription(operation),
        };
        let (data, errors) = Execution::run(self, document, operation, &variables, root)?;
        let mut body = Vec::with_capacity(data.len() + 10);
        body.push(b'{');
        if !errors.is_empty() {
            body.extend_from_slice(b"\"errors\":[");
            for (place, error) in errors.iter().enumerate() {
                if place > 0 {
                    body.push(b',');
                }
                write_error(&mut body, &error.message, Some(&error.path));
            }
            body.extend_from_slice(b"],");
        }
        body.extend_from_slice(b"\"data\":");
        body.extend_from_slice(&data);
        body.push(b'}');
        Ok(body)
    }

    /// Only a websocket could deliver what a subscription asks for; without anything to subscribe
    /// to, the root has no fields.
    fn subscription(&self, operation: &ast::OperationDefinition) -> Result<Vec<u8>, Failure> {
        let [
            Positioned {
                node: ast::Selection::Field(field),
                ..
            },
        ] = operation.selection_set.node.items.as_slice()
        else {
            return Err(Failure::Validation(
                "Subscriptions only allow exactly one selection for the operation.".to_owned(),
            ));
        };
        let known = self.schema.object(self.schema.subscription);
        if known.is_some_and(|(_, fields)| !fields.is_empty()) {
            return Err(Failure::Validation(
                "Subscriptions are only supported via websocket transport".to_owned(),
            ));
        }
        let mut body = b"{".to_vec();
        write_json(&mut body, field.node.response_key().node.as_str());
        body.extend_from_slice(b":null}");
        Ok(body)
    }
}

fn variables(
    operation: &ast::OperationDefinition,
    given: &serde_json::Map<String, serde_json::Value>,
    missing_is_null: bool,
) -> Variables {
    let declared = operation.variable_definitions.iter();
    let missing = declared
        .filter(|_| missing_is_null)
        .map(|variable| (variable.node.name.node.to_string(), ConstValue::Null));
    let defaults = operation
        .variable_definitions
        .iter()
        .filter_map(|variable| {
            let default = variable.node.default_value.as_ref()?;
            Some((variable.node.name.node.to_string(), default.node.clone()))
        });
    let given = given.iter().map(|(name, value)| {
        let value = ConstValue::from_json(value.clone()).unwrap_or(ConstValue::Null);
        (name.clone(), value)
    });
    missing.chain(defaults).chain(given).collect()
}

fn select<'d>(
    document: &'d ast::ExecutableDocument,
    name: Option<&str>,
) -> Result<&'d ast::OperationDefinition, Failure> {
    let mut operations = document.operations.iter();
    let found = match name {
        None if operations.len() > 1 => {
            return Err(Failure::Validation("Operation name required".to_owned()));
        }
        None => operations.next(),
        Some(name) => operations.find(|(known, _)| known.is_some_and(|known| known == name)),
    };
    found
        .map(|(_, operation)| &operation.node)
        .ok_or_else(|| Failure::Validation("Operation not found".to_owned()))
}

/// A fragment that contains itself would never end.
fn refuse_cycles(document: &ast::ExecutableDocument) -> Result<(), Failure> {
    fn spreads<'d>(selection: &'d ast::SelectionSet, into: &mut Vec<&'d Name>) {
        for item in &selection.items {
            match &item.node {
                ast::Selection::Field(field) => {
                    spreads(&field.node.selection_set.node, into);
                }
                ast::Selection::InlineFragment(fragment) => {
                    spreads(&fragment.node.selection_set.node, into);
                }
                ast::Selection::FragmentSpread(spread) => {
                    into.push(&spread.node.fragment_name.node);
                }
            }
        }
    }
    // Taking away what spreads nothing that is left leaves nothing, unless there are cycles.
    let mut left: Vec<(&Name, Vec<&Name>)> = document
        .fragments
        .iter()
        .map(|(name, fragment)| {
            let mut used = Vec::new();
            spreads(&fragment.node.selection_set.node, &mut used);
            (name, used)
        })
        .collect();
    while !left.is_empty() {
        let names: Vec<&Name> = left.iter().map(|(name, _)| *name).collect();
        left.retain(|(_, used)| used.iter().any(|name| names.contains(name)));
        if left.len() == names.len() {
            let mut names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            names.sort_unstable();
            return Err(Failure::Validation(format!(
                "Fragment cycle detected: {}",
                names.join(", ")
            )));
        }
    }
    Ok(())
}
