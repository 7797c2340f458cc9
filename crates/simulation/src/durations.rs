//! How long each stage of a node's work takes, in microseconds.
//!
//! The quantiles were fitted to one hour of the internal trace of a real block producer: 180-second
//! slots, blocks without transactions, 11 blocks received and 8 produced; each is the time until
//! the next checkpoint in the same context. Where the greatest value came from waiting behind
//! other work (a verifier that was busy with a block's proof), it is left out here, because the
//! simulation makes nodes wait by itself.
//!
//! No trace of a node under load is public. What grows with the number of commands in a block is
//! known from the daemon's source; how much is an estimate, scaled so that a full block of
//! payments takes about three times and one of zkApp commands about seven times as long as an
//! empty one. These figures are the `per_payment` and `per_zkapp` members.

use crate::duration::Duration;

/// A stage's duration in an empty block, and what each command adds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) base: Duration,
    pub(crate) per_payment: u32,
    pub(crate) per_zkapp: u32,
}

const fn fixed_work(quantiles: [u32; 5]) -> Cost {
    growing(quantiles, 0, 0)
}

const fn growing(quantiles: [u32; 5], per_payment: u32, per_zkapp: u32) -> Cost {
    Cost {
        base: Duration(quantiles),
        per_payment,
        per_zkapp,
    }
}

// --- a block received ---

/// From `External_block_received` to the request to the verifier.
pub(crate) const RECEIVED_TO_VERIFY: Duration = Duration([2100, 2541, 2845, 3007, 3308]);
/// The verifier's check of one block proof.
pub(crate) const VERIFY_BLOCKCHAIN_SNARK: Duration =
    Duration([267_433, 283_050, 289_726, 295_259, 300_413]);
/// Handling of the verifier's answer.
pub(crate) const VERIFY_BLOCKCHAIN_SNARKS_DONE: Duration = Duration([69, 94, 147, 183, 420]);
/// From `Initial_validation_done` to the queue of validated blocks.
pub(crate) const VALIDATED_TO_TRANSITION: Duration = Duration([1700, 3310, 3520, 4600, 5200]);
/// `Validate_transition`.
pub(crate) const VALIDATE_TRANSITION: Cost = fixed_work([38, 44, 49, 54, 142]);
/// `Check_transition_not_in_process`.
pub(crate) const CHECK_TRANSITION_NOT_IN_PROCESS: Cost = fixed_work([32, 34, 35, 42, 48]);
/// `Check_transition_not_in_frontier`.
pub(crate) const CHECK_TRANSITION_NOT_IN_FRONTIER: Cost = fixed_work([30, 32, 34, 42, 314]);
/// `Check_transition_can_be_connected`.
pub(crate) const CHECK_TRANSITION_CAN_BE_CONNECTED: Cost = fixed_work([332, 384, 403, 455, 621]);
/// `Register_transition_for_processing`.
pub(crate) const REGISTER_TRANSITION_FOR_PROCESSING: Cost =
    fixed_work([1345, 1963, 2075, 2753, 3380]);
