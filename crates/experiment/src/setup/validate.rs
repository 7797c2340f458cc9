//! The rules for a setup: those of the original with its messages, in its order, and those
//! that it lacks and whose breach ends in a crash or in nonsense after the funding was paid.

use std::collections::BTreeSet;

use mina::{Amount, PublicKey};
use results::threshold::{THRESHOLDS_MAX, Threshold};

use super::{RATIO_TOLERANCE, RateShape, Setup};
use crate::memo;

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, in one line.
    pub message: String,
    /// The exit code of the command line; never 0.
    pub exit_code: u8,
    /// Name in `setup` objects of the parameter to change.
    pub parameter: &'static str,
}

/// Most rounds of an experiment.
pub const ROUNDS_MAX: i64 = 10_000;
/// Most stops in a round.
pub const STOPS_MAX: i64 = 1_000;
/// Most minutes of one round or pause: a year.
pub const MINUTES_MAX: i64 = 525_600;
/// Most intermediate funding keys.
pub const FUND_KEYS_MAX: i64 = 10_000;

const OTHER: u8 = 2;
const KEY_FILES: u8 = 4;
const ROTATION: u8 = 5;
const DURATION: u8 = 9;

/// All broken rules: first those of the original in its order, then our own.
/// `key_file_exists` says whether there is a file at a path.
#[must_use]
pub fn problems(setup: &Setup, key_file_exists: impl Fn(&str) -> bool) -> Vec<Problem> {
    let mut rules = Rules(Vec::new());
    rules.known(setup, key_file_exists);
    rules.ranges(setup);
    rules.shape(setup);
    rules.keys(setup);
    rules.name(setup);
    rules.thresholds(setup);
    rules.0
}

struct Rules(Vec<Problem>);

impl Rules {
    fn refuse_if(&mut self, broken: bool, parameter: &'static str, exit_code: u8, message: &str) {
        if broken {
            self.0.push(Problem {
                message: message.to_owned(),
                exit_code,
                parameter,
            });
        }
    }

    /// The rules of the original.
    fn known(&mut self, setup: &Setup, key_file_exists: impl Fn(&str) -> bool) {
        let ratios = [
            (setup.sender_ratio, "SenderRatio", "Invalid sender ratio"),
            (setup.zkapp_ratio, "ZkappRatio", "Invalid zkapp ratio"),
            (
                setup.min_stop_ratio,
                "MinStopRatio",
                "Invalid min stop ratio",
            ),
            (
                setup.max_stop_ratio,
                "MaxStopRatio",
                "Invalid max stop ratio",
            ),
            (
                setup.stop_clean_ratio,
                "StopCleanRatio",
                "Invalid stop-clean ratio",
            ),
            (
                setup.max_cost_mixed_tps_ratio,
                "MaxCostMixedTpsRatio",
                "Invalid max-cost-mixed ratio",
            ),
            (
                setup.rotation_ratio,
                "RotationRatio",
                "Invalid rotation ratio",
            ),
        ];
        for (ratio, parameter, message) in ratios {
            // NaN is in no range
            self.refuse_if(!(0.0..=1.0).contains(&ratio), parameter, OTHER, message);
        }
        self.refuse_if(
            setup.max_cost && setup.mixes_max_cost(),
            "MaxCostMixedTpsRatio",
            OTHER,
            "both max-cost-mixed and max-cost specified",
        );
        self.refuse_if(
            setup.rounds <= 0,
            "Rounds",
            OTHER,
            "wrong rounds: should be a positive number",
        );
        self.refuse_if(
            setup.large_pause_every_n_rounds <= 0,
            "LargePauseEveryNRounds",
            OTHER,
            "wrong large-pause-every: should be a positive number",
        );
        self.refuse_if(
            i128::from(setup.round_duration_min) * 60 < i128::from(setup.gap) * 4,
            "RoundDurationMin",
            DURATION,
            "increase round duration: roundDurationMin*60 should be more than gap*4",
        );
        let new_accounts = setup.new_account_ratio;
        self.refuse_if(
            new_accounts < 0.0 || !new_accounts.is_finite(),
            "NewAccountRatio",
            OTHER,
            "wrong new account ratio",
        );
        self.known_keys(setup);
        self.refuse_if(
            setup.rotation_keys.len() != setup.rotation_servers.len(),
            "RotationServers",
            ROTATION,
            "wrong rotation configuration",
        );
        self.refuse_if(
            setup.payment_receiver.is_empty() && sends_payments(setup),
            "PaymentReceiver",
            OTHER,
            "Payment receiver not specified",
        );
        self.refuse_if(
            !setup.priv_keys.iter().all(|file| key_file_exists(file)),
            "Privkeys",
            OTHER,
            "File not found or missing permissions for one of privkey",
        );
        self.refuse_if(
            setup.min_stop_ratio > setup.max_stop_ratio,
            "MinStopRatio",
            OTHER,
            "wrong stop ratios: stop-min-ratio should not be more than stop-max-ratio",
        );
        self.known_token(setup);
    }

