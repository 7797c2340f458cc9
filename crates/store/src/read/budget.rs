//! A bound on what one request reads, however many parts it has.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::StoreError;

/// What the columns of a row take beside their texts, about.
const ROW_BYTES: u64 = 128;

/// The rows and bytes that one request may still read. All its parts share it, also those that run
/// at once.
#[derive(Debug)]
pub struct ReadBudget {
    rows: AtomicU64,
    bytes: AtomicU64,
}

impl ReadBudget {
    /// Most rows, and most bytes of text in them.
    #[must_use]
    pub fn new(rows: u64, bytes: u64) -> Self {
        Self {
            rows: AtomicU64::new(rows),
            bytes: AtomicU64::new(bytes),
        }
    }

    /// For a caller that has asked for everything.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::new(u64::MAX, u64::MAX)
    }

    /// Takes a row with this many bytes of text. Errors: [`StoreError::OverBudget`].
    pub(super) fn take_row(&self, text_bytes: usize) -> Result<(), StoreError> {
        take(&self.rows, 1)?;
        take(&self.bytes, ROW_BYTES + text_bytes as u64)
    }
}

fn take(left: &AtomicU64, amount: u64) -> Result<(), StoreError> {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
        left.checked_sub(amount)
    })
    .map(drop)
    .map_err(|_| StoreError::OverBudget)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_bytes_are_bounded() {
        let by_rows = ReadBudget::new(2, u64::MAX);
        assert!(by_rows.take_row(1).is_ok());
        assert!(by_rows.take_row(1).is_ok());
        assert!(matches!(by_rows.take_row(0), Err(StoreError::OverBudget)));
        let by_bytes = ReadBudget::new(u64::MAX, ROW_BYTES + 9);
        assert!(matches!(by_bytes.take_row(10), Err(StoreError::OverBudget)));
        assert!(by_bytes.take_row(9).is_ok());
        assert!(matches!(by_bytes.take_row(0), Err(StoreError::OverBudget)));
    }
}
