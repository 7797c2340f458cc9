//! The runs of a node's schedulers, tick by tick.

use super::Network;
use super::event::Action;
use crate::ids::{AccountId, NodeId};
use crate::pool::PoolError;
use crate::scheduler::{
    AccountsJob, Handle, Job, Payer, PaymentsJob, RunEnd, Scheduler, Ticks, ZkappStage, ZkappsJob,
};
use crate::time::SimTime;
use crate::transaction::{Command, Draft};

/// What becomes of a run after a tick.
enum After {
    /// It continues at its next tick.
    Continue,
    /// It has ended and its handle is gone.
    Finished,
    /// It has ended with an error and its handle stays.
    Dead,
}

/// New accounts in one command, and commands in one batch, of a job that makes accounts.
const ACCOUNTS_PER_COMMAND: usize = 10;
const COMMANDS_PER_BATCH: usize = 20;

impl Network {
    pub(super) fn tick(&mut self, node: NodeId, handle: Handle) {
        let now = self.now;
        let Some(mut run) = self.node_mut(node).schedulers.remove(&handle) else {
            return;
        };
        // The loop runs in the main process, so it is late while that is busy.
        let free = self.node(node).free_at(now);
        if free > now && !run.deferred {
            run.deferred = true;
            self.node_mut(node).schedulers.insert(handle, run);
            return self.plan_for(free, node, Action::Tick(handle));
        }
        run.deferred = false;
        if run.stop_requested {
            return self
                .node_mut(node)
                .ended_runs
                .add(run.truth, RunEnd::Stopped);
        }
        if now >= run.end {
            return self.node_mut(node).ended_runs.add(run.truth, RunEnd::Done);
        }
        let before = self.node(node).counts.scheduled;
        let after = self.one_tick(node, &mut run, now);
        run.truth.transactions += self.node(node).counts.scheduled - before;
        match after {
            After::Continue => {
                let next = run.ticks.next;
                self.node_mut(node).schedulers.insert(handle, run);
                self.plan_for(next, node, Action::Tick(handle));
            }
            After::Finished => {
                self.node_mut(node).ended_runs.add(run.truth, RunEnd::Done);
            }
            After::Dead => {
                run.job = Job::Dead;
                run.truth.end = Some(RunEnd::Failed);
                self.node_mut(node).schedulers.insert(handle, run);
            }
        }
    }

    fn one_tick(&mut self, node: NodeId, run: &mut Scheduler, now: SimTime) -> After {
        let after = match &mut run.job {
            Job::Payments(job) => self.pay(node, job, &mut run.counter),
            Job::Zkapps(job) => match job.stage {
                ZkappStage::Deploying => {
                    return self.deploy(node, job, &mut run.counter, &mut run.ticks);
                }
                ZkappStage::AwaitingAccounts => {
                    return self.await_accounts(node, job, &mut run.ticks);
                }
                ZkappStage::Loading => self.load(node, job, &mut run.counter),
            },
            Job::Accounts(job) => self.fund(node, job),
            Job::Dead => After::Dead,
        };
        run.ticks.advance(now);
        after
    }

    /// One payment, from the sender whose turn it is.
    fn pay(&mut self, node: NodeId, job: &mut PaymentsJob, counter: &mut u32) -> After {
        let turn = *counter as usize % job.senders.len();
        let Some(memo) = memo(&job.memo_prefix, *counter) else {
            return After::Dead;
        };
        let (least, greatest) = job.fees;
        let fee = self.node_mut(node).random.between(least, greatest);
        let command = Command::Payment {
            receiver: job.receiver,
            amount: job.amount,
        };
        *counter += 1;
        let payer = &mut job.senders[turn];
        // On failure, the sender's next turn uses the same nonce.
        let _ = self.send_scheduled(node, payer, command, fee, memo);
        After::Continue
    }

    /// Signs and submits; the payer's nonce increases if the pool took it.
    fn send_scheduled(
        &mut self,
        node: NodeId,
        payer: &mut Payer,
        command: Command,
        fee: u64,
        memo: String,
    ) -> Result<(), PoolError> {
        let draft = Draft {
            command,
            fee_payer: payer.account,
            nonce: payer.nonce,
            fee,
            memo,
            origin: node,
            scheduled: true,
        };
        let now = self.now;
        let sender = self.node_mut(node);
        let transaction = draft.sign(now, &mut sender.random);
        sender.counts.scheduled += 1;
        let result = self.submit(node, &transaction);
        let counts = &mut self.node_mut(node).counts;
        match result {
            Ok(()) => {
                counts.sent += 1;
                payer.nonce = payer.nonce.wrapping_add(1);
            }
            Err(_) => counts.refused += 1,
        }
        result
    }

    /// Deploys the next zkApp, or tries again after a failure.
    fn deploy(
        &mut self,
        node: NodeId,
        job: &mut ZkappsJob,
        counter: &mut u32,
        ticks: &mut Ticks,
    ) -> After {
        let turn = *counter as usize % job.fee_payers.len();
        let Some(memo) = memo(&job.details.memo_prefix, *counter) else {
            return After::Dead;
        };
        let account = self.names.add_from_seed(self.seed);
        let funds = job.details.init_balance.nanomina();
        let payer = &mut job.fee_payers[turn];
        let command = Command::Zkapp {
            updates: 2,
            proofs: 0,
            debits: vec![(payer.account, funds)],
            credits: vec![(account, funds)],
        };
        let fee = job.details.deployment_fee.nanomina();
        let result = self.send_scheduled(node, payer, command, fee, memo);
        *ticks = Ticks::new(self.now + job.wait, job.wait);
        if result.is_ok() {
            job.usable.push(account);
            *counter += 1;
            if *counter >= job.details.num_zkapps_to_deploy {
                job.stage = ZkappStage::AwaitingAccounts;
                let poll = self.poll_interval();
                *ticks = Ticks::new(self.now + poll, poll);
            }
        }
        After::Continue
    }