    fn known_token(&mut self, setup: &Setup) {
        self.refuse_if(
            setup.non_default_token && setup.max_cost,
            "NonDefaultToken",
            OTHER,
            "wrong token: non-default-token has no effect with max-cost",
        );
        let no_zkapps = setup.zkapp_ratio < RATIO_TOLERANCE && !setup.mixes_max_cost();
        self.refuse_if(
            setup.non_default_token && no_zkapps,
            "NonDefaultToken",
            OTHER,
            "wrong token: non-default-token requires a non-zero zkapp ratio",
        );
    }

    fn known_keys(&mut self, setup: &Setup) {
        let key_files = i64::try_from(setup.priv_keys.len()).unwrap_or(i64::MAX);
        self.refuse_if(
            key_files == 0,
            "Privkeys",
            KEY_FILES,
            "Specify funding private key files after all flags (separated by spaces)",
        );
        self.refuse_if(
            setup.generate_fund_keys > 0 && key_files > 1,
            "Privkeys",
            KEY_FILES,
            "When option -generate-funding-keys is used, only a single private key should be \
             provided",
        );
        let paying = if setup.generate_fund_keys > 0 {
            setup.generate_fund_keys
        } else {
            key_files
        };
        self.refuse_if(
            paying < setup.privkeys_per_fund_cmd,
            "PrivkeysPerFundCmd",
            KEY_FILES,
            "Number of private keys is less than -privkeys-per-fund",
        );
    }

    /// Zero divisors, inverted and unbounded ranges.
    fn ranges(&mut self, setup: &Setup) {
        let positive = |number: f64| number > 0.0 && number.is_finite();
        self.refuse_if(
            !positive(setup.min_tps),
            "MinTps",
            OTHER,
            "wrong min-tps: should be a positive number",
        );
        let base_is_used = setup.rate_shape != RateShape::Steps;
        // a draw is hardly ever 0, so that the half-normal shape may begin there
        let may_be_zero = setup.rate_shape == RateShape::HalfNormal && setup.stress_tps > 0.0;
        self.refuse_if(
            base_is_used && !positive(setup.base_tps) && !(may_be_zero && setup.base_tps == 0.0),
            "BaseTps",
            OTHER,
            "wrong base-tps: should be a positive number",
        );
        for (number, most, flag) in [
            (setup.gap, MINUTES_MAX * 60, ("Gap", "gap")),
            (
                setup.privkeys_per_fund_cmd,
                FUND_KEYS_MAX,
                ("PrivkeysPerFundCmd", "privkeys-per-fund"),
            ),
            (
                setup.round_duration_min,
                MINUTES_MAX,
                ("RoundDurationMin", "round-duration"),
            ),
        ] {
            self.in_range(number, 1, most, flag);
        }
        for (number, most, flag) in [
            (
                setup.stops_per_round,
                STOPS_MAX,
                ("StopsPerRound", "round-stops"),
            ),
            (setup.pause_min, MINUTES_MAX, ("PauseMin", "pause")),
            (
                setup.large_pause_min,
                MINUTES_MAX,
                ("LargePauseMin", "large-pause"),
            ),
            (
                setup.generate_fund_keys,
                FUND_KEYS_MAX,
                ("GenerateFundKeys", "generate-privkeys"),
            ),
        ] {
            self.in_range(number, 0, most, flag);
        }
        self.refuse_if(
            setup.rounds > ROUNDS_MAX,
            "Rounds",
            OTHER,
            &format!("wrong rounds: should be at most {ROUNDS_MAX}"),
        );
        self.refuse_if(
            setup.zkapp_soft_limit > i64::from(i32::MAX),
            "ZkappSoftLimit",
            OTHER,
            &format!("wrong zkapp-soft-limit: should be at most {}", i32::MAX),
        );
        for (least, greatest, name) in [
            (
                setup.min_payment_fee,
                setup.max_payment_fee,
                ("MinPaymentFee", "payment-fee"),
            ),
            (
                setup.min_zkapp_fee,
                setup.max_zkapp_fee,
                ("MinZkappFee", "zkapp-fee"),
            ),
            (
                setup.min_balance_change,
                setup.max_balance_change,
                ("MinBalanceChange", "balance-change"),
            ),
        ] {
            self.not_inverted(least, greatest, name);
        }
    }

