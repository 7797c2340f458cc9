//! Funding by nodes: the mutation `createAccounts` of daemons with harness support.

use std::path::PathBuf;

use itn::sequence::Session;
use itn::{CreateAccountsDetails, Uuid};
use mina::{Amount, PrivateKey};
use store::experiment_runs::NewRequest;

use super::kept_keys::KeptKeys;
use super::{Payment, Progress, Unanswered};
use crate::handle_journal;
use crate::key_files::{self, read_key, write_key};
use crate::nodes::{AuthenticatedNode, NodeClient, NodeError};
use crate::run::{StepError, new_handle};
use service::error_chain;

/// Seconds of the network between two looks whether a funding runs.
const POLL_SEC: f64 = 10.0;
/// How long it may run, in minutes of the network.
const PATIENCE_MIN: f64 = 60.0;
/// Attempts under one handle after lost answers, and the seconds of the network between them.
const ATTEMPTS: u32 = 3;
const ATTEMPT_PAUSE_SEC: f64 = 2.0;

/// Whether the node lists what runs under this handle.
async fn is_listed(client: &mut NodeClient, handle: Uuid) -> Result<bool, StepError> {
    let running = client
        .ask(async |client| client.scheduled_transactions().await)
        .await
        .map_err(StepError::failed)?;
    Ok(running.iter().any(|running| running == handle.as_str()))
}

