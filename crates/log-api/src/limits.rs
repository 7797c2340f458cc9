//! How much one request and one server may ask for. Each limit is far above
//! what the known clients need.

use std::time::Duration;

/// Bytes of a request's body.
pub(crate) const BODY_BYTES: usize = 256 * 1024;
/// Bytes of the document itself.
pub(crate) const DOCUMENT_BYTES: usize = 64 * 1024;
/// Brackets open at once anywhere in a document: the parser is recursive.
pub(crate) const OPEN_BRACKETS: usize = 64;
/// Selections (fields and fragments) in all operations, fragments expanded. A
/// standard introspection query has about 150.
pub(crate) const SELECTIONS: usize = 2_000;
/// Selections inside each other, fragments expanded.
pub(crate) const NESTING: usize = 32;
/// Fields of the query type that are answered with data, aliases included.
pub(crate) const DATA_FIELDS: usize = 32;
/// Lists of introspection inside each other: the types of the fields of types
/// grow as a power of this.
pub(crate) const INTROSPECTION_LISTS: usize = 3;
/// Rows of block traces, and entries of them, in all fields of a request
/// together: ten full pages, or all that is shown of block `0`.
pub(crate) const ROWS: u64 = 100_000;
/// Bytes of an answer. A full page has about 10 MB.
pub(crate) const ANSWER_BYTES: usize = 32 << 20;
/// Requests at once, from their execution until the client has taken the answer;
/// further ones wait within their time.
pub(crate) const CONCURRENT_REQUESTS: usize = 64;
/// Time for the execution of one request, waiting included.
pub(crate) const EXECUTION_TIME: Duration = Duration::from_secs(25);
/// Time for the whole of an HTTP request, longer than its execution so that
/// the client learns what was slow.
pub(crate) const REQUEST_TIME: Duration = Duration::from_secs(30);
