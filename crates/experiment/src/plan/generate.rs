//! Making a plan: every draw and every formula of every round.

use mina::Amount;

use super::funding::{self, FundCommand, FundingNeed, LoadSize};
use super::{ACCOUNTS_MAX, Load, Plan, PlanError, RaisedFunding, Round};
use crate::action::fund_keys::InsufficientFunds;
use crate::memo;
use crate::number::{Overflow, float, trunc};
use crate::seeded_rng::{Purpose, SeededRng};
use crate::setup::{RATIO_TOLERANCE, RateShape, Setup, validate};
use crate::zkapp_load::{MAX_COST_ZKAPPS, ZkappParameters};

/// The rate of a round by the setup's shape, transactions per second.
#[must_use]
pub fn draw_rate(setup: &Setup, round: u32, chance: &mut SeededRng) -> f64 {
    let span = setup.stress_tps - setup.base_tps;
    match setup.rate_shape {
        RateShape::HalfNormal => setup.base_tps + (span / 2.0) * chance.half_normal(),
        RateShape::Fixed => setup.base_tps,
        RateShape::Steps => {
            let index = usize::try_from(round).unwrap_or(usize::MAX);
            let step = setup.rate_steps.get(index).or(setup.rate_steps.last());
            step.copied().unwrap_or(setup.base_tps)
        }
        RateShape::Ramp => {
            let last = u32::try_from(setup.rounds - 1).unwrap_or(0);
            let share = f64::from(round) / f64::from(last.max(1));
            setup.base_tps + span * share
        }
    }
}

/// The share of nodes that each stop of a round stops.
#[must_use]
pub fn draw_stop_ratio(setup: &Setup, chance: &mut SeededRng) -> f64 {
    let sigma = (setup.max_stop_ratio - setup.min_stop_ratio) / 3.0;
    let ratio = setup.min_stop_ratio + sigma * chance.half_normal();
    ratio.min(setup.max_stop_ratio)
}

/// The numbers of a setup that a plan counts with, once they are known to be in range.
struct Numbers {
    rounds: u32,
    duration_min: u64,
    pause_min: u64,
    large_pause_every: u32,
    large_pause_min: u64,
    stops: usize,
    gap_sec: u64,
    fund_keys: usize,
    fund_parts: usize,
}

impl Plan {
    /// The plan that follows from a setup and a seed. The setup must have passed
    /// [`problems`](crate::setup::validate::problems).
    ///
    /// # Errors
    ///
    /// The setup has not passed validation, or its amounts or counts are too large.
    pub fn new(setup: &Setup, seed: u64) -> Result<Self, PlanError> {
        // the caller has checked that the key files exist
        if let Some(problem) = validate::problems(setup, |_| true).into_iter().next() {
            return Err(PlanError::Invalid(problem.message));
        }
        let numbers = numbers(setup)?;
        let mut setup = setup.clone();
        setup.seed = Some(seed);
        let mut rounds: Vec<Round> = Vec::new();
        let mut accounts: u64 = 0;
        for index in 0..numbers.rounds {
            let mut chance = SeededRng::new(seed, Purpose::Round(index));
            let round = round(&setup, &numbers, index, &mut chance)?;
            accounts += round
                .loads()
                .map(|(_, load)| load.funding.accounts)
                .sum::<u64>();
            if accounts > ACCOUNTS_MAX {
                return Err(PlanError::TooManyAccounts {
                    round: index,
                    accounts,
                });
            }
            rounds.push(round);
        }
        let root_funding = fund(&setup, &numbers, &mut rounds)?;
        Ok(Self {
            setup,
            seed,
            root_funding,
            rounds,
        })
    }
}

fn numbers(setup: &Setup) -> Result<Numbers, PlanError> {
    fn convert<T: TryFrom<i64>>(number: i64) -> Result<T, PlanError> {
        T::try_from(number).map_err(|_| PlanError::Invalid("a number is out of range".to_owned()))
    }
    Ok(Numbers {
        rounds: convert(setup.rounds)?,
        duration_min: convert(setup.round_duration_min)?,
        pause_min: convert(setup.pause_min)?,
        // a pause after more rounds than there can be never comes
        large_pause_every: convert(setup.large_pause_every_n_rounds.min(i64::from(u32::MAX)))?,
        large_pause_min: convert(setup.large_pause_min)?,
        stops: convert(setup.stops_per_round)?,
        gap_sec: convert(setup.gap)?,
        fund_keys: convert(setup.generate_fund_keys)?,
        fund_parts: convert(setup.privkeys_per_fund_cmd)?,
    })
}

