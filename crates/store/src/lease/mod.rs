//! Leases: which process may do what only one may do at a time.
//!
//! A lease names a resource and has a holder, a fencing token that grows with
//! each change of the holder, and an expiry by the clock of the database. A
//! holder renews it well before it expires; when the holder dies, anyone may
//! take it once it has expired.
//!
//! A process that was paused may wake after its lease has expired and not know
//! it yet. So everything that is written under a lease is written in a
//! transaction that calls [`require`], which fails if the token is not the
//! present one or the lease has expired, and keeps others from taking the
//! lease until the transaction ends. The lock that does so is `FOR KEY SHARE`:
//! renewing continues, taking (`FOR UPDATE`) does not. A transaction that is
//! still open when its lease has expired, because its process is paused or
//! cut off, is ended by the next holder.

use std::fmt;
use std::time::Duration;

use sqlx::{PgConnection, Row as _};

use crate::{Database, StoreError};

/// A process that takes leases. Its connections bear its name, so that others
/// can end what it left behind; see [`crate::ConnectOptions::application_name`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Holder(String);

impl Holder {
    /// A new holder of this kind (`log-fetcher`), never the same as any other.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        Self(format!("loadlab {kind} {:016x}", rand::random::<u64>()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A lease that was acquired. Whether it is still held only the database knows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lease {
    resource: String,
    token: i64,
}

impl Lease {
    /// Name of the leased resource.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The fencing token.
    #[must_use]
    pub fn token(&self) -> i64 {
        self.token
    }
}

/// Who has a lease, as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseState {
    /// Name of the leased resource.
    pub resource: String,
    /// Who has it.
    pub holder: String,
    /// The fencing token.
    pub token: i64,
    /// How long it is still valid if it is not renewed.
    pub remaining: Duration,
}

impl Database {
    /// Takes the lease of a resource for `ttl`, or nothing if another has it.
    /// A holder that has it already gets it anew, with a new token.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn acquire_lease(
        &self,
        resource: &str,
        holder: &Holder,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let mut leases = self
            .acquire_leases(&[resource.to_owned()], holder, ttl)
            .await?;
        Ok(leases.pop())
    }

    /// Takes those of the leases that nobody else has, in order of resource.
    ///
    /// A lease whose former holder still has a transaction open is free a
    /// moment later only: that transaction is ended first.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn acquire_leases(
        &self,
        resources: &[String],
        holder: &Holder,
        ttl: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        sqlx::query(include_str!("end_stuck.sql"))
            .bind(resources)
            .bind(holder.as_str())
            .execute(self.pool())
            .await?;
        let rows = sqlx::query(include_str!("acquire.sql"))
            .bind(resources)
            .bind(holder.as_str())
            .bind(ttl.as_secs_f64())
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Lease {
                    resource: row.try_get(0)?,
                    token: row.try_get(1)?,
                })
            })
            .collect()
    }

    /// Makes leases valid for `ttl` from now on, and returns which were: all
    /// others are lost.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn renew_leases(
        &self,
        leases: &[Lease],
        ttl: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        let (resources, tokens) = columns(leases);
        let renewed: Vec<String> = sqlx::query_scalar(include_str!("renew.sql"))
            .bind(resources)
            .bind(tokens)
            .bind(ttl.as_secs_f64())
            .fetch_all(self.pool())
            .await?;
        let renewed: std::collections::HashSet<String> = renewed.into_iter().collect();
        let held = leases
            .iter()
            .filter(|lease| renewed.contains(&lease.resource));
        Ok(held.cloned().collect())
    }

    /// Gives leases back, so that others need not wait until they expire.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn release_leases(&self, leases: &[Lease]) -> Result<(), StoreError> {
        let (resources, tokens) = columns(leases);
        sqlx::query(include_str!("release.sql"))
            .bind(resources)
            .bind(tokens)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// The leases that are held now, of resources that begin with `prefix`, in
    /// order of resource.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn held_leases(&self, prefix: &str) -> Result<Vec<LeaseState>, StoreError> {
        let rows = sqlx::query(
            "SELECT resource, holder, token,
                    extract(epoch FROM expires_at - clock_timestamp())::float8
               FROM loadlab.lease
              WHERE starts_with(resource, $1) AND expires_at > clock_timestamp()
              ORDER BY resource",
        )
        .bind(prefix)
        .fetch_all(self.pool())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(LeaseState {
                    resource: row.try_get(0)?,
                    holder: row.try_get(1)?,
                    token: row.try_get(2)?,
                    remaining: Duration::try_from_secs_f64(row.try_get(3)?).unwrap_or_default(),
                })
            })
            .collect()
    }
}

/// Fails with [`StoreError::LeaseLost`] unless the lease is held, and keeps it
/// from being taken by others until the end of the transaction.
///
/// # Errors
///
/// [`StoreError::LeaseLost`]: a lease has expired or is another's: nothing was written under it.
/// Or the database does not answer or refuses.
pub async fn require(connection: &mut PgConnection, lease: &Lease) -> Result<(), StoreError> {
    let held = sqlx::query(
        "SELECT FROM loadlab.lease
          WHERE resource = $1 AND token = $2 AND expires_at > clock_timestamp()
            FOR KEY SHARE",
    )
    .bind(&lease.resource)
    .bind(lease.token)
    .fetch_optional(connection)
    .await?;
    match held {
        Some(_) => Ok(()),
        None => Err(StoreError::LeaseLost {
            resource: lease.resource.clone(),
        }),
    }
}

fn columns(leases: &[Lease]) -> (Vec<&str>, Vec<i64>) {
    leases
        .iter()
        .map(|lease| (lease.resource.as_str(), lease.token))
        .unzip()
}

#[cfg(test)]
mod tests;
