//! The tables of a deployment as streams of rows: all of them as they are at one moment.

pub(crate) mod tables;

use bytes::Bytes;
use futures_util::future::try_join_all;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sqlx::{Connection as _, PgConnection, Row as _};

pub use tables::{Column, ColumnType, TABLES, Table};

use crate::reading_in_parts::{Readers, open, parts};
use crate::{Database, StoreError, Time};

/// How rows are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowForm {
    /// PostgreSQL's binary format of `COPY`.
    Binary,
    /// Lines of comma-separated values, the first with the names of the columns.
    Csv,
}

/// A deployment as it was at one moment. Holds connections of its own.
#[derive(Debug)]
pub struct Snapshot {
    connection: PgConnection,
    /// More that see the same moment.
    others: Vec<PgConnection>,
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
        let Readers {
            first: mut connection,
            others,
        } = open(self.pool()).await?;
        let taken_at = sqlx::query("SELECT now()")
            .fetch_one(&mut connection)
            .await?
            .try_get(0)?;
        Ok(Snapshot {
            connection,
            others,
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

    /// The rows of a table, in parts that are read at once. Each piece is one row, but for those of
    /// the form itself: the line with the names, and what begins and ends the binary format. Lines
    /// are one part. A stream that is not read to its end leaves the snapshot unusable.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn rows(
        &mut self,
        table: &Table,
        form: RowForm,
    ) -> Result<Vec<BoxStream<'_, Result<Bytes, StoreError>>>, StoreError> {
        let (options, most) = match form {
            RowForm::Binary => ("FORMAT binary", 1 + self.others.len()),
            RowForm::Csv => ("FORMAT csv, HEADER", 1),
        };
        let id = self.deployment_id;
        let parts = parts(&mut self.connection, table.name, id, table.name, most).await?;
        let query = table.query(id);
        let connections = std::iter::once(&mut self.connection).chain(&mut self.others);
        let begun = connections.zip(parts).map(async |(connection, part)| {
            let copy = format!("COPY ({query}{part}) TO STDOUT ({options})");
            let rows = connection.copy_out_raw(&copy).await?;
            Ok::<_, StoreError>(rows.map_err(StoreError::from).boxed())
        });
        try_join_all(begun).await
    }

    /// Gives the connections back to the server.
    ///
    /// # Errors
    ///
    /// The database does not answer.
    pub async fn close(self) -> Result<(), StoreError> {
        for other in self.others {
            other.close().await?;
        }
        Ok(self.connection.close().await?)
    }
}