/// `Validate_transition_done`.
pub(crate) const VALIDATE_TRANSITION_DONE: Cost = fixed_work([89, 93, 101, 179, 230]);
/// `Begin_external_block_processing`.
pub(crate) const BEGIN_EXTERNAL_BLOCK_PROCESSING: Cost = fixed_work([7, 8, 9, 10, 13]);
/// `Validate_frontier_dependencies`.
pub(crate) const VALIDATE_FRONTIER_DEPENDENCIES: Cost = fixed_work([310, 446, 505, 557, 1358]);
/// `Find_parent_breadcrumb`.
pub(crate) const FIND_PARENT_BREADCRUMB: Cost = fixed_work([24, 33, 35, 48, 112]);
/// `Build_breadcrumb`.
pub(crate) const BUILD_BREADCRUMB: Cost = fixed_work([60, 87, 97, 103, 117]);
/// `Validate_staged_ledger_diff`.
pub(crate) const VALIDATE_STAGED_LEDGER_DIFF: Cost = growing([1254, 1614, 1722, 2215, 2371], 6, 25);
/// `Check_completed_works`; the works are in the pool already.
pub(crate) const CHECK_COMPLETED_WORKS: Cost = growing([75, 81, 103, 105, 283], 2, 2);
/// `Prediff`.
pub(crate) const PREDIFF: Cost = fixed_work([13, 17, 18, 21, 23]);
/// `Verify_commands` of a block: signatures of payments, proofs of zkApp commands.
pub(crate) const VERIFY_COMMANDS: Cost = growing([767, 817, 990, 2310, 2900], 180, 7500);
/// `Verify_commands_done`.
pub(crate) const VERIFY_COMMANDS_DONE: Cost = fixed_work([25, 37, 51, 79, 226]);
/// `Apply_diff`.
pub(crate) const APPLY_DIFF: Cost = growing([938, 1066, 1600, 2335, 2979], 20, 60);

// --- the staged ledger, of a block received ---

/// `Update_coinbase_stack`.
pub(crate) const UPDATE_COINBASE_STACK: Cost = fixed_work([37, 46, 53, 69, 85]);
/// `Update_ledger_and_get_statements`.
pub(crate) const UPDATE_LEDGER_AND_GET_STATEMENTS: Cost =
    growing([1709, 2495, 2679, 3559, 6815], 1900, 5200);
/// `Update_ledger_and_get_statements_done`.
pub(crate) const UPDATE_LEDGER_AND_GET_STATEMENTS_DONE: Cost = fixed_work([9, 14, 27, 34, 100]);
/// `Update_coinbase_stack_done`.
pub(crate) const UPDATE_COINBASE_STACK_DONE: Cost = fixed_work([23, 34, 36, 52, 207]);
/// `Check_for_sufficient_snark_work`.
pub(crate) const CHECK_FOR_SUFFICIENT_SNARK_WORK: Cost = fixed_work([10, 13, 16, 20, 23]);
/// `Check_zero_fee_excess`.
pub(crate) const CHECK_ZERO_FEE_EXCESS: Cost = fixed_work([18, 23, 26, 35, 48]);
/// `Fill_work_and_enqueue_transactions`.
pub(crate) const FILL_WORK_AND_ENQUEUE_TRANSACTIONS: Cost =
    growing([105, 131, 150, 185, 242], 12, 30);
/// `Update_pending_coinbase_collection`.
pub(crate) const UPDATE_PENDING_COINBASE_COLLECTION: Cost = fixed_work([364, 523, 634, 778, 1450]);
/// `Verify_scan_state_after_apply`.
pub(crate) const VERIFY_SCAN_STATE_AFTER_APPLY: Cost =
    growing([14_502, 17_402, 21_328, 31_215, 33_123], 110, 160);
/// `Hash_new_staged_ledger`.
pub(crate) const HASH_NEW_STAGED_LEDGER: Cost =
    growing([33_372, 47_834, 49_113, 55_295, 67_295], 450, 900);
/// `Hash_new_staged_ledger_done`.
pub(crate) const HASH_NEW_STAGED_LEDGER_DONE: Cost = fixed_work([54, 57, 66, 69, 71]);

// --- into the frontier ---

/// `Diff_applied`.
pub(crate) const DIFF_APPLIED: Cost = fixed_work([406, 448, 514, 613, 1146]);
/// `Create_breadcrumb`.
pub(crate) const CREATE_BREADCRUMB: Cost = fixed_work([73, 94, 103, 111, 141]);
/// `Add_and_finalize`.
pub(crate) const ADD_AND_FINALIZE: Cost = fixed_work([5, 8, 9, 10, 37]);
/// `Add_breadcrumb_to_frontier`.
pub(crate) const ADD_BREADCRUMB_TO_FRONTIER: Cost = fixed_work([5, 6, 6, 7, 9]);
/// `Calculate_diffs`.
pub(crate) const CALCULATE_DIFFS: Cost = growing([557, 8231, 8370, 8403, 10_565], 45, 130);
/// `Calculate_diffs_done`.
pub(crate) const CALCULATE_DIFFS_DONE: Cost = fixed_work([114, 153, 170, 175, 212]);
/// `Apply_catchup_state_diffs`.
pub(crate) const APPLY_CATCHUP_STATE_DIFFS: Cost =
    growing([67, 42_887, 43_194, 43_424, 56_005], 25, 60);
