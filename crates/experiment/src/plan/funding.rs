//! What a round's keys must hold, and who pays them.

use mina::Amount;
use serde::{Deserialize, Serialize};

use super::least_funding::{self, Costs, Crowded, WorstCase};
use crate::number::{Overflow, amount, ceil, float, product, wide};
use crate::zkapp_load::{ACCOUNT_CREATION_NANOMINA, ZkappParameters, per_gap};

/// The funding need of one kind of load in one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FundingNeed {
    /// Accounts, K.
    pub keys: u64,
    /// Transactions that the formulas reckon with, `ceil(D · 60 · T)`.
    pub transactions: u64,
    /// What the accounts spend by the original formulas, which reckon with several times the
    /// truth, but forget loads that deploy for most of the round.
    pub formula: Amount,
    /// The network in which one account spends most.
    pub worst_case: WorstCase,
    /// What creating the accounts costs.
    pub account_creation: Amount,
    /// From how many nodes on an account can run dry because others are set aside.
    pub crowded: Option<Crowded>,
}

impl FundingNeed {
    /// What the original formulas ask for.
    ///
    /// # Errors
    ///
    /// The amounts or counts are too large to be calculated.
    pub fn formula_total(&self) -> Result<Amount, Overflow> {
        self.formula
            .checked_add(self.account_creation)
            .ok_or(Overflow)
    }

    /// The least amount with which no account runs dry: each gets what the one that spends most
    /// needs, because all get the same.
    ///
    /// # Errors
    ///
    /// The amounts or counts are too large to be calculated.
    pub fn least_total(&self) -> Result<Amount, Overflow> {
        let spending = product(&[u128::from(self.keys), wide(self.worst_case.spends)])?;
        amount(spending + wide(self.account_creation))
    }

    /// What is asked for: what the formulas ask for, or the least amount if that is more.
    ///
    /// # Errors
    ///
    /// The amounts or counts are too large to be calculated.
    pub fn total(&self) -> Result<Amount, Overflow> {
        Ok(self.formula_total()?.max(self.least_total()?))
    }

    fn new(
        keys: u64,
        transactions: u64,
        formula: u128,
        worst_case: WorstCase,
    ) -> Result<Self, Overflow> {
        let account_creation = product(&[u128::from(keys), u128::from(ACCOUNT_CREATION_NANOMINA)])?;
        Ok(Self {
            keys,
            transactions,
            formula: amount(formula)?,
            worst_case,
            account_creation: amount(account_creation)?,
            crowded: None,
        })
    }

    /// What each account holds once it is made.
    fn holds(&self) -> Result<Amount, Overflow> {
        let each = self.total()?.nanomina() / self.keys.max(1);
        let left = each.saturating_sub(ACCOUNT_CREATION_NANOMINA);
        Ok(Amount::from_nanomina(left))
    }
}

/// What rates, gap and length of a round mean for its keys.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadSize {
    /// Rate of the load, transactions per second.
    pub tps: f64,
    /// Least rate of one node.
    pub min_tps: f64,
    /// Length of the round, minutes.
    pub duration_min: u64,
    /// Least time between related transactions, seconds.
    pub gap_sec: u64,
}

impl LoadSize {
    fn keys(&self) -> Result<u64, Overflow> {
        let per_node = ceil(self.tps / self.min_tps)?;
        let resting = per_gap(self.tps, self.gap_sec)?
            .checked_mul(2)
            .ok_or(Overflow)?;
        per_node.checked_add(resting).ok_or(Overflow)
    }

    fn transactions(&self) -> Result<u64, Overflow> {
        let seconds = self.duration_min.checked_mul(60).ok_or(Overflow)?;
        ceil(float(seconds) * self.tps)
    }

    fn worst_case(&self, keys: u64, costs: &Costs<'_>) -> Result<WorstCase, Overflow> {
        least_funding::worst_case(self.tps, self.min_tps, self.duration_min, keys, costs)
    }

