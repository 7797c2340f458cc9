//! Which checkpoints are parts of which: the fixed relation that makes a
//! checkpoint tree out of a flat list.
//!
//! Asked for every checkpoint of every block at ingest, so names are looked up
//! once and the relation itself is a bit set.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::Compatibility;

/// A name of the table, as its index in [`Relation::names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct NameId(u8);

/// The parent and child relation between the names of checkpoints.
pub(crate) struct Relation {
    names: Vec<&'static str>,
    ids: HashMap<&'static str, NameId>,
    /// Per name its children in table order.
    children: Vec<Vec<NameId>>,
    /// Per name the set of its children.
    child_sets: Vec<NameSet>,
}

/// A set of names; the table has fewer than 192.
#[derive(Debug, Clone, Copy, Default)]
struct NameSet([u64; 3]);

impl NameSet {
    fn insert(&mut self, id: NameId) {
        self.0[usize::from(id.0 / 64)] |= 1 << (id.0 % 64);
    }

    fn contains(self, id: NameId) -> bool {
        self.0[usize::from(id.0 / 64)] & (1 << (id.0 % 64)) != 0
    }
}

impl Relation {
    /// The relation that trees and distributions are made with.
    pub(crate) fn of(compatibility: Compatibility) -> &'static Self {
        static CORRECTED: LazyLock<Relation> =
            LazyLock::new(|| Relation::new(Compatibility::Corrected));
        static ORIGINAL: LazyLock<Relation> =
            LazyLock::new(|| Relation::new(Compatibility::Original));
        match compatibility {
            Compatibility::Corrected => &CORRECTED,
            Compatibility::Original => &ORIGINAL,
        }
    }

    fn new(compatibility: Compatibility) -> Self {
        let mut relation = Self {
            names: Vec::new(),
            ids: HashMap::new(),
            children: Vec::new(),
            child_sets: Vec::new(),
        };
        for &(parent, children) in TABLE {
            for &child in children {
                relation.add(parent, child);
                if compatibility == Compatibility::Corrected && child == OLD_CHILD {
                    relation.add(parent, TODAY_CHILD);
                }
            }
        }
        relation
    }

    fn add(&mut self, parent: &'static str, child: &'static str) {
        let parent = usize::from(self.add_name(parent).0);
        let child = self.add_name(child);
        self.children[parent].push(child);
        self.child_sets[parent].insert(child);
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a test checks that the table has fewer than 192 names"
    )]
    fn add_name(&mut self, name: &'static str) -> NameId {
        *self.ids.entry(name).or_insert_with(|| {
            let id = NameId(self.names.len() as u8);
            self.names.push(name);
            self.children.push(Vec::new());
            self.child_sets.push(NameSet::default());
            id
        })
    }

    /// The id of a name; none for a name without parent and children.
    pub(crate) fn id(&self, name: &str) -> Option<NameId> {
        self.ids.get(name).copied()
    }

    /// Whether anything can hang below this name.
    pub(crate) fn has_children(&self, name: NameId) -> bool {
        !self.children[usize::from(name.0)].is_empty()
    }

    /// Whether `child` hangs below `parent` when it follows it.
    pub(crate) fn is_child(&self, parent: NameId, child: NameId) -> bool {
        self.child_sets[usize::from(parent.0)].contains(child)
    }

    /// The names below a name, in table order; none for an unknown name.
    pub(crate) fn children(&self, name: &str) -> impl DoubleEndedIterator<Item = &'static str> {
        self.id(name)
            .map_or(&[][..], |id| &self.children[usize::from(id.0)])
            .iter()
            .map(|child| self.names[usize::from(child.0)])
    }
}

/// A name of the table that daemons do not write any more.
const OLD_CHILD: &str = "Apply_catchup_tree_diffs";
/// What today's daemons write instead. The original does not know it, so it
/// ends the nesting of `Add_and_finalize` there.
const TODAY_CHILD: &str = "Apply_catchup_state_diffs";

