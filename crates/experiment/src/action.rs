//! Actions: their names, parameters and outputs, and the part of each that needs no node.

mod decode;
pub mod fund_keys;
pub mod isolation;
pub mod load;
pub mod rotation;
pub mod sets;
pub mod slots;

use std::fmt;

use crate::script::{Params, ScriptError};
use decode::params;
use mina::{Amount, PrivateKey, PublicKey};

pub use decode::ParamsError;
pub use load::{Receipt, ZkappTxs};
pub use slots::SlotsWonBy;

/// Which action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Find nodes.
    Discovery,
    /// Schedule payments.
    Payments,
    /// Read key files.
    LoadKeys,
    /// Stop scheduled transactions by receipt.
    Stop,
    /// Wait.
    Wait,
    /// Make and fund accounts.
    FundKeys,
    /// Schedule zkApp commands.
    ZkappTxs,
    /// Ask block producers for their slots.
    SlotsWon,
    /// Reset who may talk to whom.
    ResetGating,
    /// Let nodes talk to each other only.
    Isolate,
    /// Part nodes by the slots they won.
    AllocateSlots,
    /// Restart nodes by script.
    Restart,
    /// Join groups.
    Join,
    /// Draw from a group.
    Sample,
    /// Leave a group out of another.
    Except,
    /// Stop daemons.
    StopDaemon,
    /// Move balances on.
    RotateBalance,
    /// Set the limit of zkApp commands per block.
    SetZkappSoftLimit,
    /// Check that known nodes produce enough of the blocks.
    SlotsCoveredCheck,
    /// Stop everything that is scheduled.
    StopAllScheduled,
    /// Check that nodes are as expected.
    Preflight,
}

/// What an action puts out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputNames {
    /// These names.
    Fixed(&'static [&'static str]),
    /// These, and `group0`, `group1`, … or `group1`, `group2`, ….
    Groups(&'static [&'static str]),
}

/// Each kind with its name, the names of its parameters, and of its outputs.
type Row = (Kind, &'static str, &'static [&'static str], OutputNames);

const TABLE: [Row; 21] = {
    use OutputNames::{Fixed, Groups};
    const PARTICIPANT: &[&str] = &["participant"];
    const RECEIPTS: &[&str] = &["receipt", "participant"];
    [
        (
            Kind::Discovery,
            "discovery",
            Discovery::NAMES,
            Fixed(PARTICIPANT),
        ),
        (
            Kind::Payments,
            "payments",
            load::Payments::NAMES,
            Fixed(RECEIPTS),
        ),
        (
            Kind::LoadKeys,
            "load-keys",
            LoadKeys::NAMES,
            Fixed(&["key"]),
        ),
        (Kind::Stop, "stop", Stop::NAMES, Fixed(&[])),
        (Kind::Wait, "wait", Wait::NAMES, Fixed(&[])),
        (
            Kind::FundKeys,
            "fund-keys",
            fund_keys::FundKeys::NAMES,
            Fixed(&[]),
        ),
        (
            Kind::ZkappTxs,
            "zkapp-txs",
            ZkappTxs::NAMES,
            Fixed(RECEIPTS),
        ),
        (
            Kind::SlotsWon,
            "slots-won",
            Nodes::NAMES,
            Fixed(&["slotsWon"]),
        ),
        (
            Kind::ResetGating,
            "reset-gating",
            ResetGating::NAMES,
            Fixed(&[]),
        ),
        (Kind::Isolate, "isolate", Nodes::NAMES, Fixed(&[])),
        (
            Kind::AllocateSlots,
            "allocate-slots",
            slots::AllocateSlots::NAMES,
            Groups(&["nextEmptySlot", "lastSlot"]),
        ),
        (Kind::Restart, "restart", StopNodes::NAMES, Fixed(&[])),
        (Kind::Join, "join", sets::Join::NAMES, Fixed(&["group"])),
        (
            Kind::Sample,
            "sample",
            sets::Sample::NAMES,
            Groups(&["rest"]),
        ),
        (
            Kind::Except,
            "except",
            sets::Except::NAMES,
            Fixed(&["group"]),
        ),
        (
            Kind::StopDaemon,
            "stop-daemon",
            StopNodes::NAMES,
            Fixed(&[]),
        ),
        (
            Kind::RotateBalance,
            "rotate-balance",
            rotation::RotateBalance::NAMES,
            Fixed(&[]),
        ),
        (
            Kind::SetZkappSoftLimit,
            "set-zkapp-soft-limit",
            SetZkappSoftLimit::NAMES,
            Fixed(PARTICIPANT),
        ),
        (
            Kind::SlotsCoveredCheck,
            "slots-covered-check",
            slots::SlotsCoveredCheck::NAMES,
            Fixed(&[]),
        ),
        (
            Kind::StopAllScheduled,
            "stop-all-scheduled",
            Nodes::NAMES,
            Fixed(&["receipt"]),
        ),
        (
            Kind::Preflight,
            "preflight",
            Preflight::NAMES,
            Fixed(&["commit"]),
        ),
    ]
};

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 21] = {
        let mut kinds = [Self::Discovery; 21];
        let mut index = 0;
        while index < kinds.len() {
            kinds[index] = TABLE[index].0;
            index += 1;
        }
        kinds
    };

    /// The kind of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    fn row(self) -> &'static Row {
        // the table is in the order of the kinds; a test holds that
        &TABLE[self as usize]
    }

    /// The name in scripts.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The names of its parameters.
    #[must_use]
    pub fn parameters(self) -> &'static [&'static str] {
        self.row().2
    }

    /// Whether it may put out this name.
    #[must_use]
    pub fn puts_out(self, name: &str) -> bool {
        let is_group = |text: &str| {
            text.strip_prefix("group")
                .is_some_and(|number| number.parse::<u16>().is_ok())
        };
        match self.row().3 {
            OutputNames::Fixed(names) => names.contains(&name),
            OutputNames::Groups(names) => names.contains(&name) || is_group(name),
        }
    }

    /// Whether consecutive commands of it run together.
    #[must_use]
    pub fn is_batch(self) -> bool {
        self == Self::FundKeys
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
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
    /// The action of a kind with resolved parameters. Like the existing system, it takes names in
    /// any case, leaves `null` at the default and ignores unknown names; those are told by
    /// [`check`](crate::script::check).
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
