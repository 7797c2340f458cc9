//! What all routes of the reading API share.

use std::sync::Arc;

use store::Database;
use tokio::sync::Semaphore;

use crate::limits;

/// The database, and a bound on the work for all clients together.
#[derive(Clone)]
pub(crate) struct Reading {
    pub(super) database: Database,
    /// Bounds what is laid out at once.
    pub(super) running: Arc<Semaphore>,
}

impl Reading {
    pub(super) fn new(database: Database) -> Self {
        let running = Arc::new(Semaphore::new(limits::CONCURRENT_REQUESTS));
        Self { database, running }
    }
}
