//! A schema with everything that is needed to answer.

use super::arguments::ScalarReader;
use super::documents::Documents;
use super::introspection;
use super::schema::{Argument, Schema, SchemaError, TypeRef};

/// A schema ready to answer. One for all nodes.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(super) schema: Schema,
    pub(super) scalars: ScalarReader,
    pub(super) documents: Documents,
    /// Arguments of `@skip` and `@include`.
    pub(super) condition: [Argument; 1],
    pub(super) introspection: Schema,
    /// Whether variables that a document declares and a client leaves out are null.
    pub(super) missing_is_null: bool,
}

/// What a client asks for.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) query: String,
    pub(crate) variables: serde_json::Map<String, serde_json::Value>,
    pub(crate) operation_name: Option<String>,
}

impl Engine {
    /// Reads a schema; without `newest`, what is marked as such is left out.
    pub(crate) fn new(sdl: &str, newest: bool, scalars: ScalarReader) -> Result<Self, SchemaError> {
        let schema = Schema::parse(sdl, newest)?;
        let boolean = schema
            .types
            .iter()
            .position(|ty| ty.name == "Boolean")
            .unwrap_or_default();
        Ok(Self {
            condition: [Argument {
                name: "if".to_owned(),
                description: None,
                ty: TypeRef::NonNull(Box::new(TypeRef::Named(boolean))),
            }],
            introspection: introspection::schema()?,
            schema,
            scalars,
            documents: Documents::default(),
            missing_is_null: false,
        })
    }

    /// Takes variables that a document declares and a client leaves out for null, as the GraphQL
    /// specification says and daemons do not.
    pub(crate) fn with_null_variables(mut self) -> Self {
        self.missing_is_null = true;
        self
    }
}
