//! A schema, read from SDL.
//!
//! Two directives of our own show what only the newest daemons have: `@newest` on a type, field or
//! argument that older ones lack, and `@nullableSinceNewest` on a field that could not be null
//! before. A third, `@orItsField` on an input object with one field, lets the value of that field
//! stand for the object, null included, as clients write it that daemons refuse.

use async_graphql_parser::Positioned;
use async_graphql_parser::types as ast;

/// The types of a server.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(super) types: Vec<Type>,
    pub(super) query: usize,
    pub(super) mutation: Option<usize>,
    pub(super) subscription: usize,
}

/// A type with a name.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar,
    Object {
        fields: Vec<Field>,
        /// The interfaces that it implements.
        interfaces: Vec<String>,
    },
    Interface(Vec<Field>),
    Input {
        fields: Vec<Argument>,
        /// Whether the value of its one field may stand for it.
        is_its_field: bool,
    },
    Enum(Vec<EnumValue>),
}

#[derive(Debug)]
pub(super) struct EnumValue {
    pub(super) name: String,
    pub(super) description: Option<String>,
}

/// A field of an object.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) arguments: Vec<Argument>,
    pub(super) ty: TypeRef,
    pub(super) is_deprecated: bool,
}

/// An argument of a field, or a field of an input object.
#[derive(Debug)]
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) ty: TypeRef,
}

/// A reference to a type, by its place among the types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TypeRef {
    Named(usize),
    List(Box<TypeRef>),
    NonNull(Box<TypeRef>),
}

/// Why a text is no schema of a server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    #[error("the schema cannot be parsed")]
    Syntax(#[from] async_graphql_parser::Error),
    #[error("the type {0} is not defined")]
    UnknownType(String),
    #[error("the schema has no {0}")]
    Missing(&'static str),
    #[error("the kind of the type {0} is not supported")]
    Kind(String),
}

/// Scalars that every schema has.
const BUILT_IN: [&str; 5] = ["Int", "Float", "String", "Boolean", "ID"];

impl Type {
    /// Whether it is an object that implements this interface.
    pub(super) fn implements(&self, interface: &str) -> bool {
        match &self.kind {
            Kind::Object { interfaces, .. } => interfaces.iter().any(|name| name == interface),
            _ => false,
        }
    }
}

impl TypeRef {
    /// The type under lists and non-null marks.
    pub(super) fn named(&self) -> usize {
        match self {
            Self::Named(index) => *index,
            Self::List(of) | Self::NonNull(of) => of.named(),
        }
    }

    pub(super) fn is_nullable(&self) -> bool {
        !matches!(self, Self::NonNull(_))
    }
}

impl Schema {
    /// Reads a schema. Without `newest`, what is marked as such is left out.
    pub(crate) fn parse(sdl: &str, newest: bool) -> Result<Self, SchemaError> {
        let document = async_graphql_parser::parse_schema(sdl)?;
        let mut roots = None;
        let mut definitions = Vec::new();
        for definition in document.definitions {
            match definition {
                ast::TypeSystemDefinition::Schema(schema) => roots = Some(schema.node),
                ast::TypeSystemDefinition::Type(ty) => {
                    if newest || !is_newest(&ty.node.directives) {
                        definitions.push(ty.node);
                    }
                }
                ast::TypeSystemDefinition::Directive(_) => {}
            }
        }
        let roots = roots.ok_or(SchemaError::Missing("roots"))?;
        let names: Vec<String> = definitions
            .iter()
            .map(|definition| definition.name.node.to_string())
            .chain(BUILT_IN.map(str::to_owned))
            .collect();
        let reader = Reader {
            names: &names,
            newest,
        };
        let mut types = Vec::with_capacity(names.len());
        for definition in definitions {
            types.push(reader.ty(definition)?);
        }
        types.extend(BUILT_IN.map(|name| Type {
            name: name.to_owned(),
            description: None,
            kind: Kind::Scalar,
        }));
        let root = |name: Option<Positioned<_>>| {
            name.map(|name: Positioned<async_graphql_value::Name>| reader.index(&name.node))
                .transpose()
        };
        // A daemon has a root of subscriptions even if it has no fields.
        let subscription = root(roots.subscription)?.unwrap_or_else(|| {
            types.push(Type {
                name: "subscription".to_owned(),
                description: None,
                kind: Kind::Object {
                    fields: Vec::new(),
                    interfaces: Vec::new(),
                },
            });
            types.len() - 1
        });
        Ok(Self {
            query: root(roots.query)?.ok_or(SchemaError::Missing("queries"))?,
            mutation: root(roots.mutation)?,
            subscription,
            types,
        })
    }

    pub(super) fn ty(&self, index: usize) -> Option<&Type> {
        self.types.get(index)
    }

    /// The fields, if the type is an object.
    pub(super) fn object(&self, index: usize) -> Option<(&Type, &[Field])> {
        let ty = self.ty(index)?;
        match &ty.kind {
            Kind::Object { fields, .. } => Some((ty, fields)),
            _ => None,
        }
    }

    /// The place of a type among the types.
    pub(super) fn index_of(&self, name: &str) -> Option<usize> {
        self.types.iter().position(|ty| ty.name == name)
    }

    /// The places of the objects that implement an interface.
    pub(super) fn implementations(&self, interface: &str) -> impl Iterator<Item = usize> {
        let types = self.types.iter().enumerate();
        types.filter_map(move |(index, ty)| ty.implements(interface).then_some(index))
    }

    /// A reference to a type as text, such as `[Int!]!`.
    pub(super) fn type_text(&self, ty: &TypeRef) -> String {
        match ty {
            TypeRef::Named(index) => self
                .ty(*index)
                .map(|ty| ty.name.clone())
                .unwrap_or_default(),
            TypeRef::List(of) => format!("[{}]", self.type_text(of)),
            TypeRef::NonNull(of) => format!("{}!", self.type_text(of)),
        }
    }
}

struct Reader<'a> {
    names: &'a [String],
    newest: bool,
}

