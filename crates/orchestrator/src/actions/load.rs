//! `payments` and `zkapp-txs`: dealing a load out to nodes.

use std::collections::BTreeMap;
use std::sync::Arc;

use experiment::action::ZkappTxs;
use experiment::action::load::Payments;
use experiment::memo;
use experiment::schedule::{Placement, Request as Batch};
use experiment::script::outputs::Output;
use experiment::zkapp_load::ACCOUNT_UPDATES_MAX;
use itn::{PaymentsDetails, Uuid, ZkappCommandsDetails};
use mina::{PrivateKey, PublicKey};
use serde_json::json;

use super::chance;
use crate::nodes::{NodeClient, NodeResult};
use crate::run::{Asked, Fate, Level, LoadFacts, Outcome, Request, Run, StepError};

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
                if outcome.fate == Fate::Refused {
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
        run.journal.tell(Level::Warning, Some(step), warning);
    }
    Ok(outputs)
}

async fn ask(
    asked: &Asked<'_>,
    load: &Load<'_>,
    part: &[Batch],
) -> Result<BTreeMap<u32, Outcome>, StepError> {
    let mut inputs = BTreeMap::new();
    let mut requests = Vec::new();
    for batch in part {
        inputs.insert(number(batch)?, load.input(batch)?);
        requests.push(load.request(batch)?);
    }
    let inputs = Arc::new(inputs);
    let send = move |request: Request, handle, mut client: NodeClient| {
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

    fn request(&self, batch: &Batch) -> Result<Request, StepError> {
        let seconds = small(self.duration_min())? * 60.0;
        // The first is sent at once, the others a tick apart until the time is over.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and small"
        )]
        let intended = (batch.tps * seconds - 1e-9).ceil() as u64;
        Ok(Request {
            number: number(batch)?,
            node: batch.node.clone(),
            kind: match self {
                Self::Payments(..) => "payments",
                Self::Zkapps(_) => "zkapps",
            },
            load: Some(LoadFacts {
                round: round(self.experiment_name()),
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

    fn input(&self, batch: &Batch) -> Result<Input, StepError> {
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

    fn line(&self, request: &Request, outcome: &Outcome) -> (Level, String) {
        let (node, batch) = (&request.node, request.number);
        let (word, words) = match self {
            Self::Payments(..) => ("payment", "payments"),
            Self::Zkapps(_) => ("zkapp", "zkapp txs"),
        };
        let tps = request.load.map_or(0.0, |load| load.tps);
        let error = outcome.error.as_deref().unwrap_or_default();
        match outcome.fate {
            Fate::Accepted => {
                let handle = outcome.handle.as_deref().unwrap_or_default();
                let text = format!(
                    "scheduled {word} batch {batch} with tps {tps:.6} for {node}: {handle}"
                );
                (Level::Info, text)
            }
            Fate::Unconfirmed => {
                let text = format!(
                    "{word} batch {batch} with tps {tps:.6} counts as scheduled for {node}: {error}"
                );
                (Level::Warning, text)
            }
            Fate::Refused => {
                let text = format!(
                    "error scheduling {words} for {node}: error scheduling {words} to {node}: {error}"
                );
                (Level::Warning, text)
            }
        }
    }
}

fn number(batch: &Batch) -> Result<u32, StepError> {
    count(batch.batch as u64)
}

fn count(value: u64) -> Result<u32, StepError> {
    u32::try_from(value).map_err(StepError::failed)
}

fn small(value: u64) -> Result<f64, StepError> {
    count(value).map(f64::from)
}

fn keys(fee_payers: &[PrivateKey], batch: &Batch) -> Vec<PrivateKey> {
    let keys = fee_payers.get(batch.fee_payers.clone());
    keys.unwrap_or_default().to_vec()
}

/// The round in a name `<experiment>-<round>`.
fn round(experiment_name: &str) -> Option<u32> {
    let (_, round) = experiment_name.rsplit_once('-')?;
    round.parse().ok()
}
