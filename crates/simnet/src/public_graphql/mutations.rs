//! What can be done.

#![expect(
    clippy::unused_async,
    reason = "resolvers are asynchronous by their macro"
)]

use async_graphql::{Context, Object, SimpleObject};
use simulation::PaymentCommand;

use super::inputs::{SendPaymentInput, UnlockInput};
use super::queries::{Account, account, node};
use super::scalars::{PublicKey, UInt64};

pub(crate) struct Mutation;

#[Object(name = "mutation")]
impl Mutation {
    /// Allow transactions to be sent from the unlocked account
    async fn unlock_account(
        &self,
        context: &Context<'_>,
        input: UnlockInput,
    ) -> async_graphql::Result<UnlockPayload> {
        let node = node(context)?;
        match node
            .common()
            .wallet
            .unlocks(&input.public_key.0, &input.password)
        {
            Some(true) => {
                node.unlock(&input.public_key.0);
                Ok(UnlockPayload {
                    account: account(node, &input.public_key),
                    public_key: input.public_key,
                })
            }
            Some(false) => Err("Wrong password provided".into()),
            None => Err("Could not find owned account associated with provided key".into()),
        }
    }

    /// Send a payment
    async fn send_payment(
        &self,
        context: &Context<'_>,
        input: SendPaymentInput,
    ) -> async_graphql::Result<SendPaymentPayload> {
        let node = node(context)?;
        if !node.is_unlocked(&input.from.0) {
            return Err("Couldn't find an unlocked key for specified `sender`. Did you unlock the account you're making a transaction from?".into());
        }
        let id = node.id();
        let slot = node.chain().now(|chain| chain.slot_at(chain.now()));
        if input.valid_until.is_some_and(|until| until.0 < slot) {
            return Err("Couldn't send user command: Expired".into());
        }
        let payment = PaymentCommand {
            sender: input.from.0,
            receiver: input.to.0,
            amount: input.amount.into(),
            fee: input.fee.into(),
            memo: input.memo.clone().unwrap_or_default(),
            nonce: input.nonce.map(|nonce| nonce.0),
        };
        let sent = node
            .chain()
            .now(|chain| chain.send_payment(id, &payment))
            .map_err(|error| error.to_string())?;
        Ok(SendPaymentPayload {
            payment: Payment {
                id: sent.signature,
                nonce: i32::try_from(sent.nonce).unwrap_or(i32::MAX),
                from: input.from,
                to: input.to,
                amount: input.amount,
                fee: input.fee,
                memo: payment.memo,
            },
        })
    }
}

#[derive(SimpleObject)]
struct UnlockPayload {
    /// Public key of the account
    public_key: PublicKey,
    account: Option<Account>,
}

#[derive(SimpleObject)]
struct SendPaymentPayload {
    payment: Payment,
}

#[derive(SimpleObject)]
#[graphql(name = "UserCommandPayment")]
struct Payment {
    id: String,
    nonce: i32,
    from: PublicKey,
    to: PublicKey,
    /// In nanomina
    amount: UInt64,
    /// In nanomina
    fee: UInt64,
    memo: String,
}
