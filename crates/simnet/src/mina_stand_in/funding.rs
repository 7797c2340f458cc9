//! `advanced itn-create-accounts`: new accounts, funded by an old one.

use std::path::PathBuf;
use std::time::Duration;

use mina::{Amount, KeyFile, PrivateKey};

use super::{MinaStandIn, StandInError};
use crate::folder::{FolderError, encrypt};
use crate::status::{CreateAccounts, CreatedAccounts};

/// How often the simnet is asked whether the accounts are there.
const LOOK: Duration = Duration::from_millis(200);

/// Longest key file.
const KEY_FILE_BYTES_MAX: u64 = 16 * 1024;

/// The command's arguments.
#[derive(Debug)]
pub struct CreateAccountsArguments {
    /// What all accounts get together.
    pub amount: Amount,
    /// Fee of each command that makes accounts.
    pub fee: Amount,
    /// Key files are named by this, `-` and a number from 0.
    pub key_prefix: PathBuf,
    /// How many accounts.
    pub num_accounts: u32,
    /// The key file of the account that pays.
    pub privkey_path: PathBuf,
    /// The daemon that does it.
    pub daemon_port: Option<String>,
}

impl MinaStandIn {
    /// Makes accounts, writes their keys, and waits until all are in the ledger. `password` is
    /// that of the paying key's file and of the new ones.
    pub async fn create_accounts(
        &self,
        arguments: &CreateAccountsArguments,
        password: &[u8],
    ) -> Result<(), StandInError> {
        let node = self.node_at(arguments.daemon_port.as_deref())?;
        let payer = read_key(&arguments.privkey_path, password)?;
        let of_node = format!("http://{}/api/v1/nodes/{}", self.file.status, node.name);
        let request = CreateAccounts {
            fee_payer: payer.public_key(),
            num_accounts: arguments.num_accounts,
            amount_nanomina: arguments.amount.nanomina(),
            fee_nanomina: arguments.fee.nanomina(),
        };
        let url = format!("{of_node}/created-accounts");
        let created: CreatedAccounts = self.client.post(url, &request).await?;
        let keys = created.private_keys.iter().map(|key| key.parse());
        let keys: Vec<PrivateKey> = keys
            .collect::<Result<_, _>>()
            .map_err(|_| StandInError::Answer)?;
        // Before the accounts are funded: a stop from now on loses no key.
        for (number, key) in keys.iter().enumerate() {
            write_key(arguments, number, key, password)?;
        }
        loop {
            let url = format!("{of_node}/scheduled-transactions");
            let handles: Vec<String> = self.client.get(url).await?;
            if !handles.contains(&created.handle) {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        let server = node.public_graphql.to_string();
        for key in &keys {
            let public_key = key.public_key();
            if self.balance(&public_key, Some(&server)).await?.is_none() {
                return Err(StandInError::NotFunded(public_key));
            }
        }
        Ok(())
    }
}

fn read_key(path: &std::path::Path, password: &[u8]) -> Result<PrivateKey, StandInError> {
    let json = text_file::read(path, KEY_FILE_BYTES_MAX).map_err(|source| FolderError::File {
        path: path.to_owned(),
        source,
    })?;
    KeyFile::from_json(json.as_bytes())
        .and_then(|file| file.decrypt(password))
        .map_err(|source| StandInError::Key {
            path: path.display().to_string(),
            source,
        })
}

fn write_key(
    arguments: &CreateAccountsArguments,
    number: usize,
    key: &PrivateKey,
    password: &[u8],
) -> Result<(), StandInError> {
    let mut path = arguments.key_prefix.as_os_str().to_owned();
    path.push(format!("-{number}"));
    let path = PathBuf::from(path);
    let name = path.display().to_string();
    // Salt and nonce follow from the public key: it has no other file.
    let seed = format!("{name} {}", key.public_key());
    let file = encrypt(key, password, 0, &seed).map_err(|source| StandInError::Key {
        path: name.clone(),
        source,
    })?;
    let failed = |path: PathBuf| |source| FolderError::File { path, source };
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        durable::make_folder(folder, 0o700).map_err(failed(folder.to_owned()))?;
    }
    durable::write(&path, 0o600, file.to_json().as_bytes()).map_err(failed(path.clone()))?;
    let public = PathBuf::from(format!("{name}.pub"));
    let text = format!("{}\n", key.public_key());
    durable::write(&public, 0o644, text.as_bytes()).map_err(failed(public.clone()))?;
    Ok(())
}
