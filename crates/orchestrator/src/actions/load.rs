//! `payments` and `zkapp-txs`: dealing a load out to nodes.

use std::collections::BTreeMap;
use std::sync::Arc;

use experiment::action::ZkappTxs;
use experiment::action::load::Payments;
use experiment::memo;
use experiment::schedule::{LoadShare, Placement};
use experiment::script::outputs::Output;
use experiment::zkapp_load::ACCOUNT_UPDATES_MAX;
use itn::{PaymentsDetails, Uuid, ZkappCommandsDetails};
use mina::{PrivateKey, PublicKey};
use serde_json::json;

use super::tools::chance;
use crate::nodes::{NodeClient, NodeResult};
use crate::run::{Asked, Level, LoadFacts, NodeRequest, Outcome, RequestStatus, Run, StepError};

/// A load to be dealt out.
enum Load<'a> {
    Payments(&'a Payments, PublicKey),
    Zkapps(&'a ZkappTxs),
}

/// What one node is asked for.
enum Input {
    Payments(PaymentsDetails),
    Zkapps(ZkappCommandsDetails),
}

pub(super) async fn payments(
    run: &Run<'_>,
    step: u32,
    params: &Payments,
) -> Result<Vec<Output>, StepError> {
    let receiver = params.check().map_err(StepError::failed)?;
    let load = Load::Payments(params, receiver);
    let rates = (params.tps, params.min_tps);
    place(
        run,
        step,
        &load,
        rates,
        &params.nodes,
        params.fee_payers.len(),
    )
    .await
}

pub(super) async fn zkapps(
    run: &Run<'_>,
    step: u32,
    params: &ZkappTxs,
) -> Result<Vec<Output>, StepError> {
    params.check().map_err(StepError::failed)?;
    let load = Load::Zkapps(params);
    let rates = (params.tps, params.min_tps);
    place(
        run,
        step,
        &load,
        rates,
        &params.nodes,
        params.fee_payers.len(),
    )
    .await
}

/// Asks wave after wave until the load is placed or nobody is left. Which nodes are asked follows
/// from the seed and from the answers alone, so that a run that is taken up again goes the same
/// way up to where it was.
async fn place(
    run: &Run<'_>,
    step: u32,
    load: &Load<'_>,
    (tps, min_tps): (f64, f64),
    nodes: &[String],
    fee_payers: usize,
) -> Result<Vec<Output>, StepError> {
    let mut chance = chance(run, step);
    let mut placement = Placement::new(load.action(), tps, min_tps, nodes, fee_payers, &mut chance)
        .map_err(StepError::failed)?;
    let asked = Asked {
        step,
        journal: run.journal,
        means: run.means,
        past: run.past,
    };
    let mut outputs = Vec::new();
    loop {
        let wave = placement.next_wave();
        if wave.is_empty() {
            break;
        }
        // The first alone: what it refuses for good, all others would refuse too.
        let (first, others) = wave.split_at(1);
        for part in [first, others] {
            let outcomes = ask(&asked, load, part).await?;
            for batch in part {
                let Some(outcome) = outcomes.get(&number(batch)?) else {
                    continue;
                };
                if outcome.status.is_failure() {
                    if outcome.is_permanent {
                        let cause = outcome.error.clone().unwrap_or_default();
                        return Err(StepError::failed(placement.permanent(batch, cause)));
                    }
                    continue;
                }
                placement.accepted(batch);
                if let Some(handle) = &outcome.handle {
                    let receipt = json!({ "address": batch.node, "handle": handle });
                    outputs.push(Output::multi("receipt", receipt));
                }
                outputs.push(Output::multi("participant", batch.node.as_str()));
            }
        }
    }
    let placed = placement.finish().map_err(StepError::failed)?;
    for warning in placed.warnings {
        run.journal.log(Level::Warning, Some(step), warning);
    }
    Ok(outputs)
}

async fn ask(
    asked: &Asked<'_>,
    load: &Load<'_>,
    part: &[LoadShare],
) -> Result<BTreeMap<u32, Outcome>, StepError> {
    let mut inputs = BTreeMap::new();
    let mut requests = Vec::new();
    for batch in part {
        inputs.insert(number(batch)?, load.input(batch)?);
        requests.push(load.request(batch)?);
    }
    let inputs = Arc::new(inputs);
    let send = move |request: NodeRequest, handle, mut client: NodeClient| {
        let inputs = Arc::clone(&inputs);
        async move {
            let answer = match inputs.get(&request.number) {
                Some(input) => input.schedule(&mut client, handle).await.map(Some),
                None => Ok(None),
            };
            (answer, client)
        }
    };
    asked
        .ask(requests, send, |request, outcome| {
            Some(load.line(request, outcome))
        })
        .await
}

impl Input {
    async fn schedule(&self, client: &mut NodeClient, handle: Option<Uuid>) -> NodeResult<String> {
        let handle = handle.as_ref();
        match self {
            Self::Payments(input) => {
                client
                    .ask(async |client| client.schedule_payments(input, handle).await)
                    .await
            }
            Self::Zkapps(input) => {
                client
                    .ask(async |client| client.schedule_zkapp_commands(input, handle).await)
                    .await
            }
        }
    }
}

impl Load<'_> {
    fn action(&self) -> &'static str {
        match self {
            Self::Payments(..) => "payments",
            Self::Zkapps(_) => "zkapp-txs",
        }
    }

    fn experiment_name(&self) -> &str {
        match self {
            Self::Payments(params, _) => &params.experiment_name,
            Self::Zkapps(params) => &params.experiment_name,
        }
    }

    fn duration_min(&self) -> u64 {
        match self {
            Self::Payments(params, _) => params.duration_min,
            Self::Zkapps(params) => params.duration_min,
        }
    }

    fn round(&self) -> Option<u32> {
        match self {
            Self::Payments(params, _) => params.round,
            Self::Zkapps(params) => params.round,
        }
    }

    fn request(&self, batch: &LoadShare) -> Result<NodeRequest, StepError> {
        let seconds = small(self.duration_min())? * 60.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and small"
        )]
        let ticks = (batch.tps * seconds - 1e-9).ceil() as u64;
        // The first payment is sent at once, the first zkApp command a tick later; the others
        // follow a tick apart until the time is over.
        let intended = match self {
            Self::Payments(..) => ticks,
            Self::Zkapps(_) => ticks.saturating_sub(1),
        };
        Ok(NodeRequest {
            number: number(batch)?,
            node: batch.node.clone(),
            kind: match self {
                Self::Payments(..) => "payments",
                Self::Zkapps(_) => "zkapps",
            },
            load: Some(LoadFacts {
                round: self.round(),
                tps: batch.tps,
                intended,
                first_key: count(batch.fee_payers.start as u64)?,
                keys: count(batch.fee_payers.len() as u64)?,
            }),
            runs_seconds: Some(seconds),
            takes_handle: true,
            is_idempotent: false,
        })
    }

    fn input(&self, batch: &LoadShare) -> Result<Input, StepError> {
        let memo_prefix = memo::prefix(self.experiment_name(), batch.batch);
        let duration_min = count(self.duration_min())?;
        match self {
            Self::Payments(params, receiver) => Ok(Input::Payments(PaymentsDetails {
                duration_min,
                tps: batch.tps,
                memo_prefix,
                max_fee: params.max_fee,
                min_fee: params.min_fee,
                amount: params.amount,
                receiver: *receiver,
                senders: keys(&params.fee_payers, batch),
            })),
            Self::Zkapps(params) => {
                let needs = params.needs(batch.tps).map_err(StepError::failed)?;
                Ok(Input::Zkapps(ZkappCommandsDetails {
                    max_account_updates: Some(ACCOUNT_UPDATES_MAX),
                    max_cost: params.max_cost,
                    account_queue_size: count(needs.queue_size)?,
                    deployment_fee: params.deployment_fee,
                    max_fee: params.max_fee,
                    min_fee: params.min_fee,
                    init_balance: needs.initial_balance,
                    max_new_zkapp_balance: needs.max_new_balance,
                    min_new_zkapp_balance: needs.min_new_balance,
                    max_balance_change: params.max_balance_change,
                    min_balance_change: params.min_balance_change,
                    no_precondition: params.no_precondition,
                    memo_prefix,
                    duration_min,
                    tps: batch.tps,
                    num_new_accounts: count(needs.new_accounts)?,
                    num_zkapps_to_deploy: count(needs.zkapps_to_deploy)?,
                    fee_payers: keys(&params.fee_payers, batch),
                    non_default_token: params.non_default_token,
                }))
            }
        }
    }

    fn line(&self, request: &NodeRequest, outcome: &Outcome) -> (Level, String) {
        let (node, batch) = (&request.node, request.number);
        let (word, words) = match self {
            Self::Payments(..) => ("payment", "payments"),
            Self::Zkapps(_) => ("zkapp", "zkapp txs"),
        };
        let tps = request.load.map_or(0.0, |load| load.tps);
        let error = outcome.error.as_deref().unwrap_or_default();
        match outcome.status {
            RequestStatus::Accepted => {
                let handle = outcome.handle.as_deref().unwrap_or_default();
                let text = format!(
                    "scheduled {word} batch {batch} with tps {tps:.6} for {node}: {handle}"
                );
                (Level::Info, text)
            }
            RequestStatus::Unconfirmed => {
                let text = format!(
                    "{word} batch {batch} with tps {tps:.6} counts as scheduled for {node}: {error}"
                );
                (Level::Warning, text)
            }
            RequestStatus::Unanswered | RequestStatus::Refused => {
                let text = format!(
                    "error scheduling {words} for {node}: error scheduling {words} to {node}: {error}"
                );
                (Level::Warning, text)
            }
        }
    }
}

