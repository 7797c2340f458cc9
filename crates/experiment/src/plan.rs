//! The plan of an experiment: everything that is decided before it starts.
//!
//! A plan follows from a setup and a seed alone. What a dry run shows is therefore what the run
//! does; only what depends on the network (which nodes answer) is left to the run.

pub mod funding;
mod generate;
mod info;
pub mod least_funding;
mod to_script;

use std::fmt;

use mina::Amount;
use serde::{Deserialize, Serialize};

use crate::number::Overflow;
use crate::setup::Setup;

pub use funding::FundCommand;
pub use generate::{draw_rate, draw_stop_ratio};
pub use info::{LegacyRound, RoundInfo, TimedRound};
pub use least_funding::{ACCOUNTS_MAX, Crowded, WorstCase};

/// A planned experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What the plan was made from, the seed included.
    pub setup: Setup,
    /// What all random values come from.
    pub seed: u64,
    /// The command that funds the intermediate keys, if there are any.
    pub root_funding: Option<FundCommand>,
    /// The rounds in order.
    pub rounds: Vec<Round>,
}

/// One round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// Counted from 0.
    pub index: u32,
    /// When it begins by plan, seconds after the first; real times are later by what commands
    /// take.
    pub start_sec: u64,
    /// Rate of the round, transactions per second.
    pub tps: f64,
    /// Whether its zkApp commands are as costly as they can be.
    pub max_cost: bool,
    /// Its payments, if any.
    pub payments: Option<Load>,
    /// Its zkApp commands, if any.
    pub zkapps: Option<Load>,
    /// Which rotating key passes on to which, by index.
    pub rotation: Option<Vec<usize>>,
    /// Seconds before each stop, counted from the one before.
    pub stop_waits_sec: Vec<u64>,
    /// Share of nodes that each stop stops and wipes.
    pub stop_clean_ratio: f64,
    /// Share of nodes that each stop stops without wiping.
    pub stop_keep_ratio: f64,
    /// Seconds from the last stop to the end of the round.
    pub rest_sec: u64,
    /// Minutes until the next round; 0 after the last.
    pub pause_min: u64,
    /// Minutes of the large pause after it; 0 for none.
    pub large_pause_min: u64,
}

/// One kind of load in a round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// Rate, transactions per second.
    pub tps: f64,
    /// Transactions intended: rate times length of the round.
    pub transactions: u64,
    /// Makes and funds its fee payers.
    pub funding: FundCommand,
    /// Why its fee payers get more than by the formula of the original, if they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised_funding: Option<RaisedFunding>,
    /// From how many nodes on its fee payers can run dry, if they can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crowded: Option<Crowded>,
}

/// Why fee payers get more than by the formula of the original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RaisedFunding {
    /// What they would get together by the formula.
    #[serde(rename = "formula_mina", with = "crate::mina_text")]
    pub formula: Amount,
    /// The network in which one of them would run dry.
    pub worst_case: WorstCase,
}

impl fmt::Display for RaisedFunding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let WorstCase {
            nodes,
            fee_payers,
            transactions,
            deployments,
            initial_balance,
            spends,
        } = &self.worst_case;
        write!(
            formatter,
            "the formula of the original gives {} MINA: if {nodes} nodes shared the load, \
             one of the {fee_payers} fee payers of a node would spend {spends} MINA on \
             {transactions} transactions",
            self.formula
        )?;
        if *deployments > 0 {
            write!(
                formatter,
                ", {deployments} of them deployments of a zkApp with {initial_balance} MINA"
            )?;
        }
        Ok(())
    }
}

