//! Tests of the pool.

use super::*;
use crate::ids::NodeId;
use crate::random::Random;
use crate::time::SimTime;
use crate::transaction::{Command, Draft};

const PAYER: AccountId = AccountId(1);

fn payment(nonce: u32, amount: u64) -> Arc<Transaction> {
    let draft = Draft {
        command: Command::Payment {
            receiver: AccountId(2),
            amount,
        },
        fee_payer: PAYER,
        nonce,
        fee: 10,
        memo: "test-0".to_owned(),
        origin: NodeId::from_index(0),
        scheduled: true,
    };
    let time = SimTime::from_unix_micros(0);
    draft.sign(time, &mut Random::new(1, "pool tests", u64::from(nonce)))
}

#[expect(clippy::unnecessary_wraps, reason = "as ledgers answer")]
fn account(balance: u64) -> Option<Account> {
    Some(Account {
        balance,
        nonce: 5,
        delegate: None,
    })
}

#[test]
fn submitted_nonces_have_to_follow_each_other() {
    let mut pool = Pool::new(10);
    assert_eq!(
        pool.submit(&payment(4, 1), account(100)),
        Err(PoolError::StaleNonce)
    );
    assert_eq!(
        pool.submit(&payment(6, 1), account(100)),
        Err(PoolError::NonceGap)
    );
    assert_eq!(pool.submit(&payment(5, 1), account(100)), Ok(()));
    assert_eq!(
        pool.submit(&payment(5, 1), account(100)),
        Err(PoolError::DuplicateNonce)
    );
    assert_eq!(pool.submit(&payment(6, 1), account(100)), Ok(()));
    assert_eq!(pool.next_nonce(PAYER, account(100).unwrap()), 7);
}

#[test]
fn what_waits_already_has_to_be_paid_for_too() {
    let mut pool = Pool::new(10);
    assert_eq!(pool.submit(&payment(5, 40), account(100)), Ok(()));
    assert_eq!(
        pool.submit(&payment(6, 41), account(100)),
        Err(PoolError::InsufficientFunds)
    );
    assert_eq!(pool.submit(&payment(6, 40), account(100)), Ok(()));
    assert_eq!(
        pool.submit(&payment(7, 1), None),
        Err(PoolError::UnknownFeePayer)
    );
}

#[test]
fn a_full_pool_takes_no_more() {
    let mut pool = Pool::new(1);
    assert_eq!(pool.submit(&payment(5, 1), account(100)), Ok(()));
    assert_eq!(
        pool.submit(&payment(6, 1), account(100)),
        Err(PoolError::Full)
    );
    assert!(pool.hear(&payment(6, 1), account(100)));
    assert_eq!(pool.len(), 1);
}

#[test]
fn what_is_heard_may_come_in_any_order() {
    let mut pool = Pool::new(10);
    assert!(pool.hear(&payment(7, 1), account(100)));
    assert_eq!(pool.next_nonce(PAYER, account(100).unwrap()), 5);
    assert!(pool.hear(&payment(5, 1), account(100)));
    assert!(pool.hear(&payment(6, 1), account(100)));
    assert_eq!(pool.next_nonce(PAYER, account(100).unwrap()), 8);
    // A used nonce condemns nothing, but is not kept.
    assert!(pool.hear(&payment(4, 1), account(100)));
    assert_eq!(pool.len(), 3);
    // An unknown fee payer condemns the diff.
    assert!(!pool.hear(&payment(8, 1), None));
}

#[test]
fn blocks_take_out_and_undone_blocks_put_back() {
    let mut pool = Pool::new(10);
    let one = payment(5, 1);
    assert!(pool.hear(&one, account(100)));
    pool.remove(&one);
    assert_eq!(pool.len(), 0);
    pool.restore(&one);
    pool.restore(&one);
    assert_eq!(pool.len(), 1);
    pool.clear();
    assert_eq!(pool.iter().count(), 0);
}
