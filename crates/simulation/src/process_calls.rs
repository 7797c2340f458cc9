//! What the verifier and the prover write about a call.
//!
//! Which checkpoints there are and how they nest is known from readers of traces; how a call's
//! time is divided among them is an estimate, in thousandths.

use crate::block::Block;
use crate::time::{SimTime, Span};

/// A kind of call into another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallKind {
    VerifyBlockchainSnarks,
    VerifyTransactionSnarks,
    /// Commands with proofs among them.
    VerifyZkapps,
    /// Signatures only.
    VerifySignatures,
    ExtendBlockchain,
}

type Points = &'static [(u16, &'static str)];

impl CallKind {
    /// Verification of a block's commands.
    pub(crate) fn of_commands(block: &Block) -> Self {
        if block.zkapps > 0 {
            Self::VerifyZkapps
        } else {
            Self::VerifySignatures
        }
    }

    fn points(self) -> Points {
        match self {
            Self::VerifyBlockchainSnarks => VERIFY_BLOCKCHAIN_SNARKS,
            Self::VerifyTransactionSnarks => VERIFY_TRANSACTION_SNARKS,
            Self::VerifyZkapps => VERIFY_ZKAPPS,
            Self::VerifySignatures => VERIFY_SIGNATURES,
            Self::ExtendBlockchain => EXTEND_BLOCKCHAIN,
        }
    }

    /// The checkpoints of a call from `since` to `until`.
    pub(crate) fn checkpoints(
        self,
        since: SimTime,
        until: SimTime,
    ) -> impl Iterator<Item = (SimTime, &'static str)> {
        let span = until.since(since).micros();
        self.points().iter().map(move |&(thousandths, name)| {
            let part = span / 1_000 * i64::from(thousandths)
                + span % 1_000 * i64::from(thousandths) / 1_000;
            (since + Span::from_micros(part), name)
        })
    }
}

macro_rules! verify {
    ($name:ident, $first:literal, $last:literal $(, $extra:expr)*) => {
        const $name: Points = &[
            (4, $first),
            $($extra,)*
            (40, "Verify_heterogenous"),
            (45, "Compute_plonks_and_chals"),
            (180, "Compute_plonks_and_chals_done"),
            (182, "Accumulator_check"),
            (430, "Accumulator_check_done"),
            (432, "Compute_batch_verify_inputs"),
            (520, "Compute_batch_verify_inputs_done"),
            (522, "Dlog_check_batch_verify"),
            (524, "Batch_verify_backend_convert_inputs"),
            (540, "Batch_verify_backend_convert_inputs_done"),
            (542, "Batch_verify_backend"),
            (985, "Batch_verify_backend_done"),
            (988, "Dlog_check_batch_verify_done"),
            (994, $last),
        ];
    };
}

verify!(
    VERIFY_BLOCKCHAIN_SNARKS,
    "Verifier_verify_blockchain_snarks",
    "Verifier_verify_blockchain_snarks_done",
    (8, "Wrap_verifier_incrementally_verify_proof"),
    (30, "Wrap_verifier_incrementally_verify_proof_done")
);
verify!(
    VERIFY_TRANSACTION_SNARKS,
    "Verifier_verify_transaction_snarks",
    "Verifier_verify_transaction_snarks_done"
);
verify!(
    VERIFY_ZKAPPS,
    "Verifier_verify_commands",
    "Verifier_verify_commands_done"
);

const VERIFY_SIGNATURES: Points = &[
    (60, "Verifier_verify_commands"),
    (900, "Verifier_verify_commands_done"),
];

const EXTEND_BLOCKCHAIN: Points = &[
    (1, "Prover_extend_blockchain"),
    (2, "Pickles_step_proof"),
    (4, "Step_generate_witness_conv"),
    (60, "Step_compute_prev_proof_parts"),
    (120, "Step_compute_prev_proof_parts_done"),
    (121, "Step_compute_bulletproof_challenges"),
    (140, "Step_compute_bulletproof_challenges_done"),
    (142, "Backend_tick_proof_create_async"),
    (150, "Kimchi_pasta_fp_plonk_proof_create"),
    (152, "Kimchi_create_recursive"),
    (598, "Kimchi_create_recursive_done"),
    (602, "Backend_tick_proof_create_async_done"),
    (610, "Pickles_step_proof_done"),
    (611, "Pickles_wrap_proof"),
    (613, "Wrap_compute_deferred_values"),
    (622, "Wrap_compute_deferred_values_done"),
    (623, "Wrap_generate_witness_conv"),
    (630, "Wrap_verifier_incrementally_verify_proof"),
    (660, "Wrap_verifier_incrementally_verify_proof_done"),
    (662, "Backend_tock_proof_create_async"),
    (668, "Kimchi_pasta_fq_plonk_proof_create"),
    (670, "Kimchi_create_recursive"),
    (985, "Kimchi_create_recursive_done"),
    (990, "Backend_tock_proof_create_async_done"),
    (997, "Pickles_wrap_proof_done"),
    (998, "Prover_extend_blockchain_done"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_begin_and_end_within_their_time_and_in_order() {
        let since = SimTime::from_unix_micros(1_000);
        for kind in [
            CallKind::VerifyBlockchainSnarks,
            CallKind::VerifyTransactionSnarks,
            CallKind::VerifyZkapps,
            CallKind::VerifySignatures,
            CallKind::ExtendBlockchain,
        ] {
            let until = SimTime::from_unix_micros(3_501);
            let times: Vec<SimTime> = kind.checkpoints(since, until).map(|(t, _)| t).collect();
            assert!(times.is_sorted(), "{kind:?}");
            assert!(times.iter().all(|time| (since..=until).contains(time)));
        }
    }
}
