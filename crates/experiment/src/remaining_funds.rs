//! What is left of the money that a run was given: by arithmetic, from its script and from what
//! nodes have accepted.
//!
//! Fees lie between a least and a greatest one; the mean is reckoned with. What zkApp accounts
//! were given is spent from here: their keys are known to the nodes only.

use std::collections::BTreeSet;

use mina::Amount;
use serde_json::{Map, Value};

use crate::action::Action;
use crate::action::fund_keys::{FundKeys, PayingKey};
use crate::number::{Overflow, float, trunc, wide};
use crate::script::grouping::Group;
use crate::script::{Command, Reference, Script};
use crate::zkapp_load::{ACCOUNT_CREATION_NANOMINA, ZkappParameters};

/// A load that a node has accepted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AcceptedLoad {
    /// The step that asked for it.
    pub step: u32,
    /// Rate of the node, transactions per second.
    pub tps: f64,
    /// Transactions of the node.
    pub transactions: u64,
}

/// The accounts that one command has made, and what is left on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundedAccounts {
    /// The step of the command.
    pub step: u32,
    /// What the paths of the key files begin with.
    pub prefix: String,
    /// The path of each key file.
    pub key_files: Vec<String>,
    /// What they were given, what their making cost included.
    pub funded: Amount,
    /// The part of it that does not come from accounts of the same run.
    pub given: Amount,
    /// What is left by arithmetic: nothing is known to be spent that nodes did not accept.
    pub expected: Amount,
}

/// The accounts of a run and what is left on them. `is_paid` says for the step of a batch and
/// the number of a request of it whether that was paid.
#[must_use]
pub fn remaining_funds(
    script: &Script,
    is_paid: impl Fn(u32, u32) -> bool,
    accepted: &[AcceptedLoad],
) -> Vec<FundedAccounts> {
    let mut groups = funded(script, is_paid);
    let steps: Vec<&Command> = script.steps().map(|step| step.command).collect();
    for load in accepted {
        let Some(directory) = directory_of_payers(&steps, load.step) else {
            continue;
        };
        let spent = command(&steps, load.step).and_then(|command| spending(command, load).ok());
        let paying = groups
            .iter_mut()
            .find(|group| group.command.directory() == directory);
        if let (Some(group), Some(spent)) = (paying, spent) {
            group.spent = group.spent.saturating_add(spent);
        }
    }
    let mut given = Vec::new();
    for index in 0..groups.len() {
        let mut from_outside = 0;
        let Some(group) = groups.get(index) else {
            continue;
        };
        let fee = group.command.fee;
        for key in group.paid.clone() {
            let cost = wide(key.amount).saturating_add(wide(fee) * u128::from(key.accounts));
            let payer = groups.iter_mut().find(|group| group.has(&key.key_file));
            match payer {
                Some(payer) => payer.spent = payer.spent.saturating_add(cost),
                None => from_outside += wide(key.amount),
            }
        }
        given.push(from_outside);
    }
    let reports = groups.into_iter().zip(given);
    reports.map(|(group, given)| group.report(given)).collect()
}

/// A command and what it came to.
struct GroupOfAccounts {
    step: u32,
    command: FundKeys,
    paid: Vec<PayingKey>,
    /// The new key files.
    key_files: BTreeSet<String>,
    spent: u128,
}

impl GroupOfAccounts {
    fn has(&self, key_file: &str) -> bool {
        self.key_files.contains(key_file)
    }

    fn report(self, given: u128) -> FundedAccounts {
        let funded: u128 = self.paid.iter().map(|key| wide(key.amount)).sum();
        let accounts = self.key_files.len() as u128;
        let making = accounts * u128::from(ACCOUNT_CREATION_NANOMINA);
        let left = funded.saturating_sub(making).saturating_sub(self.spent);
        let amount = |nanomina| {
            let nanomina = u64::try_from(nanomina).unwrap_or(u64::MAX);
            Amount::from_nanomina(nanomina)
        };
        FundedAccounts {
            step: self.step,
            prefix: self.command.prefix.clone(),
            key_files: self.key_files.into_iter().collect(),
            funded: amount(funded),
            given: amount(given),
            expected: amount(left),
        }
    }
}

