//! Requests to a node's schedulers: what is checked, and in which order.

use mina::{Memo, PublicKey};

use super::Network;
use super::event::Action;
use crate::config::key_from_seed;
use crate::ids::{AccountId, NodeId};
use crate::scheduler::{
    AccountsJob, CREATED_ACCOUNTS_MAX, CreateAccountsDetails, CreatedAccounts, Handle, Job, Payer,
    PaymentsDetails, PaymentsJob, RunEnd, RunKind, ScheduleError, Scheduler, SchedulerRun,
    StopError, Ticks, ZkappCommandsDetails, ZkappStage, ZkappsJob, wait,
};
use crate::time::{SimTime, Span};

/// How long a job that makes accounts may take.
const ACCOUNTS_DEADLINE: Span = Span::from_seconds(3_600);

impl Network {
    /// Starts a run of payments. A run of this handle that is still active is left as it is.
    pub fn schedule_payments(
        &mut self,
        node: NodeId,
        details: &PaymentsDetails,
        handle: Option<Handle>,
    ) -> Result<Handle, ScheduleError> {
        if let Some(handle) = self.running(node, handle) {
            return Ok(handle);
        }
        if details.senders.is_empty() {
            return Err(ScheduleError::NoSenders);
        }
        if details.memo_prefix.len() > Memo::CONTENT_BYTES_MAX {
            return Err(ScheduleError::MemoTooLong);
        }
        if details.max_fee < details.min_fee {
            return Err(ScheduleError::FeeOrder);
        }
        if !self.node(node).has_best_tip() {
            return Err(ScheduleError::NoBestTip);
        }
        let senders = self.payers(node, &details.senders);
        let unknown: Vec<String> = details
            .senders
            .iter()
            .zip(&senders)
            .filter(|(_, payer)| payer.is_none())
            .map(|(key, _)| format!("\"{key}\""))
            .collect();
        if !unknown.is_empty() {
            return Err(ScheduleError::NoNonces(unknown.join(",")));
        }
        let job = Job::Payments(PaymentsJob {
            senders: senders.into_iter().flatten().collect(),
            receiver: self.names.find_or_add(&details.receiver),
            amount: details.amount.nanomina(),
            fees: (details.min_fee.nanomina(), details.max_fee.nanomina()),
            memo_prefix: details.memo_prefix.clone(),
        });
        let ticks = Ticks::new(self.now, wait(details.tps));
        let end = self.end_after(details.duration_min);
        let what = (RunKind::Payments, details.memo_prefix.as_str());
        Ok(self.begin(node, handle, what, job, ticks, end))
    }

    /// Starts a run of zkApp commands, as [`Self::schedule_payments`]. Where it fails for want of
    /// a ledger or of an account in it, the handle stays registered.
    pub fn schedule_zkapp_commands(
        &mut self,
        node: NodeId,
        details: &ZkappCommandsDetails,
        handle: Option<Handle>,
    ) -> Result<Handle, ScheduleError> {
        if let Some(handle) = self.running(node, handle) {
            return Ok(handle);
        }
        if details.fee_payers.is_empty() {
            return Err(ScheduleError::NoFeePayers);
        }
        let what = (RunKind::Zkapps, details.memo_prefix.as_str());
        let end = self.end_after(details.duration_min);
        let wait = wait(details.tps);
        let ticks = Ticks::new(self.now + wait, wait);
        if !self.node(node).has_best_tip() {
            self.begin(node, handle, what, Job::Dead, ticks, end);
            return Err(ScheduleError::NoBestTip);
        }
        let payers = self.payers(node, &details.fee_payers);
        if payers.contains(&None) {
            self.begin(node, handle, what, Job::Dead, ticks, end);
            return Err(ScheduleError::NoFeePayer);
        }
        let job = Job::Zkapps(Box::new(ZkappsJob {
            fee_payers: payers.into_iter().flatten().collect(),
            details: details.clone(),
            stage: if details.num_zkapps_to_deploy == 0 {
                ZkappStage::Loading
            } else {
                ZkappStage::Deploying
            },
            wait,
            usable: Vec::new(),
            resting: std::collections::VecDeque::new(),
            new_accounts: 0,
        }));
        Ok(self.begin(node, handle, what, job, ticks, end))
    }

