//! Derived rows of many batches, merged by key before they are upserted: one
//! statement must not meet a key twice, and keys in ascending order keep
//! writers from deadlocks.

use std::collections::BTreeMap;

use trace::PoolAction;
use trace::batch::Batch;

/// Rows of `unique_txs` by hash.
pub(super) type UniqueTransactions<'a> = BTreeMap<&'a str, UniqueTransaction<'a>>;

/// The first description and the earliest time.
pub(super) struct UniqueTransaction<'a> {
    pub(super) kind: &'a str,
    pub(super) memo: Option<&'a str>,
    pub(super) time: i64,
}

/// Takes the received transactions of a batch.
pub(super) fn add_unique<'a>(into: &mut UniqueTransactions<'a>, batch: &'a Batch) {
    for received in &batch.received_transactions {
        let time = received.time.microseconds();
        into.entry(batch.text(received.hash))
            .and_modify(|row| row.time = row.time.min(time))
            .or_insert_with(|| UniqueTransaction {
                kind: batch.text(received.kind),
                memo: received.memo.map(|memo| batch.text(memo)),
                time,
            });
    }
}

/// Rows of `block_txs` by hash.
pub(super) type BlockTransactions<'a> = BTreeMap<&'a str, BlockTransaction<'a>>;

/// The first description, the earliest block, the lesser result with its reason.
pub(super) struct BlockTransaction<'a> {
    pub(super) kind: &'a str,
    pub(super) memo: Option<&'a str>,
    pub(super) received: i64,
    pub(super) result: &'a str,
    pub(super) failure: Option<&'a str>,
}

/// Takes the block transactions of a batch.
pub(super) fn add_block<'a>(into: &mut BlockTransactions<'a>, batch: &'a Batch) {
    for transaction in &batch.block_transactions {
        let received = transaction.block_received.microseconds();
        let result = batch.text(transaction.result);
        let failure = transaction.failure.map(|failure| batch.text(failure));
        into.entry(batch.text(transaction.hash))
            .and_modify(|row| {
                row.received = row.received.min(received);
                // of one result the lesser reason, and any rather than none
                if (result, failure.is_none(), failure)
                    < (row.result, row.failure.is_none(), row.failure)
                {
                    (row.result, row.failure) = (result, failure);
                }
            })
            .or_insert_with(|| BlockTransaction {
                kind: batch.text(transaction.kind),
                memo: transaction.memo.map(|memo| batch.text(memo)),
                received,
                result,
                failure,
            });
    }
}

/// Rows of `uniq_sws` by work ids.
pub(super) type UniqueWorks<'a> = BTreeMap<(i32, Option<i32>), UniqueWork<'a>>;

/// Descriptive columns in the order of [`UniqueWork::texts`].
pub(super) const WORK_TEXTS: usize = 9;

/// The first value of each descriptive column, the earliest of each time.
#[derive(Default)]
pub(super) struct UniqueWork<'a> {
    /// Fee, prover, sender, the two kinds, the two hashes, the two memos.
    pub(super) texts: [Option<&'a str>; WORK_TEXTS],
    pub(super) added: Option<i64>,
    pub(super) received: Option<i64>,
    pub(super) scheduled: Option<i64>,
}

/// Takes the SNARK work events of a batch.
pub(super) fn add_works<'a>(into: &mut UniqueWorks<'a>, batch: &'a Batch) {
    for event in &batch.snark_work_events {
        let row = into
            .entry((event.first_work_id, event.second_work_id))
            .or_default();
        let (first, second) = (event.first_transaction, event.second_transaction);
        let texts = [
            event.fee,
            event.prover,
            event.sender,
            first.kind,
            second.kind,
            first.hash,
            second.hash,
            first.memo,
            second.memo,
        ];
        for (old, new) in row.texts.iter_mut().zip(texts) {
            *old = old.or_else(|| new.map(|text| batch.text(text)));
        }
        let time = match event.action {
            PoolAction::Added => &mut row.added,
            PoolAction::Received => &mut row.received,
            PoolAction::Scheduled => &mut row.scheduled,
            PoolAction::Accepted | PoolAction::Rejected | PoolAction::Removed => continue,
        };
        let event_time = event.time.microseconds();
        *time = Some(time.map_or(event_time, |time| time.min(event_time)));
    }
}