    fn with_crowd(
        &self,
        mut need: FundingNeed,
        costs: &Costs<'_>,
    ) -> Result<FundingNeed, Overflow> {
        let accounts = (need.keys, need.holds()?);
        let (tps, min_tps) = (self.tps, self.min_tps);
        need.crowded = least_funding::crowded(tps, min_tps, self.duration_min, accounts, costs)?;
        Ok(need)
    }

    /// The need of payments.
    ///
    /// # Errors
    ///
    /// The amounts or counts are too large to be calculated.
    pub fn payments(&self, max_fee: Amount, payment: Amount) -> Result<FundingNeed, Overflow> {
        let keys = self.keys()?;
        let transactions = self.transactions()?;
        let each = wide(max_fee) + wide(payment);
        let formula = product(&[3, each, u128::from(transactions)])?;
        let costs = Costs::Payments { each };
        let worst_case = self.worst_case(keys, &costs)?;
        let need = FundingNeed::new(keys, transactions, formula, worst_case)?;
        self.with_crowd(need, &costs)
    }

    /// The need of zkApp commands.
    ///
    /// # Errors
    ///
    /// The amounts or counts are too large to be calculated.
    pub fn zkapps(
        &self,
        parameters: &ZkappParameters,
        deployment_fee: Amount,
        max_fee: Amount,
    ) -> Result<FundingNeed, Overflow> {
        let keys = self.keys()?;
        let transactions = self.transactions()?;
        let per_gap_least = per_gap(self.min_tps, self.gap_sec)?
            .checked_mul(2)
            .filter(|number| *number > 0)
            .ok_or(Overflow)?;
        let deployments = parameters.zkapps_to_deploy(self.min_tps)? / per_gap_least + 1;
        let initial = parameters.needs(self.tps)?.initial_balance;
        let deploying = product(&[
            u128::from(keys),
            u128::from(deployments),
            wide(initial) + wide(deployment_fee),
            2,
        ])?;
        let changes = product(&[8, wide(parameters.max_balance_change)])?;
        let each = changes + wide(max_fee);
        let sending = product(&[3, each, u128::from(transactions)])?;
        let formula = deploying.checked_add(sending).ok_or(Overflow)?;
        let costs = Costs::Zkapps {
            parameters,
            deployment_fee: wide(deployment_fee),
            fee: wide(max_fee),
            changes,
        };
        let worst_case = self.worst_case(keys, &costs)?;
        let need = FundingNeed::new(keys, transactions, formula, worst_case)?;
        self.with_crowd(need, &costs)
    }
}

/// One command that makes and funds accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FundCommand {
    /// What all accounts get together.
    #[serde(rename = "amount_mina", with = "crate::mina_text")]
    pub amount: Amount,
    /// Fee of each funding transaction.
    #[serde(rename = "fee_mina", with = "crate::mina_text")]
    pub fee: Amount,
    /// What the paths of the new key files begin with.
    pub prefix: String,
    /// How many accounts.
    pub accounts: u64,
    /// Key files that pay.
    pub paid_by: Vec<String>,
}

/// The keys that pay command number `command`: `count` of `keys` in a row, cyclic.
#[must_use]
pub fn payers(command: usize, count: usize, keys: &[String]) -> Vec<String> {
    let start = command * count;
    keys.iter()
        .cycle()
        .skip(start.checked_rem(keys.len()).unwrap_or(0))
        .take(count.min(keys.len()))
        .cloned()
        .collect()
}

