//! Tests of what transactions do to accounts.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::ids::NodeId;
use crate::random::Random;
use crate::time::SimTime;
use crate::transaction::Draft;

const CREATION_FEE: u64 = 1_000;
const RICH: AccountId = AccountId(0);
const POOR: AccountId = AccountId(1);
const NOBODY: AccountId = AccountId(9);

fn ledger() -> Overlay<impl FnMut(AccountId) -> Option<Account>> {
    Overlay::new(CREATION_FEE, |id| match id {
        RICH => Some(Account {
            balance: 1_000_000,
            nonce: 3,
            delegate: None,
        }),
        POOR => Some(Account {
            balance: 50,
            nonce: 0,
            delegate: None,
        }),
        _ => None,
    })
}

fn transaction(fee_payer: AccountId, nonce: u32, command: Command) -> Arc<Transaction> {
    let draft = Draft {
        command,
        fee_payer,
        nonce,
        fee: 10,
        memo: "test-0".to_owned(),
        origin: NodeId::from_index(0),
        scheduled: true,
    };
    let time = SimTime::from_unix_micros(0);
    draft.sign(time, &mut Random::new(1, "ledger tests", 0))
}

fn payment(fee_payer: AccountId, nonce: u32, receiver: AccountId, amount: u64) -> Arc<Transaction> {
    transaction(fee_payer, nonce, Command::Payment { receiver, amount })
}

fn balance(
    ledger: &mut Overlay<impl FnMut(AccountId) -> Option<Account>>,
    id: AccountId,
) -> Option<u64> {
    ledger.account(id).map(|account| account.balance)
}

#[test]
fn a_payment_moves_amount_and_fee() {
    let mut ledger = ledger();
    assert_eq!(ledger.apply(&payment(RICH, 3, POOR, 100)), Ok(Ok(())));
    assert_eq!(balance(&mut ledger, RICH), Some(999_890));
    assert_eq!(balance(&mut ledger, POOR), Some(150));
    assert_eq!(ledger.account(RICH).unwrap().nonce, 4);
}

#[test]
fn a_new_account_pays_for_its_creation() {
    let mut ledger = ledger();
    assert_eq!(ledger.apply(&payment(RICH, 3, NOBODY, 1_500)), Ok(Ok(())));
    assert_eq!(balance(&mut ledger, NOBODY), Some(500));
    assert_eq!(ledger.creation_fees, CREATION_FEE);
}

#[test]
fn an_amount_below_the_creation_fee_fails_and_costs_the_fee() {
    let mut ledger = ledger();
    assert_eq!(
        ledger.apply(&payment(RICH, 3, NOBODY, 999)),
        Ok(Err(Failure::AmountInsufficientToCreateAccount))
    );
    assert_eq!(balance(&mut ledger, NOBODY), None);
    assert_eq!(balance(&mut ledger, RICH), Some(999_990));
    assert_eq!(ledger.account(RICH).unwrap().nonce, 4);
    assert_eq!(ledger.creation_fees, 0);
}

#[test]
fn who_cannot_pay_the_amount_loses_the_fee() {
    let mut ledger = ledger();
    assert_eq!(
        ledger.apply(&payment(POOR, 0, RICH, 41)),
        Ok(Err(Failure::Overflow))
    );
    assert_eq!(balance(&mut ledger, POOR), Some(40));
}

#[test]
fn what_no_block_may_hold_changes_nothing() {
    let mut ledger = ledger();
    assert_eq!(
        ledger.apply(&payment(NOBODY, 0, RICH, 1)),
        Err(Invalid::NoFeePayer)
    );
    assert_eq!(
        ledger.apply(&payment(RICH, 4, POOR, 1)),
        Err(Invalid::Nonce)
    );
    assert_eq!(
        ledger.apply(&payment(RICH, 2, POOR, 1)),
        Err(Invalid::Nonce)
    );
    for nonce in 0..5 {
        assert_eq!(ledger.apply(&payment(POOR, nonce, POOR, 0)), Ok(Ok(())));
    }
    assert_eq!(ledger.apply(&payment(POOR, 5, POOR, 0)), Err(Invalid::Fee));
}

#[test]
fn a_zkapp_command_does_all_or_nothing() {
    let command = |debits: &[(AccountId, u64)], credits: &[(AccountId, u64)]| Command::Zkapp {
        updates: 2,
        proofs: 0,
        debits: debits.to_vec(),
        credits: credits.to_vec(),
    };
    let mut ledger = ledger();
    let good = command(&[(RICH, 3_000)], &[(NOBODY, 2_000), (POOR, 1_000)]);
    assert_eq!(ledger.apply(&transaction(RICH, 3, good)), Ok(Ok(())));
    assert_eq!(balance(&mut ledger, NOBODY), Some(1_000));
    assert_eq!(balance(&mut ledger, POOR), Some(1_050));
    let bad = command(&[(POOR, 2_000)], &[(RICH, 2_000)]);
    assert_eq!(
        ledger.apply(&transaction(RICH, 4, bad)),
        Ok(Err(Failure::Overflow))
    );
    assert_eq!(balance(&mut ledger, POOR), Some(1_050));
    assert_eq!(balance(&mut ledger, RICH), Some(996_980));
}

#[test]
fn earnings_make_accounts() {
    let mut ledger = ledger();
    ledger.reward(NOBODY, 1_200);
    assert_eq!(balance(&mut ledger, NOBODY), Some(200));
    ledger.reward(NOBODY, 300);
    assert_eq!(balance(&mut ledger, NOBODY), Some(500));
}

proptest! {
    #[test]
    fn no_money_appears_or_vanishes(
        payments in proptest::collection::vec((0..4_u32, 0..4_u32, 0..3_000_u64), 0..40),
    ) {
        let mut ledger = ledger();
        let mut nonces = [3, 0, 0, 0];
        let mut fees = 0;
        for (payer, receiver, amount) in payments {
            let nonce = &mut nonces[payer as usize];
            let one = payment(AccountId(payer), *nonce, AccountId(receiver), amount);
            if ledger.apply(&one).is_ok() {
                *nonce += 1;
                fees += 10;
            }
        }
        let sum: u64 = (0..4)
            .filter_map(|id| balance(&mut ledger, AccountId(id)))
            .sum();
        prop_assert_eq!(sum + fees + ledger.creation_fees, 1_000_050);
    }
}