/// `Apply_full_frontier_diffs`.
pub(crate) const APPLY_FULL_FRONTIER_DIFFS: Cost =
    growing([17_546, 27_447, 27_608, 27_878, 106_283], 160, 420);
/// `Move_frontier_root`.
pub(crate) const MOVE_FRONTIER_ROOT: Cost = growing([494, 713, 725, 737, 756], 3, 6);
/// `Move_frontier_root_done`.
pub(crate) const MOVE_FRONTIER_ROOT_DONE: Cost =
    growing([53_334, 78_701, 79_085, 79_362, 80_952], 240, 600);
/// `Apply_full_frontier_diffs_done`.
pub(crate) const APPLY_FULL_FRONTIER_DIFFS_DONE: Cost = fixed_work([148, 367, 385, 402, 427]);
/// `Synchronize_persistent_frontier`.
pub(crate) const SYNCHRONIZE_PERSISTENT_FRONTIER: Cost = fixed_work([16, 22, 23, 26, 60]);
/// `Synchronize_persistent_frontier_done`.
pub(crate) const SYNCHRONIZE_PERSISTENT_FRONTIER_DONE: Cost = fixed_work([6, 6, 7, 8, 12]);
/// `Notify_frontier_extensions`.
pub(crate) const NOTIFY_FRONTIER_EXTENSIONS: Cost = fixed_work([5, 6, 7, 8, 8]);
/// `Update_frontier_extension`, each of five.
pub(crate) const UPDATE_FRONTIER_EXTENSION: Cost = growing([11, 53, 121, 1813, 5456], 6, 9);
/// `Update_frontier_extension_done`, each of five.
pub(crate) const UPDATE_FRONTIER_EXTENSION_DONE: Cost = fixed_work([7, 11, 15, 50, 10_702]);
/// `Notify_frontier_extensions_done`.
pub(crate) const NOTIFY_FRONTIER_EXTENSIONS_DONE: Cost = fixed_work([5, 7, 8, 9, 12]);
/// `Add_breadcrumb_to_frontier_done`.
pub(crate) const ADD_BREADCRUMB_TO_FRONTIER_DONE: Cost = fixed_work([10, 11, 12, 14, 50]);
/// `Add_and_finalize_done`.
pub(crate) const ADD_AND_FINALIZE_DONE: Cost = fixed_work([143, 196, 198, 270, 271]);

// --- a block produced ---

/// From the start of the slot to `Begin_block_production`.
pub(crate) const SLOT_START: Duration = Duration([240, 380, 560, 800, 1146]);
/// `Begin_block_production` while producing.
pub(crate) const PRODUCED_BEGIN_BLOCK_PRODUCTION: Cost = fixed_work([1255, 1909, 1982, 2013, 2274]);
/// `Get_transactions_from_pool` while producing.
pub(crate) const PRODUCED_GET_TRANSACTIONS_FROM_POOL: Cost = growing([16, 21, 39, 43, 44], 3, 5);
/// `Generate_next_state` while producing.
pub(crate) const PRODUCED_GENERATE_NEXT_STATE: Cost = fixed_work([1857, 1962, 2460, 2727, 3009]);
/// `Create_staged_ledger_diff` while producing.
pub(crate) const PRODUCED_CREATE_STAGED_LEDGER_DIFF: Cost = fixed_work([436, 471, 492, 517, 654]);
/// `Get_snark_work_for_pending_transactions` while producing.
pub(crate) const PRODUCED_GET_SNARK_WORK_FOR_PENDING_TRANSACTIONS: Cost =
    fixed_work([1172, 1222, 1283, 1462, 1521]);
