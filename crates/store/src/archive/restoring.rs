//! Taking the rows of an archived deployment back, in one transaction: whatever happens, the tables
//! hold all of them or none.

use std::fmt;

use bytes::Bytes;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgCopyIn;
use sqlx::{AssertSqlSafe, PgConnection, Postgres};

use super::error::ArchiveRefused;
use super::reading::{Reading, begin};
use super::tables::ArchivedTable;
use crate::access::mark_changed;
use crate::lease::{self, Lease};
use crate::partitioned::{PARTITIONED, shape_of};
use crate::{Database, StoreError};

/// Signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What ends the rows.
const END: &[u8] = &[0xff, 0xff];

/// A deployment that is being taken back into tables of its own.
#[derive(Debug)]
pub struct Restoring(Reading);

/// A table that takes rows.
pub struct CopyIn<'a>(PgCopyIn<&'a mut PgConnection>);

impl fmt::Debug for CopyIn<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CopyIn")
    }
}

impl Database {
    /// Begins to take the rows of an archived deployment back.
    ///
    /// # Errors
    ///
    /// It is not archived, there are rows of it that came later, the lease is lost, or the database
    /// does not answer or refuses.
    pub async fn begin_restore(
        &self,
        deployment_id: i32,
        lease: &Lease,
    ) -> Result<Restoring, ArchiveRefused> {
        self.require_deployment(deployment_id).await?;
        let connection: PoolConnection<Postgres> = self.pool().acquire().await?;
        let mut connection = connection.detach();
        begin(&mut connection).await?;
        lease::require(&mut connection, lease).await?;
        let recorded = sqlx::query(
            "SELECT FROM loadlab.archived_deployment WHERE deployment_id = $1 FOR UPDATE",
        )
        .bind(deployment_id)
        .fetch_optional(&mut connection)
        .await?;
        if recorded.is_none() {
            return Err(ArchiveRefused::NotArchived(deployment_id));
        }
        for table in PARTITIONED {
            let foreign: bool = sqlx::query_scalar(AssertSqlSafe(format!(
                "SELECT EXISTS (SELECT 1 FROM public.{table} WHERE deployment_id = $1)"
            )))
            .bind(deployment_id)
            .fetch_one(&mut connection)
            .await?;
            if foreign {
                return Err(ArchiveRefused::Foreign {
                    table: table.to_owned(),
                    deployment_id,
                });
            }
            sqlx::raw_sql(AssertSqlSafe(format!(
                "CREATE TABLE loadlab.{table}_d{deployment_id} (LIKE {shape} INCLUDING ALL);
                 ALTER TABLE loadlab.{table}_d{deployment_id}
                   ADD CONSTRAINT of_deployment CHECK (deployment_id = {deployment_id})",
                shape = shape_of(table)
            )))
            .execute(&mut connection)
            .await?;
        }
        Ok(Restoring(Reading {
            connection,
            others: Vec::new(),
            deployment_id,
            is_detached: true,
        }))
    }
}

impl Restoring {
    /// Begins to take the rows of a table.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn copy_in(&mut self, table: &ArchivedTable) -> Result<CopyIn<'_>, StoreError> {
        let statement = format!(
            "COPY loadlab.{}_d{} ({}, deployment_id) FROM STDIN (FORMAT binary)",
            table.name,
            self.0.deployment_id,
            table.column_list()
        );
        let mut copy = self.0.connection.copy_in_raw(&statement).await?;
        copy.send(HEADER).await?;
        Ok(CopyIn(copy))
    }

    /// What was taken, as [`Reading`] reads it.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn taken(&mut self) -> Result<&mut Reading, StoreError> {
        for table in PARTITIONED {
            sqlx::raw_sql(AssertSqlSafe(format!(
                "ANALYZE loadlab.{table}_d{}",
                self.0.deployment_id
            )))
            .execute(&mut self.0.connection)
            .await?;
        }
        Ok(&mut self.0)
    }

    /// Makes what was taken part of the tables, and forgets that it was archived.
    ///
    /// # Errors
    ///
    /// The lease is lost, or the database does not answer or refuses; then nothing has changed.
    pub async fn finish(self, lease: &Lease) -> Result<(), StoreError> {
        let mut reading = self.0;
        let id = reading.deployment_id;
        let connection = &mut reading.connection;
        for table in PARTITIONED {
            let partition = format!("loadlab.{table}_d{id}");
            sqlx::raw_sql(AssertSqlSafe(format!(
                "ALTER TABLE public.{table} ATTACH PARTITION {partition} FOR VALUES IN ({id});
                 ALTER TABLE {partition} DROP CONSTRAINT of_deployment"
            )))
            .execute(&mut *connection)
            .await?;
        }
        sqlx::query("DELETE FROM loadlab.archived_deployment WHERE deployment_id = $1")
            .bind(id)
            .execute(&mut *connection)
            .await?;
        mark_changed(&mut *connection).await?;
        lease::require(&mut *connection, lease).await?;
        sqlx::raw_sql("COMMIT").execute(&mut *connection).await?;
        reading.close().await
    }
}

impl CopyIn<'_> {
    /// Sends whole rows.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn send(&mut self, rows: Bytes) -> Result<(), StoreError> {
        self.0.send(rows).await?;
        Ok(())
    }

    /// Ends the table.
    ///
    /// # Errors
    ///
    /// The database does not answer, or refuses a row.
    pub async fn finish(mut self) -> Result<(), StoreError> {
        self.0.send(END).await?;
        self.0.finish().await?;
        Ok(())
    }
}
