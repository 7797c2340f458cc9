//! The table of parameters: every name of each, where its value lies, and what it means.
//!
//! Reading JSON, reading flags, writing `setup` objects and the help all follow this one table.

use mina::Amount;

use super::{RateShape, Setup};

/// One parameter and its names.
#[derive(Debug)]
pub struct Parameter {
    /// Name in requests and files; a point stands for nesting, as in `fees.fund`.
    pub json: &'static str,
    /// Another name in requests, of an earlier version.
    pub json_earlier: Option<&'static str>,
    /// Flag of the command line, without dash; empty for positional arguments.
    pub flag: &'static str,
    /// Name in `setup` and `setup_json` objects.
    pub setup_key: &'static str,
    /// What it means, for the help.
    pub help: &'static str,
    /// Where its value lies.
    pub(crate) place: Place,
}

/// Where a value lies in a [`Setup`], by its type.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Float(fn(&mut Setup) -> &mut f64),
    Integer(fn(&mut Setup) -> &mut i64),
    Amount(fn(&mut Setup) -> &mut Amount),
    Flag(fn(&mut Setup) -> &mut bool),
    Text(fn(&mut Setup) -> &mut String),
    Texts(fn(&mut Setup) -> &mut Vec<String>),
    /// `null` when empty; one text with commas as a flag.
    CommaTexts(fn(&mut Setup) -> &mut Vec<String>),
    Floats(fn(&mut Setup) -> &mut Vec<f64>),
    /// Texts of our own: left out when empty.
    OwnTexts(fn(&mut Setup) -> &mut Vec<String>),
    /// A flag of our own: left out when false.
    OwnFlag(fn(&mut Setup) -> &mut bool),
    Shape(fn(&mut Setup) -> &mut RateShape),
    Seed(fn(&mut Setup) -> &mut Option<u64>),
}

impl Place {
    /// What has to be written here, for messages and the help.
    pub(crate) const fn expects(self) -> &'static str {
        match self {
            Self::Float(_) => "a number",
            Self::Integer(_) => "a whole number",
            Self::Amount(_) => "a whole number of nanomina, not negative",
            Self::Flag(_) | Self::OwnFlag(_) => "true or false",
            Self::Text(_) => "a text",
            Self::Texts(_) => "a list of texts",
            Self::CommaTexts(_) | Self::OwnTexts(_) => "a text with commas or a list of texts",
            Self::Floats(_) => "a list of numbers",
            Self::Shape(_) => "one of half-normal, fixed, steps, ramp",
            Self::Seed(_) => "a whole number from 0 to 9007199254740991",
        }
    }
}

impl Parameter {
    /// Whether the original has it too.
    #[must_use]
    pub fn is_compatible(&self) -> bool {
        !matches!(
            self.place,
            Place::Floats(_)
                | Place::OwnTexts(_)
                | Place::OwnFlag(_)
                | Place::Shape(_)
                | Place::Seed(_)
        )
    }

    /// All names that a file or a request may use.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        let json = (!self.json.contains('.')).then_some(self.json);
        let flag = (!self.flag.is_empty()).then_some(self.flag);
        json.into_iter()
            .chain(self.json_earlier)
            .chain([self.setup_key])
            .chain(flag)
    }
}

/// The object in requests that holds fees.
pub(crate) const FEES: &str = "fees";

macro_rules! parameters {
    ($($json:literal $(or $earlier:literal)?, $flag:literal, $key:literal,
        $place:ident $field:ident, $help:literal;)*) => {
        [$(Parameter {
            json: $json,
            json_earlier: parameters!(@earlier $($earlier)?),
            flag: $flag,
            setup_key: $key,
            help: $help,
            place: Place::$place(|setup| &mut setup.$field),
        }),*]
    };
    (@earlier) => { None };
    (@earlier $earlier:literal) => { Some($earlier) };
}