impl Reader<'_> {
    fn index(&self, name: &str) -> Result<usize, SchemaError> {
        self.names
            .iter()
            .position(|known| known == name)
            .ok_or_else(|| SchemaError::UnknownType(name.to_owned()))
    }

    fn is_present(&self, directives: &[Positioned<ast::ConstDirective>]) -> bool {
        self.newest || !is_newest(directives)
    }

    fn ty(&self, definition: ast::TypeDefinition) -> Result<Type, SchemaError> {
        let name = definition.name.node.to_string();
        let kind = match definition.kind {
            ast::TypeKind::Scalar => Kind::Scalar,
            ast::TypeKind::Object(object) => Kind::Object {
                fields: self.fields(object.fields)?,
                interfaces: object
                    .implements
                    .iter()
                    .map(|interface| interface.node.to_string())
                    .collect(),
            },
            ast::TypeKind::Interface(interface) => Kind::Interface(self.fields(interface.fields)?),
            ast::TypeKind::InputObject(input) => Kind::Input {
                fields: self.arguments(input.fields)?,
                is_its_field: has(&definition.directives, "orItsField"),
            },
            ast::TypeKind::Enum(values) => Kind::Enum(
                values
                    .values
                    .into_iter()
                    .map(|value| EnumValue {
                        name: value.node.value.node.to_string(),
                        description: text(value.node.description),
                    })
                    .collect(),
            ),
            ast::TypeKind::Union(_) => return Err(SchemaError::Kind(name)),
        };
        Ok(Type {
            name,
            description: text(definition.description),
            kind,
        })
    }

    fn fields(
        &self,
        fields: Vec<Positioned<ast::FieldDefinition>>,
    ) -> Result<Vec<Field>, SchemaError> {
        fields
            .into_iter()
            .filter(|field| self.is_present(&field.node.directives))
            .map(|field| self.field(field.node))
            .collect()
    }

    fn field(&self, field: ast::FieldDefinition) -> Result<Field, SchemaError> {
        let mut ty = self.type_ref(&field.ty.node)?;
        let was_never_null = has(&field.directives, "nullableSinceNewest");
        if was_never_null && !self.newest && ty.is_nullable() {
            ty = TypeRef::NonNull(Box::new(ty));
        }
        Ok(Field {
            name: field.name.node.to_string(),
            description: text(field.description),
            arguments: self.arguments(field.arguments)?,
            ty,
            is_deprecated: has(&field.directives, "deprecated"),
        })
    }

    fn arguments(
        &self,
        values: Vec<Positioned<ast::InputValueDefinition>>,
    ) -> Result<Vec<Argument>, SchemaError> {
        values
            .into_iter()
            .map(|value| value.node)
            .filter(|value| self.is_present(&value.directives))
            .map(|value| {
                Ok(Argument {
                    name: value.name.node.to_string(),
                    ty: self.type_ref(&value.ty.node)?,
                    description: text(value.description),
                })
            })
            .collect()
    }

    fn type_ref(&self, ty: &ast::Type) -> Result<TypeRef, SchemaError> {
        let base = match &ty.base {
            ast::BaseType::Named(name) => TypeRef::Named(self.index(name)?),
            ast::BaseType::List(of) => TypeRef::List(Box::new(self.type_ref(of)?)),
        };
        Ok(if ty.nullable {
            base
        } else {
            TypeRef::NonNull(Box::new(base))
        })
    }
}

fn text(description: Option<Positioned<String>>) -> Option<String> {
    description.map(|description| description.node)
}

fn has(directives: &[Positioned<ast::ConstDirective>], name: &str) -> bool {
    directives
        .iter()
        .any(|directive| directive.node.name.node == name)
}

fn is_newest(directives: &[Positioned<ast::ConstDirective>]) -> bool {
    has(directives, "newest")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SDL: &str = r"
        schema { query: query }
        type query { a(x: [Int!]!, y: T @newest): String! b: T @newest c: String @nullableSinceNewest }
        type T @newest { d: Boolean }
    ";

    fn fields(newest: bool) -> Vec<String> {
        let schema = Schema::parse(SDL, newest).unwrap();
        let (_, fields) = schema.object(schema.query).unwrap();
        fields
            .iter()
            .map(|field| {
                let arguments: Vec<String> = field
                    .arguments
                    .iter()
                    .map(|argument| {
                        format!("{}: {}", argument.name, schema.type_text(&argument.ty))
                    })
                    .collect();
                format!(
                    "{}({}): {}",
                    field.name,
                    arguments.join(", "),
                    schema.type_text(&field.ty)
                )
            })
            .collect()
    }

    #[test]
    fn what_is_newest_is_left_out_for_others() {
        assert_eq!(
            fields(true),
            ["a(x: [Int!]!, y: T): String!", "b(): T", "c(): String"]
        );
        assert_eq!(fields(false), ["a(x: [Int!]!): String!", "c(): String!"]);
    }

    #[test]
    fn other_texts_are_no_schema() {
        for (sdl, error) in [
            ("type", "cannot be parsed"),
            ("type a { b: Int }", "has no roots"),
            ("schema { query: a }", "a is not defined"),
            ("schema { query: a } type a { b: c }", "c is not defined"),
            ("schema { query: a } union a = b | c", "a is not supported"),
        ] {
            let refused = Schema::parse(sdl, true).unwrap_err();
            assert!(refused.to_string().contains(error), "{sdl}: {refused}");
        }
    }
}
