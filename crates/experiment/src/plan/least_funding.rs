//! The least amount with which no fee payer of a load runs dry, whichever number of nodes shares
//! it.
//!
//! What a node spends is what its scheduler does at most: it sends one command per tick, its fee
//! payers in turn, each with the greatest fee. The plan does not know how many nodes will answer:
//! any number is possible up to that at which each gets its least rate. The nodes share rate and
//! fee payers evenly, and accept what they are asked for.

use mina::Amount;
use serde::{Deserialize, Serialize};

use crate::number::{Overflow, amount, float, product, trunc, wide};
use crate::zkapp_load::ZkappParameters;

/// Most accounts of a whole experiment; making one takes a good part of a second.
pub const ACCOUNTS_MAX: u64 = 1_000_000;

/// The network in which one fee payer spends most, and what it spends there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorstCase {
    /// Nodes that share the load.
    pub nodes: u64,
    /// Fee payers of each node.
    pub fee_payers: u64,
    /// Transactions of the fee payer that spends most, deployments included.
    pub transactions: u64,
    /// zkApps that it deploys.
    pub deployments: u64,
    /// What each of these begins with.
    #[serde(rename = "initial_balance_mina", with = "crate::mina_text")]
    pub initial_balance: Amount,
    /// What it spends altogether.
    #[serde(rename = "spends_mina", with = "crate::mina_text")]
    pub spends: Amount,
}

/// The number of nodes from which on fee payers that are set aside for nodes in reserve are missing
/// where the load is.
///
/// More nodes than the rate has least rates are not asked: they take over from nodes that refuse. The
/// original deals fee payers out to all of them, so the nodes that are asked get fewer each, and the
/// whole load falls to these. How many nodes there are is known at run time only, long after the
/// accounts were paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crowded {
    /// The least number of nodes that may send with which a fee payer can run dry.
    pub nodes: u64,
    /// The greatest number. With more nodes than fee payers none are set aside.
    pub nodes_most: u64,
    /// Nodes of them that are asked.
    pub asked: u64,
    /// Fee payers of each.
    pub fee_payers: u64,
    /// What one of these can spend at most.
    #[serde(rename = "spends_mina", with = "crate::mina_text")]
    pub spends: Amount,
    /// What it has.
    #[serde(rename = "holds_mina", with = "crate::mina_text")]
    pub holds: Amount,
}

/// What transactions of a load cost their fee payer at most, nanomina.
pub(super) enum Costs<'a> {
    /// The same for each.
    Payments {
        /// Fee and amount.
        each: u128,
    },
    /// Deployments, then commands that make new accounts, then others.
    Zkapps {
        /// What a node of some rate is asked for.
        parameters: &'a ZkappParameters,
        /// Fee of a deployment.
        deployment_fee: u128,
        /// Greatest fee of a command.
        fee: u128,
        /// What changes of balances take from the fee payer.
        changes: u128,
    },
}

/// The worst case of a load of a rate with a least rate of one node, for this duration and number of
/// fee payers.
pub(super) fn worst_case(
    tps: f64,
    min_tps: f64,
    duration_min: u64,
    keys: u64,
    costs: &Costs<'_>,
) -> Result<WorstCase, Overflow> {
    let mut worst = WorstCase {
        nodes: 0,
        fee_payers: 0,
        transactions: 0,
        deployments: 0,
        initial_balance: Amount::ZERO,
        spends: Amount::ZERO,
    };
    if keys == 0 || keys > ACCOUNTS_MAX {
        // refused anyway, and too many to be gone through
        return Ok(worst);
    }
    let seconds = duration_min.checked_mul(60).ok_or(Overflow)?;
    let nodes_most = trunc(tps / min_tps)?.clamp(1, keys);
    for nodes in 1..=nodes_most {
        let case = case(tps / float(nodes), seconds, nodes, keys / nodes, costs)?;
        if case.spends > worst.spends {
            worst = case;
        }
    }
    Ok(worst)
}

