//! A field with its arguments, checked: what a client asks for.

use std::collections::HashMap;

use async_graphql::{Pos, Value};
use store::read::{BlockTracesQuery, EntriesPage, TraceRange};

use crate::fields::{self, Argument, Field, FieldKind};

/// What one field of a request asks for. Without a deployment id the newest
/// deployment is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    Deployments,
    Nodes {
        deployment_id: Option<i32>,
    },
    BlockTraces {
        deployment_id: Option<i32>,
        page: Page,
    },
    BlockTrace {
        deployment_id: Option<i32>,
        node_name: String,
        block_id: String,
        entries: EntriesPage,
        structured: bool,
    },
    Distribution {
        deployment_id: Option<i32>,
        node_name: String,
        structured: bool,
    },
}

/// What the fields of a request ask for, by their places in the document. A field of a fragment that
/// is used twice asks for the same each time.
#[derive(Debug, Default)]
pub(crate) struct Calls(HashMap<Pos, Call>);

/// A field is executed that was not checked.
#[derive(Debug, thiserror::Error)]
#[error("the field was not checked")]
pub(crate) struct Unchecked;

impl Calls {
    pub(crate) fn insert(&mut self, place: Pos, call: Call) {
        self.0.insert(place, call);
    }

    /// What the field at this place asks for.
    pub(crate) fn at(&self, place: Pos) -> Result<Call, Unchecked> {
        self.0.get(&place).cloned().ok_or(Unchecked)
    }
}

/// Which of a node's block traces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    node_name: String,
    filter: Filter,
    newest_first: bool,
    offset: i64,
    limit: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filter {
    All,
    GlobalSlot { last: i64, count: i64 },
    Height { last: i64, count: i64 },
}

impl Page {
    /// The query of this page in a deployment.
    pub(crate) fn into_query(self, deployment_id: i32) -> BlockTracesQuery {
        BlockTracesQuery {
            deployment_id,
            node_name: self.node_name,
            range: match self.filter {
                Filter::All => TraceRange::All,
                Filter::GlobalSlot { last, count } => TraceRange::GlobalSlot { last, count },
                Filter::Height { last, count } => TraceRange::Height { last, count },
            },
            newest_first: self.newest_first,
            offset: self.offset,
            limit: self.limit,
        }
    }
}

/// Why a field's arguments are not accepted, in the words of the original where
/// it has any.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ArgumentError {
    /// A required argument is missing.
    #[error(
        "Argument `{argument}` of type `{expected}` expected on field `{field}`, but not provided."
    )]
    Missing {
        argument: &'static str,
        expected: &'static str,
        field: &'static str,
    },
    /// The value has another type; `found` is in GraphQL's notation.
    #[error(
        "Argument `{argument}` of type `{expected}` expected on field `{field}`, found {found}."
    )]
    WrongType {
        argument: &'static str,
        expected: &'static str,
        field: &'static str,
        found: String,
    },
    /// Not a value of the enumeration.
    #[error("Invalid enum value for argument `{argument}` on field `{field}`")]
    NotInEnum {
        argument: &'static str,
        field: &'static str,
    },
    /// A text with a character that no stored name can have.
    #[error("Argument `{argument}` on field `{field}` must not contain U+0000.")]
    NulCharacter {
        argument: &'static str,
        field: &'static str,
    },
    /// A count below zero.
    #[error("Argument `{argument}` on field `{field}` must not be negative.")]
    Negative {
        argument: &'static str,
        field: &'static str,
    },
}

/// Looks an argument up by its spelling in the request.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<Value>;

