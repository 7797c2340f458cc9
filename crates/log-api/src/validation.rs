//! The checks of a request before it is executed: its limits, its fields and
//! their arguments, with the error texts of the original.
//!
//! As in the original, arguments that a field does not have are ignored.

mod expansion;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType,
};
use async_graphql::parser::{self, Error as ParseError};
use async_graphql::{Name, Positioned, Request, Value, Variables};

use crate::call::{Call, Calls};
use crate::default_node;
use crate::fields::{self, QUERY_TYPE};
use crate::limits;
use crate::request_error::RequestError;

/// Parses the request's document, checks it and leaves it in the request. Gives what its fields ask
/// for.
pub(crate) fn check(
    request: &mut Request,
    default_node: Option<&str>,
) -> Result<Calls, RequestError> {
    if request.operation_name.as_deref() == Some("") {
        request.operation_name = None;
    }
    let mut document = parse(&request.query)?;
    if let Some(node) = default_node {
        default_node::fill(&mut document, node);
    }
    expansion::check_limits(&document)?;
    let operation = chosen_operation(&document, request.operation_name.as_deref())?;
    let calls = check_operation(&document, operation, &request.variables)?;
    request.set_parsed_query(document);
    Ok(calls)
}

fn parse(query: &str) -> Result<ExecutableDocument, RequestError> {
    if query.trim().is_empty() {
        return Err(RequestError::NoQuery);
    }
    if query.len() > limits::DOCUMENT_BYTES {
        return Err(RequestError::TooLarge {
            subject: "has a document of too many bytes",
            limit: limits::DOCUMENT_BYTES,
        });
    }
    if most_open_brackets(query) > limits::OPEN_BRACKETS {
        return Err(RequestError::TooLarge {
            subject: "has too many open brackets",
            limit: limits::OPEN_BRACKETS,
        });
    }
    parser::parse_query(query).map_err(|error| match error {
        ParseError::MultipleOperations { .. } => RequestError::OperationNameRequired,
        ParseError::Syntax { start, .. } => RequestError::Syntax {
            line: start.line,
            column: start.column,
        },
        other => RequestError::Document(other.to_string()),
    })
}

/// Also counts those in strings and comments, where hardly any are.
fn most_open_brackets(query: &str) -> usize {
    let mut open: usize = 0;
    let mut most = 0;
    for byte in query.bytes() {
        match byte {
            b'{' | b'[' | b'(' => {
                open += 1;
                most = most.max(open);
            }
            b'}' | b']' | b')' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    most
}

fn chosen_operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a OperationDefinition, RequestError> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(&operation.node),
        (DocumentOperations::Single(_), Some(_)) => Err(RequestError::OperationNotFound),
        (DocumentOperations::Multiple(operations), Some(name)) => operations
            .get(name)
            .map(|operation| &operation.node)
            .ok_or(RequestError::OperationNotFound),
        (DocumentOperations::Multiple(operations), None) => {
            let mut operations = operations.values();
            match (operations.next(), operations.next()) {
                (Some(only), None) => Ok(&only.node),
                _ => Err(RequestError::OperationNameRequired),
            }
        }
    }
}

fn check_operation(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
) -> Result<Calls, RequestError> {
    let type_name = match operation.ty {
        OperationType::Query => QUERY_TYPE,
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    };
    let selected = expansion::root_fields(document, operation, type_name)?;
    let mut data_fields = Vec::new();
    for field in selected {
        if let Some(definition) = check_field(&field.node, operation.ty, type_name)? {
            data_fields.push((field, definition));
        }
    }
    if data_fields.len() > limits::DATA_FIELDS {
        return Err(RequestError::TooLarge {
            subject: "asks for too many fields with data",
            limit: limits::DATA_FIELDS,
        });
    }
    // After all fields: an unknown field is reported before an unfit argument.
    let mut calls = Calls::default();
    for (field, definition) in data_fields {
        let arguments = evaluate(&field.node, operation, variables)?;
        let lookup = |name: &str| {
            arguments
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.clone())
        };
        calls.insert(field.pos, Call::new(definition, &lookup)?);
    }
    Ok(calls)
}

/// Gives the definition of a field with data; none for introspection.
fn check_field(
    field: &Field,
    operation: OperationType,
    type_name: &'static str,
) -> Result<Option<&'static fields::Field>, RequestError> {
    let name = field.name.node.as_str();
    let is_query = operation == OperationType::Query;
    if is_query && matches!(name, "__schema" | "__type" | "__typename") {
        return Ok(None);
    }
    let definition =
        fields::find(name)
            .filter(|_| is_query)
            .ok_or_else(|| RequestError::UnknownField {
                field: name.to_owned(),
                on: type_name,
            })?;
    if field.selection_set.node.items.is_empty() {
        Ok(Some(definition))
    } else {
        Err(RequestError::SelectionOnLeaf(definition.name))
    }
}

/// The values of a field's arguments. An argument whose variable has no value is
/// left out, as if it had not been given.
fn evaluate<'a>(
    field: &'a Field,
    operation: &OperationDefinition,
    variables: &Variables,
) -> Result<Vec<(&'a str, Value)>, RequestError> {
    let mut values = Vec::with_capacity(field.arguments.len());
    for (name, value) in &field.arguments {
        let mut has_value = true;
        let value = value.node.clone().into_const_with(|variable| {
            let value = variable_value(&variable, operation, variables)?;
            has_value &= value.is_some();
            Ok::<_, RequestError>(value.unwrap_or_default())
        })?;
        if has_value {
            values.push((name.node.as_str(), value));
        }
    }
    Ok(values)
}

fn variable_value(
    name: &Name,
    operation: &OperationDefinition,
    variables: &Variables,
) -> Result<Option<Value>, RequestError> {
    let definition = operation
        .variable_definitions
        .iter()
        .find(|definition| definition.node.name.node == *name)
        .ok_or_else(|| RequestError::UndeclaredVariable(name.to_string()))?;
    let given = variables.get(name).cloned();
    Ok(given.or_else(|| {
        let default: Option<&Positioned<Value>> = definition.node.default_value.as_ref();
        default.map(|value| value.node.clone())
    }))
}

#[cfg(test)]
mod tests;