impl Payment<'_> {
    /// Lets a node make the accounts, writes their keys to files at once, and waits until they
    /// are funded. The handle is ours, so that asking again after a crash starts nothing twice.
    pub(super) async fn by_node(&self) -> Result<(), StepError> {
        let means = &self.batch.run.means;
        let nodes = &means.network.fund_itn_nodes;
        let index = usize::try_from(self.request).unwrap_or(0) % nodes.len();
        let Some(address) = nodes.get(index) else {
            return Err(StepError::Failed("no node to fund from".to_owned()));
        };
        let node = means.nodes.get(address).await.map_err(StepError::failed)?;
        if !node.has_harness() {
            return Err(StepError::Failed(format!(
                "fund node {address} has no ITN harness support (needs MinaProtocol/mina#19616)"
            )));
        }
        if self.batch.run.past.step(self.batch.step).is_some() {
            self.batch.sessions.note(&node).await?;
        }
        let handle = match self.progress().waits_for {
            Some(handle) => handle,
            None => self.make(&node).await?,
        };
        self.set_progress(Progress {
            waits_for: Some(handle),
            ..Progress::default()
        });
        self.wait_until_funded(&node, handle).await?;
        self.answered(None).await
    }

    /// Makes the accounts, unless that was done: then only what is left of it. Gives the handle.
    async fn make(&self, node: &AuthenticatedNode) -> Result<Uuid, StepError> {
        if let Some(handle) = self.earlier_handle() {
            if self.is_complete().await? {
                return Ok(handle);
            }
            if let Some(accounts) = self.kept_keys().read().await? {
                self.write_keys(accounts).await?;
                return Ok(handle);
            }
        }
        let fee_payer = self.fee_payer().await?;
        // Held until the answer is there: no other request of ours takes the number.
        let mut client = node.client().await;
        let unanswered = self.unanswered();
        if let Some(asked) = unanswered
            && !self.may_ask_again(node, &mut client, asked).await?
        {
            let error = format!(
                "account creation {} on {} ended while nobody was there to take its keys: its \
                 accounts are lost, and it is not paid again",
                asked.handle, node.address
            );
            self.lost(error).await?;
        }
        let handle = unanswered.map_or_else(new_handle, |asked| asked.handle);
        let session = self.write_ahead(node, &mut client, handle).await?;
        client.give_session(session);
        let accounts = self.create(&mut client, handle, fee_payer).await?;
        drop(client);
        // A node reports the keys once more only as long as it funds the accounts, and encrypting
        // each of them takes long: all are kept at once, before anything else.
        self.kept_keys().write(&accounts).await?;
        self.write_keys(accounts).await?;
        Ok(handle)
    }

    /// The handle under which an earlier process has asked, whatever came of it.
    fn earlier_handle(&self) -> Option<Uuid> {
        let row = self.earlier().filter(|row| row.handle_is_ours)?;
        row.handle.as_deref()?.parse().ok()
    }

    /// What this process or an earlier one has asked without an answer.
    fn unanswered(&self) -> Option<Unanswered> {
        if let Some(unanswered) = self.progress().unanswered {
            return Some(unanswered);
        }
        let row = self.earlier().filter(|row| row.outcome.is_none())?;
        Some(Unanswered {
            handle: self.earlier_handle()?,
            server_uuid: row.server_uuid.as_deref()?.parse().ok()?,
            number: row.sequence_number?,
        })
    }

    /// Writes down that the node will be asked, and under which number of its count. Gives that.
    async fn write_ahead(
        &self,
        node: &AuthenticatedNode,
        client: &mut NodeClient,
        handle: Uuid,
    ) -> Result<Session, StepError> {
        let auth = client
            .ask(async |client| client.auth().await)
            .await
            .map_err(StepError::failed)?;
        if let Some(file) = &self.batch.run.means.network.handle_journal {
            let written =
                handle_journal::append(file, &node.address, "create-accounts", handle.as_str());
            if let Err(error) = written.await {
                tracing::warn!("cannot write the handle journal: {error}");
            }
        }
        self.asking(NewRequest {
            node: node.address.clone(),
            kind: "create-accounts".to_owned(),
            handle: Some(handle.to_string()),
            handle_is_ours: true,
            server_uuid: Some(auth.server_uuid.to_string()),
            sequence_number: Some(auth.signer_sequence_number),
            ..NewRequest::default()
        })
        .await?;
        self.set_progress(Progress {
            unanswered: Some(Unanswered {
                handle,
                server_uuid: auth.server_uuid,
                number: auth.signer_sequence_number,
            }),
            ..Progress::default()
        });
        Ok(auth.session())
    }

    /// Whether the mutation may be sent again: if it still runs, the same accounts are told; if
    /// the daemon never executed it, it is the first time.
    async fn may_ask_again(
        &self,
        node: &AuthenticatedNode,
        client: &mut NodeClient,
        asked: Unanswered,
    ) -> Result<bool, StepError> {
        // For an earlier process's request, the count that this process found decides, as every request
        // since then counts too; so does what follows here.
        let found = if self.progress().unanswered.is_none() {
            self.batch.sessions.found(node)
        } else {
            None
        };
        let now = match found {
            Some(found) => found,
            None => client
                .ask(async |client| client.auth().await)
                .await
                .map_err(StepError::failed)?
                .session(),
        };
        let is_running = is_listed(client, asked.handle).await?;
        let is_unused = now.server_uuid == asked.server_uuid && now.number == asked.number;
        Ok(is_running || is_unused)
    }

    async fn fee_payer(&self) -> Result<PrivateKey, StepError> {
        let path = self.batch.run.means.paths.key_file(&self.key.key_file);
        let password = key_files::password(&self.command.password_env);
        tokio::task::spawn_blocking(move || read_key(&path, &password))
            .await
            .map_err(StepError::joined)?
            .map_err(StepError::Failed)
    }

    async fn create(
        &self,
        client: &mut NodeClient,
        handle: Uuid,
        fee_payer: PrivateKey,
    ) -> Result<Vec<PrivateKey>, StepError> {
        let input = CreateAccountsDetails {
            fee_payer,
            num_accounts: u32::try_from(self.key.accounts).map_err(StepError::failed)?,
            fee: self.command.fee,
            amount: Amount::from_nanomina(self.key.amount.nanomina()),
        };
        let mut attempt = 1;
        loop {
            let answer = client
                .ask(async |client| client.create_accounts(&input, Some(&handle)).await)
                .await;
            match answer {
                Ok(created) => {
                    let accounts = created.accounts.into_iter();
                    return Ok(accounts.map(|account| account.private_key).collect());
                }
                Err(error)
                    if (error.is_transport() || error.may_be_executed()) && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                    let clock = self.batch.run.means.clock;
                    clock.pause(ATTEMPT_PAUSE_SEC, &self.batch.stop).await?;
                }
                // Not executed under this number, unless another process has sent the same: a
                // paused one that had this run before. Then the node reports the keys once more.
                Err(error)
                    if error.is_stale()
                        && attempt < ATTEMPTS
                        && is_listed(client, handle).await? =>
                {
                    attempt += 1;
                }
                // It may have been executed: it stays unanswered.
                Err(error) if error.is_transport() || error.may_be_executed() => {
                    return Err(StepError::failed(error));
                }
                Err(error) => {
                    self.set_progress(Progress::default());
                    self.answered(Some(error_chain(&error))).await?;
                }
            }
        }
    }

    fn kept_keys(&self) -> KeptKeys {
        let means = &self.batch.run.means;
        let prefix = means.paths.path(&self.key.prefix);
        KeptKeys::new(&prefix, &means.network.seed_text)
    }

    /// Writes the key files, and then removes what was kept until then.
    async fn write_keys(&self, accounts: Vec<PrivateKey>) -> Result<(), StepError> {
        if accounts.len() as u64 != self.key.accounts {
            return Err(StepError::Failed(format!(
                "the node made {} accounts instead of {}",
                accounts.len(),
                self.key.accounts
            )));
        }
        let files: Vec<(PathBuf, PrivateKey)> = (0..)
            .map(|number| self.path(number))
            .zip(accounts)
            .collect();
        let password = key_files::password(&self.command.password_env);
        let cost = self.batch.run.means.key_file_cost;
        tokio::task::spawn_blocking(move || {
            files
                .iter()
                .try_for_each(|(path, key)| write_key(path, key, &password, cost))
        })
        .await
        .map_err(StepError::joined)?
        .map_err(StepError::Failed)?;
        self.kept_keys().remove().await
    }

    /// Waits until the node does not list the handle any more. The daemon does not report whether
    /// the funding worked.
    async fn wait_until_funded(
        &self,
        node: &AuthenticatedNode,
        handle: Uuid,
    ) -> Result<(), StepError> {
        let means = &self.batch.run.means;
        let mut waited = 0.0;
        let mut failures = 0;
        loop {
            let running = {
                let mut client = node.client().await;
                client
                    .ask(async |client| client.scheduled_transactions().await)
                    .await
            };
            match running {
                Ok(running) if !running.iter().any(|other| other == handle.as_str()) => {
                    return Ok(());
                }
                Ok(_) => failures = 0,
                Err(error) => {
                    failures += 1;
                    if failures >= ATTEMPTS || !NodeError::is_transport(&error) {
                        return Err(StepError::failed(error));
                    }
                }
            }
            if waited >= PATIENCE_MIN * 60.0 {
                return Err(StepError::Failed(format!(
                    "account creation {handle} on {} still runs after 1h0m0s",
                    node.address
                )));
            }
            means.clock.pause(POLL_SEC, &self.batch.stop).await?;
            waited += POLL_SEC;
        }
    }
}