/// The commands that made accounts, with those of their keys that were paid.
fn funded(script: &Script, is_paid: impl Fn(u32, u32) -> bool) -> Vec<GroupOfAccounts> {
    let mut groups = Vec::new();
    for group in script.groups() {
        let Group::Batch { first, commands } = group else {
            continue;
        };
        let mut request = 0;
        for (step, command) in (first..).zip(commands) {
            let params = command.params.clone();
            let Ok(Action::FundKeys(command)) = Action::named(&command.action, params, step) else {
                continue;
            };
            let shares = command.shares();
            let numbered = (request..).zip(shares);
            request += u32::try_from(command.privkeys.len()).unwrap_or(0);
            let paid: Vec<PayingKey> = numbered
                .filter(|(number, _)| is_paid(first, *number))
                .map(|(_, key)| key)
                .collect();
            let key_files = paid
                .iter()
                .flat_map(|key| (0..key.accounts).map(|number| format!("{}-{number}", key.prefix)))
                .collect();
            if !paid.is_empty() {
                groups.push(GroupOfAccounts {
                    step,
                    command,
                    paid,
                    key_files,
                    spent: 0,
                });
            }
        }
    }
    groups
}

fn command<'a>(steps: &[&'a Command], step: u32) -> Option<&'a Command> {
    let index = usize::try_from(step).ok()?;
    steps.get(index).copied()
}

fn param<'a>(params: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    params
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// The directory out of which a load's fee payers were read.
fn directory_of_payers<'a>(steps: &[&'a Command], step: u32) -> Option<&'a str> {
    let payers = param(&command(steps, step)?.params, "feePayers")?;
    let reference = Reference::of(payers, step).ok()??;
    if reference.file.is_some() {
        return None;
    }
    let target = if reference.step < 0 {
        i64::from(step).checked_add(reference.step)?
    } else {
        reference.step
    };
    let loading = command(steps, u32::try_from(target).ok()?)?;
    if loading.action != "load-keys" {
        return None;
    }
    param(&loading.params, "dir")?.as_str()
}

