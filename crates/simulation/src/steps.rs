//! The order in which a node passes its checkpoints while it handles a block.

use crate::durations::{self as d, Cost};

/// A checkpoint, what its metadata say, and how long until the next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) facts: Facts,
    pub(crate) cost: Cost,
}

/// Which metadata follow a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Facts {
    None,
    /// `block_metadata` `{blockchain_length}`.
    Length,
    /// `block_metadata` `{coinbase_receiver, creator, …}`.
    Header,
    /// `block_metadata` `{diff_log, …}`.
    DiffLog,
    /// `metadata` `{proof_count, work_to_do_count}`.
    AvailableWork,
    /// `metadata` `{work_count}`.
    WorkCount,
    /// `metadata` `{count}` of commands.
    Commands,
    /// `metadata` of `Update_coinbase_stack`.
    CoinbaseStack,
    /// `metadata` `{partition}`.
    Partition,
    /// `metadata` of `Update_coinbase_stack_done`.
    CoinbaseStackDone,
    /// `metadata` of `Check_for_sufficient_snark_work`.
    SufficientWork,
    /// `metadata` of `Fill_work_and_enqueue_transactions`.
    FillWork,
    /// `metadata` `{count}` of frontier diffs.
    FrontierDiffs {
        moves_root: bool,
    },
}

const fn step(name: &'static str, cost: Cost) -> Step {
    with(name, Facts::None, cost)
}

const fn with(name: &'static str, facts: Facts, cost: Cost) -> Step {
    Step { name, facts, cost }
}

/// Validation of a block received, in the call `transition_handler_validator`.
pub(crate) const VALIDATE: [Step; 7] = [
    step("Validate_transition", d::VALIDATE_TRANSITION),
    step(
        "Check_transition_not_in_process",
        d::CHECK_TRANSITION_NOT_IN_PROCESS,
    ),
    with("Validate_transition", Facts::Length, d::VALIDATE_TRANSITION),
    step(
        "Check_transition_not_in_frontier",
        d::CHECK_TRANSITION_NOT_IN_FRONTIER,
    ),
    step(
        "Check_transition_can_be_connected",
        d::CHECK_TRANSITION_CAN_BE_CONNECTED,
    ),
    step(
        "Register_transition_for_processing",
        d::REGISTER_TRANSITION_FOR_PROCESSING,
    ),
    step("Validate_transition_done", d::VALIDATE_TRANSITION_DONE),
];

/// The start of the processing of a block received.
pub(crate) const FIND_PARENT: [Step; 3] = [
    step(
        "Begin_external_block_processing",
        d::BEGIN_EXTERNAL_BLOCK_PROCESSING,
    ),
    step(
        "Validate_frontier_dependencies",
        d::VALIDATE_FRONTIER_DEPENDENCIES,
    ),
    step("Find_parent_breadcrumb", d::FIND_PARENT_BREADCRUMB),
];

/// From the parent to the request to the verifier.
pub(crate) const BUILD: [Step; 4] = [
    with("Build_breadcrumb", Facts::Header, d::BUILD_BREADCRUMB),
    step(
        "Validate_staged_ledger_diff",
        d::VALIDATE_STAGED_LEDGER_DIFF,
    ),
    with(
        "Check_completed_works",
        Facts::WorkCount,
        d::CHECK_COMPLETED_WORKS,
    ),
    step("Prediff", d::PREDIFF),
];

/// The request to the verifier; how long it takes is the verifier's time.
pub(crate) const VERIFY_COMMANDS: Step =
    with("Verify_commands", Facts::Commands, d::VERIFY_COMMANDS);

/// The same stretch for a block of the node's own, whose proofs need no check.
pub(crate) const BUILD_OWN: [Step; 4] = [
    with("Build_breadcrumb", Facts::Header, d::BUILD_BREADCRUMB),
    step(
        "Validate_staged_ledger_diff",
        d::VALIDATE_STAGED_LEDGER_DIFF,
    ),
    step("Prediff", d::PREDIFF),
    step("Apply_diff", d::APPLY_DIFF),
];

/// From the verifier's answer to the staged ledger.
pub(crate) const VERIFIED: [Step; 2] = [
    step("Verify_commands_done", d::VERIFY_COMMANDS_DONE),
    step("Apply_diff", d::APPLY_DIFF),
];

macro_rules! staged_ledger {
    ($($name:literal $facts:ident $received:ident $produced:ident;)*) => {
        /// The staged ledger of a block received.
        pub(crate) const STAGED_LEDGER: [Step; 11] =
            [$(with($name, Facts::$facts, d::$received)),*];
        /// The same while producing.
        pub(crate) const PRODUCED_STAGED_LEDGER: [Step; 11] =
            [$(with($name, Facts::$facts, d::$produced)),*];
    };
}

