//! Funding by nodes: the mutation `createAccounts` of daemons with harness support.

use std::path::PathBuf;

use itn::{CreateAccountsDetails, Uuid};
use mina::{Amount, PrivateKey};
use store::experiment_runs::NewRequest;

use super::{Payment, Progress};
use crate::handle_journal;
use crate::key_files::{self, read_key, write_key};
use crate::nodes::{Node, NodeError};
use crate::run::{StepError, new_handle};

/// Seconds of the network between two looks whether a funding runs.
const POLL_SEC: f64 = 10.0;
/// How long it may run, in minutes of the network.
const PATIENCE_MIN: f64 = 60.0;
/// Attempts under one handle after lost answers, and the seconds of the network between them.
const ATTEMPTS: u32 = 3;
const ATTEMPT_PAUSE_SEC: f64 = 2.0;

impl Payment<'_> {
    /// Lets a node make the accounts, writes their keys to files at once, and waits until they
    /// are funded. The handle is ours, so that asking again after a crash starts nothing twice.
    pub(super) async fn by_node(&self) -> Result<(), StepError> {
        let means = &self.run.means;
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
        let handle = match self.progress().waits_for {
            Some(handle) => handle,
            None => match self.make(&node).await {
                Ok(handle) => handle,
                Err(StepError::Failed(error)) => return self.answered(Some(error)).await,
                Err(other) => return Err(other),
            },
        };
        self.set_progress(Progress {
            is_paid: false,
            waits_for: Some(handle),
        });
        match self.wait_until_funded(&node, handle).await {
            Ok(()) => self.answered(None).await,
            Err(StepError::Failed(error)) => self.answered(Some(error)).await,
            Err(other) => Err(other),
        }
    }

    /// Makes the accounts, unless an earlier process has: then only what it did not get to.
    async fn make(&self, node: &Node) -> Result<Uuid, StepError> {
        let earlier = self
            .earlier()
            .filter(|row| row.outcome.is_none() && row.handle_is_ours)
            .and_then(|row| row.handle.as_deref()?.parse::<Uuid>().ok());
        let handle = earlier.unwrap_or_else(new_handle);
        if earlier.is_some() {
            if self.is_complete().await? {
                return Ok(handle);
            }
            if !self.may_ask_again(node, handle).await? {
                return Err(StepError::Failed(format!(
                    "account creation {handle} on {} ended while no orchestrator was there to \
                     take its keys: its accounts are lost, and it is not paid again",
                    node.address
                )));
            }
        } else {
            self.write_ahead(node, handle).await?;
        }
        let accounts = self.create(node, handle).await?;
        self.write_keys(accounts).await?;
        Ok(handle)
    }

    async fn write_ahead(&self, node: &Node, handle: Uuid) -> Result<(), StepError> {
        let means = &self.run.means;
        let mut client = node.client().await;
        let auth = client
            .ask(async |client| client.auth().await)
            .await
            .map_err(StepError::failed)?;
        if let Some(file) = &means.network.handle_journal {
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
        .await
    }

    /// Whether the mutation may be sent again: if it still runs, the same accounts are told; if
    /// the daemon never executed it, it is the first time.
    async fn may_ask_again(&self, node: &Node, handle: Uuid) -> Result<bool, StepError> {
        let mut client = node.client().await;
        let running = client
            .ask(async |client| client.scheduled_transactions().await)
            .await
            .map_err(StepError::failed)?;
        if running.iter().any(|running| running == handle.as_str()) {
            return Ok(true);
        }
        let auth = client
            .ask(async |client| client.auth().await)
            .await
            .map_err(StepError::failed)?;
        let Some(row) = self.earlier() else {
            return Ok(true);
        };
        let same_run = row.server_uuid.as_deref() == Some(auth.server_uuid.as_str());
        // Asking for the running ones was a request, too.
        let unused = row.sequence_number.map(|number| number.wrapping_add(1));
        Ok(same_run && unused == Some(auth.signer_sequence_number))
    }

    async fn create(&self, node: &Node, handle: Uuid) -> Result<Vec<PrivateKey>, StepError> {
        let path = self.run.means.key_path(&self.key.key_file);
        let password = key_files::password(&self.command.password_env);
        let fee_payer = tokio::task::spawn_blocking(move || read_key(&path, &password))
            .await
            .map_err(StepError::joined)?
            .map_err(StepError::Failed)?;
        let input = CreateAccountsDetails {
            fee_payer,
            num_accounts: u32::try_from(self.key.accounts).map_err(StepError::failed)?,
            fee: self.command.fee,
            amount: Amount::from_nanomina(self.key.amount.nanomina()),
        };
        let mut client = node.client().await;
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
                Err(error) if error.is_transport() && attempt < ATTEMPTS => {
                    attempt += 1;
                    let means = &self.run.means;
                    means.clock.pause(ATTEMPT_PAUSE_SEC, &means.cancel).await?;
                }
                Err(error) => return Err(StepError::failed(error)),
            }
        }
    }

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
        let cost = self.run.means.key_file_cost;
        tokio::task::spawn_blocking(move || {
            files
                .iter()
                .try_for_each(|(path, key)| write_key(path, key, &password, cost))
        })
        .await
        .map_err(StepError::joined)?
        .map_err(StepError::Failed)
    }

    /// Waits until the node does not list the handle any more. The daemon does not tell whether
    /// the funding worked.
    async fn wait_until_funded(&self, node: &Node, handle: Uuid) -> Result<(), StepError> {
        let means = &self.run.means;
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
            means.clock.pause(POLL_SEC, &means.cancel).await?;
            waited += POLL_SEC;
        }
    }
}
