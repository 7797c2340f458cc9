//! What a schema says of itself: `__schema` and `__type`.

use super::Arguments;
use super::schema::{self, Kind, Schema, SchemaError, TypeRef};
use super::value::{Object, Value};

/// The schema of introspection itself.
pub(super) fn schema() -> Result<Schema, SchemaError> {
    Schema::parse(include_str!("introspection.graphql"), true)
}

/// The object that has the fields `__schema` and `__type`.
pub(super) struct Root<'s>(pub(super) &'s Schema);

impl Object for Root<'_> {
    fn field(&self, name: &str, arguments: &Arguments) -> Result<Value<'_>, String> {
        if name == "__schema" {
            return Ok(Value::object(Description(self.0)));
        }
        let wanted = arguments.text("name");
        let index = self
            .0
            .types
            .iter()
            .position(|ty| Some(ty.name.as_str()) == wanted);
        Ok(index.map_or(Value::Null, |index| {
            Value::object(TypeObject(self.0, TypeRef::Named(index)))
        }))
    }
}

struct Description<'s>(&'s Schema);

impl Description<'_> {
    fn root(&self, index: Option<usize>) -> Value<'_> {
        index.map_or(Value::Null, |index| {
            Value::object(TypeObject(self.0, TypeRef::Named(index)))
        })
    }
}

impl Object for Description<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        Ok(match name {
            "types" => Value::list(
                (0..self.0.types.len())
                    .map(|index| Value::object(TypeObject(self.0, TypeRef::Named(index)))),
            ),
            "queryType" => self.root(Some(self.0.query)),
            "mutationType" => self.root(self.0.mutation),
            "subscriptionType" => self.root(Some(self.0.subscription)),
            "directives" => {
                Value::list(["skip", "include"].map(|name| Value::object(Directive(self.0, name))))
            }
            _ => Value::Null,
        })
    }
}

struct TypeObject<'s>(&'s Schema, TypeRef);

impl Object for TypeObject<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        let Self(schema, reference) = self;
        let ty = match reference {
            TypeRef::Named(index) => schema.ty(*index),
            TypeRef::List(_) | TypeRef::NonNull(_) => None,
        };
        Ok(match name {
            "kind" => Value::text(match (reference, ty.map(|ty| &ty.kind)) {
                (TypeRef::List(_), _) => "LIST",
                (TypeRef::NonNull(_), _) => "NON_NULL",
                (_, Some(Kind::Object { .. })) => "OBJECT",
                (_, Some(Kind::Interface(_))) => "INTERFACE",
                (_, Some(Kind::Input { .. })) => "INPUT_OBJECT",
                (_, Some(Kind::Enum(_))) => "ENUM",
                (_, Some(Kind::Scalar) | None) => "SCALAR",
            }),
            "name" => Value::or_null(ty.map(|ty| ty.name.as_str())),
            "description" => Value::or_null(ty.and_then(|ty| ty.description.as_deref())),
            "ofType" => match reference {
                TypeRef::Named(_) => Value::Null,
                TypeRef::List(of) | TypeRef::NonNull(of) => {
                    Value::object(TypeObject(schema, (**of).clone()))
                }
            },
            _ => match (name, ty.map(|ty| &ty.kind)) {
                ("fields", Some(Kind::Object { fields, .. } | Kind::Interface(fields))) => {
                    Value::list(
                        fields
                            .iter()
                            .map(|field| Value::object(FieldObject(schema, field))),
                    )
                }
                ("interfaces", Some(Kind::Object { interfaces, .. })) => {
                    let known = interfaces.iter().filter_map(|name| schema.index_of(name));
                    types(schema, known)
                }
                ("possibleTypes", Some(Kind::Interface(_))) => {
                    let name = ty.map_or("", |ty| ty.name.as_str());
                    types(schema, schema.implementations(name))
                }
                ("inputFields", Some(Kind::Input { fields, .. })) => inputs(schema, fields),
                ("enumValues", Some(Kind::Enum(values))) => {
                    Value::list(values.iter().map(|value| Value::object(EnumValue(value))))
                }
                _ => Value::Null,
            },
        })
    }
}

fn types(schema: &Schema, places: impl Iterator<Item = usize>) -> Value<'_> {
    Value::list(places.map(|place| Value::object(TypeObject(schema, TypeRef::Named(place)))))
}

fn inputs<'s>(schema: &'s Schema, arguments: &'s [schema::Argument]) -> Value<'s> {
    Value::list(
        arguments
            .iter()
            .map(|argument| Value::object(Input(schema, argument))),
    )
}

struct FieldObject<'s>(&'s Schema, &'s schema::Field);

impl Object for FieldObject<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        let Self(schema, field) = self;
        Ok(match name {
            "name" => Value::text(field.name.as_str()),
            "description" => Value::or_null(field.description.as_deref()),
            "args" => inputs(schema, &field.arguments),
            "type" => Value::object(TypeObject(schema, field.ty.clone())),
            "isDeprecated" => Value::Boolean(field.is_deprecated),
            _ => Value::Null,
        })
    }
}

struct Input<'s>(&'s Schema, &'s schema::Argument);

impl Object for Input<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        let Self(schema, argument) = self;
        Ok(match name {
            "name" => Value::text(argument.name.as_str()),
            "description" => Value::or_null(argument.description.as_deref()),
            "type" => Value::object(TypeObject(schema, argument.ty.clone())),
            _ => Value::Null,
        })
    }
}

struct EnumValue<'s>(&'s schema::EnumValue);

impl Object for EnumValue<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        Ok(match name {
            "name" => Value::text(self.0.name.as_str()),
            "description" => Value::or_null(self.0.description.as_deref()),
            "isDeprecated" => Value::Boolean(false),
            _ => Value::Null,
        })
    }
}

/// `@skip` or `@include`; both have the argument `if: Boolean!`.
struct Directive<'s>(&'s Schema, &'static str);

impl Object for Directive<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        let Self(schema, directive) = self;
        Ok(match name {
            "name" => Value::text(*directive),
            "locations" => {
                Value::list(["FIELD", "FRAGMENT_SPREAD", "INLINE_FRAGMENT"].map(Value::from))
            }
            "args" => Value::list([Value::object(Condition(schema))]),
            "isRepeatable" => Value::Boolean(false),
            _ => Value::Null,
        })
    }
}

struct Condition<'s>(&'s Schema);

impl Object for Condition<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        Ok(match name {
            "name" => Value::text("if"),
            "type" => {
                let boolean = self.0.types.iter().position(|ty| ty.name == "Boolean");
                let ty = TypeRef::Named(boolean.unwrap_or_default());
                Value::object(TypeObject(self.0, TypeRef::NonNull(Box::new(ty))))
            }
            _ => Value::Null,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_of_introspection_can_be_read() {
        assert!(schema().unwrap().types.len() > 5);
    }
}
