//! Texts of hashes that the simulation does not compute: well formed, unique, and always the same
//! for the same subject.

use crate::random::{Random, scatter};

/// Kinds of hashes that have a text of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashKind {
    /// Of a user command, `5J…`.
    Transaction,
    /// Of a ledger, `jw…` and `jx…`.
    Ledger,
    /// Of the transactions that an account has sent, `2n…`.
    ReceiptChain,
    /// The seed of an epoch, `2v…`.
    EpochSeed,
    /// Of a block, `3N…`.
    State,
}

impl HashKind {
    /// The version byte of its text, and the byte before the 32 of the hash.
    const fn bytes(self) -> (u8, u8) {
        match self {
            Self::Transaction => (0x1D, 0x20),
            Self::Ledger => (0x05, 0x01),
            Self::ReceiptChain => (0x0C, 0x01),
            Self::EpochSeed => (0x0D, 0x01),
            Self::State => (0x10, 0x01),
        }
    }
}

/// The hash of this kind that stands for a subject.
#[must_use]
pub fn hash_text(kind: HashKind, subject: &str) -> String {
    let (version, first) = kind.bytes();
    let mut body = [first; 33];
    body[1..].copy_from_slice(&derived_bytes(subject));
    // below 2^254, as the moduli are above it
    body[32] &= 0x3F;
    bs58::encode(body).with_check_version(version).into_string()
}

/// 32 bytes that belong to a subject.
#[must_use]
pub fn derived_bytes(subject: &str) -> [u8; 32] {
    let seed = subject
        .bytes()
        .fold(0, |state, byte| scatter(state ^ u64::from(byte)));
    Random::new(seed, "derived", subject.len() as u64).bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_begins_as_it_does_in_real_networks() {
        for (kind, beginnings) in [
            (HashKind::Transaction, &["5J"][..]),
            (HashKind::Ledger, &["jw", "jx"]),
            (HashKind::ReceiptChain, &["2m", "2n"]),
            (HashKind::EpochSeed, &["2v"]),
            (HashKind::State, &["3N"]),
        ] {
            for subject in ["", "a", "b", "a longer subject"] {
                let text = hash_text(kind, subject);
                let is_known = beginnings.iter().any(|start| text.starts_with(start));
                assert!(is_known, "{kind:?}: {text}");
            }
        }
        let state = hash_text(HashKind::State, "a");
        assert!(state.parse::<mina::StateHash>().is_ok());
    }

    #[test]
    fn a_subject_has_one_text_of_its_own() {
        let text = |subject| hash_text(HashKind::Ledger, subject);
        assert_eq!(text("a"), text("a"));
        assert_ne!(text("a"), text("b"));
        assert_ne!(text("ab"), text("ba"));
    }
}
