//! What the handlers of all routes share.

use std::sync::Arc;

use service::TaskHealth;
use store::Database;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::permits::Permits;
use super::recent_outcomes::RecentOutcomes;
use crate::config::Config;
use crate::seal::Seal;

/// What handlers share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) config: Arc<Config>,
    pub(crate) database: Database,
    pub(crate) wake: Arc<Notify>,
    pub(crate) seal: Seal,
    pub(crate) shutdown: CancellationToken,
    pub(crate) tasks: TaskHealth,
    pub(crate) plans: Permits,
    pub(crate) outcomes: RecentOutcomes,
}
