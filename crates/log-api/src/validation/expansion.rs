//! Selections with their fragments expanded, within limits: a few short
//! fragments can stand for any number of fields.

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned};

use crate::limits;
use crate::request_error::RequestError;

/// Checks how many selections the document's operations have and how deep they
/// stand in each other, and bounds the work of introspection. After this every
/// expansion ends: fragments that use each other in a circle are too deep.
pub(super) fn check_limits(document: &ExecutableDocument) -> Result<(), RequestError> {
    let mut meter = Meter {
        document,
        selections: 0,
    };
    document
        .operations
        .iter()
        .try_for_each(|(_, operation)| meter.add(&operation.node.selection_set.node, 1, 0))
}

/// The fields of an operation's root, those of fragments included.
///
/// Must only be called after [`check_limits`].
pub(super) fn root_fields<'a>(
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    type_name: &str,
) -> Result<Vec<&'a Positioned<Field>>, RequestError> {
    let mut fields = Vec::new();
    collect(
        document,
        &operation.selection_set.node,
        type_name,
        &mut fields,
    )?;
    Ok(fields)
}

fn collect<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    type_name: &str,
    fields: &mut Vec<&'a Positioned<Field>>,
) -> Result<(), RequestError> {
    for selection in &set.items {
        let (condition, set) = match &selection.node {
            Selection::Field(field) => {
                fields.push(field);
                continue;
            }
            Selection::InlineFragment(fragment) => (
                fragment.node.type_condition.as_ref(),
                &fragment.node.selection_set.node,
            ),
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                let fragment = document
                    .fragments
                    .get(name)
                    .ok_or_else(|| unknown_fragment(name))?;
                (
                    Some(&fragment.node.type_condition),
                    &fragment.node.selection_set.node,
                )
            }
        };
        // A fragment on another type selects nothing here.
        if condition.is_none_or(|condition| condition.node.on.node == type_name) {
            collect(document, set, type_name, fields)?;
        }
    }
    Ok(())
}

struct Meter<'a> {
    document: &'a ExecutableDocument,
    selections: usize,
}

impl Meter<'_> {
    fn add(
        &mut self,
        set: &SelectionSet,
        nesting: usize,
        introspection_lists: usize,
    ) -> Result<(), RequestError> {
        check(
            nesting,
            limits::NESTING,
            "has too many selections inside each other",
        )?;
        for selection in &set.items {
            self.selections += 1;
            check(
                self.selections,
                limits::SELECTIONS,
                "has too many selections",
            )?;
            let mut lists = introspection_lists;
            let set = match &selection.node {
                Selection::Field(field) => {
                    lists += usize::from(is_introspection_list(&field.node.name.node));
                    check(
                        lists,
                        limits::INTROSPECTION_LISTS,
                        "has too many lists of introspection inside each other",
                    )?;
                    &field.node.selection_set.node
                }
                Selection::InlineFragment(fragment) => &fragment.node.selection_set.node,
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let fragment = self
                        .document
                        .fragments
                        .get(name)
                        .ok_or_else(|| unknown_fragment(name))?;
                    &fragment.node.selection_set.node
                }
            };
            self.add(set, nesting + 1, lists)?;
        }
        Ok(())
    }
}

fn is_introspection_list(field: &Name) -> bool {
    matches!(
        field.as_str(),
        "fields" | "interfaces" | "possibleTypes" | "inputFields"
    )
}

fn check(value: usize, limit: usize, subject: &'static str) -> Result<(), RequestError> {
    if value > limit {
        Err(RequestError::TooLarge { subject, limit })
    } else {
        Ok(())
    }
}

fn unknown_fragment(name: &Name) -> RequestError {
    RequestError::UnknownFragment(name.to_string())
}
