//! Execution of an operation, straight into the bytes of the answer.
//!
//! All fields of an operation are resolved, also after one has failed; the first failure that no
//! nullable field catches is the answer. That is what the daemon's library does, and with it the
//! mutations of a document all take place.

use async_graphql_parser::Positioned;
use async_graphql_parser::types as ast;
use async_graphql_value::Name;

use super::arguments::{ArgumentReader, Arguments, Place, Variables};
use super::engine::Engine;
use super::failure::{Failure, FieldError, Segment, write_json};
use super::introspection;
use super::schema::{Field, Kind, Schema, Type, TypeRef};
use super::value::{Object, Value};

/// Largest answer in bytes, and most fields that the fragments of one document may unfold to:
/// small documents can ask for very much.
const ANSWER_BYTES_MAX: usize = if cfg!(test) { 1 << 20 } else { 64 << 20 };
const COLLECTED_MAX: usize = 100_000;

/// A field that is selected, with what the schema says of it.
struct Selected<'d> {
    key: &'d Name,
    field: &'d ast::Field,
    definition: Definition<'d>,
}

enum Definition<'d> {
    Field(&'d Field),
    /// `__typename`, and the name.
    TypeName(&'d str),
    /// `__schema` or `__type`, which have types of their own.
    Introspection,
    Unknown {
        ty: &'d str,
    },
}

/// An operation under way.
pub(super) struct Execution<'d> {
    engine: &'d Engine,
    schema: &'d Schema,
    document: &'d ast::ExecutableDocument,
    variables: &'d Variables,
    out: Vec<u8>,
    path: Vec<Segment>,
    errors: Vec<FieldError>,
    collected: usize,
}

impl<'d> Execution<'d> {
    /// The value of `data` and the errors of fields that are null because of them.
    pub(super) fn run(
        engine: &'d Engine,
        document: &'d ast::ExecutableDocument,
        operation: &'d ast::OperationDefinition,
        variables: &'d Variables,
        (index, root): (usize, &dyn Object),
    ) -> Result<(Vec<u8>, Vec<FieldError>), Failure> {
        let mut execution = Self {
            engine,
            schema: &engine.schema,
            document,
            variables,
            out: Vec::new(),
            path: Vec::new(),
            errors: Vec::new(),
            collected: 0,
        };
        let is_query = index == engine.schema.query;
        let fields = execution.collect(index, &operation.selection_set.node, is_query)?;
        execution.object(root, &fields)?;
        Ok((execution.out, execution.errors))
    }

