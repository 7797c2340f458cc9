//! The kinds of actions: their names, and what they put out.

use std::fmt;

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

/// Each kind with its name and what it puts out.
type Row = (Kind, &'static str, OutputNames);

const TABLE: [Row; 21] = {
    use OutputNames::{Fixed, Groups};
    const PARTICIPANT: &[&str] = &["participant"];
    const RECEIPTS: &[&str] = &["receipt", "participant"];
    [
        (Kind::Discovery, "discovery", Fixed(PARTICIPANT)),
        (Kind::Payments, "payments", Fixed(RECEIPTS)),
        (Kind::LoadKeys, "load-keys", Fixed(&["key"])),
        (Kind::Stop, "stop", Fixed(&[])),
        (Kind::Wait, "wait", Fixed(&[])),
        (Kind::FundKeys, "fund-keys", Fixed(&[])),
        (Kind::ZkappTxs, "zkapp-txs", Fixed(RECEIPTS)),
        (Kind::SlotsWon, "slots-won", Fixed(&["slotsWon"])),
        (Kind::ResetGating, "reset-gating", Fixed(&[])),
        (Kind::Isolate, "isolate", Fixed(&[])),
        (
            Kind::AllocateSlots,
            "allocate-slots",
            Groups(&["nextEmptySlot", "lastSlot"]),
        ),
        (Kind::Restart, "restart", Fixed(&[])),
        (Kind::Join, "join", Fixed(&["group"])),
        (Kind::Sample, "sample", Groups(&["rest"])),
        (Kind::Except, "except", Fixed(&["group"])),
        (Kind::StopDaemon, "stop-daemon", Fixed(&[])),
        (Kind::RotateBalance, "rotate-balance", Fixed(&[])),
        (
            Kind::SetZkappSoftLimit,
            "set-zkapp-soft-limit",
            Fixed(PARTICIPANT),
        ),
        (Kind::SlotsCoveredCheck, "slots-covered-check", Fixed(&[])),
        (
            Kind::StopAllScheduled,
            "stop-all-scheduled",
            Fixed(&["receipt"]),
        ),
        (Kind::Preflight, "preflight", Fixed(&["commit"])),
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

    /// Whether it may put out this name.
    #[must_use]
    pub fn puts_out(self, name: &str) -> bool {
        let is_group = |text: &str| {
            text.strip_prefix("group")
                .is_some_and(|number| number.parse::<u16>().is_ok())
        };
        match self.row().2 {
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
