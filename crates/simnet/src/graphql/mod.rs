//! GraphQL as a daemon's server does it.
//!
//! Daemons use OCaml's `graphql` library, and clients meet its ways: input fields that the schema
//! does not know are ignored, a document is not validated as a whole before it runs, a document
//! that cannot be parsed is answered with a bare JSON text, and errors have a message and a path but
//! no locations. The GraphQL servers written in Rust do none of that, so only their parser is used
//! here; and an answer of thousands of log entries is written straight into bytes.
//!
//! A schema is read from SDL once and shared by all nodes; documents are parsed once and kept by
//! their text.

mod answer;
mod arguments;
mod documents;
mod engine;
mod execute;
mod failure;
pub(crate) mod http;
mod introspection;
mod schema;
mod value;

pub(crate) use arguments::Arguments;
pub(crate) use engine::{Engine, Request};
pub(crate) use schema::SchemaError;
pub(crate) use value::{Object, Value};
