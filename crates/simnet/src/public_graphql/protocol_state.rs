//! The protocol state of a block.

use mina::PublicKey;
use serde_json::{Value as Json, json};
use simulation::BlockDetails;

use super::config::Constants;
use super::hashes::{self, DEFAULT_TOKEN};
use crate::graphql::{Arguments, Object, Value};

/// Most blocks in a window of the chain's density.
const WINDOW_DENSITY_MAX: &str = "77";

/// The protocol state after a block.
#[derive(Clone, Copy)]
pub(super) struct ProtocolState<'b> {
    pub(super) block: &'b BlockDetails,
    pub(super) constants: Constants,
}

impl ProtocolState<'_> {
    /// Who produced the block; at genesis a key that belongs to no node.
    pub(super) fn creator(&self) -> PublicKey {
        self.block.creator.unwrap_or_else(genesis_winner)
    }

    /// The ledger after the block.
    pub(super) fn staged_ledger(&self) -> String {
        hashes::ledger(&format!("staged {}", self.block.state_hash))
    }

    /// Milliseconds since 1970.
    fn date(&self) -> String {
        self.constants.slot_start_ms(self.block.slot).to_string()
    }

    fn blockchain_state(&self, name: &str) -> Json {
        let hash = &self.block.state_hash;
        let derived = |what: &str| format!("{what} {hash}");
        match name {
            "date" | "utcDate" => self.date().into(),
            "stagedLedgerHash" => self.staged_ledger().into(),
            "snarkedLedgerHash" => self.snarked_ledger().into(),
            "stagedLedgerAuxHash" => hashes::state(&derived("staged ledger aux")).into(),
            "stagedLedgerPendingCoinbaseAux" => {
                hashes::state(&derived("pending coinbase aux")).into()
            }
            "stagedLedgerPendingCoinbaseHash" => hashes::state(&derived("pending coinbase")).into(),
            "bodyReference" => hashes::hexadecimal(&derived("body")).into(),
            "ledgerProofStatement" => self.ledger_proof_statement(),
            // stagedLedgerProofEmitted
            _ => (!self.block.works.is_empty()).into(),
        }
    }

    fn snarked_ledger(&self) -> String {
        hashes::ledger(&format!("snarked {}", self.block.previous_state_hash))
    }

    fn ledger_proof_statement(&self) -> Json {
        let ledger = self.snarked_ledger();
        let stack = json!({
            "dataStack": "0",
            "stateStack": { "initial": "0", "current": "0" },
        });
        let registers = json!({
            "firstPassLedger": ledger,
            "secondPassLedger": ledger,
            "pendingCoinbaseStack": stack,
            "localState": {
                "stackFrame": "0",
                "callStack": "0",
                "transactionCommitment": "0",
                "fullTransactionCommitment": "0",
                "excess": signed_amount(),
                "supplyIncrease": signed_amount(),
                "ledger": ledger,
                "success": true,
                "accountUpdateIndex": "0",
                "failureStatusTable": [],
                "willSucceed": true,
            },
        });
        json!({
            "sourceRegisters": registers,
            "targetRegisters": registers,
            "connectingLedgerLeft": ledger,
            "connectingLedgerRight": ledger,
            "supplyIncrease": signed_amount(),
            "feeExcess": fee_excess(),
        })
    }

    fn consensus_state(&self) -> Json {
        let Self { block, constants } = self;
        let epoch = block.slot / constants.slots_per_epoch;
        let coinbases = u64::from(block.blockchain_length.saturating_sub(1));
        let minted = constants.coinbase.nanomina().saturating_mul(coinbases);
        let height = block.blockchain_length.to_string();
        let creator = self.creator().to_string();
        json!({
            "blockchainLength": height,
            "blockHeight": height,
            "epochCount": epoch.to_string(),
            "minWindowDensity": WINDOW_DENSITY_MAX,
            "lastVrfOutput": hashes::hexadecimal(&format!("vrf {}", block.vrf_output)),
            "totalCurrency": constants.total_at_genesis.saturating_add(minted).to_string(),
            "stakingEpochData": self.epoch_data(epoch),
            "nextEpochData": self.epoch_data(epoch + 1),
            "hasAncestorInSameCheckpointWindow": true,
            "slot": (block.slot % constants.slots_per_epoch).to_string(),
            "slotSinceGenesis": block.slot.to_string(),
            "epoch": epoch.to_string(),
            "superchargedCoinbase": false,
            "blockStakeWinner": creator,
            "blockCreator": creator,
            "coinbaseReceiever": block
                .coinbase_receiver
                .unwrap_or_else(|| self.creator())
                .to_string(),
        })
    }

    /// The stake of all epochs is that of genesis.
    fn epoch_data(&self, epoch: u32) -> Json {
        let genesis = self.constants.genesis.unix_micros();
        let checkpoint = |what: &str| hashes::state(&format!("{what} {genesis} {epoch}"));
        json!({
            "ledger": {
                "hash": hashes::ledger(&format!("genesis {genesis}")),
                "totalCurrency": self.constants.total_at_genesis.to_string(),
            },
            "seed": hashes::epoch_seed(&format!("{genesis} {epoch}")),
            "startCheckpoint": checkpoint("start"),
            "lockCheckpoint": checkpoint("lock"),
            "epochLength": "1",
        })
    }

    /// The whole of it, in the names of daemons' files.
    pub(super) fn json(&self) -> Json {
        let fields = [
            "date",
            "snarkedLedgerHash",
            "stagedLedgerHash",
            "bodyReference",
        ];
        let blockchain: serde_json::Map<String, Json> = fields
            .iter()
            .map(|name| ((*name).to_owned(), self.blockchain_state(name)))
            .collect();
        json!({
            "previous_state_hash": self.block.previous_state_hash,
            "body": {
                "blockchain_state": blockchain,
                "consensus_state": self.consensus_state(),
                "constants": {
                    "k": self.constants.k.to_string(),
                    "slots_per_epoch": self.constants.slots_per_epoch.to_string(),
                    "genesis_state_timestamp": self.constants.slot_start_ms(0).to_string(),
                },
            },
        })
    }
}

impl Object for ProtocolState<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        Ok(match name {
            "previousStateHash" => Value::text(self.block.previous_state_hash.as_str()),
            "blockchainState" => Value::object(BlockchainState(*self)),
            // consensusState
            _ => Value::tree(self.consensus_state()),
        })
    }
}

/// Its fields are made one by one: most are hashes, and few are asked for.
struct BlockchainState<'b>(ProtocolState<'b>);

impl Object for BlockchainState<'_> {
    fn field(&self, name: &str, _: &Arguments) -> Result<Value<'_>, String> {
        Ok(Value::tree(self.0.blockchain_state(name)))
    }
}

/// An amount of nothing.
pub(super) fn signed_amount() -> Json {
    json!({ "sign": "PLUS", "amountMagnitude": "0" })
}

/// No fees left.
pub(super) fn fee_excess() -> Json {
    let fee = json!({ "sign": "PLUS", "feeMagnitude": "0" });
    json!({
        "feeTokenLeft": DEFAULT_TOKEN,
        "feeExcessLeft": fee,
        "feeTokenRight": DEFAULT_TOKEN,
        "feeExcessRight": fee,
    })
}

/// The key that made the genesis block, the same in all simulated networks.
fn genesis_winner() -> PublicKey {
    static WINNER: std::sync::LazyLock<PublicKey> =
        std::sync::LazyLock::new(|| simulation::key_from_seed(0, "genesis winner", 0).public_key());
    *WINNER
}