    /// The fields of a selection set, fragments and conditions resolved.
    fn collect(
        &mut self,
        ty: usize,
        selection: &'d ast::SelectionSet,
        is_query: bool,
    ) -> Result<Vec<Selected<'d>>, Failure> {
        let Some((object, fields)) = self.schema.object(ty) else {
            return Ok(Vec::new());
        };
        let mut selected = Vec::new();
        self.collect_into(&mut selected, (object, fields), selection, is_query)?;
        Ok(selected)
    }

    fn collect_into(
        &mut self,
        selected: &mut Vec<Selected<'d>>,
        object: (&'d Type, &'d [Field]),
        selection: &'d ast::SelectionSet,
        is_query: bool,
    ) -> Result<(), Failure> {
        let (ty, fields) = object;
        let name = ty.name.as_str();
        for item in &selection.items {
            self.collected += 1;
            if self.collected > COLLECTED_MAX {
                return Err(Failure::Validation("Too many fields".to_owned()));
            }
            let inner = match &item.node {
                ast::Selection::Field(field) => {
                    let field = &field.node;
                    if self.is_included(&field.directives)? {
                        let definition = match field.name.node.as_str() {
                            "__typename" => Definition::TypeName(name),
                            "__schema" | "__type" if is_query => Definition::Introspection,
                            wanted => fields
                                .iter()
                                .find(|field| field.name == wanted)
                                .map_or(Definition::Unknown { ty: name }, Definition::Field),
                        };
                        selected.push(Selected {
                            key: &field.response_key().node,
                            field,
                            definition,
                        });
                    }
                    continue;
                }
                ast::Selection::FragmentSpread(spread) => self
                    .document
                    .fragments
                    .get(&spread.node.fragment_name.node)
                    .map(|fragment| {
                        let fragment = &fragment.node;
                        (
                            Some(&fragment.type_condition),
                            &fragment.directives,
                            &fragment.selection_set,
                        )
                    }),
                ast::Selection::InlineFragment(fragment) => {
                    let fragment = &fragment.node;
                    Some((
                        fragment.type_condition.as_ref(),
                        &fragment.directives,
                        &fragment.selection_set,
                    ))
                }
            };
            if let Some((condition, directives, selection)) = inner
                && condition.is_none_or(|condition| {
                    let wanted = condition.node.on.node.as_str();
                    wanted == name || ty.implements(wanted)
                })
                && self.is_included(directives)?
            {
                self.collect_into(selected, object, &selection.node, is_query)?;
            }
        }
        Ok(())
    }

    fn is_included(&self, directives: &[Positioned<ast::Directive>]) -> Result<bool, Failure> {
        for directive in directives {
            let directive = &directive.node;
            let name = directive.name.node.as_str();
            if !matches!(name, "skip" | "include") {
                return Err(Failure::Argument(format!("Unknown directive: {name}")));
            }
            let place = Place {
                kind: "directive",
                name,
            };
            let arguments = ArgumentReader {
                schema: &self.engine.schema,
                variables: self.variables,
                scalars: self.engine.scalars,
            }
            .read(place, &self.engine.condition, &directive.arguments)
            .map_err(Failure::Argument)?;
            if arguments.boolean("if") == Some(name == "skip") {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes an object. After a failure what it has written is of no use, but all its fields have
    /// been resolved.
    fn object(&mut self, object: &dyn Object, fields: &[Selected<'d>]) -> Result<(), Failure> {
        self.out.push(b'{');
        let mut outcome = Ok(());
        for (place, selected) in fields.iter().enumerate() {
            if place > 0 {
                self.out.push(b',');
            }
            write_json(&mut self.out, selected.key.as_str());
            self.out.push(b':');
            self.path.push(Segment::Key(selected.key.clone()));
            let resolved = self.selected(object, selected);
            self.path.pop();
            outcome = outcome.and(resolved);
        }
        self.out.push(b'}');
        outcome
    }

    fn selected(&mut self, object: &dyn Object, selected: &Selected<'d>) -> Result<(), Failure> {
        if self.out.len() > ANSWER_BYTES_MAX {
            return Err(Failure::Validation("Answer too large".to_owned()));
        }
        let field = selected.field;
        match &selected.definition {
            Definition::TypeName(name) => {
                write_json(&mut self.out, name);
                Ok(())
            }
            Definition::Unknown { ty } => Err(Failure::Validation(format!(
                "Field '{}' is not defined on type '{ty}'",
                field.name.node
            ))),
            Definition::Introspection => self.introspection(field),
            Definition::Field(definition) => self.field(object, field, definition),
        }
    }

    /// `__schema` and `__type` are fields of a schema of their own.
    fn introspection(&mut self, field: &'d ast::Field) -> Result<(), Failure> {
        let schema = &self.engine.introspection;
        let root = introspection::Root(&self.engine.schema);
        let definition = schema.object(schema.query).and_then(|(_, fields)| {
            fields
                .iter()
                .find(|known| known.name == field.name.node.as_str())
        });
        let Some(definition) = definition else {
            return Ok(());
        };
        let outer = std::mem::replace(&mut self.schema, schema);
        let outcome = self.field(&root, field, definition);
        self.schema = outer;
        outcome
    }

    fn field(
        &mut self,
        object: &dyn Object,
        field: &'d ast::Field,
        definition: &'d Field,
    ) -> Result<(), Failure> {
        // Older daemons refuse what only newer ones take.
        let unknown = field.arguments.iter().find(|(name, _)| {
            let mut known = definition.arguments.iter();
            !known.any(|argument| name.node == argument.name.as_str())
        });
        if let Some((name, _)) = unknown {
            return Err(Failure::Validation(format!(
                "Argument '{}' is not defined on field '{}'",
                name.node, definition.name
            )));
        }
        let arguments = if definition.arguments.is_empty() {
            Arguments::default()
        } else {
            let place = Place {
                kind: "field",
                name: &definition.name,
            };
            ArgumentReader {
                schema: self.schema,
                variables: self.variables,
                scalars: self.engine.scalars,
            }
            .read(place, &definition.arguments, &field.arguments)
            .map_err(Failure::Argument)?
        };
        let start = self.out.len();
        let outcome = match object.field(&definition.name, &arguments) {
            Ok(value) => self.value(value, &definition.ty, field, &mut None),
            Err(message) => Err(Failure::Resolve(FieldError {
                message,
                path: self.path.clone(),
            })),
        };
        match outcome {
            Err(Failure::Resolve(error)) if definition.ty.is_nullable() => {
                self.out.truncate(start);
                self.out.extend_from_slice(b"null");
                self.errors.push(error);
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// Writes a value. `fields` are those of the objects of a type in it, collected at the first.
    fn value(
        &mut self,
        value: Value<'_>,
        ty: &TypeRef,
        field: &'d ast::Field,
        fields: &mut Option<(usize, Vec<Selected<'d>>)>,
    ) -> Result<(), Failure> {
        match value {
            Value::Null => self.out.extend_from_slice(b"null"),
            Value::Boolean(true) => self.out.extend_from_slice(b"true"),
            Value::Boolean(false) => self.out.extend_from_slice(b"false"),
            Value::Int(number) => write_json(&mut self.out, &number),
            Value::Text(text) => write_json(&mut self.out, &*text),
            Value::Json(text) => self.out.extend_from_slice(text.as_bytes()),
            Value::Tree(tree) => {
                let kind = self.schema.ty(ty.named()).map(|ty| &ty.kind);
                let is_scalar = matches!(kind, Some(Kind::Scalar)) && !is_list(ty);
                return self.value(Value::of_json(&tree, is_scalar), ty, field, fields);
            }
            Value::List(values) => {
                let of = match ty {
                    TypeRef::NonNull(of) => of,
                    other => other,
                };
                let of = match of {
                    TypeRef::List(of) => of,
                    other => other,
                };
                self.out.push(b'[');
                let mut outcome = Ok(());
                for (index, value) in values.into_iter().enumerate() {
                    if index > 0 {
                        self.out.push(b',');
                    }
                    self.path.push(Segment::Index(index));
                    let written = self.value(value, of, field, fields);
                    self.path.pop();
                    outcome = outcome.and(written);
                }
                self.out.push(b']');
                return outcome;
            }
            Value::Object(object) => {
                let own = object
                    .type_name()
                    .and_then(|name| self.schema.index_of(name));
                let index = own.unwrap_or_else(|| ty.named());
                let collected = match fields.take() {
                    Some((of, collected)) if of == index => collected,
                    _ => self.collect(index, &field.selection_set.node, false)?,
                };
                let outcome = self.object(&*object, &collected);
                *fields = Some((index, collected));
                return outcome;
            }
        }
        Ok(())
    }
}

fn is_list(ty: &TypeRef) -> bool {
    match ty {
        TypeRef::Named(_) => false,
        TypeRef::List(_) => true,
        TypeRef::NonNull(of) => is_list(of),
    }
}
