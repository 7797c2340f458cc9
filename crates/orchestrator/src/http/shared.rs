//! What the handlers of all routes share.

use std::sync::Arc;

use axum::extract::FromRef;
use run_records::Runs;
use service::TaskHealth;
use store::Database;
use tokio::sync::Notify;

use super::permits::Permits;
use crate::config::Config;
use crate::seal::Seal;

/// What handlers share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) config: Arc<Config>,
    pub(crate) database: Database,
    pub(crate) wake: Arc<Notify>,
    pub(crate) seal: Seal,
    pub(crate) tasks: TaskHealth,
    pub(crate) plans: Permits,
    pub(crate) runs: Runs,
}

impl FromRef<Shared> for Runs {
    fn from_ref(shared: &Shared) -> Self {
        shared.runs.clone()
    }
}