/// Each parent with its children. A name may be a child of several.
#[rustfmt::skip]
const TABLE: &[(&str, &[&str])] = &[
    ("Initial_validation", &["Verify_blockchain_snarks", "Verify_blockchain_snarks_done"]),
    ("Validate_transition", &[
        "Check_transition_not_in_frontier", "Check_transition_not_in_process",
        "Check_transition_can_be_connected", "Register_transition_for_processing",
    ]),
    ("Build_breadcrumb", &["Validate_staged_ledger_diff", "Create_breadcrumb"]),
    ("Validate_staged_ledger_diff", &[
        "Check_completed_works", "Prediff", "Apply_diff", "Diff_applied",
    ]),
    ("Prediff", &["Verify_commands", "Verify_commands_done"]),
    ("Check_completed_works", &["Verify_transaction_snarks", "Verify_transaction_snarks_done"]),
    ("Apply_diff", &[
        "Update_coinbase_stack", "Update_coinbase_stack_done", "Check_for_sufficient_snark_work",
        "Check_zero_fee_excess", "Fill_work_and_enqueue_transactions",
        "Update_pending_coinbase_collection", "Verify_scan_state_after_apply",
        "Hash_new_staged_ledger", "Hash_new_staged_ledger_done", "Make_staged_ledger_hash",
    ]),
    ("Update_coinbase_stack", &[
        "Update_ledger_and_get_statements", "Update_ledger_and_get_statements_done",
    ]),
    ("Hash_new_staged_ledger", &["Hash_scan_state", "Get_merkle_root"]),
    ("Add_and_finalize", &["Add_breadcrumb_to_frontier", "Add_breadcrumb_to_frontier_done"]),
    ("Add_breadcrumb_to_frontier", &[
        "Calculate_diffs", "Calculate_diffs_done", "Apply_catchup_tree_diffs",
        "Apply_full_frontier_diffs", "Apply_full_frontier_diffs_done",
        "Synchronize_persistent_frontier", "Synchronize_persistent_frontier_done",
        "Notify_frontier_extensions", "Notify_frontier_extensions_done",
    ]),
    ("Apply_full_frontier_diffs", &["Move_frontier_root", "Move_frontier_root_done"]),
    ("Notify_frontier_extensions", &[
        "Update_frontier_extension", "Update_frontier_extension_done", "Notify_SPRC_handle_diffs",
        "Notify_SPRC_write_view", "Notify_SPRC_write_view_done",
    ]),
    ("Notify_SPRC_handle_diffs", &[
        "SPRC_add_scan_state_to_ref_table", "SPRC_add_scan_state_to_ref_table_done",
        "SPRC_add_to_work_table", "SPRC_add_to_work_table_done", "SPRC_remove_from_work_table",
        "SPRC_remove_from_work_table_done", "SPRC_update_best_tip_table",
        "SPRC_update_best_tip_table_done",
    ]),
    ("Generate_next_state", &[
        "Create_staged_ledger_diff", "Create_staged_ledger_diff_done", "Apply_staged_ledger_diff",
        "Apply_staged_ledger_diff_done", "Generate_transition", "Generate_transition_done",
    ]),
    ("Generate_transition", &["Consensus_state_update", "Consensus_state_update_done"]),
    ("Produce_state_transition_proof", &[
        "Prover_extend_blockchain", "Prover_extend_blockchain_done",
    ]),
    ("Prover_extend_blockchain", &[
        "Pickles_step_proof", "Pickles_wrap_proof", "Pickles_step_proof_done",
        "Pickles_wrap_proof_done",
    ]),
    ("Pickles_step_proof", &[
        "Step_generate_witness_conv", "Step_compute_prev_proof_parts",
        "Step_compute_prev_proof_parts_done", "Step_compute_bulletproof_challenges",
        "Step_compute_bulletproof_challenges_done", "Backend_tick_proof_create_async",
        "Backend_tick_proof_create_async_done",
    ]),
    ("Pickles_wrap_proof", &[
        "Wrap_compute_deferred_values", "Wrap_compute_deferred_values_done",
        "Wrap_generate_witness_conv", "Wrap_verifier_incrementally_verify_proof",
        "Wrap_verifier_incrementally_verify_proof_done", "Backend_tock_proof_create_async",
        "Backend_tock_proof_create_async_done",
    ]),
    ("Backend_tick_proof_create_async", &["Kimchi_pasta_fp_plonk_proof_create"]),
    ("Backend_tock_proof_create_async", &["Kimchi_pasta_fq_plonk_proof_create"]),
    ("Kimchi_pasta_fp_plonk_proof_create", &[
        "Kimchi_create_recursive", "Kimchi_create_recursive_done",
    ]),
    ("Kimchi_pasta_fq_plonk_proof_create", &[
        "Kimchi_create_recursive", "Kimchi_create_recursive_done",
    ]),
    ("Kimchi_create_recursive", &[
        "Kimchi_pad_witness", "Kimchi_set_up_fq_sponge", "Kimchi_commit_to_witness_columns",
        "Kimchi_z_permutation_aggregation_polynomial",
        "Kimchi_eval_witness_polynomials_over_domains", "Kimchi_compute_index_evals",
        "Kimchi_compute_quotient_poly", "Kimchi_lagrange_basis_eval_zeta_poly",
        "Kimchi_lagrange_basis_eval_zeta_omega_poly", "Kimchi_chunk_eval_zeta_omega_poly",
        "Kimchi_compute_ft_poly", "Kimchi_ft_eval_zeta_omega", "Kimchi_build_polynomials",
        "Kimchi_create_aggregated_evaluation_proof",
    ]),
    ("Apply_staged_ledger_diff", &[
        "Update_coinbase_stack", "Update_coinbase_stack_done", "Check_for_sufficient_snark_work",
        "Check_zero_fee_excess", "Fill_work_and_enqueue_transactions",
        "Update_pending_coinbase_collection", "Verify_scan_state_after_apply",
        "Hash_new_staged_ledger", "Hash_new_staged_ledger_done", "Make_staged_ledger_hash",
    ]),
    ("Create_staged_ledger_diff", &[
        "Get_snark_work_for_pending_transactions", "Validate_and_apply_transactions",
        "Generate_staged_ledger_diff", "Generate_staged_ledger_diff_done",
    ]),
    ("Produce_validated_transition", &["Build_breadcrumb"]),
    ("Wait_for_confirmation", &[
        "Begin_local_block_processing", "Add_and_finalize", "Add_and_finalize_done",
    ]),
    ("Validate_proofs", &[
        "Verifier_verify_blockchain_snarks", "Verifier_verify_blockchain_snarks_done",
    ]),
    ("Verify_blockchain_snarks", &[
        "Verifier_verify_blockchain_snarks", "Verifier_verify_blockchain_snarks_done",
    ]),
    ("Verify_transaction_snarks", &[
        "Verifier_verify_transaction_snarks", "Verifier_verify_transaction_snarks_done",
    ]),
    ("Verify_commands", &["Verifier_verify_commands", "Verifier_verify_commands_done"]),
    ("Verifier_verify_blockchain_snarks", &[
        "Wrap_verifier_incrementally_verify_proof",
        "Wrap_verifier_incrementally_verify_proof_done", "Verify_heterogenous",
    ]),
    ("Verifier_verify_transaction_snarks", &["Verify_heterogenous"]),
    ("Verifier_verify_commands", &["Verify_heterogenous"]),
    ("Verify_heterogenous", &[
        "Compute_plonks_and_chals", "Compute_plonks_and_chals_done", "Accumulator_check",
        "Accumulator_check_done", "Compute_batch_verify_inputs",
        "Compute_batch_verify_inputs_done", "Dlog_check_batch_verify",
        "Dlog_check_batch_verify_done",
    ]),
    ("Dlog_check_batch_verify", &[
        "Batch_verify_backend_convert_inputs", "Batch_verify_backend_convert_inputs_done",
        "Batch_verify_backend", "Batch_verify_backend_done",
    ]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn is_child(compatibility: Compatibility, parent: &str, child: &str) -> bool {
        let relation = Relation::of(compatibility);
        relation.is_child(relation.id(parent).unwrap(), relation.id(child).unwrap())
    }

    #[test]
    fn the_table_fits_its_sets() {
        let relation = Relation::of(Compatibility::Corrected);
        assert_eq!(TABLE.len(), 38);
        assert_eq!(relation.names.len(), 137);
    }

    #[test]
    fn a_name_may_have_several_parents() {
        for parent in ["Apply_diff", "Apply_staged_ledger_diff"] {
            assert!(is_child(
                Compatibility::Original,
                parent,
                "Hash_new_staged_ledger"
            ));
        }
        assert!(!is_child(
            Compatibility::Original,
            "Prediff",
            "Hash_new_staged_ledger"
        ));
    }

    #[test]
    fn the_name_that_daemons_write_today_is_known_only_when_corrected() {
        assert!(
            Relation::of(Compatibility::Original)
                .id(TODAY_CHILD)
                .is_none()
        );
        assert!(is_child(
            Compatibility::Corrected,
            "Add_breadcrumb_to_frontier",
            TODAY_CHILD
        ));
        let children =
            Relation::of(Compatibility::Corrected).children("Add_breadcrumb_to_frontier");
        let children: Vec<&str> = children.skip(2).take(2).collect();
        assert_eq!(children, [OLD_CHILD, TODAY_CHILD]);
    }

    #[test]
    fn nesting_is_never_deeper_than_nine() {
        fn depth(relation: &Relation, name: &str) -> usize {
            1 + relation
                .children(name)
                .map(|child| depth(relation, child))
                .max()
                .unwrap_or(0)
        }
        let relation = Relation::of(Compatibility::Corrected);
        let deepest = relation
            .names
            .iter()
            .map(|name| depth(relation, name))
            .max();
        assert_eq!(deepest, Some(9));
    }
}