/// The smallest network in which fee payers that hold so much each can run dry because others are set
/// aside; none if there is no such network.
pub(super) fn crowded(
    tps: f64,
    min_tps: f64,
    duration_min: u64,
    (keys, holds): (u64, Amount),
    costs: &Costs<'_>,
) -> Result<Option<Crowded>, Overflow> {
    if keys == 0 || keys > ACCOUNTS_MAX {
        return Ok(None);
    }
    let seconds = duration_min.checked_mul(60).ok_or(Overflow)?;
    let asked = trunc(tps / min_tps)?.clamp(1, keys);
    let mut nodes = asked + 1;
    while nodes <= keys {
        let fee_payers = keys / nodes;
        let case = case(tps / float(asked), seconds, asked, fee_payers, costs)?;
        if case.spends > holds {
            return Ok(Some(Crowded {
                nodes,
                nodes_most: keys,
                asked,
                fee_payers,
                spends: case.spends,
                holds,
            }));
        }
        // the next number of nodes that leaves each of them fewer
        nodes = keys / fee_payers + 1;
    }
    Ok(None)
}

/// What the fee payer that spends most spends, if `nodes` nodes share the load evenly.
fn case(
    tps: f64,
    seconds: u64,
    nodes: u64,
    keys: u64,
    costs: &Costs<'_>,
) -> Result<WorstCase, Overflow> {
    let ticks = ticks(tps, seconds)?;
    let (stages, initial_balance) = match costs {
        Costs::Payments { each } => ([(0, 0), (0, 0), (ticks, *each)], Amount::ZERO),
        Costs::Zkapps {
            parameters,
            deployment_fee,
            fee,
            changes,
        } => {
            let needs = parameters.needs(tps)?;
            // the first goes out after one wait, not at once
            let end = ticks.saturating_sub(1);
            let deployed = needs.zkapps_to_deploy.min(end);
            let made = deployed.saturating_add(needs.new_accounts).min(end);
            let deploying = wide(needs.initial_balance) + deployment_fee;
            let making = fee + wide(needs.max_new_balance).max(*changes);
            let stages = [(deployed, deploying), (made, making), (end, fee + changes)];
            (stages, needs.initial_balance)
        }
    };
    let mut worst: Option<(u64, u128)> = None;
    // the sums of two payers in a row differ only where a stage ends between them
    for payer in [0].into_iter().chain(stages.map(|(end, _)| end % keys)) {
        let spends = spends(payer, keys, &stages)?;
        if worst.is_none_or(|(_, most)| spends > most) {
            worst = Some((payer, spends));
        }
    }
    let (payer, spends) = worst.unwrap_or_default();
    let [(deployed, _), _, (end, _)] = stages;
    Ok(WorstCase {
        nodes,
        fee_payers: keys,
        transactions: turns(end, payer, keys),
        deployments: turns(deployed, payer, keys),
        initial_balance,
        spends: amount(spends)?,
    })
}

/// Commands of a node at most, the first at once: those before the end, with waits rounded down
/// to microseconds, as schedulers may do.
fn ticks(tps: f64, seconds: u64) -> Result<u64, Overflow> {
    const MICROS: u64 = 1_000_000;
    let wait = trunc((float(MICROS) / tps).min(float(u64::from(u32::MAX) * MICROS)))?.max(1);
    let length = seconds.checked_mul(MICROS).ok_or(Overflow)?;
    Ok(length.div_ceil(wait))
}

/// What the payer of this number spends in stages that end at given commands and have given costs.
fn spends(payer: u64, keys: u64, stages: &[(u64, u128)]) -> Result<u128, Overflow> {
    let mut before = 0;
    let mut sum: u128 = 0;
    for (end, cost) in stages {
        let until = turns(*end, payer, keys);
        let part = product(&[u128::from(until - before), *cost])?;
        sum = sum.checked_add(part).ok_or(Overflow)?;
        before = until;
    }
    Ok(sum)
}

/// How many of the first `commands` fall to this payer.
fn turns(commands: u64, payer: u64, keys: u64) -> u64 {
    commands.saturating_sub(payer).div_ceil(keys)
}
