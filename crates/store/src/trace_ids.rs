//! How many ids of block traces are used: they are 32-bit numbers for compatibility.

use sqlx::Row as _;

use crate::{Database, StoreError};

/// The use of the ids of block traces, one for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct TraceIds {
    /// Ids that were given.
    pub used: i64,
    /// Ids that there are.
    pub available: i64,
}

impl TraceIds {
    /// The used part, from 0 to 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
    pub fn used_ratio(&self) -> f64 {
        self.used as f64 / self.available as f64
    }
}

impl Database {
    /// How many ids of block traces are used.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn trace_ids(&self) -> Result<TraceIds, StoreError> {
        let row = sqlx::query(
            // Not from pg_sequences: its value is null for a role that may not read the sequence,
            // too, which would read as none used.
            "SELECT CASE WHEN is_called THEN last_value ELSE 0 END,
                    (SELECT seqmax FROM pg_sequence
                      WHERE seqrelid = 'loadlab.block_trace_id_seq'::regclass)
               FROM loadlab.block_trace_id_seq",
        )
        .fetch_one(self.pool())
        .await?;
        Ok(TraceIds {
            used: row.try_get(0)?,
            available: row.try_get(1)?,
        })
    }
}
