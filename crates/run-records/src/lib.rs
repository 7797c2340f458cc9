//! What is on record of runs, over REST: all of them, one, its journal, its events.
//!
//! The experiments API and the orchestrator answer alike, because both have these handlers among
//! their routes, over a state that has [`Runs`].

mod counts;
pub mod events;
pub mod journal;
mod recent_outcomes;
mod remaining_funds;
pub mod runs;

use axum::http::StatusCode;
use service::{ErrorBody, error_chain};
use store::{Database, StoreError};
use tokio_util::sync::CancellationToken;

use recent_outcomes::RecentOutcomes;

pub use remaining_funds::{CommandRemainingFunds, RemainingFunds};

/// What the handlers need. Clones share what was found lately.
#[derive(Debug, Clone)]
pub struct Runs {
    database: Database,
    outcomes: RecentOutcomes,
    shutdown: CancellationToken,
}

impl Runs {
    /// The runs of a database. Streams of events end when `shutdown` is cancelled.
    #[must_use]
    pub fn new(database: Database, shutdown: CancellationToken) -> Self {
        Self {
            database,
            outcomes: RecentOutcomes::default(),
            shutdown,
        }
    }
}

/// The answer where no run has the name.
#[must_use]
pub fn unknown() -> ErrorBody {
    ErrorBody::new(
        StatusCode::NOT_FOUND,
        "unknown_experiment",
        "there is no experiment of this name",
    )
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failed(error: StoreError) -> ErrorBody {
    tracing::error!("a request failed: {}", error_chain(&error));
    ErrorBody::internal()
}