/// What each of `keys` intermediate keys has to pay, when command i takes `count` of them from
/// index `i · count` on, cyclic.
///
/// # Errors
///
/// The amounts or counts are too large to be calculated.
pub fn loads(
    commands: &[(Amount, u64)],
    keys: usize,
    count: usize,
) -> Result<Vec<Amount>, Overflow> {
    let mut loads = vec![0_u128; keys];
    let parts = u64::try_from(count).map_err(|_| Overflow)?;
    for (index, (amount, accounts)) in commands.iter().enumerate() {
        let share = amount.nanomina().checked_div(*accounts).ok_or(Overflow)?;
        let accounts_each = accounts.checked_div(parts).ok_or(Overflow)? + 1;
        let load = product(&[u128::from(share), u128::from(accounts_each)])?;
        for offset in 0..count {
            let key = (index * count + offset).checked_rem(keys).ok_or(Overflow)?;
            if let Some(sum) = loads.get_mut(key) {
                *sum = sum.checked_add(load).ok_or(Overflow)?;
            }
        }
    }
    loads.into_iter().map(amount).collect()
}

/// What the command that funds `keys` intermediate keys has to bring, when the largest load on
/// one of them is `largest`: half as much again, and two MINA.
///
/// # Errors
///
/// The amounts or counts are too large to be calculated.
pub fn root_amount(largest: Amount, keys: usize) -> Result<Amount, Overflow> {
    let keys = u128::try_from(keys).map_err(|_| Overflow)?;
    let all = product(&[wide(largest), keys, 3])?;
    amount((all / 2).checked_add(2_000_000_000).ok_or(Overflow)?)
}

/// Accounts that one funding transaction makes.
const ACCOUNTS_PER_TRANSACTION: u64 = 10;

