//! The nodes that were discovered, and what their fetchers say of them.

use std::ops::RangeInclusive;
use std::time::Duration;

use sqlx::Row as _;

use crate::{Database, StoreError};

/// A node as it is discovered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNode {
    /// How it is called in every table.
    pub node_name: String,
    /// Address or name.
    pub host: String,
    /// Port of its ITN server.
    pub graphql_port: u16,
    /// The key it submits with.
    pub submitter: Option<String>,
}

/// A node as its fetchers know it.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchedNode {
    /// How it is called in every table.
    pub node_name: String,
    /// Address or name.
    pub host: String,
    /// Port of its ITN server.
    pub graphql_port: u16,
    /// The key it submits with.
    pub submitter: Option<String>,
    /// Where its traces are served without naming it.
    pub trace_port: Option<u16>,
    /// Whether it produces blocks, once it has said so.
    pub is_block_producer: Option<bool>,
    /// What its fetcher does.
    pub state: String,
    /// What is wrong, if anything.
    pub problem: Option<String>,
    /// How long ago it answered last.
    pub fetched_ago: Option<Duration>,
    /// How often it is asked.
    pub poll_interval_seconds: Option<f64>,
}

/// What a fetcher says of a node.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeReport {
    /// The node.
    pub node_name: String,
    /// What is done.
    pub state: &'static str,
    /// What is wrong, if anything.
    pub problem: Option<String>,
    /// Whether it produces blocks, if it has said so.
    pub is_block_producer: Option<bool>,
    /// Seconds since it answered last.
    pub fetched_seconds_ago: Option<f64>,
    /// How often it is asked.
    pub poll_interval_seconds: Option<f64>,
}

impl Database {
    /// Takes note of the nodes that are listed now.
    ///
    /// They become active; nodes that were not listed for `grace` become
    /// inactive. Each active node has a trace port of `trace_ports`, if there
    /// are enough; those of inactive nodes are given away when there is no
    /// other.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn record_listed_nodes(
        &self,
        nodes: &[NewNode],
        grace: Duration,
        trace_ports: &RangeInclusive<u16>,
    ) -> Result<(), StoreError> {
        let text = |value: fn(&NewNode) -> &str| -> Vec<&str> { nodes.iter().map(value).collect() };
        let ports: Vec<i32> = nodes.iter().map(|n| n.graphql_port.into()).collect();
        let submitters: Vec<Option<&str>> = nodes.iter().map(|n| n.submitter.as_deref()).collect();
        let mut transaction = self.pool().begin().await?;
        // One at a time, so that two fetchers do not give out the same port.
        sqlx::query("LOCK TABLE loadlab.fetched_node IN SHARE ROW EXCLUSIVE MODE")
            .execute(&mut *transaction)
            .await?;
        sqlx::query(include_str!("sql/record_nodes.sql"))
            .bind(text(|node| &node.node_name))
            .bind(text(|node| &node.host))
            .bind(ports)
            .bind(submitters)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "UPDATE loadlab.fetched_node SET active = false
              WHERE active AND listed_at < clock_timestamp() - $1 * interval '1 second'",
        )
        .bind(grace.as_secs_f64())
        .execute(&mut *transaction)
        .await?;
        for statement in [
            include_str!("sql/free_trace_ports.sql"),
            include_str!("sql/assign_trace_ports.sql"),
        ] {
            sqlx::query(statement)
                .bind(i32::from(*trace_ports.start()))
                .bind(i32::from(*trace_ports.end()))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps the active nodes although no source says which are listed.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn keep_listed_nodes(&self) -> Result<(), StoreError> {
        sqlx::query("UPDATE loadlab.fetched_node SET listed_at = clock_timestamp() WHERE active")
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// The active nodes, in order of name.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn fetched_nodes(&self) -> Result<Vec<FetchedNode>, StoreError> {
        let rows = sqlx::query(include_str!("sql/nodes.sql"))
            .fetch_all(self.pool())
            .await?;
        let port = |port: i32| u16::try_from(port).unwrap_or(0);
        rows.iter()
            .map(|row| {
                Ok(FetchedNode {
                    node_name: row.try_get(0)?,
                    host: row.try_get(1)?,
                    graphql_port: port(row.try_get(2)?),
                    submitter: row.try_get(3)?,
                    trace_port: row.try_get::<Option<i32>, _>(4)?.map(port),
                    is_block_producer: row.try_get(5)?,
                    state: row.try_get(6)?,
                    problem: row.try_get(7)?,
                    fetched_ago: row
                        .try_get::<Option<f64>, _>(8)?
                        .map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()),
                    poll_interval_seconds: row.try_get(9)?,
                })
            })
            .collect()
    }

    /// How far the log of each node is stored: the last log id of its open
    /// session.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn node_cursors(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT node_name, coalesce((cursor ->> 'last_log_id')::bigint, 0)
               FROM loadlab.session WHERE kind = 'node' AND ended_at IS NULL",
        )
        .fetch_all(self.pool())
        .await?;
        let rows = rows.into_iter();
        Ok(rows
            .map(|(node, last)| (node, u64::try_from(last).unwrap_or(0)))
            .collect())
    }

    /// How many connections to the database have a name that begins so.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn connections(&self, application_name: &str) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE starts_with(application_name, $1)",
        )
        .bind(application_name)
        .fetch_one(self.pool())
        .await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Takes note of what a fetcher says of its nodes.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn report_nodes(&self, reports: &[NodeReport]) -> Result<(), StoreError> {
        sqlx::query(include_str!("sql/report_nodes.sql"))
            .bind(column(reports, |r| r.node_name.as_str()))
            .bind(column(reports, |r| r.state))
            .bind(column(reports, |r| r.problem.as_deref()))
            .bind(column(reports, |r| r.is_block_producer))
            .bind(column(reports, |r| r.fetched_seconds_ago))
            .bind(column(reports, |r| r.poll_interval_seconds))
            .execute(self.pool())
            .await?;
        Ok(())
    }
}

fn column<'a, T>(reports: &'a [NodeReport], value: impl Fn(&'a NodeReport) -> T) -> Vec<T> {
    reports.iter().map(value).collect()
}
