//! A block, and what traces say about it.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use crate::config::Generation;
use crate::ids::{AccountId, BlockId, NodeId};
use crate::ledger::{Account, Failure};
use crate::transaction::Transaction;

/// Transactions that a block holds at most, coinbase and fee transfers included.
pub(crate) const CAPACITY: u32 = 128;

/// A block of the chain.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) id: BlockId,
    pub(crate) parent: BlockId,
    pub(crate) hash: Arc<str>,
    pub(crate) previous_hash: Arc<str>,
    /// Blocks from genesis, which has 1.
    pub(crate) length: u32,
    /// Since genesis.
    pub(crate) slot: u32,
    /// None for genesis.
    pub(crate) producer: Option<NodeId>,
    /// Decides between chains of one length.
    pub(crate) vrf_output: u64,
    pub(crate) transactions: Vec<Included>,
    /// SNARK work that it makes necessary, and that it buys.
    pub(crate) bundles: Vec<Arc<Bundle>>,
    pub(crate) bought_bundles: Vec<Arc<Bundle>>,
    /// The accounts that it changed, by id, as they are after it.
    pub(crate) changes: Vec<(AccountId, Account)>,
    /// Account creation fees paid, in nanomina.
    pub(crate) creation_fees: u64,
    pub(crate) scan_state: ScanState,
    pub(crate) rewards: Rewards,
    pub(crate) payments: u32,
    pub(crate) zkapps: u32,
    pub(crate) texts: Texts,
}

/// A user command in a block.
#[derive(Debug, Clone)]
pub(crate) struct Included {
    pub(crate) transaction: Arc<Transaction>,
    pub(crate) failure: Option<Failure>,
}

/// Two pieces of SNARK work that are done together.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// Hashes of the statements.
    pub(crate) ids: [u32; 2],
    /// Metadata of the events about it.
    pub(crate) text: Arc<str>,
    /// Who has done it, and for how much; not yet, if nothing.
    pub(crate) done: OnceLock<Work>,
}

/// What was done of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) prover: AccountId,
    /// In nanomina.
    pub(crate) fee: u64,
}

/// Who earns what with a block.
#[derive(Debug, Default)]
pub(crate) struct Rewards {
    /// Who gets the coinbase and what is left of the fees; nobody at genesis.
    pub(crate) receiver: Option<AccountId>,
    /// The fees of its transactions, in nanomina.
    pub(crate) fees: u64,
    /// SNARK workers and what they get, in nanomina.
    pub(crate) workers: Vec<(AccountId, u64)>,
}

/// The SNARK work of a chain up to a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ScanState {
    /// Transactions of this block, coinbase and fee transfers included.
    pub(crate) slots: u32,
    /// Bundles of work that this block bought.
    pub(crate) bought: u32,
    /// Bundles bought by the chain.
    pub(crate) bought_in_all: u64,
    /// Bundles that the chain made necessary.
    pub(crate) made_in_all: u64,
    /// Transactions of the chain.
    pub(crate) slots_in_all: u64,
}

/// Proofs that wait in the scan state at genesis, as in the trace of a young network.
const PROOFS_WAITING_AT_GENESIS: u64 = 198;

impl ScanState {
    /// Bundles that a block of this many transactions has to buy: two proofs for two
    /// transactions, except for the first. 64 in a full block, none in an empty one.
    pub(crate) fn required(slots: u32) -> u32 {
        slots / 2
    }

    /// Bundles that a block of this many transactions makes necessary later.
    pub(crate) fn made(slots: u32) -> u32 {
        slots.div_ceil(2)
    }

    /// After a block of this many transactions.
    pub(crate) fn next(self, slots: u32) -> Self {
        let bought = Self::required(slots);
        Self {
            slots,
            bought,
            bought_in_all: self.bought_in_all + u64::from(bought),
            made_in_all: self.made_in_all + u64::from(Self::made(slots)),
            slots_in_all: self.slots_in_all + u64::from(slots),
        }
    }

    /// Proofs that waited before this block.
    fn proofs_waiting(self) -> u64 {
        let slots_before = self.slots_in_all - u64::from(self.slots);
        let bought_before = self.bought_in_all - u64::from(self.bought);
        PROOFS_WAITING_AT_GENESIS + slots_before.saturating_sub(2 * bought_before)
    }