/// The least that the command which funds `keys` intermediate keys can bring: every key gets what
/// the one that pays most needs for accounts, fees and its own creation. Commands as in [`loads`].
///
/// # Errors
///
/// The amounts or counts are too large to be calculated.
pub fn least_root_amount(
    commands: &[(Amount, u64)],
    keys: usize,
    count: usize,
    fee: Amount,
) -> Result<Amount, Overflow> {
    let mut needs = vec![u128::from(ACCOUNT_CREATION_NANOMINA); keys];
    let parts = u64::try_from(count).map_err(|_| Overflow)?;
    for (index, (amount, accounts)) in commands.iter().enumerate() {
        let share = amount.nanomina().checked_div(*accounts).ok_or(Overflow)?;
        for (offset, part) in (0..count).zip(0_u64..) {
            let more = u64::from(part < accounts.checked_rem(parts).ok_or(Overflow)?);
            let accounts = accounts.checked_div(parts).ok_or(Overflow)? + more;
            let fees = product(&[
                u128::from(accounts.div_ceil(ACCOUNTS_PER_TRANSACTION)),
                wide(fee),
            ])?;
            let need = product(&[u128::from(share), u128::from(accounts)])?;
            let key = (index * count + offset).checked_rem(keys).ok_or(Overflow)?;
            if let Some(sum) = needs.get_mut(key) {
                *sum = sum
                    .checked_add(need)
                    .and_then(|sum| sum.checked_add(fees))
                    .ok_or(Overflow)?;
            }
        }
    }
    let most = needs.into_iter().max().unwrap_or_default();
    amount(product(&[
        most,
        u128::try_from(keys).map_err(|_| Overflow)?,
    ])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NANO: fn(u64) -> Amount = Amount::from_nanomina;

    fn size(tps: f64) -> LoadSize {
        LoadSize {
            tps,
            min_tps: 0.01,
            duration_min: 30,
            gap_sec: 180,
        }
    }

    fn zkapps(duration_min: u64, gap_sec: u64) -> ZkappParameters {
        ZkappParameters {
            duration_min,
            gap_sec,
            zkapps: 0,
            queue_size: 0,
            new_account_ratio: 0.0,
            max_balance_change: NANO(1_000),
        }
    }

    #[track_caller]
    fn check(need: FundingNeed, keys: u64, transactions: u64, spending: u64, total: u64) {
        assert_eq!(need.keys, keys);
        assert_eq!(need.transactions, transactions);
        assert_eq!(need.formula, NANO(spending));
        assert_eq!(need.total(), Ok(NANO(total)));
    }

    #[test]
    fn payments_need_three_times_what_they_can_spend() {
        let need = size(0.25).payments(NANO(200_000_000), NANO(100_000));
        check(need.unwrap(), 115, 450, 270_135_000_000, 385_135_000_000);
    }

    #[test]
    fn zkapps_need_deployments_too() {
        let need = size(0.25).zkapps(&zkapps(30, 180), NANO(1_000_000_000), NANO(2_000_000_000));
        check(
            need.unwrap(),
            115,
            450,
            7_530_259_200_000,
            7_645_259_200_000,
        );
    }

    #[test]
    fn max_cost_zkapps_need_eight_deployments() {
        let parameters = ZkappParameters {
            zkapps: 8,
            ..zkapps(30, 180)
        };
        let need = size(0.35).zkapps(&parameters, NANO(1_000_000_000), NANO(2_000_000_000));
        check(
            need.unwrap(),
            161,
            630,
            10_542_362_880_000,
            10_703_362_880_000,
        );
    }

    #[test]
    fn new_accounts_are_paid_for() {
        let parameters = ZkappParameters {
            new_account_ratio: 1.5,
            max_balance_change: NANO(3_000),
            ..zkapps(50, 100)
        };
        let size = LoadSize {
            tps: 0.7,
            min_tps: 0.01,
            duration_min: 50,
            gap_sec: 100,
        };
        let need = size.zkapps(&parameters, NANO(1_000_000_000), NANO(3_000_000_000));
        let need = need.unwrap();
        assert_eq!(need.keys, 210);
        assert_eq!(need.formula, NANO(254_646_705_600_000));
        assert_eq!(need.total(), need.formula_total());
    }

    #[test]
    fn the_root_command_covers_the_largest_load() {
        let early = [(NANO(270_135_000_000), 115), (NANO(7_530_259_200_000), 115)];
        let early_loads = loads(&early, 20, 1).unwrap();
        assert_eq!(
            early_loads[..2],
            [NANO(272_484_000_000), NANO(7_595_739_714_712)]
        );
        assert!(early_loads[2..].iter().all(|load| *load == Amount::ZERO));
        let root = root_amount(early_loads[1], 20);
        assert_eq!(root, Ok(NANO(227_874_191_441_360)));

        let late = [(NANO(385_135_000_000), 115), (NANO(7_645_259_200_000), 115)];
        let late_loads = loads(&late, 20, 2).unwrap();
        let largest = late_loads.iter().max().copied().unwrap();
        assert_eq!(largest, NANO(3_855_869_857_356));
        assert_eq!(root_amount(largest, 20), Ok(NANO(115_678_095_720_680)));

        assert_eq!(
            loads(&early, 3, 2).unwrap(),
            [3_934_111_857_356, 136_242_000_000, 3_797_869_857_356].map(NANO)
        );
    }

    #[test]
    fn payers_go_round() {
        let keys = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(payers(0, 2, &keys), ["a", "b"]);
        assert_eq!(payers(1, 2, &keys), ["c", "a"]);
        assert_eq!(payers(2, 2, &keys), ["b", "c"]);
        assert!(payers(5, 2, &[]).is_empty());
    }

    #[test]
    fn nothing_wraps() {
        let most = NANO(u64::MAX);
        assert_eq!(size(0.25).payments(most, most), Err(Overflow));
        assert_eq!(root_amount(most, 20), Err(Overflow));
        assert_eq!(loads(&[(most, 0)], 1, 1), Err(Overflow));
        assert_eq!(loads(&[(most, 1), (most, 1)], 1, 1), Err(Overflow));
        let no_rate = LoadSize {
            min_tps: 0.0,
            ..size(0.25)
        };
        assert_eq!(no_rate.payments(NANO(1), NANO(1)), Err(Overflow));
    }
}
