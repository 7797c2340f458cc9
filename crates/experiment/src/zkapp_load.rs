//! What a zkApp load of a given rate needs: accounts, queue and balances.
//!
//! The same formulas serve planning (for the rate of a round) and scheduling (for the rate of a
//! node), as in the original generator. Doubles are evaluated in its order, because results are
//! truncated.

use mina::Amount;

use crate::number::{Overflow, amount, ceil, float, product, trunc, wide};

/// What creating an account costs, nanomina.
pub const ACCOUNT_CREATION_NANOMINA: u64 = 1_000_000_000;
/// zkApps that a max-cost load deploys.
pub const MAX_COST_ZKAPPS: u64 = 8;
/// Each zkApp command has two times this and two more account updates.
pub const ACCOUNT_UPDATES_MAX: u32 = 2;

/// The parameters of a zkApp load that the formulas need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ZkappParameters {
    /// Length of the round, minutes.
    pub duration_min: u64,
    /// Least time between related transactions, seconds.
    pub gap_sec: u64,
    /// zkApps to deploy; 0 lets the gap decide.
    pub zkapps: u64,
    /// Size of the queue of resting accounts, if `zkapps` is not 0.
    pub queue_size: u64,
    /// New accounts per command.
    pub new_account_ratio: f64,
    /// Greatest change of a balance.
    pub max_balance_change: Amount,
}

/// What a load of one rate needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZkappNeeds {
    /// zkApps to deploy, Z.
    pub zkapps_to_deploy: u64,
    /// Accounts that rest, Q.
    pub queue_size: u64,
    /// Accounts made on the way, N.
    pub new_accounts: u64,
    /// Least balance of an account made on the way.
    pub min_new_balance: Amount,
    /// Greatest balance of an account made on the way.
    pub max_new_balance: Amount,
    /// What a deployed zkApp begins with.
    pub initial_balance: Amount,
}

/// Transactions within one gap, `ceil(t · G)`.
pub(crate) fn per_gap(tps: f64, gap_sec: u64) -> Result<u64, Overflow> {
    ceil(tps * float(gap_sec))
}

impl ZkappParameters {
    /// zkApps deployed at a rate, Z(t).
    pub(crate) fn zkapps_to_deploy(&self, tps: f64) -> Result<u64, Overflow> {
        if self.zkapps > 0 {
            return Ok(self.zkapps);
        }
        per_gap(tps, self.gap_sec)?.checked_mul(4).ok_or(Overflow)
    }

    fn queue_size(&self, tps: f64) -> Result<u64, Overflow> {
        if self.zkapps > 0 {
            return Ok(self.queue_size);
        }
        per_gap(tps, self.gap_sec)?.checked_mul(3).ok_or(Overflow)
    }

    /// What a load of this rate needs.
    ///
    /// # Errors
    ///
    /// The amounts or counts are too large to be calculated.
    pub fn needs(&self, tps: f64) -> Result<ZkappNeeds, Overflow> {
        let zkapps = self.zkapps_to_deploy(tps)?;
        let seconds = self.duration_min.checked_mul(60).ok_or(Overflow)?;
        // below 0 when deploying alone takes the whole round: then there are no new accounts
        let seconds_left = float(seconds) - float(zkapps);
        let new_accounts = trunc((tps * seconds_left * self.new_account_ratio).max(0.0))?;
        if zkapps == 0 || self.gap_sec == 0 {
            return Err(Overflow);
        }
        let uses = float(seconds) / float(self.gap_sec);
        let change = product(&[2, wide(self.max_balance_change)])?;
        let change = float(u64::try_from(change).map_err(|_| Overflow)?);
        let accounts_each = trunc(float(new_accounts) / float(zkapps) * 3.0)?;
        let least = product(&[3, u128::from(trunc(uses * change)?)])?
            .checked_add(u128::from(ACCOUNT_CREATION_NANOMINA))
            .ok_or(Overflow)?;
        let most = product(&[3, least])?;
        let initial = product(&[most, u128::from(accounts_each) + 1, 2])?;
        Ok(ZkappNeeds {
            zkapps_to_deploy: zkapps,
            queue_size: self.queue_size(tps)?,
            new_accounts,
            min_new_balance: amount(least)?,
            max_new_balance: amount(most)?,
            initial_balance: amount(initial)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: ZkappParameters = ZkappParameters {
        duration_min: 30,
        gap_sec: 180,
        zkapps: 0,
        queue_size: 0,
        new_account_ratio: 0.0,
        max_balance_change: Amount::from_nanomina(1_000),
    };

    #[test]
    fn the_default_load_needs_what_the_original_generator_says() {
        let needs = DEFAULT.needs(0.25).unwrap();
        assert_eq!(needs.zkapps_to_deploy, 180);
        assert_eq!(needs.queue_size, 135);
        assert_eq!(needs.new_accounts, 0);
        assert_eq!(needs.min_new_balance.nanomina(), 1_000_060_000);
        assert_eq!(needs.max_new_balance.nanomina(), 3_000_180_000);
        assert_eq!(needs.initial_balance.nanomina(), 6_000_360_000);
    }

    #[test]
    fn new_accounts_are_counted_with_the_doubles_of_the_original_generator() {
        let parameters = ZkappParameters {
            duration_min: 50,
            gap_sec: 100,
            new_account_ratio: 1.5,
            max_balance_change: Amount::from_nanomina(3_000),
            ..DEFAULT
        };
        let needs = parameters.needs(0.7).unwrap();
        assert_eq!(needs.zkapps_to_deploy, 280);
        assert_eq!(needs.queue_size, 210);
        // 0.7 · 2720 · 1.5 is 2855.9999… in doubles
        assert_eq!(needs.new_accounts, 2_855);
        assert_eq!(needs.min_new_balance.nanomina(), 1_000_540_000);
        assert_eq!(needs.max_new_balance.nanomina(), 3_001_620_000);
        assert_eq!(needs.initial_balance.nanomina(), 186_100_440_000);
    }

    #[test]
    fn a_max_cost_load_deploys_eight() {
        let parameters = ZkappParameters {
            zkapps: MAX_COST_ZKAPPS,
            ..DEFAULT
        };
        let needs = parameters.needs(0.35).unwrap();
        assert_eq!((needs.zkapps_to_deploy, needs.queue_size), (8, 0));
    }

    #[test]
    fn deploying_that_fills_the_round_leaves_no_time_for_new_accounts() {
        let parameters = ZkappParameters {
            new_account_ratio: 1.0,
            ..DEFAULT
        };
        assert_eq!(parameters.needs(3.0).unwrap().new_accounts, 0);
    }

    #[test]
    fn nothing_wraps() {
        let huge = ZkappParameters {
            max_balance_change: Amount::from_nanomina(u64::MAX),
            ..DEFAULT
        };
        assert_eq!(huge.needs(0.25), Err(Overflow));
        assert_eq!(DEFAULT.needs(1e300), Err(Overflow));
        assert_eq!(DEFAULT.needs(f64::NAN), Err(Overflow));
        let no_gap = ZkappParameters {
            gap_sec: 0,
            ..DEFAULT
        };
        assert_eq!(no_gap.needs(0.25), Err(Overflow));
    }
}
