//! Execution of a document, straight into the bytes of the answer.
//!
//! All fields of an operation are resolved, also after one has failed; the first failure that no
//! nullable field catches is the answer. That is what the daemon's library does, and with it the
//! mutations of a document all take place.

use async_graphql_parser::Positioned;
use async_graphql_parser::types as ast;
use async_graphql_value::{ConstValue, Name};

use super::arguments::{ArgumentReader, Arguments, Place, ScalarReader, Variables};
use super::documents::{DocumentError, Documents};
use super::introspection;
use super::schema::{Argument, Field, Schema, SchemaError, TypeRef};
use super::value::{Object, Value};

/// Largest answer in bytes, and most fields that the fragments of one document may unfold to:
/// small documents can ask for very much.
const ANSWER_BYTES_MAX: usize = 64 << 20;
const COLLECTED_MAX: usize = 100_000;

/// A schema ready to answer. One for all nodes.
#[derive(Debug)]
pub(crate) struct Engine {
    schema: Schema,
    scalars: ScalarReader,
    documents: Documents,
    /// Arguments of `@skip` and `@include`.
    condition: [Argument; 1],
    introspection: Schema,
}

/// What a client asks for.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) query: String,
    pub(crate) variables: serde_json::Map<String, serde_json::Value>,
    pub(crate) operation_name: Option<String>,
}

/// Why an operation or a field has no value.
enum Failure {
    /// An argument, variable or directive is wrong.
    Argument(String),
    /// The schema or the document has no such thing.
    Validation(String),
    /// A resolver has failed.
    Resolve(FieldError),
}

struct FieldError {
    message: String,
    path: Vec<Segment>,
}

#[derive(Clone)]
enum Segment {
    Key(Name),
    Index(usize),
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
        })
    }

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
        let variables = variables(operation, &request.variables);
        let [query, mutation] = roots;
        let (index, root, is_query) = match operation.ty {
            ast::OperationType::Query => (self.schema.query, query, true),
            ast::OperationType::Mutation => {
                let index = self
                    .schema
                    .mutation
                    .ok_or_else(|| Failure::Validation("Mutations not configured".to_owned()))?;
                (index, mutation, false)
            }
            ast::OperationType::Subscription => return subscription(operation),
        };
        let mut execution = Execution {
            engine: self,
            schema: &self.schema,
            document,
            variables: &variables,
            out: b"{\"data\":".to_vec(),
            path: Vec::new(),
            errors: Vec::new(),
            collected: 0,
        };
        let fields = execution.collect(index, &operation.selection_set.node, is_query)?;
        execution.object(root, &fields)?;
        let Execution {
            mut out, errors, ..
        } = execution;
        if errors.is_empty() {
            out.push(b'}');
            return Ok(out);
        }
        let mut body = b"{\"errors\":[".to_vec();
        for (place, error) in errors.iter().enumerate() {
            if place > 0 {
                body.push(b',');
            }
            write_error(&mut body, &error.message, Some(&error.path));
        }
        body.extend_from_slice(b"],");
        body.extend_from_slice(out.get(1..).unwrap_or_default());
        body.push(b'}');
        Ok(body)
    }
}

/// There is nothing to subscribe to: a root without fields.
fn subscription(operation: &ast::OperationDefinition) -> Result<Vec<u8>, Failure> {
    match operation.selection_set.node.items.as_slice() {
        [
            Positioned {
                node: ast::Selection::Field(field),
                ..
            },
        ] => {
            let mut body = b"{".to_vec();
            write_json(&mut body, field.node.response_key().node.as_str());
            body.extend_from_slice(b":null}");
            Ok(body)
        }
        _ => Err(Failure::Validation(
            "Subscriptions only allow exactly one selection for the operation.".to_owned(),
        )),
    }
}

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

struct Execution<'d> {
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
        self.collect_into(&mut selected, (&object.name, fields), selection, is_query)?;
        Ok(selected)
    }

    fn collect_into(
        &mut self,
        selected: &mut Vec<Selected<'d>>,
        object: (&'d str, &'d [Field]),
        selection: &'d ast::SelectionSet,
        is_query: bool,
    ) -> Result<(), Failure> {
        let (name, fields) = object;
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
                && condition.is_none_or(|condition| condition.node.on.node == name)
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
        if self.out.len() > ANSWER_BYTES_MAX {
            return Err(Failure::Validation("Answer too large".to_owned()));
        }
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

    /// Writes a value. `fields` are those of the objects in it, collected at the first.
    fn value(
        &mut self,
        value: Value<'_>,
        ty: &TypeRef,
        field: &'d ast::Field,
        fields: &mut Option<Vec<Selected<'d>>>,
    ) -> Result<(), Failure> {
        match value {
            Value::Null => self.out.extend_from_slice(b"null"),
            Value::Boolean(true) => self.out.extend_from_slice(b"true"),
            Value::Boolean(false) => self.out.extend_from_slice(b"false"),
            Value::Int(number) => write_json(&mut self.out, &number),
            Value::Text(text) => write_json(&mut self.out, &*text),
            Value::Json(text) => self.out.extend_from_slice(text.as_bytes()),
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
                let collected = match fields.take() {
                    Some(collected) => collected,
                    None => self.collect(ty.named(), &field.selection_set.node, false)?,
                };
                let outcome = self.object(&*object, &collected);
                *fields = Some(collected);
                return outcome;
            }
        }
        Ok(())
    }
}

fn variables(
    operation: &ast::OperationDefinition,
    given: &serde_json::Map<String, serde_json::Value>,
) -> Variables {
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
    defaults.chain(given).collect()
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

fn failure_body(failure: &Failure) -> Vec<u8> {
    let (message, path, has_data) = match failure {
        Failure::Validation(message) => (message, None, false),
        Failure::Argument(message) => (message, None, true),
        Failure::Resolve(error) => (&error.message, Some(&error.path), true),
    };
    let mut body = b"{\"errors\":[".to_vec();
    write_error(&mut body, message, path.map(Vec::as_slice));
    body.extend_from_slice(if has_data { b"],\"data\":null}" } else { b"]}" });
    body
}

fn write_error(out: &mut Vec<u8>, message: &str, path: Option<&[Segment]>) {
    out.extend_from_slice(b"{\"message\":");
    write_json(out, message);
    if let Some(path) = path {
        out.extend_from_slice(b",\"path\":[");
        for (place, segment) in path.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            match segment {
                Segment::Key(key) => write_json(out, key.as_str()),
                Segment::Index(index) => write_json(out, index),
            }
        }
        out.push(b']');
    }
    out.push(b'}');
}

fn write_json<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    // Writing texts and numbers into memory cannot fail.
    let _ = serde_json::to_writer(out, value);
}
