//! One process at a time works on the archive of a deployment.

use std::time::Duration;

use store::lease::{Holder, Lease};
use store::{Database, StoreError};

use crate::error::ArchiveError;

/// How long a process that is gone keeps others out.
const LEASE: Duration = Duration::from_secs(30);
const RENEWAL: Duration = Duration::from_secs(8);

/// The right to work on the archive of a deployment.
#[derive(Debug, Clone)]
pub(crate) struct Tenure {
    database: Database,
    lease: Lease,
}

impl Tenure {
    /// Works under the lease of a deployment, and stops when that is lost.
    pub(crate) async fn hold<T, F: Future<Output = Result<T, ArchiveError>>>(
        database: &Database,
        holder: &Holder,
        deployment_id: i32,
        work: impl FnOnce(Self) -> F,
    ) -> Result<T, ArchiveError> {
        let resource = format!("archive/{deployment_id}");
        let lease = database.acquire_lease(&resource, holder, LEASE).await?;
        let lease = lease.ok_or(ArchiveError::Busy(deployment_id))?;
        let tenure = Self {
            database: database.clone(),
            lease,
        };
        let done = tokio::select! {
            done = work(tenure.clone()) => done,
            lost = tenure.renew() => Err(lost),
        };
        // It expires by itself, too.
        let _ = database.release_leases(&[tenure.lease]).await;
        done
    }

    /// Ends when the lease is lost.
    async fn renew(&self) -> ArchiveError {
        loop {
            tokio::time::sleep(RENEWAL).await;
            match self.require().await {
                // The database may be away for a moment; the lease decides.
                Ok(()) | Err(ArchiveError::Store(StoreError::ConnectionLost(_))) => {}
                Err(error) => return error,
            }
        }
    }

    /// Fails if the lease is lost. Comes before everything that others see.
    pub(crate) async fn require(&self) -> Result<(), ArchiveError> {
        let held = std::slice::from_ref(&self.lease);
        let renewed = self.database.renew_leases(held, LEASE).await?;
        if renewed.is_empty() {
            return Err(ArchiveError::Store(StoreError::LeaseLost {
                resource: self.lease.resource().to_owned(),
            }));
        }
        Ok(())
    }

    pub(crate) fn lease(&self) -> &Lease {
        &self.lease
    }
}