    /// Makes keys and starts to fund their accounts. With the handle of a job that runs
    /// already, that job's keys are returned again.
    pub fn create_accounts(
        &mut self,
        node: NodeId,
        details: &CreateAccountsDetails,
        handle: Option<Handle>,
    ) -> Result<CreatedAccounts, ScheduleError> {
        if let Some(handle) = self.running(node, handle) {
            let scheduler = self.node(node).schedulers.get(&handle);
            let accounts = match scheduler.map(|scheduler| &scheduler.job) {
                Some(Job::Accounts(job)) => job.keys.clone(),
                _ => Vec::new(),
            };
            return Ok(CreatedAccounts { handle, accounts });
        }
        if !(1..=CREATED_ACCOUNTS_MAX).contains(&details.num_accounts) {
            return Err(ScheduleError::AccountCount(details.num_accounts));
        }
        if !self.node(node).has_best_tip() {
            return Err(ScheduleError::NoBestTip);
        }
        let payer = self.payers(node, std::slice::from_ref(&details.fee_payer));
        let Some(payer) = payer.into_iter().flatten().next() else {
            return Err(ScheduleError::NoFeePayer);
        };
        let share = details.amount.nanomina() / u64::from(details.num_accounts);
        if share <= self.config.account_creation_fee.nanomina() {
            return Err(ScheduleError::AmountTooSmall);
        }
        let balance = self.account_at(node, payer.account).map(|a| a.balance);
        if balance.unwrap_or(0) < details.amount.nanomina() {
            return Err(ScheduleError::InsufficientFunds);
        }
        let seed = self.random.next_u64();
        let keys: Vec<_> = (0..details.num_accounts)
            .map(|index| key_from_seed(seed, "created account", u64::from(index)))
            .collect();
        let accounts: Vec<AccountId> = keys
            .iter()
            .map(|key| self.names.find_or_add(&key.public_key()))
            .collect();
        let job = Job::Accounts(AccountsJob {
            payer,
            keys: keys.clone(),
            accounts,
            share,
            fee: details.fee.nanomina(),
            funded: 0,
            confirmed: 0,
        });
        let ticks = Ticks::new(self.now, self.poll_interval());
        let end = self.now + ACCOUNTS_DEADLINE;
        let what = (RunKind::Accounts, "");
        let handle = self.begin(node, handle, what, job, ticks, end);
        Ok(CreatedAccounts {
            handle,
            accounts: keys,
        })
    }

    /// Asks a run to stop, which it does at its next tick. Answers what the ITN server answers.
    pub fn stop_scheduled_transactions(
        &mut self,
        node: NodeId,
        handle: &str,
    ) -> Result<String, StopError> {
        let Ok(parsed) = handle.parse::<Handle>() else {
            return Err(StopError::NotAHandle(handle.to_owned()));
        };
        match self.node_mut(node).schedulers.get_mut(&parsed) {
            None => Err(StopError::NotFound(handle.to_owned())),
            Some(scheduler) => {
                scheduler.stop_requested = true;
                Ok(format!(
                    "Requesting stop of scheduled transactions with handle {handle}"
                ))
            }
        }
    }

    /// The handles that are registered with a node.
    #[must_use]
    pub fn scheduled_transactions(&self, node: NodeId) -> Vec<Handle> {
        self.node(node).schedulers.keys().copied().collect()
    }

    /// Sets how many zkApp commands the blocks of this node hold at most; none removes the limit.
    pub fn set_zkapp_command_limit(&mut self, node: NodeId, limit: Option<i32>) {
        self.node_mut(node).zkapp_limit = limit;
    }

    /// How often runs look whether accounts are in the ledger.
    pub(super) fn poll_interval(&self) -> Span {
        Span::from_micros(self.config.slot.micros() / 3)
    }

    fn running(&self, node: NodeId, handle: Option<Handle>) -> Option<Handle> {
        handle.filter(|handle| self.node(node).schedulers.contains_key(handle))
    }

    fn end_after(&self, minutes: i32) -> SimTime {
        self.now + Span::from_seconds(i64::from(minutes) * 60)
    }

    /// The accounts of these keys in a node's best-tip ledger, with the nonces they have there.
    fn payers(&mut self, node: NodeId, keys: &[PublicKey]) -> Vec<Option<Payer>> {
        keys.iter()
            .map(|key| {
                let account = self.names.find(key)?;
                let nonce = self.account_at(node, account)?.nonce;
                Some(Payer { account, nonce })
            })
            .collect()
    }

    fn begin(
        &mut self,
        node: NodeId,
        handle: Option<Handle>,
        (kind, memo_prefix): (RunKind, &str),
        job: Job,
        ticks: Ticks,
        end: SimTime,
    ) -> Handle {
        let handle = handle.unwrap_or_else(|| Handle::random(&mut self.random));
        let is_dead = matches!(job, Job::Dead);
        let mut truth = SchedulerRun::new(handle, kind, memo_prefix);
        truth.end = is_dead.then_some(RunEnd::Failed);
        let scheduler = Scheduler {
            truth,
            stop_requested: false,
            end,
            ticks,
            counter: 0,
            deferred: false,
            job,
        };
        self.node_mut(node).schedulers.insert(handle, scheduler);
        if !is_dead {
            self.plan_for(ticks.next, node, Action::Tick(handle));
        }
        handle
    }
}