    /// Looks whether all deployed accounts are in the best-tip ledger.
    fn await_accounts(&mut self, node: NodeId, job: &mut ZkappsJob, ticks: &mut Ticks) -> After {
        let now = self.now;
        let all = job
            .usable
            .iter()
            .all(|account| self.account_at(node, *account).is_some());
        if all {
            job.stage = ZkappStage::Loading;
            *ticks = Ticks::new(now + job.wait, job.wait);
        } else {
            ticks.advance(now);
        }
        After::Continue
    }

    /// One zkApp command on accounts that are not resting.
    fn load(&mut self, node: NodeId, job: &mut ZkappsJob, counter: &mut u32) -> After {
        let turn = *counter as usize % job.fee_payers.len();
        let Some(memo) = memo(&job.details.memo_prefix, *counter) else {
            return After::Dead;
        };
        let payer = job.fee_payers[turn].account;
        let Some(command) = self.load_command(node, job, payer) else {
            return After::Dead;
        };
        let (least, greatest) = (job.details.min_fee, job.details.max_fee);
        let fee = self
            .node_mut(node)
            .random
            .between(least.nanomina(), greatest.nanomina());
        *counter += 1;
        let payer = &mut job.fee_payers[turn];
        let _ = self.send_scheduled(node, payer, command, fee, memo);
        After::Continue
    }

    /// A command that makes a new account or changes a balance; none if every account rests.
    fn load_command(
        &mut self,
        node: NodeId,
        job: &mut ZkappsJob,
        payer: AccountId,
    ) -> Option<Command> {
        let details = &job.details;
        let n = details.max_account_updates.unwrap_or(1).max(1);
        let updates = n.saturating_mul(2).saturating_add(1);
        let proofs = if details.max_cost {
            n.saturating_mul(2)
        } else {
            n
        };
        let (debits, credits, used);
        if job.new_accounts < details.num_new_accounts {
            job.new_accounts += 1;
            let funds = self.node_mut(node).random.between(
                details.min_new_zkapp_balance.nanomina(),
                details.max_new_zkapp_balance.nanomina(),
            );
            used = self.names.add_from_seed(self.seed);
            debits = vec![(payer, funds)];
            credits = vec![(used, funds)];
        } else {
            if job.usable.is_empty() {
                return None;
            }
            let random = &mut self.node_mut(node).random;
            let place = random.index(job.usable.len());
            let change = random.between(
                details.min_balance_change.nanomina(),
                details.max_balance_change.nanomina(),
            );
            let takes = random.below(2) == 0;
            used = job.usable.swap_remove(place);
            let balance = self.account_at(node, used).map_or(0, |a| a.balance);
            (debits, credits) = if takes && balance >= change {
                (vec![(used, change)], vec![(payer, change)])
            } else {
                (vec![(payer, change)], vec![(used, change)])
            };
        }
        job.resting.push_back(used);
        while job.resting.len() > details.account_queue_size as usize {
            job.usable.extend(job.resting.pop_front());
        }
        Some(Command::Zkapp {
            updates,
            proofs,
            debits,
            credits,
        })
    }

    /// Funds the next batch of accounts, once those of the last are in the ledger.
    fn fund(&mut self, node: NodeId, job: &mut AccountsJob) -> After {
        while job.confirmed < job.funded {
            let account = job.accounts[job.confirmed];
            if self.account_at(node, account).is_none() {
                return After::Continue;
            }
            job.confirmed += 1;
        }
        if job.funded == job.accounts.len() {
            return After::Finished;
        }
        for _ in 0..COMMANDS_PER_BATCH {
            let rest = &job.accounts[job.funded..];
            let batch: Vec<AccountId> = rest.iter().take(ACCOUNTS_PER_COMMAND).copied().collect();
            if batch.is_empty() {
                break;
            }
            let count = batch.len();
            let updates = u32::try_from(count).unwrap_or(0) + 1;
            let sum = job.share.saturating_mul(count as u64);
            let draft = Draft {
                command: Command::Zkapp {
                    updates,
                    proofs: 0,
                    debits: vec![(job.payer.account, sum)],
                    credits: batch.into_iter().map(|id| (id, job.share)).collect(),
                },
                fee_payer: job.payer.account,
                nonce: job.payer.nonce,
                fee: job.fee,
                memo: String::new(),
                origin: node,
                scheduled: false,
            };
            let now = self.now;
            let transaction = draft.sign(now, &mut self.node_mut(node).random);
            match self.submit(node, &transaction) {
                Ok(()) => {
                    job.funded += count;
                    job.payer.nonce = job.payer.nonce.wrapping_add(1);
                }
                Err(PoolError::Full) => break,
                Err(_) => {
                    // Another client uses the account, too: continue with its present nonce.
                    let Some(account) = self.account_at(node, job.payer.account) else {
                        return After::Finished;
                    };
                    let pool = &self.node(node).pool;
                    let next = pool.next_nonce(job.payer.account, account);
                    if next == job.payer.nonce {
                        return After::Finished;
                    }
                    job.payer.nonce = next;
                    break;
                }
            }
        }
        After::Continue
    }
}

/// `<prefix>-<counter>`; none if that is longer than a memo.
fn memo(prefix: &str, counter: u32) -> Option<String> {
    let text = format!("{prefix}-{counter}");
    (text.len() <= mina::Memo::CONTENT_BYTES_MAX).then_some(text)
}