impl Call {
    /// Checks the arguments of a field, in the order of the table.
    pub(crate) fn new(field: &'static Field, lookup: Lookup<'_>) -> Result<Self, ArgumentError> {
        let arguments = Arguments { field, lookup };
        Ok(match field.kind {
            FieldKind::Deployments => Self::Deployments,
            FieldKind::Nodes => Self::Nodes {
                deployment_id: arguments.int(&fields::DEPLOYMENT_ID)?,
            },
            FieldKind::BlockTraces => arguments.block_traces()?,
            FieldKind::BlockTrace | FieldKind::BlockStructuredTrace => Self::BlockTrace {
                block_id: arguments.string(&fields::BLOCK_IDENTIFIER)?,
                deployment_id: arguments.int(&fields::DEPLOYMENT_ID)?,
                node_name: arguments.string(&fields::NODE_NAME)?,
                entries: arguments.entries()?,
                structured: field.kind == FieldKind::BlockStructuredTrace,
            },
            FieldKind::Distribution | FieldKind::DistributionStructured => Self::Distribution {
                deployment_id: arguments.int(&fields::DEPLOYMENT_ID)?,
                node_name: arguments.string(&fields::NODE_NAME)?,
                structured: field.kind == FieldKind::DistributionStructured,
            },
        })
    }
}

struct Arguments<'a> {
    field: &'static Field,
    lookup: Lookup<'a>,
}

