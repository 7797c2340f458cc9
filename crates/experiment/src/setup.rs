//! The setup of an experiment: every parameter a person gives, with its default.
//!
//! Names, units and defaults are those of the original in its newest version; the table of
//! names is in [`parameter`], reading in [`decode`] and [`flags`], the rules in [`validate`].

pub mod body;
pub mod decode;
pub mod describe;
pub mod encode;
mod flag_number;
pub mod flags;
pub mod parameter;
pub mod rate_shape;
pub mod validate;

use mina::Amount;

pub use rate_shape::RateShape;

/// Receiver of payments when a request names none.
pub const DEFAULT_RECEIVER: &str = "B62qiy32p8kAKnny8ZFwoMhYpBppM1DWVCqAPBYNcXnsAHhnfAAuXgg";

/// All parameters of an experiment. Holds no secret: keys are named by path, passwords by
/// environment variable, and the webhook's address is not part of it.
///
/// Whole numbers are as wide and as signed as they are in the original, so that
/// [`validate`] can speak about wrong ones; a [`crate::plan::Plan`] holds checked numbers.
#[expect(clippy::struct_excessive_bools, reason = "the parameters are given")]
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// Least rate one node should get, transactions per second.
    pub min_tps: f64,
    /// Lower end of a round's rate, transactions per second.
    pub base_tps: f64,
    /// Upper end of a round's rate: two sigma of the half-normal draw, the end of a ramp.
    pub stress_tps: f64,
    /// How rounds get their rates.
    pub rate_shape: RateShape,
    /// The rates of [`RateShape::Steps`], one per round; the last holds on.
    pub rate_steps: Vec<f64>,
    /// Share of discovered nodes that may send.
    pub sender_ratio: f64,
    /// Share of zkApp commands in the rate.
    pub zkapp_ratio: f64,
    /// New accounts per zkApp command.
    pub new_account_ratio: f64,
    /// Share of stops that wipe the node's configuration.
    pub stop_clean_ratio: f64,
    /// Least share of nodes per stop.
    pub min_stop_ratio: f64,
    /// Greatest share of nodes per stop, three sigma of its draw.
    pub max_stop_ratio: f64,
    /// Length of a round, minutes.
    pub round_duration_min: i64,
    /// Pause after a round, minutes.
    pub pause_min: i64,
    /// Number of rounds.
    pub rounds: i64,
    /// Stops in each round.
    pub stops_per_round: i64,
    /// Least time between related transactions, seconds.
    pub gap: i64,
    /// Only nodes that produce no blocks send.
    pub send_from_non_bps_only: bool,
    /// Only block producers are stopped.
    pub stop_only_bps: bool,
    /// Stops use the action `restart` instead of `stop-daemon`.
    pub use_restart_script: bool,
    /// zkApp commands are as costly as they can be.
    pub max_cost: bool,
    /// zkApp load is in a token of its own.
    pub non_default_token: bool,
    /// Name, also a directory and the beginning of every memo.
    pub experiment_name: String,
    /// Name of the environment variable with the password of the key files.
    pub password_env: String,
    /// Directory below which generated keys are stored.
    pub fund_key_prefix: String,
    /// Key files that pay for everything.
    pub priv_keys: Vec<String>,
    /// Receiver of payments.
    pub payment_receiver: String,
    /// Funding keys used in parallel by one funding command.
    pub privkeys_per_fund_cmd: i64,
    /// Number of intermediate funding keys; 0 pays with `priv_keys` directly.
    pub generate_fund_keys: i64,
    /// Public keys whose balances rotate.
    pub rotation_keys: Vec<String>,
    /// The node of each of them.
    pub rotation_servers: Vec<String>,
    /// Whether each key passes on to exactly one other.
    pub rotation_permutation: bool,
    /// Share of a balance that is passed on.
    pub rotation_ratio: f64,
    /// If not 0, odd rounds send max-cost zkApp commands at this share of the rate.
    pub max_cost_mixed_tps_ratio: f64,
    /// After how many rounds a large pause comes.
    pub large_pause_every_n_rounds: i64,
    /// Extra length of that pause, minutes.
    pub large_pause_min: i64,
    /// Least change of a balance in a zkApp's account update.
    pub min_balance_change: Amount,
    /// Greatest change of a balance in a zkApp's account update.
    pub max_balance_change: Amount,
    /// Fee of deploying a zkApp.
    pub deployment_fee: Amount,
    /// What each payment sends.
    pub payment_amount: Amount,
    /// Least fee of a zkApp command.
    pub min_zkapp_fee: Amount,
    /// Greatest fee of a zkApp command.
    pub max_zkapp_fee: Amount,
    /// Fee of transactions that fund keys.
    pub fund_fee: Amount,
    /// Least fee of a payment.
    pub min_payment_fee: Amount,
    /// Greatest fee of a payment.
    pub max_payment_fee: Amount,
    /// zkApp commands per block: −2 or less leaves it alone, −1 resets it, others set it.
    pub zkapp_soft_limit: i64,
    /// What the run must reach: see [`results::threshold`].
    pub thresholds: Vec<String>,
    /// Ends the run as soon as a round cannot hold a threshold any more.
    pub abort_on_fail: bool,
    /// What all random values come from; drawn when a run is accepted if it is not given.
    pub seed: Option<u64>,
}

