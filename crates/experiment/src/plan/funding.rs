//! What a round's keys must hold, and who pays them.

use mina::Amount;
use serde::{Deserialize, Serialize};

use crate::number::{Overflow, amount, ceil, float, product, trunc, wide};
use crate::zkapp_load::{ACCOUNT_CREATION_NANOMINA, ZkappParameters, per_gap};

/// The funding need of one kind of load in one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FundingNeed {
    /// Accounts, K.
    pub keys: u64,
    /// Transactions that the formulas reckon with, `ceil(D · 60 · T)`.
    pub transactions: u64,
    /// What the accounts spend at most: by the existing formulas, which reckon with several
    /// times the truth, but never less than the worst that one node can make one key spend.
    pub spending: Amount,
    /// What creating the accounts costs.
    pub account_creation: Amount,
}

impl FundingNeed {
    /// All of it.
    pub fn total(&self) -> Result<Amount, Overflow> {
        self.spending
            .checked_add(self.account_creation)
            .ok_or(Overflow)
    }

    fn new(keys: u64, transactions: u64, spending: u128) -> Result<Self, Overflow> {
        let account_creation = product(&[u128::from(keys), u128::from(ACCOUNT_CREATION_NANOMINA)])?;
        Ok(Self {
            keys,
            transactions,
            spending: amount(spending)?,
            account_creation: amount(account_creation)?,
        })
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

    /// The need of payments.
    pub fn payments(&self, max_fee: Amount, payment: Amount) -> Result<FundingNeed, Overflow> {
        let keys = self.keys()?;
        let transactions = self.transactions()?;
        let each = wide(max_fee) + wide(payment);
        let spending = product(&[3, each, u128::from(transactions)])?;
        let per_key =
            self.most_per_key(keys, |node| product(&[each, node.transactions_per_key]))?;
        let least = product(&[u128::from(keys), per_key])?;
        FundingNeed::new(keys, transactions, spending.max(least))
    }

    /// The need of zkApp commands.
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
        let each = product(&[8, wide(parameters.max_balance_change)])? + wide(max_fee);
        let sending = product(&[3, each, u128::from(transactions)])?;
        let spending = deploying.checked_add(sending).ok_or(Overflow)?;
        let per_key = self.most_per_key(keys, |node| {
            let needs = parameters.needs(node.tps)?;
            let zkapps = u128::from(needs.zkapps_to_deploy.div_ceil(node.keys));
            let deploying = product(&[zkapps, wide(needs.initial_balance) + wide(deployment_fee)])?;
            let sending = product(&[each, node.transactions_per_key])?;
            deploying.checked_add(sending).ok_or(Overflow)
        })?;
        let least = product(&[u128::from(keys), per_key])?;
        FundingNeed::new(keys, transactions, spending.max(least))
    }

    /// What one key spends at most, whichever number of nodes takes part: the formulas for the
    /// rate of the round alone do not cover every node's rate when much of the round is spent on
    /// deploying.
    fn most_per_key(
        &self,
        keys: u64,
        spends: impl Fn(&Node) -> Result<u128, Overflow>,
    ) -> Result<u128, Overflow> {
        if keys == 0 || keys > super::ACCOUNTS_MAX {
            // refused anyway, and too many to be gone through
            return Ok(0);
        }
        let seconds = self.duration_min.checked_mul(60).ok_or(Overflow)?;
        let nodes_most = trunc(self.tps / self.min_tps)?.clamp(1, keys);
        let mut most = 0;
        for nodes in 1..=nodes_most {
            let tps = self.tps / float(nodes);
            let keys = keys / nodes;
            // the first goes out at once
            let transactions = trunc(float(seconds) * tps)? + 1;
            let node = Node {
                tps,
                keys,
                transactions_per_key: u128::from(transactions.div_ceil(keys)),
            };
            most = spends(&node)?.max(most);
        }
        Ok(most)
    }
}

/// The part of one of several equal nodes.
struct Node {
    tps: f64,
    keys: u64,
    transactions_per_key: u128,
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
pub fn root_amount(largest: Amount, keys: usize) -> Result<Amount, Overflow> {
    let keys = u128::try_from(keys).map_err(|_| Overflow)?;
    let all = product(&[wide(largest), keys, 3])?;
    amount((all / 2).checked_add(2_000_000_000).ok_or(Overflow)?)
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
        assert_eq!(need.spending, NANO(spending));
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
        assert_eq!(need.spending, NANO(254_646_705_600_000));
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
