//! What resolvers return: values that may borrow from the node's state.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::Arguments;

/// The value of a field.
pub(crate) enum Value<'a> {
    Null,
    Boolean(bool),
    Int(i64),
    Text(Cow<'a, str>),
    /// JSON text of a custom scalar, written as it is.
    Json(Cow<'a, str>),
    /// A value of any type: members of its objects are the fields that can be selected.
    Tree(Cow<'a, Json>),
    List(Vec<Value<'a>>),
    Object(Box<dyn Object + 'a>),
}

/// An object whose fields can be selected.
pub(crate) trait Object {
    /// The value of a field that the schema has for this object. `Err` is the message of a GraphQL
    /// error.
    fn field(&self, name: &str, arguments: &Arguments) -> Result<Value<'_>, String>;

    /// The name of its type, where the schema has an interface.
    fn type_name(&self) -> Option<&'static str> {
        None
    }
}

/// An object of JSON.
struct Tree<'a>(&'a Json);

impl Object for Tree<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        let member = self.0.get(name).unwrap_or(&Json::Null);
        Ok(Value::Tree(Cow::Borrowed(member)))
    }
}

impl<'a> Value<'a> {
    pub(crate) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// A number that the schema writes as text, as `UInt16` and amounts are.
    pub(crate) fn number_text(number: impl std::fmt::Display) -> Self {
        Self::Text(number.to_string().into())
    }

    pub(crate) fn object(object: impl Object + 'a) -> Self {
        Self::Object(Box::new(object))
    }

    pub(crate) fn list(values: impl IntoIterator<Item = Self>) -> Self {
        Self::List(values.into_iter().collect())
    }

    /// JSON that is selected from as the schema says.
    pub(crate) fn tree(json: Json) -> Self {
        Self::Tree(Cow::Owned(json))
    }

    /// The same, of JSON that lives elsewhere. Objects of a scalar type are written as they are.
    pub(super) fn of_json(json: &'a Json, is_scalar: bool) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Array(values) if !is_scalar => {
                Self::list(values.iter().map(|value| Self::Tree(Cow::Borrowed(value))))
            }
            Json::Object(_) if !is_scalar => Self::object(Tree(json)),
            scalar => Self::Json(scalar.to_string().into()),
        }
    }

    /// The value, or null.
    pub(crate) fn or_null(value: Option<impl Into<Self>>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}