fn round(
    setup: &Setup,
    numbers: &Numbers,
    index: u32,
    chance: &mut SeededRng,
) -> Result<Round, PlanError> {
    let mut tps = draw_rate(setup, index, chance);
    let mut max_cost = setup.max_cost;
    let mut zkapp_ratio = setup.zkapp_ratio;
    if setup.mixes_max_cost() && index % 2 == 1 {
        max_cost = true;
        zkapp_ratio = 1.0;
        tps *= setup.max_cost_mixed_tps_ratio;
    }
    let only_zkapps = (1.0 - zkapp_ratio).abs() < RATIO_TOLERANCE;
    let only_payments = zkapp_ratio < RATIO_TOLERANCE;
    let zkapp_tps = tps * zkapp_ratio;
    let payment_tps = tps - zkapp_tps;

    let keys = setup.rotation_keys.len();
    let rotation = (keys > 0).then(|| {
        if setup.rotation_permutation {
            chance.permutation(keys)
        } else {
            chance.mapping(keys)
        }
    });
    let stop_waits_sec = stop_waits(numbers, chance);
    let stop_ratio = draw_stop_ratio(setup, chance);

    let overflow = |_: Overflow| PlanError::Overflow { round: index };
    let load = |kind: &'static str, tps: f64, need: Result<FundingNeed, Overflow>| {
        load(setup, numbers, index, kind, tps, need.map_err(overflow)?)
    };
    let size = |tps: f64| LoadSize {
        tps,
        min_tps: setup.min_tps,
        duration_min: numbers.duration_min,
        gap_sec: numbers.gap_sec,
    };
    let payments = (!only_zkapps)
        .then(|| {
            let need = size(payment_tps).payments(setup.max_payment_fee, setup.payment_amount);
            load("payments", payment_tps, need)
        })
        .transpose()?;
    let parameters = zkapp_parameters(setup, numbers, max_cost);
    let zkapps = (!only_payments)
        .then(|| {
            let need =
                size(zkapp_tps).zkapps(&parameters, setup.deployment_fee, setup.max_zkapp_fee);
            load("zkapps", zkapp_tps, need)
        })
        .transpose()?;

    let is_last = index + 1 == numbers.rounds;
    let large_pause_is_due = !is_last && (index + 1).is_multiple_of(numbers.large_pause_every);
    let stopping_sec: u64 = stop_waits_sec.iter().sum();
    Ok(Round {
        index,
        start_sec: start_sec(numbers, index),
        tps,
        max_cost: max_cost && zkapps.is_some(),
        payments,
        zkapps,
        rotation,
        stop_waits_sec,
        stop_clean_ratio: setup.stop_clean_ratio * stop_ratio,
        stop_keep_ratio: (1.0 - setup.stop_clean_ratio) * stop_ratio,
        rest_sec: 60 * numbers.duration_min - stopping_sec,
        pause_min: if is_last { 0 } else { numbers.pause_min },
        large_pause_min: if large_pause_is_due {
            numbers.large_pause_min
        } else {
            0
        },
    })
}

/// The parameters of the zkApp load of a round.
fn zkapp_parameters(setup: &Setup, numbers: &Numbers, max_cost: bool) -> ZkappParameters {
    ZkappParameters {
        duration_min: numbers.duration_min,
        gap_sec: numbers.gap_sec,
        zkapps: if max_cost { MAX_COST_ZKAPPS } else { 0 },
        queue_size: 0,
        new_account_ratio: if max_cost {
            0.0
        } else {
            setup.new_account_ratio
        },
        max_balance_change: setup.max_balance_change,
    }
}

/// Rounds and pauses are at most a year long each, and there are at most 10,000: no overflow.
fn start_sec(numbers: &Numbers, index: u32) -> u64 {
    let round = u64::from(index);
    let large_pauses = u64::from(index / numbers.large_pause_every);
    let minutes =
        round * (numbers.duration_min + numbers.pause_min) + large_pauses * numbers.large_pause_min;
    60 * minutes
}

