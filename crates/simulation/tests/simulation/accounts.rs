//! `createAccounts`, payments by hand, and the money of the network.

use mina::{Amount, PublicKey};
use proptest::prelude::*;
use simulation::{
    CommandOrder, CreateAccountsDetails, Network, PaymentError, PoolError, ScheduleError, Span,
};

use crate::support::{MINA, funded, node, pass, payment, stranger};

fn details(fee_payer: PublicKey, num_accounts: u32, mina: u64) -> CreateAccountsDetails {
    CreateAccountsDetails {
        fee_payer,
        num_accounts,
        amount: Amount::from_nanomina(mina * MINA),
        fee: Amount::from_nanomina(MINA),
    }
}

#[test]
fn accounts_are_funded_in_the_background_and_then_the_handle_is_gone() {
    let (mut network, keys) = funded(2, 1, 10_000);
    let details = details(keys[0], 250, 5_000);
    let created = network.create_accounts(node(0), &details, None).unwrap();
    assert_eq!(created.accounts.len(), 250);
    let again = network
        .create_accounts(node(0), &details, Some(created.handle))
        .unwrap();
    let texts = |keys: &[mina::PrivateKey]| -> Vec<PublicKey> {
        keys.iter().map(mina::PrivateKey::public_key).collect()
    };
    assert_eq!(texts(&again.accounts), texts(&created.accounts));
    assert_eq!(network.scheduled_transactions(node(0)), [created.handle]);
    pass(&mut network, Span::from_seconds(1_200));
    assert!(network.scheduled_transactions(node(0)).is_empty());
    for key in texts(&created.accounts) {
        // 20 MINA each, of which 1 pays for the account
        let account = network.account(node(1), &key).expect("funded");
        assert_eq!((account.balance, account.nonce), (19 * MINA, 0));
    }
    let payer = network.account(node(1), &keys[0]).unwrap();
    assert_eq!(payer.balance, (10_000 - 5_000 - 25) * MINA);
    assert_supply(&network, 2, 10_000);
}

#[test]
fn accounts_that_cannot_be_funded_are_refused() {
    let (mut network, keys) = funded(1, 1, 100);
    let mut refused = |details: &CreateAccountsDetails| {
        let result = network.create_accounts(node(0), details, None);
        result.map(|created| created.handle).unwrap_err()
    };
    assert_eq!(
        refused(&details(keys[0], 0, 50)),
        ScheduleError::AccountCount(0)
    );
    assert_eq!(
        refused(&details(keys[0], 10_001, 50)),
        ScheduleError::AccountCount(10_001)
    );
    assert_eq!(
        refused(&details(keys[0], 50, 50)),
        ScheduleError::AmountTooSmall
    );
    assert_eq!(
        refused(&details(keys[0], 2, 101)),
        ScheduleError::InsufficientFunds
    );
    assert_eq!(
        refused(&details(stranger(), 2, 50)),
        ScheduleError::NoFeePayer
    );
}

#[test]
fn payments_by_hand_get_the_next_nonce_or_a_reason() {
    let (mut network, keys) = funded(1, 1, 100);
    let order = payment(keys[0], stranger(), 10 * MINA);
    for nonce in 0..2 {
        let sent = network.send_command(node(0), &order).unwrap();
        assert_eq!(sent.nonce, nonce);
    }
    let gap = CommandOrder {
        nonce: Some(7),
        ..order.clone()
    };
    let of_stranger = CommandOrder {
        sender: stranger(),
        ..order.clone()
    };
    let too_long = CommandOrder {
        memo: "x".repeat(33),
        ..order
    };
    for (order, reason) in [
        (gap, PoolError::NonceGap.into()),
        (
            payment(keys[0], stranger(), 100 * MINA),
            PoolError::InsufficientFunds.into(),
        ),
        (of_stranger, PoolError::UnknownFeePayer.into()),
        (too_long, PaymentError::MemoTooLong),
    ] {
        let refused = network.send_command(node(0), &order);
        assert_eq!(refused.unwrap_err(), reason);
    }
    pass(&mut network, Span::from_seconds(200));
    let account = network.account(node(0), &stranger()).unwrap();
    assert_eq!(account.balance, 19 * MINA);
}

/// All that was there at genesis and all coinbases are in accounts, but for creation fees.
fn assert_supply(network: &Network, nodes: u128, funded_mina: u128) {
    let supply = network.supply();
    let genesis = (nodes * 100_000 + funded_mina) * u128::from(MINA);
    let coinbases = u128::from(supply.coinbases) * 720 * u128::from(MINA);
    assert_eq!(
        supply.balances + u128::from(supply.creation_fees),
        genesis + coinbases
    );
    assert!(supply.coinbases > 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn no_money_appears_or_vanishes(
        payments in proptest::collection::vec((0..3_usize, 0..4_usize, 0..60_u64, 0..40_i64), 1..60),
    ) {
        let (mut network, keys) = funded(2, 3, 100);
        let mut all = keys.clone();
        all.push(stranger());
        for (sender, receiver, mina, seconds) in payments {
            // Some are refused; that must not matter.
            let order = payment(keys[sender], all[receiver], mina * MINA / 2);
            let _ = network.send_command(node(sender % 2), &order);
            pass(&mut network, Span::from_seconds(seconds));
        }
        pass(&mut network, Span::from_seconds(600));
        assert_supply(&network, 2, 300);
    }
}
