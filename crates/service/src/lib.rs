//! What every HTTP service of loadlab shares, so that all of them start, answer, report and stop
//! in the same way.
//!
//! A service builds an [`axum::Router`], puts [`layers::standard`] around it, merges the routes of
//! [`health`] into it, and gives it with a listener of [`bind`] to [`serve()`]. The process sets up
//! [`logging`], [`metrics`] and [`shutdown`] before.
//!
//! It knows nothing of nodes, traces or the database: it depends on `text-file` and `nearest` only.

mod address_guard;
mod clients;
mod encoding;
pub mod error_body;
mod error_chain;
pub mod etag;
pub mod extract;
mod guard;
pub mod health;
mod held_body;
pub mod kept_answers;
pub mod layers;
mod listen;
pub mod logging;
pub mod metrics;
mod observe;
pub mod openapi;
mod port_holder;
pub mod proxy;
mod read_body;
pub mod refusals;
pub mod request_id;
mod serve;
mod shown_url;
pub mod shutdown;
pub mod tasks;
#[cfg(feature = "testing")]
pub mod testing;

pub use address_guard::{Refusal, guarded, refusal_of};
pub use clients::client_of;
pub use encoding::accepts;
pub use error_body::{ErrorBody, ErrorDetail};
pub use error_chain::error_chain;
pub use guard::{
    Book, BookAway, Caller, Change, Guard, GuardError, Need, Parameters, Role, Token, Verdict,
};
pub use held_body::held_body;
pub use listen::{BindError, bind, loopback};
pub use read_body::{BodyError, read_body};
pub use serve::serve;
pub use shown_url::shown_url;
pub use tasks::{TaskFailure, TaskHealth, Tasks};