/// What the fee payers of a node's load spend, nanomina.
fn spending(command: &Command, load: &AcceptedLoad) -> Result<u128, Overflow> {
    let number = |name: &str| -> u128 {
        let value = param(&command.params, name).and_then(Value::as_u64);
        u128::from(value.unwrap_or(0))
    };
    let transactions = u128::from(load.transactions);
    let mean_fee = u128::midpoint(number("minFee"), number("maxFee"));
    if command.action == "payments" {
        return Ok(transactions * (mean_fee + number("amount")));
    }
    let narrow = |name: &str| u64::try_from(number(name)).map_err(|_| Overflow);
    let parameters = ZkappParameters {
        duration_min: narrow("durationMin")?,
        gap_sec: narrow("gap")?,
        zkapps: narrow("zkapps")?,
        queue_size: narrow("queueSize")?,
        new_account_ratio: param(&command.params, "newAccountRatio")
            .and_then(Value::as_f64)
            .unwrap_or(0.0),
        max_balance_change: Amount::from_nanomina(narrow("maxBalanceChange")?),
    };
    let needs = parameters.needs(load.tps)?;
    let deploying = u128::from(needs.zkapps_to_deploy)
        * (number("deploymentFee") + wide(needs.initial_balance));
    // While zkApps are deployed, no other commands go out.
    let seconds = float(needs.zkapps_to_deploy);
    let held_back = u128::from(trunc(seconds * load.tps)?);
    Ok(deploying + transactions.saturating_sub(held_back) * mean_fee)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two intermediate keys, which make three accounts that pay for payments.
    const SCRIPT: &str = r#"
        {"action":"fund-keys","params":{"amount":60000000000,"fee":1000,"prefix":"b/key","num":2,"privkeys":["/plain1"]}}
        {"action":"wait","params":{"sec":1}}
        {"action":"fund-keys","params":{"amount":30000000000,"fee":2000,"prefix":"b/r/key","num":3,"privkeys":["b/key-0-0","b/key-0-1"]}}
        {"action":"load-keys","params":{"dir":"b/r"}}
        {"action":"payments","params":{"tps":1,"minFee":10,"maxFee":30,"amount":5,"feePayers":{"type":"output","step":-1,"name":"key"}}}"#;

    fn of(paid: &[(u32, u32)], accepted: &[AcceptedLoad]) -> Vec<(u32, usize, u64, u64)> {
        let script = Script::parse(SCRIPT).unwrap();
        let is_paid = |step, request| paid.contains(&(step, request));
        remaining_funds(&script, is_paid, accepted)
            .into_iter()
            .map(|group| {
                (
                    group.step,
                    group.key_files.len(),
                    group.funded.nanomina(),
                    group.expected.nanomina(),
                )
            })
            .collect()
    }

    #[test]
    fn what_was_neither_spent_nor_paid_on_is_left() {
        let all = [(0, 0), (2, 0), (2, 1)];
        let load = AcceptedLoad {
            step: 4,
            tps: 1.0,
            transactions: 100,
        };
        assert_eq!(
            of(&all, &[load]),
            [
                // 60 − making two − what the next one took − three fees
                (0, 2, 60_000_000_000, 28_000_000_000 - 6_000),
                // 30 − making three − a hundred payments with a mean fee of 20
                (2, 3, 30_000_000_000, 27_000_000_000 - 2_500),
            ]
        );
    }

    #[test]
    fn money_that_is_passed_on_is_given_once() {
        let script = Script::parse(SCRIPT).unwrap();
        let groups = remaining_funds(&script, |_, _| true, &[]);
        let given: Vec<u64> = groups.iter().map(|group| group.given.nanomina()).collect();
        assert_eq!(given, [60_000_000_000, 0]);
    }

    #[test]
    fn what_was_not_paid_is_not_counted() {
        assert_eq!(
            of(&[(0, 0), (2, 1)], &[]),
            [
                (0, 2, 60_000_000_000, 48_000_000_000 - 2_000),
                (2, 1, 10_000_000_000, 9_000_000_000),
            ]
        );
        assert!(of(&[], &[]).is_empty());
    }

    #[test]
    fn zkapps_take_their_balances_and_deployment_fees_along() {
        let script = Script::parse(
            r#"{"action":"fund-keys","params":{"amount":7645259200000,"fee":1,"prefix":"d/key","num":115,"privkeys":["a"]}}
            {"action":"load-keys","params":{"dir":"d"}}
            {"action":"zkapp-txs","params":{"durationMin":30,"gap":180,"maxBalanceChange":1000,"deploymentFee":1000000000,"minFee":1000000000,"maxFee":2000000000,"feePayers":{"type":"output","step":1,"name":"key"}}}"#,
        )
        .unwrap();
        let load = AcceptedLoad {
            step: 2,
            tps: 0.25,
            transactions: 450,
        };
        let left = remaining_funds(&script, |_, _| true, &[load]);
        // 180 deployments of 6.00036 and their fees; 45 of 450 transactions are held back.
        let spent = 180 * (1_000_000_000 + 6_000_360_000) + 405 * 1_500_000_000_u64;
        // 7645259200000 is no multiple of 115
        let funded = 7_645_259_200_000 / 115 * 115;
        assert_eq!(left[0].funded.nanomina(), funded);
        assert_eq!(
            left[0].expected.nanomina(),
            funded - 115_000_000_000 - spent
        );
    }

    #[test]
    fn nonsense_is_left_out() {
        let script = Script::parse(
            r#"{"action":"fund-keys","params":{"amount":3,"num":1,"prefix":"d/key","privkeys":["a"]}}
            {"action":"payments","params":{"feePayers":["x"]}}
            {"action":"payments","params":{"feePayers":{"type":"output","step":-9,"name":"key"}}}
            {"action":"payments","params":{"feePayers":{"type":"output","step":0,"name":"key"}}}"#,
        )
        .unwrap();
        let loads = [1, 2, 3, 9].map(|step| AcceptedLoad {
            step,
            tps: 1.0,
            transactions: 1,
        });
        let left = remaining_funds(&script, |_, _| true, &loads);
        assert_eq!(left[0].expected, Amount::ZERO);
    }
}
