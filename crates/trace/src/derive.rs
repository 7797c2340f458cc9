//! What follows from entries beyond their own row: rows of the pools, of
//! blocks and their transactions. The original computes these in
//! database triggers.

use std::borrow::Cow;

use serde::Serialize;

use crate::batch::{
    Batch, BlockTransaction, InterruptionRow, LastGossipRow, ReceivedTransaction,
    SnarkWorkEventRow, Span, TraceOrdinal, TraceRow, TransactionEventRow, WorkTransaction,
};
use crate::gossip::{self, PoolAction, PoolMembers, Resource, TransactionSummary};
use crate::json_object::{as_text, elements, member, members};
use crate::state::TraceState;
use crate::timestamp::Timestamp;

/// Traces that start before this second of 2017 say nothing about when a
/// block was received: their clock is not set.
const PLAUSIBLE_START_SECONDS: i64 = 1_500_000_000;

impl Batch {
    /// Adds a changed piece of the tracer's state.
    pub(crate) fn push_state(&mut self, key: &str, piece: &impl Serialize) {
        let body =
            serde_json::to_vec(piece).expect("tracer state has text keys and finite numbers");
        self.state.push((key.to_owned(), Some(body)));
    }

    /// Adds the row of a trace with all that changed in it.
    pub(crate) fn push_trace(&mut self, ordinal: TraceOrdinal, trace: &mut TraceState) {
        trace.changed = false;
        let block_id = self.span(&trace.block_id);
        let metadata_patch = (!trace.metadata_patch.is_empty()).then(|| {
            let json = object_text(&std::mem::take(&mut trace.metadata_patch));
            self.span(&json)
        });
        self.traces.push(TraceRow {
            trace: ordinal,
            is_new: std::mem::take(&mut trace.is_new),
            block_id,
            source: trace.source,
            status: trace.status,
            started: trace.started,
            completed: trace.completed,
            blockchain_length: trace.blockchain_length,
            global_slot: trace.global_slot,
            metadata_patch,
        });
        if std::mem::take(&mut trace.starts_lowered) {
            self.starts_lowered.push(ordinal);
        }
        for resource in [Resource::TransactionDiff, Resource::SnarkWork] {
            let changed = std::mem::take(&mut trace.gossip_changed[resource as usize]);
            if let (true, Some((action, time))) = (changed, trace.last_gossip[resource as usize]) {
                self.last_gossip.push(LastGossipRow {
                    trace: ordinal,
                    resource,
                    action,
                    time,
                });
            }
        }
    }

    /// Joins a metadata control, whose row has been added, with the pool event that was announced
    /// last.
    pub(crate) fn pair_with_gossip(
        &mut self,
        row: usize,
        json: &str,
        last: [Option<(PoolAction, Timestamp)>; 2],
    ) {
        let Some(metadata) = self.checkpoints.get(row).and_then(|row| row.metadata) else {
            return;
        };
        let Some(members) = PoolMembers::read(json) else {
            return;
        };
        let whole = (json, metadata);
        if let Some((action, time)) = last[Resource::SnarkWork as usize]
            && let Some(work) = gossip::snark_work(&members)
        {
            self.push_snark_work(row, whole, action, time, &work);
        }
        if let Some((action, time)) = last[Resource::TransactionDiff as usize]
            && let Some(diff) = gossip::transaction_diff(&members)
        {
            self.push_transaction_diff(row, whole, action, time, &diff);
        }
    }

    fn push_snark_work(
        &mut self,
        row: usize,
        whole: (&str, Span),
        action: PoolAction,
        time: Timestamp,
        work: &gossip::SnarkWork<'_>,
    ) {
        self.checkpoints[row].gossip = true;
        let event = SnarkWorkEventRow {
            checkpoint: row,
            action,
            time,
            first_work_id: work.work_ids.0,
            second_work_id: work.work_ids.1,
            fee: self.part(whole, work.fee.as_ref()),
            prover: self.part(whole, work.prover.as_ref()),
            sender: self.part(whole, work.sender.as_ref()),
            reason: self.part(whole, work.reason.as_ref()),
            first_transaction: self.work_transaction(whole, &work.transactions[0]),
            second_transaction: self.work_transaction(whole, &work.transactions[1]),
        };
        self.snark_work_events.push(event);
    }

    fn part(&mut self, whole: (&str, Span), text: Option<&Cow<'_, str>>) -> Option<Span> {
        text.map(|text| self.span_within(whole, text))
    }