    fn in_range(
        &mut self,
        number: i64,
        least: i64,
        most: i64,
        (parameter, flag): (&'static str, &str),
    ) {
        self.refuse_if(
            !(least..=most).contains(&number),
            parameter,
            OTHER,
            &format!("wrong {flag}: should be from {least} to {most}"),
        );
    }

    fn not_inverted(
        &mut self,
        least: Amount,
        greatest: Amount,
        (parameter, name): (&'static str, &str),
    ) {
        self.refuse_if(
            least > greatest,
            parameter,
            OTHER,
            &format!("wrong {name}s: min-{name} should not be more than max-{name}"),
        );
    }

    fn shape(&mut self, setup: &Setup) {
        let uses_stress = matches!(setup.rate_shape, RateShape::HalfNormal | RateShape::Ramp);
        self.refuse_if(
            uses_stress && !setup.stress_tps.is_finite(),
            "StressTps",
            OTHER,
            "wrong stress-tps: should be a positive number",
        );
        self.refuse_if(
            uses_stress && setup.stress_tps < setup.base_tps,
            "StressTps",
            OTHER,
            "wrong stress-tps: should not be less than base-tps",
        );
        let steps = &setup.rate_steps;
        if setup.rate_shape == RateShape::Steps {
            self.refuse_if(
                steps.is_empty(),
                "RateSteps",
                OTHER,
                "wrong rate-steps: the shape `steps` needs at least one rate",
            );
            self.refuse_if(
                steps.iter().any(|rate| *rate <= 0.0 || !rate.is_finite()),
                "RateSteps",
                OTHER,
                "wrong rate-steps: each should be a positive number",
            );
            let count = i64::try_from(steps.len()).unwrap_or(i64::MAX);
            self.refuse_if(
                count > setup.rounds,
                "RateSteps",
                OTHER,
                "wrong rate-steps: there are more of them than rounds",
            );
        } else {
            self.refuse_if(
                !steps.is_empty(),
                "RateSteps",
                OTHER,
                "wrong rate-steps: only the shape `steps` uses them",
            );
        }
    }

    fn keys(&mut self, setup: &Setup) {
        let distinct: BTreeSet<&String> = setup.priv_keys.iter().collect();
        self.refuse_if(
            distinct.len() < setup.priv_keys.len(),
            "Privkeys",
            KEY_FILES,
            "the same private key file is given twice",
        );
        let receiver = &setup.payment_receiver;
        self.refuse_if(
            !receiver.is_empty() && sends_payments(setup) && !is_public_key(receiver),
            "PaymentReceiver",
            OTHER,
            "wrong payment receiver: not a public key",
        );
        self.refuse_if(
            !setup.rotation_keys.iter().all(|key| is_public_key(key)),
            "RotationKeys",
            ROTATION,
            "wrong rotation configuration: not every key is a public key",
        );
        self.refuse_if(
            !setup.rotation_keys.is_empty() && setup.rotation_ratio < RATIO_TOLERANCE,
            "RotationRatio",
            ROTATION,
            "wrong rotation ratio: too small",
        );
    }

    /// The name becomes a directory and the beginning of memos.
    fn thresholds(&mut self, setup: &Setup) {
        self.refuse_if(
            setup.thresholds.len() > THRESHOLDS_MAX,
            "Thresholds",
            OTHER,
            &format!("wrong thresholds: at most {THRESHOLDS_MAX} may be given"),
        );
        let texts = setup.thresholds.iter().take(THRESHOLDS_MAX);
        for (number, text) in texts.enumerate() {
            if let Err(error) = Threshold::parse(text) {
                let message = format!("wrong thresholds: number {}, {error}", number + 1);
                self.refuse_if(true, "Thresholds", OTHER, &message);
            }
        }
    }

    fn name(&mut self, setup: &Setup) {
        const ILLEGAL: &str = "/\\:*?\"<>|";
        let name = setup.experiment_name.as_str();
        self.refuse_if(
            name.is_empty(),
            "ExperimentName",
            OTHER,
            "Experiment name is required",
        );
        self.refuse_if(
            name.len() >= 50,
            "ExperimentName",
            OTHER,
            "Experiment name must be less than 50 characters",
        );
        self.refuse_if(
            name.contains(char::is_whitespace),
            "ExperimentName",
            OTHER,
            "Experiment name must not contain spaces",
        );
        let illegal = name
            .chars()
            .find(|character| ILLEGAL.contains(*character) || character.is_control());
        if let Some(character) = illegal {
            let shown = name.escape_debug();
            let character = character.escape_debug();
            self.refuse_if(
                true,
                "ExperimentName",
                OTHER,
                &format!("Experiment name '{shown}' contains illegal character '{character}'"),
            );
        }
        self.refuse_if(
            name.starts_with(['.', '-']),
            "ExperimentName",
            OTHER,
            "Experiment name must not begin with a point or a dash",
        );
        let bytes = memo::bytes_least(name, setup.rounds);
        self.refuse_if(
            bytes > memo::BYTES_MAX,
            "ExperimentName",
            OTHER,
            &format!(
                "Experiment name is too long: memos would have {bytes} bytes or more, and {} fit",
                memo::BYTES_MAX
            ),
        );
    }
}

fn sends_payments(setup: &Setup) -> bool {
    setup.zkapp_ratio < 1.0 - RATIO_TOLERANCE
}

fn is_public_key(text: &str) -> bool {
    text.parse::<PublicKey>().is_ok()
}
