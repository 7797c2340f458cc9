//! How many plans may be made and held at the same time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Plans at the same time. The largest ones take some hundred MiB while they are made.
const PLANS: usize = 2;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// What plans need. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Permits(Arc<Semaphore>);

/// A permit, held until the plan and its answer are gone.
pub(crate) type Permit = OwnedSemaphorePermit;

/// Others hold all of them.
#[derive(Debug, thiserror::Error)]
#[error("{PLANS} plans are being made or read already: try again in a moment")]
pub(crate) struct Busy;

impl Default for Permits {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(PLANS)))
    }
}

impl Permits {
    /// Waits for one, but not for long.
    pub(crate) async fn acquire(&self) -> Result<Permit, Busy> {
        let acquiring = Arc::clone(&self.0).acquire_owned();
        match tokio::time::timeout(PATIENCE, acquiring).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Busy),
        }
    }
}