    fn work_transaction(
        &mut self,
        whole: (&str, Span),
        summary: &TransactionSummary<'_>,
    ) -> WorkTransaction {
        WorkTransaction {
            kind: self.part(whole, summary.kind.as_ref()),
            hash: self.part(whole, summary.hash.as_ref()),
            memo: self.part(whole, summary.memo.as_ref()),
        }
    }

    fn push_transaction_diff(
        &mut self,
        row: usize,
        whole: (&str, Span),
        action: PoolAction,
        time: Timestamp,
        content: &gossip::TransactionDiff<'_>,
    ) {
        self.checkpoints[row].gossip = true;
        let event = TransactionEventRow {
            checkpoint: row,
            action,
            time,
            diff: self.span_within(whole, content.diff),
            sender: self.part(whole, content.sender.as_ref()),
            reason: self.part(whole, content.reason.as_ref()),
        };
        self.transaction_events.push(event);
        if action != PoolAction::Received {
            return;
        }
        for summary in gossip::transactions(content.diff) {
            if let (Some(kind), Some(hash)) = (&summary.kind, &summary.hash) {
                let received = ReceivedTransaction {
                    hash: self.span_within(whole, hash),
                    kind: self.span_within(whole, kind),
                    memo: self.part(whole, summary.memo.as_ref()),
                    time,
                };
                self.received_transactions.push(received);
            }
        }
    }

    /// Takes what `block_metadata` says about the block into its trace.
    pub(crate) fn describe_block(
        &mut self,
        ordinal: TraceOrdinal,
        trace: &mut TraceState,
        json: &str,
    ) {
        let Some(members) = members(json) else {
            return;
        };
        for (key, value) in &members {
            trace.patch_metadata(key, value);
        }
        if let Some(length) = member(&members, "blockchain_length").and_then(decimal) {
            trace.blockchain_length = length;
        }
        if let Some(slot) = member(&members, "global_slot").and_then(slot) {
            trace.global_slot = slot;
        }
        if let Some(transactions) = member(&members, "transactions") {
            trace.transactions = Some(transactions.to_owned());
        }
        let interrupted_at = member(&members, "interrupt_get_completed_work_at").and_then(decimal);
        if let (Some(at), false) = (interrupted_at, trace.interrupted) {
            let ids = member(&members, "interrupt_get_completed_work_ids");
            if let Some((first_work_id, second_work_id)) = ids.and_then(gossip::work_ids) {
                let reason = member(&members, "interrupt_get_completed_work_reason");
                let reason = reason.and_then(as_text).unwrap_or_default();
                trace.interrupted = true;
                let row = InterruptionRow {
                    trace: ordinal,
                    time: trace.completed,
                    at,
                    reason: self.span(&reason),
                    first_work_id,
                    second_work_id,
                };
                self.interruptions.push(row);
            }
        }
    }

    /// Adds the transactions of a block whose start is known.
    pub(crate) fn push_block_transactions(&mut self, trace: &mut TraceState) {
        let Some(started) = trace.started.filter(|started| {
            trace.transactions.is_some()
                && started.nanoseconds() / 1_000_000_000 > PLAUSIBLE_START_SECONDS
        }) else {
            return;
        };
        let Some(json) = trace.transactions.take() else {
            return;
        };
        for summary in gossip::transactions(&json) {
            let (Some(kind), Some(hash), Some(result)) =
                (&summary.kind, &summary.hash, &summary.result)
            else {
                continue;
            };
            if kind == "coinbase" || kind == "fee_transfer" {
                continue;
            }
            let transaction = BlockTransaction {
                hash: self.span(hash),
                kind: self.span(kind),
                memo: summary.memo.as_deref().map(|memo| self.span(memo)),
                result: self.span(result),
                failure: summary.failure.as_deref().map(|failure| self.span(failure)),
                block_received: started,
            };
            self.block_transactions.push(transaction);
            trace.transactions_given = true;
        }
    }
}

/// An integer written as text, as nodes do, or as a number.
fn decimal(json: &str) -> Option<i32> {
    as_text(json)?.parse().ok()
}

/// A slot: a decimal, or the pair `["Since_genesis", decimal]` of newer nodes.
fn slot(json: &str) -> Option<i32> {
    if !json.starts_with('[') {
        return decimal(json);
    }
    let pair = elements(json)?;
    let is_pair = pair.len() == 2 && as_text(pair[0]).as_deref() == Some("Since_genesis");
    if is_pair { decimal(pair[1]) } else { None }
}

fn object_text(members: &[(String, String)]) -> String {
    let mut text = String::from("{");
    for (index, (key, value)) in members.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        let key = serde_json::to_string(key).expect("a text is JSON");
        text.push_str(&key);
        text.push(':');
        text.push_str(value);
    }
    text.push('}');
    text
}