fn number(batch: &LoadShare) -> Result<u32, StepError> {
    count(batch.batch as u64)
}

fn count(value: u64) -> Result<u32, StepError> {
    u32::try_from(value).map_err(StepError::failed)
}

fn small(value: u64) -> Result<f64, StepError> {
    count(value).map(f64::from)
}

fn keys(fee_payers: &[PrivateKey], batch: &LoadShare) -> Vec<PrivateKey> {
    let keys = fee_payers.get(batch.fee_payers.clone());
    keys.unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mina::Amount;
    use serde_json::Value;

    const RECEIVER: &str = "B62qiy32p8kAKnny8ZFwoMhYpBppM1DWVCqAPBYNcXnsAHhnfAAuXgg";

    fn fee_payers() -> Vec<PrivateKey> {
        (1..=4)
            .map(|number| PrivateKey::from_uniform_bytes(&[number; 64]).unwrap())
            .collect()
    }

    /// The third batch of a step, with the second and third of its keys.
    fn batch(tps: f64) -> LoadShare {
        LoadShare {
            batch: 2,
            node: "a:1".to_owned(),
            tps,
            fee_payers: 1..3,
            is_fallback: false,
        }
    }

    fn sent(load: &Load<'_>, tps: f64) -> Value {
        match load.input(&batch(tps)).unwrap() {
            Input::Payments(input) => serde_json::to_value(input).unwrap(),
            Input::Zkapps(input) => serde_json::to_value(input).unwrap(),
        }
    }

    fn second_and_third_key() -> Value {
        let keys = fee_payers();
        json!([
            keys[1].to_base58check().as_str(),
            keys[2].to_base58check().as_str()
        ])
    }

    fn zkapps() -> ZkappTxs {
        ZkappTxs {
            experiment_name: "demo-0".to_owned(),
            tps: 0.5,
            min_tps: 0.01,
            duration_min: 30,
            max_fee: Amount::from_nanomina(2_000_000_000),
            min_fee: Amount::from_nanomina(1_000_000_000),
            gap: 180,
            max_balance_change: Amount::from_nanomina(1_000),
            deployment_fee: Amount::from_nanomina(1_000_000_000),
            fee_payers: fee_payers(),
            nodes: vec!["a:1".to_owned()],
            ..ZkappTxs::default()
        }
    }

    #[test]
    fn a_node_is_asked_for_zkapps_that_fit_its_own_rate() {
        let params = zkapps();
        // at the rate of this node, half of that of the step
        let input = sent(&Load::Zkapps(&params), 0.25);
        assert_eq!(
            input,
            json!({
                "maxAccountUpdates": 2, "maxCost": false, "accountQueueSize": 135,
                "deploymentFee": "1000000000", "maxFee": "2000000000", "minFee": "1000000000",
                "initBalance": "6000360000", "maxNewZkappBalance": "3000180000",
                "minNewZkappBalance": "1000060000", "maxBalanceChange": "1000",
                "minBalanceChange": "0", "noPrecondition": false, "memoPrefix": "demo-0-2",
                "durationMin": 30, "tps": 0.25, "numNewAccounts": 0, "numZkappsToDeploy": 180,
                "feePayers": second_and_third_key(),
            })
        );
        let with_token = ZkappTxs {
            non_default_token: true,
            max_cost: true,
            zkapps: 8,
            ..params
        };
        let input = sent(&Load::Zkapps(&with_token), 0.35);
        assert_eq!(input["nonDefaultToken"], true);
        assert_eq!(input["maxCost"], true);
        assert_eq!(
            (&input["numZkappsToDeploy"], &input["accountQueueSize"]),
            (&json!(8), &json!(0))
        );
    }

    #[test]
    fn new_accounts_are_counted_for_the_rate_of_the_node() {
        let params = ZkappTxs {
            duration_min: 50,
            gap: 100,
            new_account_ratio: 1.5,
            max_balance_change: Amount::from_nanomina(3_000),
            ..zkapps()
        };
        let input = sent(&Load::Zkapps(&params), 0.7);
        assert_eq!(input["numNewAccounts"], 2_855);
        assert_eq!(input["numZkappsToDeploy"], 280);
        assert_eq!(input["accountQueueSize"], 210);
        assert_eq!(input["initBalance"], "186100440000");
    }

    fn payments() -> Payments {
        Payments {
            experiment_name: "demo-0".to_owned(),
            round: Some(0),
            tps: 0.5,
            min_tps: 0.01,
            duration_min: 30,
            max_fee: Amount::from_nanomina(200_000_000),
            min_fee: Amount::from_nanomina(100_000_000),
            amount: Amount::from_nanomina(100_000),
            receiver: Some(RECEIVER.parse().unwrap()),
            fee_payers: fee_payers(),
            nodes: vec!["a:1".to_owned()],
        }
    }

    #[test]
    fn the_round_is_a_parameter_and_not_the_end_of_the_name() {
        for round in [None, Some(2)] {
            let params = Payments {
                experiment_name: "foo-7".to_owned(),
                round,
                ..payments()
            };
            let load = Load::Payments(&params, params.check().unwrap());
            assert_eq!(load.round(), round);
        }
    }

    #[test]
    fn a_node_is_asked_for_payments_of_its_keys() {
        let params = payments();
        let load = Load::Payments(&params, params.check().unwrap());
        assert_eq!(
            sent(&load, 0.25),
            json!({
                "durationMin": 30, "tps": 0.25, "memoPrefix": "demo-0-2", "maxFee": "200000000",
                "minFee": "100000000", "amount": "100000", "receiver": RECEIVER,
                "senders": second_and_third_key(),
            })
        );
    }

    #[test]
    fn what_nodes_answer_is_told_in_the_known_words() {
        let (zkapps, payments) = (zkapps(), payments());
        let receiver = payments.check().unwrap();
        let zkapps = Load::Zkapps(&zkapps);
        let payments = Load::Payments(&payments, receiver);
        let request = payments.request(&batch(0.25)).unwrap();
        let outcome = |status, error: Option<&str>| Outcome {
            status,
            handle: Some("h".to_owned()),
            error: error.map(str::to_owned),
            is_permanent: false,
        };
        let accepted = outcome(RequestStatus::Accepted, None);
        assert_eq!(
            payments.line(&request, &accepted).1,
            "scheduled payment batch 2 with tps 0.250000 for a:1: h"
        );
        assert_eq!(
            zkapps.line(&request, &accepted).1,
            "scheduled zkapp batch 2 with tps 0.250000 for a:1: h"
        );
        for status in [RequestStatus::Refused, RequestStatus::Unanswered] {
            let refused = outcome(status, Some("no"));
            let (level, text) = payments.line(&request, &refused);
            assert_eq!(level, Level::Warning);
            assert!(
                text.starts_with("error scheduling payments for a:1: "),
                "{text}"
            );
            let (level, text) = zkapps.line(&request, &refused);
            assert_eq!(level, Level::Warning);
            assert!(
                text.starts_with("error scheduling zkapp txs for a:1: "),
                "{text}"
            );
        }
    }
}
