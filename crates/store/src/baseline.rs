//! What the ingest is compared with: the same rows by plain `COPY`, and one
//! `INSERT` for each of them.
//!
//! For benchmarks only. Speaks of the tables that users query; what the ingest
//! writes beside them (sessions and their state) is its own expense.

mod results;

use futures_util::TryStreamExt as _;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgRow, PgTypeInfo, PgValueFormat};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Column as _, Encode, Postgres, Row as _, Type, ValueRef as _};

use crate::{Database, StoreError};

pub use results::OutOfTime;

/// Bytes that are sent at once, as many as the ingest sends.
const PIECE_BYTES: usize = 256 << 10;

/// A table with the order of its rows, and the number by which they are shared
/// out among connections: rows that were written together stay together.
struct Table {
    name: &'static str,
    order: &'static str,
    share: &'static str,
}

const TABLES: [Table; 10] = [
    Table::new("block_trace", "block_trace_id", "block_trace_id / 32"),
    Table::new(
        "block_trace_checkpoint",
        "block_trace_checkpoint_id",
        "block_trace_checkpoint_id / 1024",
    ),
    Table::new(
        "tx_traces",
        "block_trace_checkpoint_id",
        "block_trace_checkpoint_id / 1024",
    ),
    Table::new(
        "sw_traces",
        "block_trace_checkpoint_id",
        "block_trace_checkpoint_id / 1024",
    ),
    Table::new("uniq_sws", "fst_work_id", "fst_work_id / 1024"),
    Table::new("unique_txs", "hash", "hashtext(hash)::bigint"),
    Table::new("block_txs", "hash", "hashtext(hash)::bigint"),
    Table::new(
        "last_block_trace_gossip_checkpoint",
        "block_trace_id",
        "block_trace_id / 32",
    ),
    Table::new("sw_interruptions", "block_trace_id", "block_trace_id / 32"),
    Table::new("data", "node_name", "hashtext(node_name)::bigint"),
];

impl Table {
    const fn new(name: &'static str, order: &'static str, share: &'static str) -> Self {
        Self { name, order, share }
    }
}

/// The rows that one connection copies: per table the bytes of a binary `COPY`.
#[derive(Debug)]
pub struct CopyShare {
    tables: Vec<(&'static str, Vec<u8>)>,
}

/// A row of any table, with its values in the binary form of its types.
#[derive(Debug, Clone)]
pub struct SampleRow {
    table: &'static str,
    values: Vec<Value>,
}

#[derive(Debug, Clone)]
struct Value {
    kind: PgTypeInfo,
    /// None for null.
    bytes: Option<Vec<u8>>,
}

impl Database {
    /// Writes out what other sessions have changed, so that measurements start
    /// alike. The user must be allowed to.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn force_checkpoint(&self) -> Result<(), StoreError> {
        sqlx::raw_sql("CHECKPOINT").execute(self.pool()).await?;
        Ok(())
    }

