//! `rotate-balance`: who passes what on to whom.

use mina::{Amount, PublicKey};

use super::decode::params;

/// Default fee of a rotation.
const FEE: Amount = Amount::from_nanomina(2_000_000_000);

params! {
    /// Parameters of `rotate-balance`.
    RotateBalance {
        /// The keys whose balances rotate.
        pubkeys: Vec<PublicKey> = "pubkeys",
        /// The node of each.
        servers: Vec<String> = "servers",
        /// Share of a balance that is passed on.
        ratio: f64 = "ratio",
        /// Which key passes on to which, by index.
        mapping: Vec<u64> = "mapping",
        /// Fee; 0 for the default of 2 MINA.
        fee: Amount = "fee",
        /// Name of the environment variable with the password of the keys.
        password_env: String = "passwordEnv",
    }
}

/// The memo of rotating payments.
pub const MEMO: &str = "rotation";

/// Why a rotation cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RotationError {
    /// Not one node for each key.
    #[error("length of list of rest servers is not equal to number of key files")]
    Servers,
    /// Not one receiver for each key.
    #[error("length of mapping is not equal to number of key files")]
    Mapping,
    /// Less than a thousandth.
    #[error("ratio too small")]
    Ratio,
    /// More than everything.
    #[error("ratio too large")]
    RatioAboveOne,
    /// A receiver that is not there.
    #[error("wrong index in the mapping")]
    Index,
}

impl RotateBalance {
    /// The fee.
    #[must_use]
    pub fn fee(&self) -> Amount {
        if self.fee == Amount::ZERO {
            FEE
        } else {
            self.fee
        }
    }

    /// Checks the parameters. Gives, for each key, the index of its receiver.
    ///
    /// # Errors
    ///
    /// A parameter is missing or out of range.
    pub fn check(&self) -> Result<Vec<usize>, RotationError> {
        if self.servers.len() != self.pubkeys.len() {
            return Err(RotationError::Servers);
        }
        if self.mapping.len() != self.pubkeys.len() {
            return Err(RotationError::Mapping);
        }
        if self.ratio < 0.001 || self.ratio.is_nan() {
            return Err(RotationError::Ratio);
        }
        if self.ratio > 1.0 {
            return Err(RotationError::RatioAboveOne);
        }
        self.mapping
            .iter()
            .map(|index| {
                usize::try_from(*index)
                    .ok()
                    .filter(|index| *index < self.pubkeys.len())
                    .ok_or(RotationError::Index)
            })
            .collect()
    }

    /// What a key with this balance passes on; nothing if it cannot even pay the fee.
    #[must_use]
    pub fn share(&self, balance: Amount) -> Option<Amount> {
        let rest = balance.checked_sub(self.fee())?;
        // doubles as in the original, but never more than there is
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss
        )]
        let share = (rest.nanomina() as f64 * self.ratio) as u64;
        let share = Amount::from_nanomina(share.min(rest.nanomina()));
        (share > Amount::ZERO).then_some(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rotation() -> RotateBalance {
        let key = crate::setup::DEFAULT_RECEIVER.parse().unwrap();
        RotateBalance {
            pubkeys: vec![key, key],
            servers: vec![String::new(), "3086".to_owned()],
            ratio: 0.3,
            mapping: vec![1, 1],
            ..RotateBalance::default()
        }
    }

    #[test]
    fn checks_come_in_the_known_order() {
        assert_eq!(rotation().check(), Ok(vec![1, 1]));
        let mut bad = RotateBalance {
            servers: vec![String::new()],
            ratio: 0.0,
            mapping: vec![2],
            ..rotation()
        };
        assert_eq!(bad.check(), Err(RotationError::Servers));
        bad.servers.push(String::new());
        assert_eq!(bad.check(), Err(RotationError::Mapping));
        bad.mapping.push(0);
        assert_eq!(bad.check(), Err(RotationError::Ratio));
        bad.ratio = 1.5;
        assert_eq!(bad.check(), Err(RotationError::RatioAboveOne));
        bad.ratio = 0.5;
        assert_eq!(bad.check(), Err(RotationError::Index));
        for (error, text) in [
            (
                RotationError::Servers,
                "length of list of rest servers is not equal to number of key files",
            ),
            (
                RotationError::Mapping,
                "length of mapping is not equal to number of key files",
            ),
            (RotationError::Ratio, "ratio too small"),
            (RotationError::Index, "wrong index in the mapping"),
        ] {
            assert_eq!(error.to_string(), text);
        }
        let least = RotateBalance {
            ratio: 0.001,
            ..rotation()
        };
        assert_eq!(least.check(), Ok(vec![1, 1]));
    }

    #[test]
    fn without_a_fee_it_is_two_mina() {
        assert_eq!(rotation().fee().nanomina(), 2_000_000_000);
        let dear = RotateBalance {
            fee: Amount::from_nanomina(7),
            ..rotation()
        };
        assert_eq!(dear.fee().nanomina(), 7);
    }

    #[test]
    fn a_share_never_exceeds_what_is_there() {
        let share = |nanomina| rotation().share(Amount::from_nanomina(nanomina));
        assert_eq!(
            share(12_000_000_000),
            Some(Amount::from_nanomina(3_000_000_000))
        );
        assert_eq!(share(2_000_000_000), None);
        assert_eq!(share(1_000_000_000), None);
        let all = RotateBalance {
            ratio: 1.0,
            ..rotation()
        };
        let most = Amount::from_nanomina(u64::MAX);
        let rest = most.checked_sub(all.fee()).unwrap();
        assert!(all.share(most).unwrap() <= rest);
    }
}
