//! Parameters of the actions that schedule transactions, and what one node is asked for.

use mina::{Amount, PrivateKey, PublicKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::decode::{Parameter, list, params};
use crate::number::Overflow;
use crate::zkapp_load::{ZkappNeeds, ZkappParameters};

/// What a node has accepted: where, and under which name it can be stopped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Receipt {
    /// Address of the node.
    pub address: String,
    /// Name of the scheduler there.
    pub handle: String,
}

impl Parameter for Vec<Receipt> {
    const EXPECTS: &'static str = "a list of objects with address and handle";

    fn read(value: &Value) -> Option<Self> {
        list(value, |element| {
            serde_json::from_value(element.clone()).ok()
        })
    }
}

params! {
    /// Parameters of `payments`.
    Payments {
        /// Name of experiment and round, the beginning of memos.
        experiment_name: String = "experimentName",
        /// The round that it is booked under.
        round: Option<u32> = "round",
        /// Rate of all nodes together, transactions per second.
        tps: f64 = "tps",
        /// Least rate of one node.
        min_tps: f64 = "minTps",
        /// Length, minutes.
        duration_min: u64 = "durationMin",
        /// Greatest fee.
        max_fee: Amount = "maxFee",
        /// Least fee.
        min_fee: Amount = "minFee",
        /// What each payment sends.
        amount: Amount = "amount",
        /// Who is paid.
        receiver: Option<PublicKey> = "receiver",
        /// Who pays.
        fee_payers: Vec<PrivateKey> = "feePayers",
        /// Addresses of the nodes.
        nodes: Vec<String> = "nodes",
    }
}

params! {
    /// Parameters of `zkapp-txs`.
    ZkappTxs {
        /// Name of experiment and round, the beginning of memos.
        experiment_name: String = "experimentName",
        /// The round that it is booked under.
        round: Option<u32> = "round",
        /// Rate of all nodes together, transactions per second.
        tps: f64 = "tps",
        /// Least rate of one node.
        min_tps: f64 = "minTps",
        /// Length, minutes.
        duration_min: u64 = "durationMin",
        /// Greatest fee.
        max_fee: Amount = "maxFee",
        /// Least fee.
        min_fee: Amount = "minFee",
        /// zkApps to deploy; 0 lets the gap decide.
        zkapps: u64 = "zkapps",
        /// New accounts per command.
        new_account_ratio: f64 = "newAccountRatio",
        /// Accounts that rest, if `zkapps` is not 0.
        queue_size: u64 = "queueSize",
        /// Least time between related transactions, seconds.
        gap: u64 = "gap",
        /// Whether commands come without preconditions.
        no_precondition: bool = "noPrecondition",
        /// Whether commands are as costly as they can be.
        max_cost: bool = "maxCost",
        /// Least change of a balance.
        min_balance_change: Amount = "minBalanceChange",
        /// Greatest change of a balance.
        max_balance_change: Amount = "maxBalanceChange",
        /// Fee of deploying a zkApp.
        deployment_fee: Amount = "deploymentFee",
        /// Who pays.
        fee_payers: Vec<PrivateKey> = "feePayers",
        /// Addresses of the nodes.
        nodes: Vec<String> = "nodes",
        /// Whether load is in a token of its own.
        non_default_token: bool = "nonDefaultToken",
    }
}

/// Why a load cannot be scheduled, before any node is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Neither a number of zkApps nor a gap.
    #[error("either zkappsToDeploy or gap parameters should be specified")]
    NoZkapps,
    /// An empty list of nodes.
    #[error("no nodes specified")]
    NoNodes,
    /// Nobody to pay.
    #[error("no receiver specified")]
    NoReceiver,
    /// Greatest fee below the least.
    #[error("maxFee is less than minFee")]
    InvertedFees,
    /// A length of nothing.
    #[error("durationMin should be a positive number")]
    NoDuration,
    /// Numbers that do not fit.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl Payments {
    /// Checks what can be checked before any node is asked. Gives the receiver.
    ///
    /// # Errors
    ///
    /// A parameter is missing or out of range.
    pub fn check(&self) -> Result<PublicKey, LoadError> {
        check_range(self.min_fee, self.max_fee, self.duration_min)?;
        self.receiver.ok_or(LoadError::NoReceiver)
    }
}

impl ZkappTxs {
    /// Checks what can be checked before any node is asked.
    ///
    /// # Errors
    ///
    /// A parameter is missing or out of range.
    pub fn check(&self) -> Result<(), LoadError> {
        if self.zkapps == 0 && self.gap == 0 {
            return Err(LoadError::NoZkapps);
        }
        if self.nodes.is_empty() {
            return Err(LoadError::NoNodes);
        }
        check_range(self.min_fee, self.max_fee, self.duration_min)
    }

    /// What one node is asked for at its rate.
    ///
    /// # Errors
    ///
    /// The amounts or counts are too large to be calculated.
    pub fn needs(&self, tps: f64) -> Result<ZkappNeeds, Overflow> {
        let parameters = ZkappParameters {
            duration_min: self.duration_min,
            // with a number of zkApps there need not be a gap: it then counts as a second
            gap_sec: if self.zkapps > 0 {
                self.gap.max(1)
            } else {
                self.gap
            },
            zkapps: self.zkapps,
            queue_size: self.queue_size,
            new_account_ratio: self.new_account_ratio,
            max_balance_change: self.max_balance_change,
        };
        parameters.needs(tps)
    }
}

fn check_range(least: Amount, greatest: Amount, duration_min: u64) -> Result<(), LoadError> {
    if least > greatest {
        return Err(LoadError::InvertedFees);
    }
    if duration_min == 0 {
        return Err(LoadError::NoDuration);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payments() -> Payments {
        Payments {
            tps: 0.3,
            min_tps: 0.01,
            duration_min: 30,
            max_fee: Amount::from_nanomina(2),
            min_fee: Amount::from_nanomina(2),
            receiver: Some(crate::setup::DEFAULT_RECEIVER.parse().unwrap()),
            ..Payments::default()
        }
    }

    fn zkapps() -> ZkappTxs {
        ZkappTxs {
            tps: 0.25,
            min_tps: 0.01,
            duration_min: 30,
            gap: 180,
            nodes: vec!["a:1".to_owned()],
            ..ZkappTxs::default()
        }
    }

    #[track_caller]
    fn check_refused<T: std::fmt::Debug>(result: Result<T, LoadError>, expected: &str) {
        assert_eq!(result.unwrap_err().to_string(), expected);
    }

    #[test]
    fn loads_that_no_node_could_take_are_refused_before_any_is_asked() {
        payments().check().unwrap();
        zkapps().check().unwrap();
        let no_gap = ZkappTxs { gap: 0, ..zkapps() };
        check_refused(
            no_gap.check(),
            "either zkappsToDeploy or gap parameters should be specified",
        );
        let with_number = ZkappTxs {
            zkapps: 8,
            ..no_gap
        };
        with_number.check().unwrap();
        let nowhere = ZkappTxs {
            nodes: Vec::new(),
            ..zkapps()
        };
        check_refused(nowhere.check(), "no nodes specified");
        let to_nobody = Payments {
            receiver: None,
            ..payments()
        };
        check_refused(to_nobody.check(), "no receiver specified");
        let inverted = Payments {
            min_fee: Amount::from_nanomina(3),
            ..payments()
        };
        check_refused(inverted.check(), "maxFee is less than minFee");
        let endless = ZkappTxs {
            duration_min: 0,
            ..zkapps()
        };
        check_refused(endless.check(), "durationMin should be a positive number");
    }
}