staged_ledger! {
    "Update_coinbase_stack" CoinbaseStack UPDATE_COINBASE_STACK PRODUCED_UPDATE_COINBASE_STACK;
    "Update_ledger_and_get_statements" Partition
        UPDATE_LEDGER_AND_GET_STATEMENTS PRODUCED_UPDATE_LEDGER_AND_GET_STATEMENTS;
    "Update_ledger_and_get_statements_done" None
        UPDATE_LEDGER_AND_GET_STATEMENTS_DONE PRODUCED_UPDATE_LEDGER_AND_GET_STATEMENTS_DONE;
    "Update_coinbase_stack_done" CoinbaseStackDone
        UPDATE_COINBASE_STACK_DONE PRODUCED_UPDATE_COINBASE_STACK_DONE;
    "Check_for_sufficient_snark_work" SufficientWork
        CHECK_FOR_SUFFICIENT_SNARK_WORK PRODUCED_CHECK_FOR_SUFFICIENT_SNARK_WORK;
    "Check_zero_fee_excess" None CHECK_ZERO_FEE_EXCESS PRODUCED_CHECK_ZERO_FEE_EXCESS;
    "Fill_work_and_enqueue_transactions" FillWork
        FILL_WORK_AND_ENQUEUE_TRANSACTIONS PRODUCED_FILL_WORK_AND_ENQUEUE_TRANSACTIONS;
    "Update_pending_coinbase_collection" None
        UPDATE_PENDING_COINBASE_COLLECTION PRODUCED_UPDATE_PENDING_COINBASE_COLLECTION;
    "Verify_scan_state_after_apply" None
        VERIFY_SCAN_STATE_AFTER_APPLY PRODUCED_VERIFY_SCAN_STATE_AFTER_APPLY;
    "Hash_new_staged_ledger" None HASH_NEW_STAGED_LEDGER PRODUCED_HASH_NEW_STAGED_LEDGER;
    "Hash_new_staged_ledger_done" None
        HASH_NEW_STAGED_LEDGER_DONE PRODUCED_HASH_NEW_STAGED_LEDGER_DONE;
}

/// From the staged ledger to the breadcrumb.
pub(crate) const CREATE_BREADCRUMB: [Step; 2] = [
    step("Diff_applied", d::DIFF_APPLIED),
    step("Create_breadcrumb", d::CREATE_BREADCRUMB),
];

/// Into the frontier, up to the diffs of the full frontier.
pub(crate) const ADD_TO_FRONTIER: [Step; 5] = [
    step("Add_and_finalize", d::ADD_AND_FINALIZE),
    step("Add_breadcrumb_to_frontier", d::ADD_BREADCRUMB_TO_FRONTIER),
    step("Calculate_diffs", d::CALCULATE_DIFFS),
    step("Calculate_diffs_done", d::CALCULATE_DIFFS_DONE),
    step("Apply_catchup_state_diffs", d::APPLY_CATCHUP_STATE_DIFFS),
];

/// The full frontier: the new block, the new best tip, and sometimes the root.
pub(crate) const fn apply_full_frontier_diffs(moves_root: bool) -> Step {
    with(
        "Apply_full_frontier_diffs",
        Facts::FrontierDiffs { moves_root },
        d::APPLY_FULL_FRONTIER_DIFFS,
    )
}

/// When the root of the frontier moves.
pub(crate) const MOVE_ROOT: [Step; 2] = [
    step("Move_frontier_root", d::MOVE_FRONTIER_ROOT),
    step("Move_frontier_root_done", d::MOVE_FRONTIER_ROOT_DONE),
];

/// From the frontier to its extensions.
pub(crate) const SYNCHRONIZE: [Step; 4] = [
    step(
        "Apply_full_frontier_diffs_done",
        d::APPLY_FULL_FRONTIER_DIFFS_DONE,
    ),
    step(
        "Synchronize_persistent_frontier",
        d::SYNCHRONIZE_PERSISTENT_FRONTIER,
    ),
    step(
        "Synchronize_persistent_frontier_done",
        d::SYNCHRONIZE_PERSISTENT_FRONTIER_DONE,
    ),
    step("Notify_frontier_extensions", d::NOTIFY_FRONTIER_EXTENSIONS),
];

/// The extensions in the order in which their updates begin.
pub(crate) const EXTENSIONS: [&str; 5] = [
    r#"{"extension_name":"new_breadcrumbs"}"#,
    r#"{"extension_name":"transition_registry"}"#,
    r#"{"extension_name":"best_tip_diff"}"#,
    r#"{"extension_name":"snark_pool_refcount"}"#,
    r#"{"extension_name":"root_registry"}"#,
];