/// Why a setup that passed validation cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A validation was left out.
    #[error("the setup is not valid: {0}")]
    Invalid(String),
    /// An amount or a count does not fit.
    #[error("round {round}: amounts or counts are too large to be calculated")]
    Overflow {
        /// Counted from 0.
        round: u32,
    },
    /// The funding of all rounds together does not fit.
    #[error("the funding of all rounds together is too large to be calculated")]
    FundingOverflow,
    /// Unreasonably many accounts.
    #[error(
        "the experiment needs {accounts} accounts up to round {round} already, and \
         {ACCOUNTS_MAX} are the most: lower the rates or the gap, or raise min-tps"
    )]
    TooManyAccounts {
        /// Counted from 0.
        round: u32,
        /// How many.
        accounts: u64,
    },
    /// Accounts could not even pay for their own making.
    #[error("round {round}, {kind}: {source}")]
    InsufficientFunds {
        /// Counted from 0.
        round: u32,
        /// `payments` or `zkapps`.
        kind: &'static str,
        /// The numbers.
        source: crate::action::fund_keys::InsufficientFunds,
    },
    /// A memo would not fit.
    #[error(
        "round {round}: memos of the experiment `{name}` would have up to {bytes} bytes, and 32 \
         fit: choose a shorter name"
    )]
    MemoTooLong {
        /// Counted from 0.
        round: u32,
        /// Name of the experiment.
        name: String,
        /// Greatest length.
        bytes: usize,
    },
}

impl Plan {
    /// The funding commands of all rounds, in the order in which they run.
    pub fn funding_commands(&self) -> impl Iterator<Item = &FundCommand> {
        self.rounds
            .iter()
            .flat_map(Round::loads)
            .map(|(_, load)| &load.funding)
    }

    /// What the given key files must hold for the whole experiment. The formulas are those of
    /// the original and reckon with several times of what is really spent, but for loads
    /// with [`Load::raised_funding`].
    ///
    /// # Errors
    ///
    /// The amounts or counts are too large to be calculated.
    pub fn funding_estimate(&self) -> Result<Amount, Overflow> {
        match &self.root_funding {
            Some(root) => Ok(root.amount),
            None => self
                .funding_commands()
                .try_fold(Amount::ZERO, |sum, command| sum.checked_add(command.amount))
                .ok_or(Overflow),
        }
    }

    /// What [`Self::funding_estimate`] would be by the formulas of the original alone.
    ///
    /// # Errors
    ///
    /// The amounts or counts are too large to be calculated.
    pub fn formula_estimate(&self) -> Result<Amount, Overflow> {
        let mut commands = self.rounds.iter().flat_map(Round::loads).map(|(_, load)| {
            let formula = load.raised_funding.as_ref().map(|raised| raised.formula);
            (
                formula.unwrap_or(load.funding.amount),
                load.funding.accounts,
            )
        });
        let Some(root) = &self.root_funding else {
            return commands
                .try_fold(Amount::ZERO, |sum, (amount, _)| sum.checked_add(amount))
                .ok_or(Overflow);
        };
        let commands: Vec<_> = commands.collect();
        let keys = usize::try_from(root.accounts).map_err(|_| Overflow)?;
        let parts = usize::try_from(self.setup.privkeys_per_fund_cmd).map_err(|_| Overflow)?;
        let largest = funding::loads(&commands, keys, parts)?.into_iter().max();
        funding::root_amount(largest.unwrap_or(Amount::ZERO), keys)
    }

    /// Accounts that the experiment makes, intermediate ones included.
    #[must_use]
    pub fn accounts(&self) -> u64 {
        self.root_funding
            .iter()
            .chain(self.funding_commands())
            .map(|command| command.accounts)
            .sum()
    }

    /// How long it takes by plan, funding and scheduling not counted, in seconds.
    #[must_use]
    pub fn duration_sec(&self) -> u64 {
        self.rounds.last().map_or(0, |round| {
            let stops: u64 = round.stop_waits_sec.iter().sum();
            round.start_sec + stops + round.rest_sec
        })
    }
}

impl Round {
    /// Payments first, then zkApp commands; the names are those of key directories.
    pub fn loads(&self) -> impl Iterator<Item = (&'static str, &Load)> {
        let payments = self.payments.iter().map(|load| ("payments", load));
        let zkapps = self.zkapps.iter().map(|load| ("zkapps", load));
        payments.chain(zkapps)
    }

    /// Transactions intended.
    #[must_use]
    pub fn transactions(&self) -> u64 {
        self.loads().map(|(_, load)| load.transactions).sum()
    }
}