    /// Transactions of this block that still fit into the tree that was open before it.
    fn first_partition(self) -> u32 {
        let place = (self.slots_in_all - u64::from(self.slots)) % u64::from(CAPACITY);
        let free = CAPACITY - u32::try_from(place).unwrap_or(0);
        free.min(self.slots)
    }
}

/// Metadata about a block as JSON, shared by all nodes.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    pub(crate) length: Arc<str>,
    pub(crate) transactions: Arc<str>,
    pub(crate) header: Arc<str>,
    pub(crate) diff_log: Arc<str>,
    pub(crate) interrupt: Option<Arc<str>>,
    pub(crate) available_work: Arc<str>,
    pub(crate) work_count: Arc<str>,
    pub(crate) coinbase_stack: Arc<str>,
    pub(crate) coinbase_stack_done: Arc<str>,
    pub(crate) sufficient_work: Arc<str>,
    pub(crate) fill_work: Arc<str>,
}

/// What the texts are made from, besides the block.
pub(crate) struct Description<'a> {
    pub(crate) creator: &'a str,
    pub(crate) coinbase_receiver: &'a str,
    pub(crate) slots_per_epoch: u32,
    pub(crate) generation: Generation,
    /// In MINA, as text.
    pub(crate) coinbase: &'a str,
    pub(crate) fee_transfers: u32,
    /// Bundles in the producer's pool.
    pub(crate) available_bundles: u64,
    /// User commands that were left out, for want of room and of SNARK work.
    pub(crate) discarded: [u32; 2],
    /// The bundle of work that was missing.
    pub(crate) missing_work: Option<[u32; 2]>,
}

impl Block {
    /// User commands.
    pub(crate) fn commands(&self) -> u32 {
        self.payments + self.zkapps
    }

