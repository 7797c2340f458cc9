//! Why an operation or a field has no value, and how the answer says so.

use async_graphql_value::Name;

/// Why an operation or a field has no value.
pub(super) enum Failure {
    /// An argument, variable or directive is wrong.
    Argument(String),
    /// The schema or the document has no such thing.
    Validation(String),
    /// A resolver has failed.
    Resolve(FieldError),
}

pub(super) struct FieldError {
    pub(super) message: String,
    pub(super) path: Vec<Segment>,
}

/// A step of the path to a field.
#[derive(Clone)]
pub(super) enum Segment {
    Key(Name),
    Index(usize),
}

/// The body of an answer that is nothing but a failure.
pub(super) fn failure_body(failure: &Failure) -> Vec<u8> {
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

/// Writes an element of `errors`.
pub(super) fn write_error(out: &mut Vec<u8>, message: &str, path: Option<&[Segment]>) {
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

pub(super) fn write_json<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    // Writing texts and numbers into memory cannot fail.
    let _ = serde_json::to_writer(out, value);
}
