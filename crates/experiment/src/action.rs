//! Actions: their names, parameters and outputs, and the part of each that needs no node.

mod decode;
pub mod fund_keys;
pub mod isolation;
pub(crate) mod kind;
pub mod load;
pub mod rotation;
pub mod sets;
pub mod slots;

use crate::script::error::ScriptError;
use crate::script::params::Params;
use decode::params;

pub use decode::ParamsError;
pub use kind::{Kind, OutputNames};
pub use load::{Receipt, ZkappTxs};
pub use slots::SlotsWonBy;

impl Kind {
    /// The names of its parameters.
    #[must_use]
    pub fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Discovery => Discovery::NAMES,
            Self::Payments => load::Payments::NAMES,
            Self::LoadKeys => LoadKeys::NAMES,
            Self::Stop => Stop::NAMES,
            Self::Wait => Wait::NAMES,
            Self::FundKeys => fund_keys::FundKeys::NAMES,
            Self::ZkappTxs => ZkappTxs::NAMES,
            Self::SlotsWon | Self::Isolate | Self::StopAllScheduled => Nodes::NAMES,
            Self::ResetGating => ResetGating::NAMES,
            Self::AllocateSlots => slots::AllocateSlots::NAMES,
            Self::Restart | Self::StopDaemon => StopNodes::NAMES,
            Self::Join => sets::Join::NAMES,
            Self::Sample => sets::Sample::NAMES,
            Self::Except => sets::Except::NAMES,
            Self::RotateBalance => rotation::RotateBalance::NAMES,
            Self::SetZkappSoftLimit => SetZkappSoftLimit::NAMES,
            Self::SlotsCoveredCheck => slots::SlotsCoveredCheck::NAMES,
            Self::Preflight => Preflight::NAMES,
        }
    }
}

/// An action with its parameters, ready to run.
#[derive(Debug, Clone)]
pub enum Action {
    /// Find nodes.
    Discovery(Discovery),
    /// Schedule payments.
    Payments(Box<load::Payments>),
    /// Read key files.
    LoadKeys(LoadKeys),
    /// Stop scheduled transactions by receipt.
    Stop(Stop),
    /// Wait.
    Wait(Wait),
    /// Make and fund accounts.
    FundKeys(fund_keys::FundKeys),
    /// Schedule zkApp commands.
    ZkappTxs(Box<ZkappTxs>),
    /// Ask block producers for their slots.
    SlotsWon(Nodes),
    /// Reset who may talk to whom.
    ResetGating(ResetGating),
    /// Let nodes talk to each other only.
    Isolate(Nodes),
    /// Part nodes by the slots they won.
    AllocateSlots(slots::AllocateSlots),
    /// Restart nodes by script.
    Restart(StopNodes),
    /// Join groups.
    Join(sets::Join),
    /// Draw from a group.
    Sample(sets::Sample),
    /// Leave a group out of another.
    Except(sets::Except),
    /// Stop daemons.
    StopDaemon(StopNodes),
    /// Move balances on.
    RotateBalance(rotation::RotateBalance),
    /// Set the limit of zkApp commands per block.
    SetZkappSoftLimit(SetZkappSoftLimit),
    /// Check that known nodes produce enough of the blocks.
    SlotsCoveredCheck(slots::SlotsCoveredCheck),
    /// Stop everything that is scheduled.
    StopAllScheduled(Nodes),
    /// Check that nodes are as expected.
    Preflight(Preflight),
}

