//! What is left of the money at the end of a run: by arithmetic, and, where a node's public
//! GraphQL can be asked, as the ledger has it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use experiment::Script;
use experiment::remaining_funds::{AcceptedLoad, FundedAccounts, remaining_funds};
use mina::{Amount, PublicKey};
use run_records::{CommandRemainingFunds, RemainingFunds};
use store::experiment_runs::{Answer, NewRequest, RequestRow, RequestStatus};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use url::Url;

use crate::network::CommandedNetwork;
use crate::paths::Paths;
use crate::public_graphql::{PublicGraphql, endpoint};
use crate::tenure::Tenure;

/// How long asking for balances may keep a run from ending.
const ASK_TIME: Duration = Duration::from_secs(20);
/// Accounts in one request.
const ACCOUNTS_EACH: usize = 50;
/// Most accounts that are asked for.
const ACCOUNTS_MAX: usize = 20_000;
const CONCURRENCY: usize = 8;
/// Most bytes of the file with a public key.
const PUBLIC_KEY_FILE_BYTES_MAX: u64 = 4_096;

/// What is known of a request of a run.
#[derive(Debug)]
pub(crate) struct AskedFor {
    step: u32,
    request: u32,
    kind: String,
    tps: Option<f64>,
    transactions: Option<u64>,
    outcome: Option<RequestStatus>,
}

impl From<RequestRow> for AskedFor {
    fn from(row: RequestRow) -> Self {
        Self {
            step: row.step,
            request: row.request,
            kind: row.kind,
            tps: row.tps,
            transactions: row.intended.and_then(|count| u64::try_from(count).ok()),
            outcome: row.outcome,
        }
    }
}

impl AskedFor {
    /// The same for a run whose journal is in memory.
    pub(crate) fn new(request: &NewRequest, answer: Option<&Answer>) -> Self {
        Self {
            step: request.step,
            request: request.request,
            kind: request.kind.clone(),
            tps: request.tps,
            transactions: request.intended,
            outcome: answer.map(|answer| answer.outcome),
        }
    }
}

/// Balances by key file.
type Balances = BTreeMap<String, Amount>;

/// What is left of the money of a run, if it was given any. `asked` are its requests.
pub(crate) async fn report(
    script: &Script,
    asked: &[AskedFor],
    network: &CommandedNetwork,
    paths: &Paths,
) -> Option<RemainingFunds> {
    let is_paid = |step, request| {
        asked.iter().any(|row| {
            (row.step, row.request) == (step, request)
                && matches!(row.kind.as_str(), "create-accounts" | "mina-executable")
                && row.outcome == Some(RequestStatus::Accepted)
        })
    };
    let accepted: Vec<AcceptedLoad> = asked.iter().filter_map(accepted).collect();
    let groups = remaining_funds(script, is_paid, &accepted);
    if groups.is_empty() {
        return None;
    }
    let balances = measure(&groups, network, paths).await;
    Some(summary(&groups, &balances))
}

fn accepted(row: &AskedFor) -> Option<AcceptedLoad> {
    let is_load = matches!(row.kind.as_str(), "payments" | "zkapps");
    let is_accepted = row.outcome.is_some_and(|status| !status.is_failure());
    (is_load && is_accepted).then(|| AcceptedLoad {
        step: row.step,
        tps: row.tps.unwrap_or(0.0),
        transactions: row.transactions.unwrap_or(0),
    })
}

fn summary(groups: &[FundedAccounts], balances: &Balances) -> RemainingFunds {
    let commands: Vec<CommandRemainingFunds> = groups
        .iter()
        .map(|group| {
            let known: Vec<Amount> = group
                .key_files
                .iter()
                .filter_map(|file| balances.get(file).copied())
                .collect();
            CommandRemainingFunds {
                step: group.step,
                prefix: group.prefix.clone(),
                funded_mina: group.funded.to_string(),
                expected_mina: group.expected.to_string(),
                measured_mina: (!known.is_empty()).then(|| sum(known.iter().copied()).to_string()),
                accounts: group.key_files.len() as u64,
                measured_accounts: known.len() as u64,
            }
        })
        .collect();
    let measured_accounts = commands.iter().map(|one| one.measured_accounts).sum();
    RemainingFunds {
        funded_mina: sum(groups.iter().map(|group| group.given)).to_string(),
        expected_mina: sum(groups.iter().map(|group| group.expected)).to_string(),
        measured_mina: (measured_accounts > 0).then(|| sum(balances.values().copied()).to_string()),
        accounts: commands.iter().map(|one| one.accounts).sum(),
        measured_accounts,
        commands,
    }
}

fn sum(amounts: impl Iterator<Item = Amount>) -> Amount {
    let nanomina: u128 = amounts.map(|amount| u128::from(amount.nanomina())).sum();
    Amount::from_nanomina(u64::try_from(nanomina).unwrap_or(u64::MAX))
}

/// Asks for the balances, as far as they come in time.
async fn measure(groups: &[FundedAccounts], network: &CommandedNetwork, paths: &Paths) -> Balances {
    let servers: Vec<Url> = network
        .public_graphql
        .iter()
        .filter_map(|server| endpoint(server).ok())
        .collect();
    let Ok(nodes) = PublicGraphql::new(&Tenure::unlimited()) else {
        return Balances::new();
    };
    if servers.is_empty() {
        return Balances::new();
    }
    let files = groups.iter().flat_map(|group| &group.key_files);
    let files: Vec<String> = files.take(ACCOUNTS_MAX).cloned().collect();
    let paths = paths.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let with_key = |file: String| {
            let key = public_key(&paths.path(&file))?;
            Some((file, key))
        };
        files.into_iter().filter_map(with_key).collect::<Vec<_>>()
    });
    let keys = reading.await.unwrap_or_default();
    let mut balances = Balances::new();
    let servers: Arc<[Url]> = servers.into();
    let limit = Arc::new(Semaphore::new(CONCURRENCY));
    let mut tasks = JoinSet::new();
    for (number, part) in keys.chunks(ACCOUNTS_EACH).enumerate() {
        let (nodes, servers, part) = (nodes.clone(), Arc::clone(&servers), part.to_vec());
        let limit = Arc::clone(&limit);
        tasks.spawn(async move {
            let _permit = limit.acquire_owned().await;
            ask(&nodes, &servers, number, part).await
        });
    }
    let asking = async {
        while let Some(Ok(known)) = tasks.join_next().await {
            balances.extend(known);
        }
    };
    if tokio::time::timeout(ASK_TIME, asking).await.is_err() {
        tracing::warn!("the balances of funded accounts did not come in time");
    }
    balances
}

/// Asks one server after the other.
async fn ask(
    nodes: &PublicGraphql,
    servers: &[Url],
    number: usize,
    part: Vec<(String, PublicKey)>,
) -> Vec<(String, Amount)> {
    let keys: Vec<PublicKey> = part.iter().map(|(_, key)| *key).collect();
    for attempt in 0..servers.len() {
        let Some(server) = servers.get((number + attempt) % servers.len()) else {
            break;
        };
        match nodes.balances(server, &keys).await {
            Ok(found) => {
                let files = part.into_iter().map(|(file, _)| file);
                return files
                    .zip(found)
                    .filter_map(|(file, balance)| Some((file, balance?)))
                    .collect();
            }
            Err(error) => tracing::debug!("a node does not report balances: {error}"),
        }
    }
    Vec::new()
}

/// The public key beside a key file.
fn public_key(path: &Path) -> Option<PublicKey> {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    let text = text_file::read(Path::new(&name), PUBLIC_KEY_FILE_BYTES_MAX).ok()?;
    text.trim().parse().ok()
}