impl Default for Setup {
    /// The defaults of the newest version. There is no default name and no default key file.
    fn default() -> Self {
        let nanomina = Amount::from_nanomina;
        Self {
            min_tps: 0.01,
            base_tps: 0.3,
            stress_tps: 1.0,
            rate_shape: RateShape::HalfNormal,
            rate_steps: Vec::new(),
            sender_ratio: 1.0,
            zkapp_ratio: 0.5,
            new_account_ratio: 0.0,
            stop_clean_ratio: 0.1,
            min_stop_ratio: 0.0,
            max_stop_ratio: 0.5,
            round_duration_min: 30,
            pause_min: 15,
            rounds: 4,
            stops_per_round: 2,
            gap: 180,
            send_from_non_bps_only: false,
            stop_only_bps: false,
            use_restart_script: false,
            max_cost: false,
            non_default_token: false,
            experiment_name: String::new(),
            password_env: String::new(),
            fund_key_prefix: "./fund_keys".to_owned(),
            priv_keys: Vec::new(),
            payment_receiver: DEFAULT_RECEIVER.to_owned(),
            privkeys_per_fund_cmd: 2,
            generate_fund_keys: 20,
            rotation_keys: Vec::new(),
            rotation_servers: Vec::new(),
            rotation_permutation: false,
            rotation_ratio: 0.3,
            max_cost_mixed_tps_ratio: 0.0,
            large_pause_every_n_rounds: 8,
            large_pause_min: 0,
            min_balance_change: Amount::ZERO,
            max_balance_change: nanomina(1_000),
            deployment_fee: nanomina(1_000_000_000),
            payment_amount: nanomina(100_000),
            min_zkapp_fee: nanomina(1_000_000_000),
            max_zkapp_fee: nanomina(2_000_000_000),
            fund_fee: nanomina(1_000_000_000),
            min_payment_fee: nanomina(100_000_000),
            max_payment_fee: nanomina(200_000_000),
            zkapp_soft_limit: -2,
            thresholds: Vec::new(),
            abort_on_fail: false,
            seed: None,
        }
    }
}

impl Setup {
    /// Whether odd rounds are max-cost rounds.
    #[must_use]
    pub fn mixes_max_cost(&self) -> bool {
        self.max_cost_mixed_tps_ratio > RATIO_TOLERANCE
    }
}

/// Shares nearer to 0 or 1 than this count as 0 or 1.
pub(crate) const RATIO_TOLERANCE: f64 = 0.001;