impl Action {
    /// The action of a kind with resolved parameters. Like the original, it takes names in
    /// any case, leaves `null` at the default and ignores unknown names; those are told by
    /// [`check`](crate::script::check).
    ///
    /// # Errors
    ///
    /// A parameter has the wrong type.
    pub fn new(kind: Kind, params: impl Into<Params>) -> Result<Self, ParamsError> {
        let params = params.into();
        Ok(match kind {
            Kind::Discovery => Self::Discovery(Discovery::from_params(params)?),
            Kind::Payments => Self::Payments(Box::new(load::Payments::from_params(params)?)),
            Kind::LoadKeys => Self::LoadKeys(LoadKeys::from_params(params)?),
            Kind::Stop => Self::Stop(Stop::from_params(params)?),
            Kind::Wait => Self::Wait(Wait::from_params(params)?),
            Kind::FundKeys => Self::FundKeys(fund_keys::FundKeys::from_params(params)?),
            Kind::ZkappTxs => Self::ZkappTxs(Box::new(ZkappTxs::from_params(params)?)),
            Kind::SlotsWon => Self::SlotsWon(Nodes::from_params(params)?),
            Kind::ResetGating => Self::ResetGating(ResetGating::from_params(params)?),
            Kind::Isolate => Self::Isolate(Nodes::from_params(params)?),
            Kind::AllocateSlots => Self::AllocateSlots(slots::AllocateSlots::from_params(params)?),
            Kind::Restart => Self::Restart(StopNodes::from_params(params)?),
            Kind::Join => Self::Join(sets::Join::from_params(params)?),
            Kind::Sample => Self::Sample(sets::Sample::from_params(params)?),
            Kind::Except => Self::Except(sets::Except::from_params(params)?),
            Kind::StopDaemon => Self::StopDaemon(StopNodes::from_params(params)?),
            Kind::RotateBalance => {
                Self::RotateBalance(rotation::RotateBalance::from_params(params)?)
            }
            Kind::SetZkappSoftLimit => {
                Self::SetZkappSoftLimit(SetZkappSoftLimit::from_params(params)?)
            }
            Kind::SlotsCoveredCheck => {
                Self::SlotsCoveredCheck(slots::SlotsCoveredCheck::from_params(params)?)
            }
            Kind::StopAllScheduled => Self::StopAllScheduled(Nodes::from_params(params)?),
            Kind::Preflight => Self::Preflight(Preflight::from_params(params)?),
        })
    }

    /// The action of this name with resolved parameters.
    ///
    /// # Errors
    ///
    /// No action has this name, or a parameter has the wrong type.
    pub fn named(name: &str, params: impl Into<Params>, step: u32) -> Result<Self, ScriptError> {
        let kind = Kind::of(name).ok_or_else(|| ScriptError::UnknownAction {
            action: name.to_owned(),
        })?;
        Self::new(kind, params).map_err(|error| {
            let cause = format!("failed to unmarshal the '{name}' params: {error}");
            if kind.is_batch() {
                ScriptError::Validating {
                    action: name.to_owned(),
                    step,
                    cause,
                }
            } else {
                ScriptError::Running { step, cause }
            }
        })
    }
}

params! {
    /// Parameters of `discovery`.
    Discovery {
        /// Most nodes; 0 for all.
        limit: u64 = "limit",
        /// Block producers only.
        only_block_producers: bool = "onlyBPs",
        /// No block producers.
        no_block_producers: bool = "noBPs",
        /// Fewer nodes than `limit` are a failure.
        exactly: bool = "exactly",
    }
}

params! {
    /// Parameters of `load-keys`.
    LoadKeys {
        /// Directory with key files.
        dir: String = "dir",
        /// Most keys; 0 for all.
        limit: u64 = "limit",
        /// Name of the environment variable with their password.
        password_env: String = "passwordEnv",
    }
}

params! {
    /// Parameters of `stop`.
    Stop {
        /// What to stop.
        receipts: Vec<Receipt> = "receipts",
    }
}

params! {
    /// Parameters of `wait`.
    Wait {
        /// Minutes; may be below 0.
        min: i64 = "min",
        /// Seconds, to be added; may be below 0.
        sec: i64 = "sec",
        /// The slot from whose beginning minutes and seconds count; 0 or less for from now on.
        slot: i64 = "slot",
    }
}

impl Wait {
    /// Minutes and seconds together, in seconds. Below 0 for a moment before the slot.
    #[must_use]
    pub fn delay_sec(&self) -> i64 {
        self.min.saturating_mul(60).saturating_add(self.sec)
    }
}

params! {
    /// Parameters of actions on nodes that need no more.
    Nodes {
        /// Addresses, `host:port`.
        nodes: Vec<String> = "nodes",
    }
}

params! {
    /// Parameters of `reset-gating`.
    ResetGating {
        /// Addresses, `host:port`.
        nodes: Vec<String> = "nodes",
        /// How many random peers each gets.
        add_random_peers: u64 = "addRandomPeers",
    }
}

params! {
    /// Parameters of `stop-daemon` and `restart`.
    StopNodes {
        /// Addresses, `host:port`.
        nodes: Vec<String> = "nodes",
        /// Whether their configuration is wiped.
        clean: bool = "clean",
    }
}

params! {
    /// Parameters of `set-zkapp-soft-limit`.
    SetZkappSoftLimit {
        /// Addresses, `host:port`.
        nodes: Vec<String> = "nodes",
        /// zkApp commands per block; none lifts the limit.
        limit: Option<i32> = "limit",
    }
}

params! {
    /// Parameters of `preflight`.
    Preflight {
        /// Addresses, `host:port`; none for all that are known.
        nodes: Vec<String> = "nodes",
        /// What the commit of every node has to begin with; empty for any.
        expect_commit: String = "expectCommit",
    }
}