/// `Validate_and_apply_transactions` while producing.
pub(crate) const PRODUCED_VALIDATE_AND_APPLY_TRANSACTIONS: Cost =
    growing([9, 10, 11, 13, 19], 650, 2100);
/// `Generate_staged_ledger_diff` while producing.
pub(crate) const PRODUCED_GENERATE_STAGED_LEDGER_DIFF: Cost = growing([77, 81, 86, 90, 241], 4, 4);
/// `Generate_staged_ledger_diff_done` while producing.
pub(crate) const PRODUCED_GENERATE_STAGED_LEDGER_DIFF_DONE: Cost =
    fixed_work([2643, 2789, 2847, 2868, 2885]);
/// `Create_staged_ledger_diff_done` while producing.
pub(crate) const PRODUCED_CREATE_STAGED_LEDGER_DIFF_DONE: Cost = fixed_work([13, 14, 14, 15, 16]);
/// `Apply_staged_ledger_diff` while producing.
pub(crate) const PRODUCED_APPLY_STAGED_LEDGER_DIFF: Cost =
    growing([1021, 1113, 1165, 1292, 1300], 20, 60);
/// `Update_coinbase_stack` while producing.
pub(crate) const PRODUCED_UPDATE_COINBASE_STACK: Cost = fixed_work([50, 57, 59, 69, 113]);
/// `Update_ledger_and_get_statements` while producing.
pub(crate) const PRODUCED_UPDATE_LEDGER_AND_GET_STATEMENTS: Cost =
    growing([2472, 2478, 2520, 2566, 2595], 1900, 5200);
/// `Update_ledger_and_get_statements_done` while producing.
pub(crate) const PRODUCED_UPDATE_LEDGER_AND_GET_STATEMENTS_DONE: Cost =
    fixed_work([12, 12, 13, 13, 13]);
/// `Update_coinbase_stack_done` while producing.
pub(crate) const PRODUCED_UPDATE_COINBASE_STACK_DONE: Cost = fixed_work([30, 33, 34, 35, 46]);
/// `Check_for_sufficient_snark_work` while producing.
pub(crate) const PRODUCED_CHECK_FOR_SUFFICIENT_SNARK_WORK: Cost = fixed_work([12, 13, 14, 14, 15]);
/// `Check_zero_fee_excess` while producing.
pub(crate) const PRODUCED_CHECK_ZERO_FEE_EXCESS: Cost = fixed_work([22, 24, 24, 26, 34]);
/// `Fill_work_and_enqueue_transactions` while producing.
pub(crate) const PRODUCED_FILL_WORK_AND_ENQUEUE_TRANSACTIONS: Cost =
    growing([82, 92, 94, 97, 100], 12, 30);
/// `Update_pending_coinbase_collection` while producing.
pub(crate) const PRODUCED_UPDATE_PENDING_COINBASE_COLLECTION: Cost =
    fixed_work([409, 409, 411, 423, 427]);
/// `Verify_scan_state_after_apply` while producing.
pub(crate) const PRODUCED_VERIFY_SCAN_STATE_AFTER_APPLY: Cost =
    growing([5454, 5717, 5766, 5828, 5834], 110, 160);
/// `Hash_new_staged_ledger` while producing.
pub(crate) const PRODUCED_HASH_NEW_STAGED_LEDGER: Cost =
    growing([48_456, 50_337, 53_280, 54_414, 54_425], 450, 900);
