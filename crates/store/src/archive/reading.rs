//! The rows of a deployment for the archive, day by day.
//!
//! A block trace is whole in the UTC day of its start. Rows of a trace without a start, which
//! collects what happens outside of blocks, are in the day of their own time; those that have no time
//! either are in the day that had begun last by the order of ids.

use bytes::Bytes;
use futures_util::future::try_join_all;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use super::error::ArchiveRefused;
use super::records::refuse_archived;
use super::tables::ArchivedTable;
use crate::partitioned::PARTITIONED;
use crate::reading_in_parts::{Readers, open, parts};
use crate::{Database, StoreError};

/// Memory for joining a day's rows with their block traces. All rows of a day are read, so joins row
/// by row are never right; before the first ANALYZE the planner takes them.
const SETTINGS: &str = "SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '128MB'; \
                        SET LOCAL enable_nestloop = off";
/// Seconds since 1970 that are a day: up to the year 9999.
const TIMES: &str = ">= 1 AND {time} < 253402300800";
/// Gaps that a manifest lists at most, the newest.
const GAPS_MAX: i64 = 100_000;

/// A deployment of which nothing changes while it is read. Holds connections of its own.
#[derive(Debug)]
pub struct Reading {
    pub(super) connection: PgConnection,
    /// More that see the same moment.
    pub(super) others: Vec<PgConnection>,
    pub(super) deployment_id: i32,
    /// The rows are in tables of their own that are not attached yet.
    pub(super) is_detached: bool,
}

/// Where the rows of a table are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablePlan {
    /// How many.
    pub rows: u64,
    /// The days with rows, ascending.
    pub days: Vec<DayRange>,
    /// The day of a row without a time.
    otherwise: String,
    /// All rows are of the only day.
    is_one_day: bool,
}

/// The ids of a day's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRange {
    /// Days since 1970.
    pub day: i32,
    first: i64,
    last: i64,
}

/// What rows of a block trace have from it.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceFacts {
    /// The trace.
    pub block_trace_id: i32,
    /// Its node.
    pub node: String,
    /// State hash of its block.
    pub block: String,
    /// The block's height.
    pub height: i32,
    /// When it began, in seconds since 1970.
    pub started_at: f64,
    /// When its block was in the frontier.
    pub completed_at: Option<f64>,
}

/// The least and greatest id and the number of a table's rows, the first and last day of their times,
/// how many days block traces have (2: or more), and one of these.
type OneDay = (
    Option<i64>,
    Option<i64>,
    i64,
    Option<i32>,
    Option<i32>,
    i64,
    Option<i32>,
);

impl Database {
    /// A deployment as it is now, for an archive.
    ///
    /// # Errors
    ///
    /// There is no such deployment, it has open sessions of nodes, it is archived, or the database
    /// does not answer or refuses.
    pub async fn read_for_archive(&self, deployment_id: i32) -> Result<Reading, ArchiveRefused> {
        self.require_deployment(deployment_id).await?;
        let Readers {
            first: mut connection,
            mut others,
        } = open(self.pool()).await?;
        for reader in std::iter::once(&mut connection).chain(&mut others) {
            sqlx::raw_sql(SETTINGS).execute(reader).await?;
        }
        refuse_busy(&mut connection, deployment_id).await?;
        Ok(Reading {
            connection,
            others,
            deployment_id,
            is_detached: false,
        })
    }
}

pub(super) async fn begin(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::raw_sql(AssertSqlSafe(format!("BEGIN; {SETTINGS}")))
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn refuse_busy(
    connection: &mut PgConnection,
    deployment_id: i32,
) -> Result<(), ArchiveRefused> {
    match refuse_archived(&mut *connection, deployment_id).await {
        Err(StoreError::Archived { deployment_id, url }) => {
            return Err(ArchiveRefused::Already { deployment_id, url });
        }
        other => other?,
    }
    let open_sessions: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM loadlab.session
          WHERE deployment_id = $1 AND kind = 'node' AND ended_at IS NULL",
    )
    .bind(deployment_id)
    .fetch_one(connection)
    .await?;
    if open_sessions > 0 {
        return Err(ArchiveRefused::OpenSessions {
            deployment_id,
            open_sessions,
        });
    }
    Ok(())
}

