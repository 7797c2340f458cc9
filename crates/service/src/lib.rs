//! What every HTTP service of loadlab shares, so that all of them start, answer, report and stop
//! in the same way.
//!
//! A service builds an [`axum::Router`] and does the rest with this crate:
//!
//! ```no_run
//! use axum::Router;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! service::logging::init(service::logging::Format::Text, "info")?;
//! service::metrics::install()?;
//! let token = service::shutdown::on_signal()?;
//! let listener = service::bind(service::loopback(9080), "--port").await?;
//! let routes = Router::new(); // the service's own
//! let router = service::layers::standard(routes, service::layers::Limits::default())
//!     .merge(service::health::routes(async || Ok::<(), std::io::Error>(())));
//! service::serve(listener, router, token).await;
//! # Ok(())
//! # }
//! ```
//!
//! It knows nothing of nodes, traces or the database: it depends on no other crate of the
//! workspace.

mod clients;
pub mod error_body;
pub mod extract;
mod guard;
pub mod health;
mod held_body;
pub mod layers;
mod listen;
pub mod logging;
pub mod metrics;
mod observe;
pub mod openapi;
mod port_holder;
pub mod proxy;
mod serve;
pub mod shutdown;
pub mod tasks;

pub use clients::client_of;
pub use error_body::ErrorBody;
pub use guard::{Guard, GuardError, Token};
pub use held_body::held_body;
pub use listen::{BindError, bind, loopback};
pub use serve::serve;
pub use tasks::{TaskFailure, TaskHealth, Tasks};
