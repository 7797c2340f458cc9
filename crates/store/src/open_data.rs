//! The tables of a deployment as streams of rows: all of them as they are at one moment.

pub(crate) mod tables;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sqlx::{Connection as _, PgConnection, Row as _};

pub use tables::{Column, ColumnType, TABLES, Table};

use crate::{Database, StoreError, Time};

/// How rows are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowForm {
    /// PostgreSQL's binary format of `COPY`.
    Binary,
    /// Lines of comma-separated values, the first with the names of the columns.
    Csv,
}

/// A deployment as it was at one moment. Holds a connection of its own.
#[derive(Debug)]
pub struct Snapshot {
    connection: PgConnection,
    deployment_id: i32,
    taken_at: Time,
}

impl Database {
    /// Takes a snapshot of a deployment. While it is there, the deployment cannot be dropped.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownDeployment`]: there is none. Or the database does not answer or
    /// refuses.
    pub async fn snapshot(&self, deployment_id: i32) -> Result<Snapshot, StoreError> {
        self.require_deployment(deployment_id).await?;
        let mut connection = self.pool().acquire().await?.detach();
        // A session's limit for queries is not meant for whole tables.
        sqlx::raw_sql(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0",
        )
        .execute(&mut connection)
        .await?;
        let taken_at = sqlx::query("SELECT now()")
            .fetch_one(&mut connection)
            .await?
            .try_get(0)?;
        Ok(Snapshot {
            connection,
            deployment_id,
            taken_at,
        })
    }
}

impl Snapshot {
    /// When it was taken.
    #[must_use]
    pub fn taken_at(&self) -> Time {
        self.taken_at
    }

    /// The rows of a table. Each piece is one row, but for those of the form itself: the line with
    /// the names, and what begins and ends the binary format. A stream that is not read to its end
    /// leaves the snapshot unusable.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn rows(
        &mut self,
        table: &Table,
        form: RowForm,
    ) -> Result<BoxStream<'_, Result<Bytes, StoreError>>, StoreError> {
        let options = match form {
            RowForm::Binary => "FORMAT binary",
            RowForm::Csv => "FORMAT csv, HEADER",
        };
        let query = table.query(self.deployment_id);
        let rows = self
            .connection
            .copy_out_raw(&format!("COPY ({query}) TO STDOUT ({options})"))
            .await?;
        Ok(rows.map_err(StoreError::from).boxed())
    }

    /// Gives the connection back to the server.
    ///
    /// # Errors
    ///
    /// The database does not answer.
    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.connection.close().await?)
    }
}