impl Reading {
    /// Where the rows of a table are.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn plan(&mut self, table: &ArchivedTable) -> Result<TablePlan, StoreError> {
        if let Some(plan) = self.plan_of_one_day(table).await? {
            return Ok(plan);
        }
        let query = format!(
            "SELECT {} AS day, min(r.{id})::bigint, max(r.{id})::bigint, count(*) \
               FROM {} WHERE r.deployment_id = {} GROUP BY 1",
            day(table, "NULL"),
            self.from(table),
            self.deployment_id,
            id = table.id,
        );
        // Constants and numbers only.
        let found: Vec<(Option<i32>, i64, i64, i64)> = sqlx::query_as(AssertSqlSafe(query))
            .fetch_all(&mut self.connection)
            .await?;
        Ok(plan(&found))
    }

    /// The plan of a table if traces and rows have times of one day only, as where an experiment was
    /// short: which block trace a row is of does not matter then.
    async fn plan_of_one_day(
        &mut self,
        table: &ArchivedTable,
    ) -> Result<Option<TablePlan>, StoreError> {
        let is_time = |time: &str| TIMES.replace("{time}", time);
        let query = self.tables(&format!(
            "SELECT min(r.{id})::bigint, max(r.{id})::bigint, count(*), \
                    floor(min({time}) FILTER (WHERE {time} {is_time}) / 86400)::integer, \
                    floor(max({time}) FILTER (WHERE {time} {is_time}) / 86400)::integer, \
                    (SELECT count(*) FROM (SELECT 1 FROM {{block_trace}} AS t \
                      WHERE t.deployment_id = $1 AND t.trace_started_at {is_start} \
                      GROUP BY floor(t.trace_started_at / 86400) LIMIT 2) AS day), \
                    (SELECT floor(t.trace_started_at / 86400)::integer FROM {{block_trace}} AS t \
                      WHERE t.deployment_id = $1 AND t.trace_started_at {is_start} LIMIT 1) \
               FROM {{{name}}} AS r WHERE r.deployment_id = $1",
            id = table.id,
            time = table.time,
            is_time = is_time(table.time),
            is_start = is_time("t.trace_started_at"),
            name = table.name,
        ));
        // Constants and numbers only.
        let (first, last, rows, earliest, latest, trace_days, trace_day): OneDay =
            sqlx::query_as(AssertSqlSafe(query))
                .fetch_one(&mut self.connection)
                .await?;
        let (Some(first), Some(last), Some(day)) = (first, last, earliest) else {
            return Ok(None);
        };
        let is_one_day =
            latest == Some(day) && trace_days <= 1 && trace_day.is_none_or(|of| of == day);
        Ok(is_one_day.then(|| TablePlan {
            rows: u64::try_from(rows).unwrap_or_default(),
            days: vec![DayRange { day, first, last }],
            otherwise: day.to_string(),
            is_one_day,
        }))
    }

    /// Hands the block traces to which rows of a day belong to `each`.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn traces(
        &mut self,
        range: &DayRange,
        mut each: impl FnMut(TraceFacts),
    ) -> Result<(), StoreError> {
        let times = TIMES.replace("{time}", "trace_started_at");
        let query = self.tables(&format!(
            "SELECT block_trace_id, node_name, block_id, blockchain_length, trace_started_at, \
                    trace_completed_at \
               FROM {{block_trace}} \
              WHERE deployment_id = $1 \
                AND CASE WHEN trace_started_at {times} \
                         THEN floor(trace_started_at / 86400)::integer = {} ELSE true END \
              ORDER BY block_trace_id",
            range.day
        ));
        let mut rows = sqlx::query(AssertSqlSafe(query)).fetch(&mut self.connection);
        while let Some(row) = rows.try_next().await? {
            each(TraceFacts {
                block_trace_id: row.try_get(0)?,
                node: row.try_get(1)?,
                block: row.try_get(2)?,
                height: row.try_get(3)?,
                started_at: row.try_get(4)?,
                completed_at: row.try_get(5)?,
            });
        }
        Ok(())
    }

    /// The names of the nodes that have block traces, ascending by their bytes.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn node_names(&mut self) -> Result<Vec<String>, StoreError> {
        let query = self
            .tables("SELECT DISTINCT node_name::text FROM {block_trace} WHERE deployment_id = $1");
        let mut names: Vec<String> = sqlx::query_scalar(AssertSqlSafe(query))
            .fetch_all(&mut self.connection)
            .await?;
        names.sort_unstable();
        Ok(names)
    }

    /// The rows of a day in no order, in parts that are read at once, in the binary format of `COPY`:
    /// the id of the block trace, or null, where no column of the table is that, and then the columns
    /// of the table, the id of the row first. Each piece is a row, but for what begins and ends the
    /// format. To sort them here, the server would need several times as long.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn rows(
        &mut self,
        table: &ArchivedTable,
        plan: &TablePlan,
        range: &DayRange,
    ) -> Result<Vec<BoxStream<'_, Result<Bytes, StoreError>>>, StoreError> {
        let trace = table.trace_column.is_none();
        let trace = trace.then(|| "t.block_trace_id".to_owned());
        let own = table.columns.iter();
        let own = own.map(|column| format!("r.{}", column.quoted()));
        let columns: Vec<String> = trace.into_iter().chain(own).collect();
        let own = format!("{{{}}} AS r", table.name);
        let (from, of_day) = if plan.is_one_day {
            // Block traces are needed only where the table does not have their ids.
            let from = match table.trace_column {
                Some(_) => &own,
                None => table.from,
            };
            (from, String::new())
        } else {
            let of_day = format!(
                "AND r.{id} BETWEEN {first} AND {last} AND {day} = {wanted}",
                id = table.id,
                first = range.first,
                last = range.last,
                day = day(table, &plan.otherwise.replace("{id}", table.id)),
                wanted = range.day,
            );
            (table.from, of_day)
        };
        let query = format!(
            "SELECT {columns} FROM {from} WHERE r.deployment_id = {deployment} {of_day}",
            columns = columns.join(", "),
            from = self.tables(from),
            deployment = self.deployment_id,
        );
        let most = 1 + self.others.len();
        let parts = parts(
            &mut self.connection,
            table.name,
            self.deployment_id,
            "r",
            most,
        )
        .await?;
        let connections = std::iter::once(&mut self.connection).chain(&mut self.others);
        let begun = connections.zip(parts).map(async |(connection, part)| {
            let copy = format!("COPY ({query}{part}) TO STDOUT (FORMAT binary)");
            let rows = connection.copy_out_raw(&copy).await?;
            Ok::<_, StoreError>(rows.map_err(StoreError::from).boxed())
        });
        try_join_all(begun).await
    }

    /// What the deployment is, how complete its nodes are, and what is missing, as JSON texts.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn description(&mut self) -> Result<[String; 3], StoreError> {
        let row = sqlx::query(
            "SELECT (SELECT metadata_json::text FROM public.deployment WHERE deployment_id = $1),
                    (SELECT coalesce(json_agg(to_jsonb(one) - 'deployment_id' ORDER BY node_name),
                                     '[]')::text
                       FROM loadlab.completeness AS one WHERE deployment_id = $1),
                    (SELECT coalesce(json_agg(to_jsonb(one) ORDER BY gap_id), '[]')::text
                       FROM (SELECT gap_id, node_name, process, after_entry, missing, reason,
                                    loadlab.rfc3339(from_time) AS from_time,
                                    loadlab.rfc3339(until_time) AS until_time,
                                    loadlab.rfc3339(noted_at) AS noted_at
                               FROM loadlab.gap JOIN loadlab.session USING (session_id)
                              WHERE deployment_id = $1
                              ORDER BY gap_id DESC LIMIT $2) AS one)",
        )
        .bind(self.deployment_id)
        .bind(GAPS_MAX)
        .fetch_one(&mut self.connection)
        .await?;
        Ok([row.try_get(0)?, row.try_get(1)?, row.try_get(2)?])
    }

    /// Gives the locks back, then the connection. Nothing has changed.
    ///
    /// # Errors
    ///
    /// The database does not answer.
    pub async fn abandon(mut self) -> Result<(), StoreError> {
        sqlx::raw_sql("ROLLBACK")
            .execute(&mut self.connection)
            .await?;
        self.close().await
    }

    /// Gives the connections back to the server. Nothing has changed.
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

    fn from(&self, table: &ArchivedTable) -> String {
        self.tables(table.from)
    }

    /// Puts the names of tables and the deployment into a piece of SQL.
    fn tables(&self, sql: &str) -> String {
        let id = self.deployment_id;
        let named = PARTITIONED.iter().fold(sql.to_owned(), |sql, table| {
            let name = if self.is_detached {
                format!("loadlab.{table}_d{id}")
            } else {
                format!("public.{table}")
            };
            sql.replace(&format!("{{{table}}}"), &name)
        });
        named.replace("$1", &id.to_string())
    }
}