    /// Writes everything that traces say about the block.
    pub(crate) fn describe(&mut self, about: &Description<'_>) {
        let scan = self.scan_state;
        let works = scan.bought;
        let commands = self.commands();
        self.texts = Texts {
            length: format!(r#"{{"blockchain_length":"{}"}}"#, self.length).into(),
            transactions: self.transactions_text(about).into(),
            header: self.header_text(about).into(),
            diff_log: self.diff_log_text(about).into(),
            interrupt: about.missing_work.map(|ids| {
                let [one, other] = ids;
                format!(
                    r#"{{"interrupt_get_completed_work_at":{},"interrupt_get_completed_work_reason":"Snark work for statement not found","interrupt_get_completed_work_ids":[{one},{other}]}}"#,
                    2 * about.available_bundles
                )
                .into()
            }),
            available_work: {
                let bundles = about.available_bundles.min(u64::from(CAPACITY / 2));
                format!(
                    r#"{{"proof_count":{},"work_to_do_count":{}}}"#,
                    2 * bundles,
                    CAPACITY / 2
                )
                .into()
            },
            work_count: format!(r#"{{"work_count":{works}}}"#).into(),
            coinbase_stack: format!(
                r#"{{"coinbases":1,"commands_count":{commands},"max_throughput":{CAPACITY},"proofs_waiting":{},"spots_available":{CAPACITY},"transactions":{},"works":{works}}}"#,
                scan.proofs_waiting(),
                scan.slots
            )
            .into(),
            coinbase_stack_done: {
                let first = scan.first_partition();
                let second = scan.slots - first;
                format!(
                    r#"{{"coinbase_in_first_partition":{},"is_new_stack":{},"second_has_data":{},"txns_for_partition1_len":{first},"txns_for_partition2_len":{second}}}"#,
                    second == 0,
                    second > 0,
                    second > 0
                )
                .into()
            },
            sufficient_work: format!(
                r#"{{"free_space":{CAPACITY},"required_pairs":{},"slots":{},"work_count":{works}}}"#,
                CAPACITY / 2,
                scan.slots
            )
            .into(),
            fill_work: format!(
                r#"{{"emitted_proof":{},"merge_jobs_created":{},"scan_state_added_works":{works},"total_proofs":{}}}"#,
                scan.bought_in_all / u64::from(CAPACITY / 2)
                    > (scan.bought_in_all - u64::from(works)) / u64::from(CAPACITY / 2),
                works / 2,
                2 * works
            )
            .into(),
        };
    }

    /// Signed and zkApp commands, then fee transfers, then the coinbase.
    fn transactions_text(&self, about: &Description<'_>) -> String {
        let mut text = format!(
            r#"{{"blockchain_length":"{}","transactions":["#,
            self.length
        );
        for included in &self.transactions {
            text.push_str(&included.transaction.summary);
            match included.failure {
                None => text.push_str(r#",["Applied"]],"#),
                Some(failure) => {
                    // writing to a text does not fail
                    let _ = write!(text, r#",["Failed",[[["{}"]]]]],"#, failure.name());
                }
            }
        }
        for _ in 0..about.fee_transfers {
            text.push_str(r#"["fee_transfer",["Applied"]],"#);
        }
        let _ = write!(text, r#"["coinbase","{}",["Applied"]]]}}"#, about.coinbase);
        text
    }

    fn header_text(&self, about: &Description<'_>) -> String {
        let slot_in_epoch = self.slot % about.slots_per_epoch;
        let (global_slot, slot) = match about.generation {
            Generation::Current => (format!("\"{}\"", self.slot), format!("\"{slot_in_epoch}\"")),
            Generation::Newest => (
                format!(r#"["Since_genesis","{}"]"#, self.slot),
                format!("\"{slot_in_epoch}\""),
            ),
        };
        let (creator, receiver) = (about.creator, about.coinbase_receiver);
        format!(
            r#"{{"coinbase_receiver":"{receiver}","creator":"{creator}","global_slot":{global_slot},"previous_state_hash":"{}","slot":{slot},"winner":"{creator}"}}"#,
            self.previous_hash
        )
    }

    fn diff_log_text(&self, about: &Description<'_>) -> String {
        let [space, work] = about.discarded;
        let works = self.scan_state.bought;
        let fees: u64 = self
            .transactions
            .iter()
            .map(|included| included.transaction.fee)
            .sum();
        let commands = self.commands();
        let free = CAPACITY - self.scan_state.slots;
        let resources = format!(
            r#"{{"coinbase_work_fees":["One",null],"commands":[{commands},"{}"],"completed_work":[{works},"0"]}}"#,
            fees_text(fees)
        );
        format!(
            r#"{{"diff_log":[{{"available_slots":{free},"discarded_commands":{{"insufficient_space":{space},"insufficient_work":{work}}},"discarded_completed_work":{{"extra_work":0,"insufficient_fees":0}},"end_resources":{resources},"partition":["First"],"required_work_count":{works},"start_resources":{resources}}}],"proof_count":{},"txn_count":{commands}}}"#,
            (2 * about.available_bundles).min(u64::from(CAPACITY))
        )
    }
}

/// An amount in MINA without needless decimals, as traces have it.
pub(crate) fn fees_text(nanomina: u64) -> String {
    let text = mina::Amount::from_nanomina(nanomina).to_string();
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_blocks_buy_sixty_four_bundles_and_empty_ones_none() {
        assert_eq!(ScanState::required(1), 0);
        assert_eq!(ScanState::required(CAPACITY), 64);
        // What is bought was made before.
        for slots in 1..=CAPACITY {
            assert!(ScanState::made(slots) >= ScanState::required(slots));
        }
    }

    #[test]
    fn proofs_waiting_rise_with_each_empty_block() {
        let first = ScanState::default().next(1);
        let second = first.next(1);
        assert_eq!(first.proofs_waiting(), 198);
        assert_eq!(second.proofs_waiting(), 199);
    }

    #[test]
    fn a_block_that_fills_a_tree_goes_on_in_the_next() {
        let first = ScanState::default().next(100);
        let second = first.next(50);
        assert_eq!(first.first_partition(), 100);
        assert_eq!(second.first_partition(), 28);
    }

    #[test]
    fn amounts_have_no_needless_decimals() {
        assert_eq!(fees_text(720_000_000_000), "720");
        assert_eq!(fees_text(10_000_000), "0.01");
        assert_eq!(fees_text(0), "0");
    }
}
