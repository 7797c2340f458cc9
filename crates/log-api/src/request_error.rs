//! Requests that are not executed, and how they are answered: with status 400
//! and the bodies that clients of the original know.

use serde_json::{Value, json};

use crate::call::ArgumentError;

/// Why a request is not executed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequestError {
    /// There is no document.
    #[error("Must provide query string")]
    NoQuery,
    /// The document cannot be parsed.
    #[error("Line {line} col {column}: Syntax error")]
    Syntax { line: usize, column: usize },
    /// The request is not what a GraphQL client sends over HTTP.
    #[error("{0}")]
    Malformed(&'static str),
    /// Several operations and no name that chooses one.
    #[error("Operation name required")]
    OperationNameRequired,
    /// The document is odd in some other way; the text is the parser's.
    #[error("{0}")]
    Document(String),
    /// No operation has the name that the request gives.
    #[error("Operation not found")]
    OperationNotFound,
    /// The document uses a fragment that it does not define.
    #[error("Fragment '{0}' is not defined")]
    UnknownFragment(String),
    /// A field that does not exist.
    #[error("Field '{field}' is not defined on type '{on}'")]
    UnknownField { field: String, on: &'static str },
    /// A selection below a field whose values are plain JSON.
    #[error("Field '{0}' is a JSON value: it takes no selection")]
    SelectionOnLeaf(&'static str),
    /// A variable that the operation does not declare.
    #[error("Variable '${0}' is not declared by the operation")]
    UndeclaredVariable(String),
    /// An argument is missing or unfit.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    /// The request asks for more than one request may.
    #[error("The request {subject}: at most {limit} are allowed")]
    TooLarge { subject: &'static str, limit: usize },
    /// Refused by the executor, with its text.
    #[error("{0}")]
    Refused(String),
}

impl RequestError {
    /// The body of the answer.
    pub(crate) fn body(&self) -> Value {
        let message = self.to_string();
        match self {
            Self::NoQuery | Self::Syntax { .. } => Value::String(message),
            Self::Argument(_) | Self::UndeclaredVariable(_) => {
                json!({"errors": [{"message": message}], "data": null})
            }
            _ => json!({"errors": [{"message": message}]}),
        }
    }
}