/// The day of a row.
fn day(table: &ArchivedTable, otherwise: &str) -> String {
    let of = |time: &str| {
        format!(
            "WHEN {time} {} THEN floor({time} / 86400)::integer",
            TIMES.replace("{time}", time)
        )
    };
    format!(
        "CASE {} {} ELSE {otherwise} END",
        of("t.trace_started_at"),
        of(table.time)
    )
}

/// From the least and greatest ids and the counts of the days; `None` is for rows without a time.
fn plan(found: &[(Option<i32>, i64, i64, i64)]) -> TablePlan {
    let count: i64 = found.iter().map(|(_, _, _, count)| count).sum();
    let timeless = found.iter().find(|(day, ..)| day.is_none());
    let mut days: Vec<DayRange> = found
        .iter()
        .filter_map(|&(day, first, last, _)| {
            let day = day?;
            Some(DayRange { day, first, last })
        })
        .collect();
    days.sort_unstable_by_key(|range| (range.first, range.day));
    if days.is_empty()
        && let Some(&(_, first, last, _)) = timeless
    {
        days.push(DayRange {
            day: 0,
            first,
            last,
        });
    }
    let list = |value: fn(&DayRange) -> i64| {
        let values: Vec<String> = days.iter().map(|range| value(range).to_string()).collect();
        values.join(", ")
    };
    let otherwise = if days.is_empty() {
        "NULL".to_owned()
    } else {
        format!(
            "('{{{}}}'::integer[])[greatest(width_bucket(r.{{id}}::bigint, '{{{}}}'::bigint[]), 1)]",
            list(|range| i64::from(range.day)),
            list(|range| range.first),
        )
    };
    if let Some(&(_, first, last, _)) = timeless {
        // They are in the day whose first id is the last before theirs.
        let begins: Vec<i64> = days.iter().map(|range| range.first).collect();
        let ends = begins.iter().skip(1).map(|&next| next - 1).chain([last]);
        for (range, end) in days.iter_mut().zip(ends) {
            range.last = range.last.max(end);
        }
        if let Some(range) = days.first_mut() {
            range.first = range.first.min(first);
        }
    }
    days.sort_unstable_by_key(|range| range.day);
    TablePlan {
        rows: u64::try_from(count).unwrap_or_default(),
        days,
        otherwise,
        is_one_day: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_a_time_are_in_the_day_that_had_begun_last() {
        let plan = plan(&[
            (Some(20_001), 50, 90, 10),
            (None, 3, 200, 4),
            (Some(20_000), 10, 60, 30),
        ]);
        assert_eq!(plan.rows, 44);
        let ranges: Vec<_> = plan.days.iter().map(|d| (d.day, d.first, d.last)).collect();
        assert_eq!(ranges, [(20_000, 3, 60), (20_001, 50, 200)]);
        assert!(plan.otherwise.contains("'{20000, 20001}'"));
        assert!(plan.otherwise.contains("'{10, 50}'"));
    }

    #[test]
    fn without_any_time_all_is_in_the_first_day_there_is() {
        let plan = plan(&[(None, 3, 7, 4)]);
        assert_eq!((plan.rows, plan.days.len(), plan.days[0].day), (4, 1, 0));
        assert_eq!(super::plan(&[]).days, []);
    }
}