/// Orders in which the updates of the extensions were seen to end.
pub(crate) const EXTENSIONS_DONE: [[usize; 5]; 2] = [[1, 4, 0, 3, 2], [1, 3, 4, 0, 2]];

/// The end of the way into the frontier.
pub(crate) const INTEGRATED: [Step; 3] = [
    step(
        "Notify_frontier_extensions_done",
        d::NOTIFY_FRONTIER_EXTENSIONS_DONE,
    ),
    step(
        "Add_breadcrumb_to_frontier_done",
        d::ADD_BREADCRUMB_TO_FRONTIER_DONE,
    ),
    step("Add_and_finalize_done", d::ADD_AND_FINALIZE_DONE),
];

/// The start of production, under the slot.
pub(crate) const BEGIN_PRODUCTION: [Step; 9] = [
    step("Begin_block_production", d::PRODUCED_BEGIN_BLOCK_PRODUCTION),
    step(
        "Get_transactions_from_pool",
        d::PRODUCED_GET_TRANSACTIONS_FROM_POOL,
    ),
    step("Generate_next_state", d::PRODUCED_GENERATE_NEXT_STATE),
    step(
        "Create_staged_ledger_diff",
        d::PRODUCED_CREATE_STAGED_LEDGER_DIFF,
    ),
    with(
        "Get_snark_work_for_pending_transactions",
        Facts::AvailableWork,
        d::PRODUCED_GET_SNARK_WORK_FOR_PENDING_TRANSACTIONS,
    ),
    step(
        "Validate_and_apply_transactions",
        d::PRODUCED_VALIDATE_AND_APPLY_TRANSACTIONS,
    ),
    with(
        "Generate_staged_ledger_diff",
        Facts::DiffLog,
        d::PRODUCED_GENERATE_STAGED_LEDGER_DIFF,
    ),
    step(
        "Generate_staged_ledger_diff_done",
        d::PRODUCED_GENERATE_STAGED_LEDGER_DIFF_DONE,
    ),
    step(
        "Create_staged_ledger_diff_done",
        d::PRODUCED_CREATE_STAGED_LEDGER_DIFF_DONE,
    ),
];

/// Before the staged ledger while producing.
pub(crate) const APPLY_PRODUCED: Step = step(
    "Apply_staged_ledger_diff",
    d::PRODUCED_APPLY_STAGED_LEDGER_DIFF,
);

/// From the staged ledger to the new state.
pub(crate) const GENERATE_TRANSITION: [Step; 6] = [
    step(
        "Apply_staged_ledger_diff_done",
        d::PRODUCED_APPLY_STAGED_LEDGER_DIFF_DONE,
    ),
    step("Generate_transition", d::PRODUCED_GENERATE_TRANSITION),
    step("Consensus_state_update", d::PRODUCED_CONSENSUS_STATE_UPDATE),
    step(
        "Consensus_state_update_done",
        d::PRODUCED_CONSENSUS_STATE_UPDATE_DONE,
    ),
    step(
        "Generate_transition_done",
        d::PRODUCED_GENERATE_TRANSITION_DONE,
    ),
    step(
        "Generate_next_state_done",
        d::PRODUCED_GENERATE_NEXT_STATE_DONE,
    ),
];

/// From the proof to the breadcrumb.
pub(crate) const PROVED: [Step; 2] = [
    step(
        "Produce_chain_transition_proof",
        d::PRODUCE_CHAIN_TRANSITION_PROOF,
    ),
    step(
        "Produce_validated_transition",
        d::PRODUCE_VALIDATED_TRANSITION,
    ),
];

/// A block produced goes to the frontier.
pub(crate) const SEND_BREADCRUMB: [Step; 3] = [
    step("Send_breadcrumb_to_transition_frontier", d::SEND_BREADCRUMB),
    step("Wait_for_confirmation", d::SEND_BREADCRUMB),
    step("Begin_local_block_processing", d::SEND_BREADCRUMB),
];

/// The checkpoints that a node passes while it handles a block.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let lists: [&'static [Step]; 16] = [
        &VALIDATE,
        &FIND_PARENT,
        &BUILD,
        &BUILD_OWN,
        &VERIFIED,
        &STAGED_LEDGER,
        &CREATE_BREADCRUMB,
        &ADD_TO_FRONTIER,
        const { &[apply_full_frontier_diffs(true)] },
        &MOVE_ROOT,
        &SYNCHRONIZE,
        &INTEGRATED,
        &BEGIN_PRODUCTION,
        &GENERATE_TRANSITION,
        &PROVED,
        &SEND_BREADCRUMB,
    ];
    let all = lists.into_iter().flatten();
    all.map(|step| step.name)
        .chain([VERIFY_COMMANDS.name, APPLY_PRODUCED.name])
}