/// All parameters, in the order of `setup` objects; those of our own at the end.
pub static PARAMETERS: [Parameter; 48] = parameters! {
    "min_tps", "min-tps", "MinTps", Float min_tps, "least tps one node should get";
    "base_tps", "base-tps", "BaseTps", Float base_tps, "lower end of a round's rate, tps";
    "stress_tps", "stress-tps", "StressTps", Float stress_tps,
        "upper end of a round's rate (two sigma of the half-normal draw), tps";
    "sender_ratio", "sender-ratio", "SenderRatio", Float sender_ratio,
        "share of discovered nodes that may send, 0 to 1";
    "zkapp_ratio", "zkapp-ratio", "ZkappRatio", Float zkapp_ratio,
        "share of zkApp commands in the rate, 0 to 1";
    "new_account_ratio", "new-account-ratio", "NewAccountRatio", Float new_account_ratio,
        "new accounts per zkApp command; ignored for max-cost";
    "stop_clean_ratio", "stop-clean-ratio", "StopCleanRatio", Float stop_clean_ratio,
        "share of stops that wipe the configuration, 0 to 1";
    "min_stop_ratio", "stop-min-ratio", "MinStopRatio", Float min_stop_ratio,
        "least share of nodes per stop, 0 to 1";
    "max_stop_ratio", "stop-max-ratio", "MaxStopRatio", Float max_stop_ratio,
        "greatest share of nodes per stop (three sigma), 0 to 1";
    "round_duration_min", "round-duration", "RoundDurationMin", Integer round_duration_min,
        "length of a round, minutes";
    "pause_min", "pause", "PauseMin", Integer pause_min, "pause after a round, minutes";
    "rounds", "rounds", "Rounds", Integer rounds, "number of rounds";
    "stops_per_round", "round-stops", "StopsPerRound", Integer stops_per_round,
        "stops in each round";
    "gap", "gap", "Gap", Integer gap, "least time between related transactions, seconds";
    "send_from_non_bps_only", "send-from-non-bps", "SendFromNonBpsOnly",
        Flag send_from_non_bps_only, "send from nodes that produce no blocks only";
    "stop_only_bps", "stop-only-bps", "StopOnlyBps", Flag stop_only_bps,
        "stop block producers only";
    "use_restart_script", "use-restart-script", "UseRestartScript", Flag use_restart_script,
        "restart nodes by script instead of stopping their daemons";
    "max_cost", "max-cost", "MaxCost", Flag max_cost, "send max-cost zkApp commands";
    "non_default_token", "non-default-token", "NonDefaultToken", Flag non_default_token,
        "zkApp load in a token of its own (special daemon builds)";
    "experiment_name", "experiment-name", "ExperimentName", Text experiment_name,
        "name of the experiment, also a directory and the beginning of memos";
    "password_env", "password-env", "PasswordEnv", Text password_env,
        "name of the environment variable with the password of the key files";
    "fund_key_prefix", "fund-keys-dir", "FundKeyPrefix", Text fund_key_prefix,
        "directory below which generated keys are stored";
    "priv_keys", "", "Privkeys", Texts priv_keys, "key files that pay for everything";
    "payment_receiver", "payment-receiver", "PaymentReceiver", Text payment_receiver,
        "public key that receives payments";
    "privkeys_per_fund_cmd", "privkeys-per-fund", "PrivkeysPerFundCmd",
        Integer privkeys_per_fund_cmd, "funding keys used in parallel by one funding command";
    "generate_fund_keys", "generate-privkeys", "GenerateFundKeys", Integer generate_fund_keys,
        "number of intermediate funding keys; 0 pays with the key files directly";
    "rotate_keys", "rotate-keys", "RotationKeys", CommaTexts rotation_keys,
        "public keys whose balances rotate";
    "rotate_servers", "rotate-servers", "RotationServers", CommaTexts rotation_servers,
        "node of each rotating key";
    "rotation_permutation", "rotate-permutation", "RotationPermutation",
        Flag rotation_permutation, "each rotating key passes on to exactly one other";
    "rotation_ratio", "rotate-ratio", "RotationRatio", Float rotation_ratio,
        "share of a balance that rotates, 0 to 1";
    "max_cost_mixed_tps_ratio" or "mix_max_cost_tps_ratio", "max-cost-mixed",
        "MaxCostMixedTpsRatio", Float max_cost_mixed_tps_ratio,
        "if not 0, odd rounds send max-cost zkApp commands at this share of the rate";
    "large_pause_every_n_rounds", "large-pause-every", "LargePauseEveryNRounds",
        Integer large_pause_every_n_rounds, "after how many rounds a large pause comes";
    "large_pause_min", "large-pause", "LargePauseMin", Integer large_pause_min,
        "extra length of the large pause, minutes";
    "min_balance_change", "min-balance-change", "MinBalanceChange", Amount min_balance_change,
        "least balance change of a zkApp's account update, nanomina";
    "max_balance_change", "max-balance-change", "MaxBalanceChange", Amount max_balance_change,
        "greatest balance change of a zkApp's account update, nanomina";
    "fees.deployment", "deployment-fee", "DeploymentFee", Amount deployment_fee,
        "fee of deploying a zkApp, nanomina";
    "payment_amount", "payment-amount", "PaymentAmount", Amount payment_amount,
        "what each payment sends, nanomina";
    "fees.min_zkapp", "min-zkapp-fee", "MinZkappFee", Amount min_zkapp_fee,
        "least fee of a zkApp command, nanomina";
    "fees.max_zkapp", "max-zkapp-fee", "MaxZkappFee", Amount max_zkapp_fee,
        "greatest fee of a zkApp command, nanomina";
    "fees.fund", "fund-fee", "FundFee", Amount fund_fee,
        "fee of transactions that fund keys, nanomina";
    "fees.min_payment", "min-payment-fee", "MinPaymentFee", Amount min_payment_fee,
        "least fee of a payment, nanomina";
    "fees.max_payment", "max-payment-fee", "MaxPaymentFee", Amount max_payment_fee,
        "greatest fee of a payment, nanomina";
    "zkapp_soft_limit", "zkapp-soft-limit", "ZkappSoftLimit", Integer zkapp_soft_limit,
        "zkApp commands per block: -2 or less leaves it alone, -1 resets it, others set it";
    "rate_shape", "rate-shape", "RateShape", Shape rate_shape,
        "how rounds get their rates: half-normal, fixed, steps, ramp";
    "rate_steps", "rate-steps", "RateSteps", Floats rate_steps,
        "rates of the shape `steps`, one per round; the last holds on";
    "thresholds", "thresholds", "Thresholds", OwnTexts thresholds,
        "what the run must reach, such as `included >= 99%` or `latency.p95 < 6 slots`";
    "abort_on_fail", "abort-on-fail", "AbortOnFail", OwnFlag abort_on_fail,
        "end the run as soon as a round cannot hold a threshold any more";
    "seed", "seed", "Seed", Seed seed, "what all random values come from";
};

/// The parameter of this flag.
pub(crate) fn by_flag(flag: &str) -> Option<&'static Parameter> {
    PARAMETERS
        .iter()
        .find(|parameter| !flag.is_empty() && parameter.flag == flag)
}

/// The parameter of this name in a request or a file, in any case.
pub(crate) fn by_name(name: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|parameter| {
        parameter
            .names()
            .any(|known| known.eq_ignore_ascii_case(name))
    })
}

/// The parameter of this name inside the object [`FEES`].
pub(crate) fn by_fee_name(name: &str) -> Option<&'static Parameter> {
    fee_names()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, parameter)| parameter)
}

/// The names inside [`FEES`].
pub(crate) fn fee_names() -> impl Iterator<Item = (&'static str, &'static Parameter)> {
    PARAMETERS.iter().filter_map(|parameter| {
        let (outer, inner) = parameter.json.split_once('.')?;
        (outer == FEES).then_some((inner, parameter))
    })
}