/// Moments of stops, uniform over the round, as differences.
fn stop_waits(numbers: &Numbers, chance: &mut SeededRng) -> Vec<u64> {
    let seconds = 60 * numbers.duration_min;
    let mut times: Vec<u64> = (0..numbers.stops).map(|_| chance.below(seconds)).collect();
    times.sort_unstable();
    let mut before = 0;
    for time in &mut times {
        let moment = *time;
        *time = moment - before;
        before = moment;
    }
    times
}

fn load(
    setup: &Setup,
    numbers: &Numbers,
    round: u32,
    kind: &'static str,
    tps: f64,
    need: FundingNeed,
) -> Result<Load, PlanError> {
    let overflow = |_: Overflow| PlanError::Overflow { round };
    let amount = need.total().map_err(overflow)?;
    let formula = need.formula_total().map_err(overflow)?;
    InsufficientFunds::check(amount, setup.fund_fee, need.keys).map_err(|source| {
        PlanError::InsufficientFunds {
            round,
            kind,
            source,
        }
    })?;
    let name = memo::experiment_name(&setup.experiment_name, round);
    let seconds = 60 * numbers.duration_min;
    let bytes = memo::bytes_most(&name, tps, setup.min_tps, seconds);
    if bytes > memo::BYTES_MAX {
        return Err(PlanError::MemoTooLong {
            round,
            name: setup.experiment_name.clone(),
            bytes,
        });
    }
    let directory = keys_directory(setup, round, kind);
    Ok(Load {
        tps,
        transactions: trunc(tps * float(numbers.duration_min) * 60.0).map_err(overflow)?,
        funding: FundCommand {
            amount,
            fee: setup.fund_fee,
            prefix: format!("{directory}/key"),
            accounts: need.keys,
            // known once all rounds are
            paid_by: Vec::new(),
        },
        raised_funding: (amount > formula).then_some(RaisedFunding {
            formula,
            worst_case: need.worst_case,
        }),
        crowded: need.crowded,
    })
}

/// Where the keys of one kind of load lie.
pub(super) fn keys_directory(setup: &Setup, round: u32, kind: &str) -> String {
    let (base, name) = (&setup.fund_key_prefix, &setup.experiment_name);
    format!("{base}/{name}/round-{round}/{kind}")
}

/// Names who pays each command, and gives the command that funds intermediate keys.
fn fund(
    setup: &Setup,
    numbers: &Numbers,
    rounds: &mut [Round],
) -> Result<Option<FundCommand>, PlanError> {
    let (base, name) = (&setup.fund_key_prefix, &setup.experiment_name);
    let intermediate: Vec<String> = (0..numbers.fund_keys)
        .map(|key| format!("{base}/{name}/key-0-{key}"))
        .collect();
    let keys = if intermediate.is_empty() {
        &setup.priv_keys
    } else {
        &intermediate
    };
    // amount and number of accounts of each command, and the same by the formulas alone
    let mut commands: Vec<(Amount, u64)> = Vec::new();
    let mut by_formula: Vec<(Amount, u64)> = Vec::new();
    for round in rounds {
        let loads = round.payments.iter_mut().chain(&mut round.zkapps);
        for load in loads {
            load.funding.paid_by = funding::payers(commands.len(), numbers.fund_parts, keys);
            let (amount, accounts) = (load.funding.amount, load.funding.accounts);
            let formula = load.raised_funding.as_ref().map(|raised| raised.formula);
            commands.push((amount, accounts));
            by_formula.push((formula.unwrap_or(amount), accounts));
        }
    }
    if intermediate.is_empty() {
        return Ok(None);
    }
    let (count, parts) = (intermediate.len(), numbers.fund_parts);
    let root = funding::loads(&by_formula, count, parts).and_then(|loads| {
        let largest = loads.into_iter().max().unwrap_or(Amount::ZERO);
        let by_formula = funding::root_amount(largest, count)?;
        // what was raised has no need of the formula's margin
        let least = funding::least_root_amount(&commands, count, parts, setup.fund_fee)?;
        Ok(by_formula.max(least))
    });
    Ok(Some(FundCommand {
        amount: root.map_err(|_| PlanError::FundingOverflow)?,
        fee: setup.fund_fee,
        prefix: format!("{base}/{name}/key"),
        accounts: intermediate.len() as u64,
        paid_by: setup.priv_keys.clone(),
    }))
}