/// `Hash_new_staged_ledger_done` while producing.
pub(crate) const PRODUCED_HASH_NEW_STAGED_LEDGER_DONE: Cost = fixed_work([43, 50, 51, 59, 61]);
/// `Apply_staged_ledger_diff_done`.
pub(crate) const PRODUCED_APPLY_STAGED_LEDGER_DIFF_DONE: Cost = fixed_work([50, 54, 55, 56, 56]);
/// `Generate_transition`.
pub(crate) const PRODUCED_GENERATE_TRANSITION: Cost = fixed_work([1626, 1691, 1698, 1751, 1825]);
/// `Consensus_state_update`.
pub(crate) const PRODUCED_CONSENSUS_STATE_UPDATE: Cost = fixed_work([110, 113, 115, 116, 120]);
/// `Consensus_state_update_done`.
pub(crate) const PRODUCED_CONSENSUS_STATE_UPDATE_DONE: Cost =
    fixed_work([1602, 1663, 1684, 1761, 2321]);
/// `Generate_transition_done`.
pub(crate) const PRODUCED_GENERATE_TRANSITION_DONE: Cost = fixed_work([31, 35, 36, 39, 45]);
/// `Generate_next_state_done`: until the proof is asked for.
pub(crate) const PRODUCED_GENERATE_NEXT_STATE_DONE: Cost =
    fixed_work([2434, 2561, 2602, 2641, 2781]);
/// The prover's work on a block; it does not depend on the number of transactions.
pub(crate) const PROVE_BLOCK: Duration =
    Duration([7_490_900, 8_186_100, 8_372_000, 8_493_200, 8_596_900]);
/// `Produce_chain_transition_proof`.
pub(crate) const PRODUCE_CHAIN_TRANSITION_PROOF: Cost = fixed_work([75, 100, 106, 117, 184]);
/// `Produce_validated_transition`; not in any public trace, estimated.
pub(crate) const PRODUCE_VALIDATED_TRANSITION: Cost = fixed_work([400, 540, 600, 680, 900]);
/// `Send_breadcrumb_to_transition_frontier`, `Wait_for_confirmation`; estimated.
pub(crate) const SEND_BREADCRUMB: Cost = fixed_work([120, 170, 200, 240, 320]);

// --- pools ---

/// From `Transaction_diff_received` to the request to the verifier; estimated.
pub(crate) const DIFF_TO_VERIFY: Duration = Duration([350, 900, 1300, 1500, 2100]);
/// The verifier's check of one signature; estimated.
pub(crate) const VERIFY_PAYMENT: Duration = Duration([1500, 2000, 2400, 2900, 4200]);
/// The verifier's check of one zkApp command with proofs: like that of other proofs.
pub(crate) const VERIFY_ZKAPP: Duration = Duration([210_000, 260_000, 305_000, 340_000, 420_000]);
/// From the verifier's answer to `Transaction_diff_accepted` or `_rejected`; estimated.
pub(crate) const DIFF_VERIFIED: Duration = Duration([180, 320, 520, 640, 900]);
/// From `Snark_work_received` to the request to the verifier.
pub(crate) const WORK_TO_VERIFY: Duration = Duration([900, 1050, 1200, 1280, 1900]);
/// From `Snark_work_received` to `Snark_work_rejected` of known work.
pub(crate) const WORK_KNOWN: Duration = Duration([1500, 1900, 2100, 2400, 3300]);
/// The verifier's check of a bundle of SNARK work.
pub(crate) const VERIFY_TRANSACTION_SNARKS: Duration =
    Duration([300_049, 329_859, 344_133, 366_273, 382_691]);
/// From the verifier's answer to `Snark_work_accepted`.
pub(crate) const WORK_VERIFIED: Duration = Duration([1000, 1600, 2000, 2200, 2900]);
/// A SNARK worker's time for a bundle; estimated.
pub(crate) const PROVE_WORK: Duration =
    Duration([9_000_000, 11_000_000, 14_000_000, 19_000_000, 30_000_000]);

// --- the network ---

/// From one node to another over several hops; estimated.
pub(crate) const GOSSIP: Duration = Duration([18_000, 55_000, 96_000, 160_000, 420_000]);
/// A batch of at most five blocks from a peer; estimated.
pub(crate) const DOWNLOAD: Duration = Duration([120_000, 260_000, 420_000, 700_000, 2_400_000]);