    /// The number of rows in all tables.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn count_rows(&self) -> Result<u64, StoreError> {
        let mut rows = 0;
        for table in &TABLES {
            rows += self.count(table).await?;
        }
        Ok(rows)
    }

    async fn count(&self, table: &Table) -> Result<u64, StoreError> {
        // Safe, as everywhere below: names are constants.
        let sql = AssertSqlSafe(format!("SELECT count(*) FROM public.{}", table.name));
        let rows: i64 = sqlx::query_scalar(sql).fetch_one(self.pool()).await?;
        Ok(u64::try_from(rows).unwrap_or(0))
    }

    /// Reads all rows into memory, shared out for `connections` connections.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn copy_rows_out(&self, connections: u32) -> Result<Vec<CopyShare>, StoreError> {
        let mut shares = Vec::new();
        for share in 0..connections {
            let mut tables = Vec::new();
            for table in &TABLES {
                let Table {
                    name,
                    order,
                    share: number,
                } = table;
                let statement = format!(
                    "COPY (SELECT * FROM public.{name} WHERE abs({number}) % {connections} = {share}
                           ORDER BY {order}) TO STDOUT (FORMAT binary)"
                );
                let mut connection = self.pool().acquire().await?;
                let mut bytes = Vec::new();
                let mut pieces = connection.copy_out_raw(&statement).await?;
                while let Some(piece) = pieces.try_next().await? {
                    bytes.extend_from_slice(&piece);
                }
                tables.push((*name, bytes));
            }
            shares.push(CopyShare { tables });
        }
        Ok(shares)
    }

    /// Copies a share of the rows into the tables on one connection; gives
    /// their number.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn copy_rows_in(&self, share: &CopyShare) -> Result<u64, StoreError> {
        let mut connection = self.pool().acquire().await?;
        let mut rows = 0;
        for (table, bytes) in &share.tables {
            let statement = format!("COPY public.{table} FROM STDIN (FORMAT binary)");
            let mut copy = connection.copy_in_raw(&statement).await?;
            for piece in bytes.chunks(PIECE_BYTES) {
                copy.send(piece).await?;
            }
            rows += copy.finish().await?;
        }
        Ok(rows)
    }

    /// Empties the tables.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn empty_tables(&self) -> Result<(), StoreError> {
        let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        let sql = AssertSqlSafe(format!("TRUNCATE TABLE public.{}", names.join(", public.")));
        sqlx::raw_sql(sql).execute(self.pool()).await?;
        Ok(())
    }

    /// Some `limit` rows: of each table its part.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn sample_rows(&self, limit: u64) -> Result<Vec<SampleRow>, StoreError> {
        let all = self.count_rows().await?.max(1);
        let mut sample = Vec::new();
        for table in &TABLES {
            let part = (self.count(table).await? * limit).div_ceil(all);
            let sql = AssertSqlSafe(format!(
                "SELECT * FROM public.{} ORDER BY {} LIMIT $1",
                table.name, table.order
            ));
            let rows = sqlx::query(sql)
                .bind(i64::try_from(part).unwrap_or(i64::MAX))
                .fetch_all(self.pool())
                .await?;
            for row in &rows {
                sample.push(SampleRow::of(table.name, row)?);
            }
        }
        Ok(sample)
    }

    /// Inserts rows one by one, each committed on its own, on one connection.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn insert_one_by_one(&self, rows: &[SampleRow]) -> Result<(), StoreError> {
        let mut connection = self.pool().acquire().await?;
        for row in rows {
            row.insert().execute(&mut *connection).await?;
        }
        Ok(())
    }
}

impl SampleRow {
    fn of(table: &'static str, row: &PgRow) -> Result<Self, StoreError> {
        let value = |column: usize| -> Result<Value, StoreError> {
            let raw = row.try_get_raw(column)?;
            debug_assert!(raw.is_null() || raw.format() == PgValueFormat::Binary);
            let kind = row.column(column).type_info().clone();
            let bytes = if raw.is_null() {
                None
            } else {
                let bytes = raw.as_bytes().map_err(|source| StoreError::Unreadable {
                    what: "value of a row",
                    source,
                })?;
                Some(bytes.to_vec())
            };
            Ok(Value { kind, bytes })
        };
        let values = (0..row.len()).map(value).collect::<Result<_, _>>()?;
        Ok(Self { table, values })
    }

    fn insert(&self) -> Query<'_, Postgres, PgArguments> {
        let places: Vec<String> = (1..=self.values.len()).map(|n| format!("${n}")).collect();
        let sql = format!(
            "INSERT INTO public.{} VALUES ({})",
            self.table,
            places.join(", ")
        );
        self.values
            .iter()
            .fold(sqlx::query(AssertSqlSafe(sql)), |query, value| {
                query.bind(value)
            })
    }
}

impl Type<Postgres> for Value {
    fn type_info() -> PgTypeInfo {
        // Never used: each value says its own type.
        <str as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Value {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        match &self.bytes {
            Some(bytes) => {
                buffer.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(self.kind.clone())
    }
}
