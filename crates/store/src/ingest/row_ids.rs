//! Row ids, allocated in blocks before the rows that refer to each other are
//! written.
//!
//! Each `nextval` of a sequence reserves a whole block of ids: of checkpoints
//! 1,024, as there are many in a transaction; of block traces one, as there
//! are few and their ids are 32-bit numbers. Blocks are never kept from one
//! transaction to the next, so ids taken later are greater in every
//! process: readers order by id.

use sqlx::PgConnection;

use crate::StoreError;

/// A sequence whose every value stands for the block of ids that starts there.
#[derive(Clone, Copy)]
pub(super) struct BlockSequence {
    name: &'static str,
    /// Its increment, as the migration sets it.
    block: i64,
}

/// Ids of `block_trace`.
pub(super) const BLOCK_TRACES: BlockSequence = BlockSequence {
    name: "loadlab.block_trace_id_seq",
    block: 1,
};

/// Ids of `block_trace_checkpoint`.
pub(super) const CHECKPOINTS: BlockSequence = BlockSequence {
    name: "public.block_trace_checkpoint_block_trace_checkpoint_id_seq",
    block: 1024,
};

/// Ids in ascending order.
pub(super) struct RowIds {
    starts: Vec<i64>,
    block: i64,
}

impl RowIds {
    /// The id of the row with this index.
    ///
    /// # Panics
    /// If fewer ids were allocated.
    pub(super) fn at(&self, index: usize) -> i64 {
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        let start = self.starts[usize::try_from(index / self.block).unwrap_or(usize::MAX)];
        start + index % self.block
    }
}

/// Allocates ids for `rows` rows.
pub(super) async fn allocate(
    connection: &mut PgConnection,
    sequence: BlockSequence,
    rows: usize,
) -> Result<RowIds, StoreError> {
    let mut starts = Vec::new();
    if rows > 0 {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        let blocks = (rows - 1) / sequence.block + 1;
        starts = sqlx::query_scalar("SELECT nextval($1::regclass) FROM generate_series(1, $2)")
            .bind(sequence.name)
            .bind(blocks)
            .fetch_all(connection)
            .await?;
        starts.sort_unstable();
    }
    Ok(RowIds {
        starts,
        block: sequence.block,
    })
}