impl Arguments<'_> {
    fn entries(&self) -> Result<EntriesPage, ArgumentError> {
        let longest = EntriesPage::LONGEST;
        let limit = self.count(&fields::MAX_ENTRIES)?;
        let offset = self.count(&fields::OFFSET_ENTRIES)?;
        Ok(EntriesPage {
            offset: offset.map_or(longest.offset, i64::from),
            limit: limit.map_or(longest.limit, i64::from),
        })
    }

    fn block_traces(&self) -> Result<Call, ArgumentError> {
        let limit = self
            .count(&fields::MAX_LENGTH)?
            .unwrap_or(fields::MAX_TRACES)
            .min(fields::MAX_TRACES);
        let offset = self.count(&fields::OFFSET)?.unwrap_or(0);
        let height = self.int(&fields::HEIGHT)?;
        let global_slot = self.int(&fields::GLOBAL_SLOT)?;
        let count = self.int(&fields::CHAIN_LENGTH)?.unwrap_or(1).into();
        let filter = match (global_slot, height) {
            (Some(last), _) => Filter::GlobalSlot {
                last: last.into(),
                count,
            },
            (None, Some(last)) => Filter::Height {
                last: last.into(),
                count,
            },
            (None, None) => Filter::All,
        };
        let newest_first = self.newest_first()?;
        Ok(Call::BlockTraces {
            deployment_id: self.int(&fields::DEPLOYMENT_ID)?,
            page: Page {
                node_name: self.string(&fields::NODE_NAME)?,
                filter,
                newest_first,
                offset: offset.into(),
                limit: limit.into(),
            },
        })
    }

    fn value(&self, argument: &Argument) -> Option<Value> {
        (self.lookup)(argument.name)
            .or_else(|| argument.other_spelling.and_then(|name| (self.lookup)(name)))
    }

    fn string(&self, argument: &Argument) -> Result<String, ArgumentError> {
        match self.value(argument) {
            Some(Value::String(text)) if text.contains('\0') => Err(ArgumentError::NulCharacter {
                argument: argument.name,
                field: self.field.name,
            }),
            Some(Value::String(text)) => Ok(text),
            Some(other) => Err(self.wrong_type(argument, &other)),
            None => Err(ArgumentError::Missing {
                argument: argument.name,
                expected: argument.kind.as_str(),
                field: self.field.name,
            }),
        }
    }

    /// GraphQL's integers have 32 bits.
    fn int(&self, argument: &Argument) -> Result<Option<i32>, ArgumentError> {
        match self.value(argument) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => number
                .as_i64()
                .and_then(|number| i32::try_from(number).ok())
                .map(Some)
                .ok_or_else(|| self.wrong_type(argument, &Value::Number(number))),
            Some(other) => Err(self.wrong_type(argument, &other)),
        }
    }

    fn count(&self, argument: &Argument) -> Result<Option<i32>, ArgumentError> {
        match self.int(argument)? {
            Some(count) if count < 0 => Err(ArgumentError::Negative {
                argument: argument.name,
                field: self.field.name,
            }),
            count => Ok(count),
        }
    }

    fn newest_first(&self) -> Result<bool, ArgumentError> {
        let value = match self.value(&fields::ORDER) {
            None | Some(Value::Null) => return Ok(false),
            // As a variable's value it is a string.
            Some(Value::Enum(name)) => name.to_string(),
            Some(Value::String(text)) => text,
            Some(other) => return Err(self.wrong_type(&fields::ORDER, &other)),
        };
        match value.as_str() {
            fields::ASCENDING => Ok(false),
            fields::DESCENDING => Ok(true),
            _ => Err(ArgumentError::NotInEnum {
                argument: fields::ORDER.name,
                field: self.field.name,
            }),
        }
    }

    fn wrong_type(&self, argument: &Argument, found: &Value) -> ArgumentError {
        ArgumentError::WrongType {
            argument: argument.name,
            expected: argument.kind.as_str(),
            field: self.field.name,
            found: found.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    fn call(field: &str, arguments: &Value) -> Result<Call, String> {
        let Value::Object(arguments) = arguments else {
            panic!("not an object");
        };
        let field = fields::find(field).unwrap();
        Call::new(field, &|name| arguments.get(name).cloned()).map_err(|error| error.to_string())
    }

    fn page(arguments: &Value) -> Page {
        match call("blockTraces", arguments) {
            Ok(Call::BlockTraces { page, .. }) => page,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_page_has_the_defaults_of_the_original() {
        let expected = Page {
            node_name: "n".to_owned(),
            filter: Filter::All,
            newest_first: false,
            offset: 0,
            limit: 10_000,
        };
        assert_eq!(page(&value!({"node_name": "n"})), expected);
        assert_eq!(
            page(&value!({"node_name": "n", "maxLength": 10_001, "order": null})),
            expected
        );
    }

    #[test]
    fn the_slot_is_preferred_to_the_height() {
        let page = page(&value!({
            "node_name": "n", "height": 7, "global_slot": 9, "chainLength": 3, "order": "Descending",
        }));
        assert_eq!(page.filter, Filter::GlobalSlot { last: 9, count: 3 });
        assert!(page.newest_first);
    }

    #[test]
    fn both_spellings_of_the_deployment_are_known_everywhere() {
        let expected = Ok(Call::Nodes {
            deployment_id: Some(7),
        });
        assert_eq!(call("nodes", &value!({"deployment_id": 7})), expected);
        assert_eq!(call("nodes", &value!({"deploymentId": 7})), expected);
    }

    #[test]
    fn an_unfit_argument_is_named() {
        for (arguments, expected) in [
            (
                value!({}),
                "Argument `node_name` of type `String!` expected on field `blockTraces`, but not provided.",
            ),
            (
                value!({"node_name": 1}),
                "Argument `node_name` of type `String!` expected on field `blockTraces`, found 1.",
            ),
            (
                value!({"node_name": "a\0"}),
                "Argument `node_name` on field `blockTraces` must not contain U+0000.",
            ),
            (
                value!({"height": 3_000_000_000_i64}),
                "Argument `height` of type `Int` expected on field `blockTraces`, found 3000000000.",
            ),
            (
                value!({"height": 1.5}),
                "Argument `height` of type `Int` expected on field `blockTraces`, found 1.5.",
            ),
            (
                value!({"maxLength": -1}),
                "Argument `maxLength` on field `blockTraces` must not be negative.",
            ),
            (
                value!({"offset": -1}),
                "Argument `offset` on field `blockTraces` must not be negative.",
            ),
            (
                value!({"order": "Sideways"}),
                "Invalid enum value for argument `order` on field `blockTraces`",
            ),
        ] {
            assert_eq!(call("blockTraces", &arguments), Err(expected.to_owned()));
        }
    }
}
