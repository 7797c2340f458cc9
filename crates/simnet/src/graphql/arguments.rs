//! Arguments of fields: from literals and variables to what a resolver takes.

use async_graphql_parser::Positioned;
use async_graphql_value::{ConstValue, Name, Value as Literal};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::schema::{self, Kind, Schema, TypeRef};

/// Reads a scalar that is not built in, by its name. None refuses the value.
pub(crate) type ScalarReader = fn(scalar: &str, value: &ConstValue) -> Option<Json>;

/// The arguments of a field, complete: null where nullable ones were left out.
#[derive(Debug, Default)]
pub(crate) struct Arguments(serde_json::Map<String, Json>);

impl Arguments {
    /// The argument as a type of ours.
    pub(crate) fn read<T: DeserializeOwned>(&self, name: &str) -> Result<T, serde_json::Error> {
        T::deserialize(self.0.get(name).unwrap_or(&Json::Null))
    }

    /// Any argument; null if it was left out.
    pub(crate) fn value(&self, name: &str) -> &Json {
        self.0.get(name).unwrap_or(&Json::Null)
    }

    /// An argument that is a text by the schema.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// An argument that is an `Int` by the schema.
    pub(crate) fn int(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_i64()
    }

    /// An argument that is a `Boolean` by the schema.
    pub(crate) fn boolean(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }
}

/// Where arguments stand, for messages.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// `field` or `directive`.
    pub(super) kind: &'static str,
    /// The name of the field or directive.
    pub(super) name: &'a str,
}

/// The values of variables, by their names.
pub(super) type Variables = std::collections::HashMap<String, ConstValue>;

pub(super) struct ArgumentReader<'a> {
    pub(super) schema: &'a Schema,
    pub(super) variables: &'a Variables,
    pub(super) scalars: ScalarReader,
}

impl ArgumentReader<'_> {
    /// Reads the given arguments as those the schema knows.
    pub(super) fn read(
        &self,
        place: Place<'_>,
        known: &[schema::Argument],
        given: &[(Positioned<Name>, Positioned<Literal>)],
    ) -> Result<Arguments, String> {
        let mut arguments = serde_json::Map::new();
        for argument in known {
            let literal = given
                .iter()
                .find(|(name, _)| name.node == argument.name.as_str())
                .map(|(_, literal)| &literal.node);
            let value = literal.map(|literal| self.constant(literal)).transpose()?;
            let read = self.value(place, &argument.name, &argument.ty, value.as_ref())?;
            arguments.insert(argument.name.clone(), read);
        }
        Ok(Arguments(arguments))
    }

    fn constant(&self, literal: &Literal) -> Result<ConstValue, String> {
        literal.clone().into_const_with(|name| {
            self.variables
                .get(name.as_str())
                .cloned()
                .ok_or_else(|| format!("Missing variable `{name}`"))
        })
    }

    fn value(
        &self,
        place: Place<'_>,
        name: &str,
        ty: &TypeRef,
        value: Option<&ConstValue>,
    ) -> Result<Json, String> {
        let mismatch = || Err(self.mismatch(place, name, ty, value));
        let is_object = matches!(value, Some(ConstValue::Object(_)));
        if let Some([field]) = self.its_field(ty).filter(|_| !is_object) {
            let read = self.value(place, &field.name, &field.ty, value)?;
            let object = [(field.name.clone(), read)];
            return Ok(Json::Object(object.into_iter().collect()));
        }
        match (ty, value) {
            (TypeRef::NonNull(_), None | Some(ConstValue::Null)) => mismatch(),
            (TypeRef::NonNull(of), value) => self.value(place, name, of, value),
            (_, None | Some(ConstValue::Null)) => Ok(Json::Null),
            (TypeRef::List(of), Some(ConstValue::List(values))) => values
                .iter()
                .map(|value| self.value(place, name, of, Some(value)))
                .collect(),
            (TypeRef::List(of), Some(value)) => Ok(Json::Array(vec![self.value(
                place,
                name,
                of,
                Some(value),
            )?])),
            (TypeRef::Named(index), Some(given)) => {
                let Some(ty) = self.schema.ty(*index) else {
                    return mismatch();
                };
                match (&ty.kind, given) {
                    (Kind::Scalar, given) => match self.scalar(&ty.name, given) {
                        Some(read) => Ok(read),
                        None => mismatch(),
                    },
                    (Kind::Input { fields, .. }, ConstValue::Object(members)) => {
                        let mut object = serde_json::Map::new();
                        for field in fields {
                            let member = members.get(field.name.as_str());
                            let read = self.value(place, &field.name, &field.ty, member)?;
                            object.insert(field.name.clone(), read);
                        }
                        Ok(Json::Object(object))
                    }
                    (Kind::Enum(values), given) => enum_value(place, name, values, given),
                    (Kind::Input { .. } | Kind::Object { .. } | Kind::Interface(_), _) => {
                        mismatch()
                    }
                }
            }
        }
    }

    /// The field of an input object whose value may stand for the object.
    fn its_field(&self, ty: &TypeRef) -> Option<&[schema::Argument]> {
        let TypeRef::NonNull(of) = ty else {
            return None;
        };
        match &self.schema.ty(of.named())?.kind {
            Kind::Input {
                fields,
                is_its_field: true,
            } => Some(fields),
            _ => None,
        }
    }

    fn scalar(&self, name: &str, value: &ConstValue) -> Option<Json> {
        match (name, value) {
            ("Int", ConstValue::Number(number)) => Some(number.as_i64()?.into()),
            ("Float", ConstValue::Number(number)) => Some(number.as_f64()?.into()),
            ("String" | "ID", ConstValue::String(text)) => Some(text.as_str().into()),
            ("ID", ConstValue::Number(number)) => Some(number.as_i64()?.to_string().into()),
            ("Boolean", ConstValue::Boolean(value)) => Some((*value).into()),
            ("Int" | "Float" | "String" | "ID" | "Boolean", _) => None,
            _ => (self.scalars)(name, value),
        }
    }

    fn mismatch(
        &self,
        place: Place<'_>,
        name: &str,
        ty: &TypeRef,
        value: Option<&ConstValue>,
    ) -> String {
        let found = value.map_or_else(
            || "but not provided".to_owned(),
            |value| format!("found {}", value_text(value)),
        );
        format!(
            "Argument `{name}` of type `{}` expected on {} `{}`, {found}.",
            self.schema.type_text(ty),
            place.kind,
            place.name
        )
    }
}

fn enum_value(
    place: Place<'_>,
    name: &str,
    values: &[schema::EnumValue],
    given: &ConstValue,
) -> Result<Json, String> {
    let text = match given {
        ConstValue::Enum(name) => name.as_str(),
        ConstValue::String(text) => text.as_str(),
        _ => {
            return Err(format!(
                "Expected enum for argument `{name}` on field `{}`",
                place.name
            ));
        }
    };
    if values.iter().any(|value| value.name == text) {
        Ok(text.into())
    } else {
        Err(format!(
            "Invalid enum value for argument `{name}` on field `{}`",
            place.name
        ))
    }
}

/// A value in the form in which messages quote it.
fn value_text(value: &ConstValue) -> String {
    match value {
        ConstValue::String(text) => format!("\"{text}\""),
        ConstValue::List(values) => {
            let values: Vec<String> = values.iter().map(value_text).collect();
            format!("[{}]", values.join(", "))
        }
        ConstValue::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{name}: {}", value_text(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        other => other.to_string(),
    }
}
