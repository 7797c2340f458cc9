//! The connection to a database of the product.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;

use crate::StoreError;
use crate::connect::{self, ConnectOptions, Target};
use crate::embedded;
use crate::results::KeptBlocks;
use crate::supported_majors::SUPPORTED_MAJORS;

/// How long a sign of life may take.
const PING_MAX: Duration = Duration::from_millis(1200);

/// Time limit for finding the reason if there is none. Together less than the
/// two seconds that a service has to say whether it is ready.
const REASON_MAX: Duration = Duration::from_millis(600);

/// A database of the product: a small pool of connections. Clones share it.
#[derive(Debug, Clone)]
pub struct Database {
    pool: PgPool,
    kept_blocks: Arc<KeptBlocks>,
}

impl Database {
    /// Connects to the database that a connection text names, a URL or
    /// `host=… dbname=…`, and checks the server's version. Whether the database is migrated is
    /// for [`Self::require_migrated`] to check.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnsupportedVersion`]: a server older or newer than those the product is
    /// tested with. Or the database does not answer or refuses.
    pub async fn connect(url: &str, options: &ConnectOptions) -> Result<Self, StoreError> {
        let target = Target::parse(url)?;
        let (pool, version) = options.connect(&target).await?;
        let major = version / 10_000;
        if !SUPPORTED_MAJORS.contains(&major) {
            return Err(StoreError::UnsupportedVersion { found: major });
        }
        Ok(Self {
            pool,
            kept_blocks: Arc::default(),
        })
    }

    /// Asks the server for a sign of life, for two seconds at most. The error is
    /// the reason, not that of a pool whose time is over.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotReady`]: the server starts, recovers, or stops. Or the database does not
    /// answer or refuses.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let server = self.pool.connect_options();
        let is_here = server.get_host() == embedded::HOST;
        if let Some(says) = is_here
            .then(|| embedded::trouble_at(server.get_port()))
            .flatten()
        {
            return Err(StoreError::NotReady { says });
        }
        let asking = sqlx::query("SELECT 1").execute(&self.pool);
        match tokio::time::timeout(PING_MAX, asking).await {
            Ok(answer) => Ok(answer.map(drop)?),
            Err(_) => Err(connect::why_no_connection(&server, REASON_MAX).await),
        }
    }

    /// Waits until all connections are given back and closes them.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub(crate) fn kept_blocks(&self) -> &KeptBlocks {
        &self.kept_blocks
    }
}
