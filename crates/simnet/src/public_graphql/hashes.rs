//! Names of what the simulation does not compute: each follows from what it belongs to.

use simulation::{HashKind, derived_bytes, hash_text};

/// The only token, of which all amounts are.
pub(super) const DEFAULT_TOKEN: &str = "wSHV2S4qX9jFsLjQo8r1BsMLH2ZRKsZx6EJd1sbozGPieEC4Jf";

/// What an account that votes for nothing votes for.
pub(super) const NO_VOTE: &str = "3NK2tkzqqK5spR2sZ7tujjqPksL45M3UUrcA4WhCkeiPtnugyE2x";

/// The hash of a ledger.
pub(super) fn ledger(subject: &str) -> String {
    hash_text(HashKind::Ledger, subject)
}

/// The seed of an epoch.
pub(super) fn epoch_seed(subject: &str) -> String {
    hash_text(HashKind::EpochSeed, subject)
}

/// The hash of the commands that an account has sent.
pub(super) fn receipt_chain(subject: &str) -> String {
    hash_text(HashKind::ReceiptChain, subject)
}

/// The name of a block.
pub(super) fn state(subject: &str) -> String {
    hash_text(HashKind::State, subject)
}

/// An element of the base field, as a decimal number.
pub(super) fn field(subject: &str) -> String {
    let [low, high] = halves(subject);
    // Far below the modulus.
    format!("{}{:038}", high >> 8, low >> 8)
}

/// 32 bytes as hexadecimal digits.
pub(super) fn hexadecimal(subject: &str) -> String {
    let [low, high] = halves(subject);
    format!("{high:032x}{low:032x}")
}

fn halves(subject: &str) -> [u128; 2] {
    let bytes = derived_bytes(subject);
    let (low, high) = bytes.split_at(16);
    [low, high].map(|half| {
        half.iter()
            .fold(0, |number, byte| number << 8 | u128::from(*byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decimal_and_below_the_modulus() {
        for subject in ["", "a", "b", "c"] {
            let field = field(subject);
            assert!(field.bytes().all(|byte| byte.is_ascii_digit()), "{field}");
            assert!(field.len() <= 76, "{field}");
            assert_eq!(hexadecimal(subject).len(), 64);
        }
        assert!(NO_VOTE.parse::<mina::StateHash>().is_ok());
    }
}
