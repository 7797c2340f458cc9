//! `loadlab simnet mina`: the arguments of the `mina` executable, as far as load tests use them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand};
use mina::{Amount, PublicKey};
use simnet::NETWORK_FILE;
use simnet::mina_stand_in::{
    CreateAccountsArguments, MinaStandIn, PaymentArguments, StandInError, version_line,
};

use crate::output;

/// The password of key files. There is no flag for it, as in the real executable.
const PASSWORD_VARIABLE: &str = "MINA_PRIVKEY_PASS";

/// Without it the real executable does not know `itn-create-accounts`.
const ITN_VARIABLE: &str = "ITN_FEATURES";

/// Arguments of `simnet mina`.
#[derive(Debug, Args)]
pub(super) struct MinaArguments {
    /// The folder of the simnet, or the file `network.json` in it.
    #[arg(long, value_name = "PATH")]
    network: PathBuf,
    /// The arguments of `mina`, after `--`.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENT"
    )]
    arguments: Vec<String>,
}

/// Commands of a Mina node that load tests use, for a simnet.
#[derive(Debug, Parser)]
#[command(name = "mina", no_binary_name = true, disable_version_flag = true)]
struct Mina {
    /// Print the build.
    #[arg(long, exclusive = true)]
    version: bool,
    #[command(subcommand)]
    command: Option<MinaCommand>,
}

#[derive(Debug, Subcommand)]
enum MinaCommand {
    /// Lightweight client commands
    #[command(subcommand)]
    Client(ClientCommand),
    /// Client commands concerning account management
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// Advanced client commands
    #[command(subcommand)]
    Advanced(AdvancedCommand),
    /// Print the build
    Version,
}

#[derive(Debug, Subcommand)]
enum ClientCommand {
    /// Get balance associated with a public key
    GetBalance {
        #[arg(long)]
        public_key: PublicKey,
        #[arg(long)]
        rest_server: Option<String>,
    },
    /// Send payment to an address
    SendPayment {
        #[arg(long)]
        sender: PublicKey,
        #[arg(long)]
        receiver: PublicKey,
        /// In MINA
        #[arg(long)]
        amount: Amount,
        /// In MINA
        #[arg(long)]
        fee: Amount,
        #[arg(long, default_value = "")]
        memo: String,
        #[arg(long)]
        rest_server: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum AccountsCommand {
    /// Unlock a tracked account
    Unlock {
        #[arg(long)]
        public_key: PublicKey,
        #[arg(long)]
        rest_server: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum AdvancedCommand {
    /// Fund new accounts for incentivized testnet
    ItnCreateAccounts {
        /// In nanomina, for all accounts together
        #[arg(long)]
        amount: u64,
        /// In nanomina
        #[arg(long)]
        fee: u64,
        /// Prefix of keyfiles
        #[arg(long)]
        key_prefix: PathBuf,
        #[arg(long)]
        num_accounts: u32,
        /// File to read private key from
        #[arg(long)]
        privkey_path: PathBuf,
        /// Client to daemon local communication
        #[arg(long)]
        daemon_port: Option<String>,
    },
}

pub(super) async fn run(arguments: MinaArguments) -> anyhow::Result<ExitCode> {
    let mina = match Mina::try_parse_from(&arguments.arguments) {
        Ok(mina) => mina,
        Err(error) => error.exit(),
    };
    let Some(command) = mina.command else {
        if mina.version {
            say(&version_line())?;
            return Ok(ExitCode::SUCCESS);
        }
        bail!("mina: no command given; try --help");
    };
    if matches!(command, MinaCommand::Version) {
        say(&version_line())?;
        return Ok(ExitCode::SUCCESS);
    }
    let stand_in = MinaStandIn::new(&arguments.network)?;
    match execute(&stand_in, command).await {
        Ok(()) => Ok(ExitCode::SUCCESS),
        // When a network ends, warnings about its requests are noise.
        Err(error) if is_unreachable(&error) && !is_running(&arguments.network) => {
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(error),
    }
}

fn is_unreachable(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<StandInError>();
    matches!(error, Some(StandInError::Unreachable(_)))
}

/// Whether the network says that it runs: it takes its file away when it ends in order.
fn is_running(network: &Path) -> bool {
    let file = if network.is_dir() {
        network.join(NETWORK_FILE)
    } else {
        network.to_owned()
    };
    file.exists()
}

async fn execute(stand_in: &MinaStandIn, command: MinaCommand) -> anyhow::Result<()> {
    match command {
        MinaCommand::Client(command) => client(stand_in, command).await?,
        MinaCommand::Accounts(AccountsCommand::Unlock {
            public_key,
            rest_server,
        }) => {
            let password = password()?;
            stand_in
                .unlock(&public_key, &password, rest_server.as_deref())
                .await?;
            say("🔓 Unlocked account!")?;
            say(&format!("Public key: {public_key}"))?;
        }
        MinaCommand::Advanced(command) => advanced(stand_in, command).await?,
        MinaCommand::Version => {}
    }
    Ok(())
}

async fn client(stand_in: &MinaStandIn, command: ClientCommand) -> anyhow::Result<()> {
    match command {
        ClientCommand::GetBalance {
            public_key,
            rest_server,
        } => {
            let balance = stand_in
                .balance(&public_key, rest_server.as_deref())
                .await?;
            let balance = balance.context("There are no accounts with this public key")?;
            say(&format!("Balance: {balance} mina"))?;
        }
        ClientCommand::SendPayment {
            sender,
            receiver,
            amount,
            fee,
            memo,
            rest_server,
        } => {
            let payment = PaymentArguments {
                sender,
                receiver,
                amount,
                fee,
                memo,
            };
            let id = stand_in
                .send_payment(&payment, rest_server.as_deref())
                .await?;
            say(&format!("Dispatched payment with ID {id}"))?;
        }
    }
    Ok(())
}

async fn advanced(stand_in: &MinaStandIn, command: AdvancedCommand) -> anyhow::Result<()> {
    let AdvancedCommand::ItnCreateAccounts {
        amount,
        fee,
        key_prefix,
        num_accounts,
        privkey_path,
        daemon_port,
    } = command;
    if std::env::var_os(ITN_VARIABLE).is_none() {
        bail!("mina advanced: unknown subcommand itn-create-accounts ({ITN_VARIABLE} is not set)");
    }
    let arguments = CreateAccountsArguments {
        amount: Amount::from_nanomina(amount),
        fee: Amount::from_nanomina(fee),
        key_prefix,
        num_accounts,
        privkey_path,
        daemon_port,
    };
    stand_in
        .create_accounts(&arguments, password()?.as_bytes())
        .await?;
    say(&format!("Funded {num_accounts} accounts"))?;
    Ok(())
}

fn password() -> anyhow::Result<String> {
    std::env::var(PASSWORD_VARIABLE).with_context(|| {
        format!(
            "the variable {PASSWORD_VARIABLE} must hold the password of the key (it may be empty)"
        )
    })
}

fn say(line: &str) -> anyhow::Result<()> {
    output::print(&format!("{line}\n"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    const KEY: &str = "B62qjVQLxt9nYMWGn45mkgwYfcz8e8jvjNCBo11VKJb7vxDNwv5QLPS";

    fn parse(line: &str) -> Option<MinaCommand> {
        Mina::try_parse_from(line.split(' ')).unwrap().command
    }

    #[test]
    fn the_command_line_is_consistent() {
        Mina::command().debug_assert();
    }

    /// The lines that orchestrators call.
    #[test]
    fn the_known_calls_are_understood() {
        let funding = parse(
            "advanced itn-create-accounts --amount 227874191441360 --fee 1000000000 --key-prefix \
             ./fund_keys/demo/key-0 --num-accounts 20 --privkey-path /keys/plain1 --daemon-port \
             127.0.0.1:3085",
        );
        assert!(matches!(
            funding,
            Some(MinaCommand::Advanced(AdvancedCommand::ItnCreateAccounts {
                amount: 227_874_191_441_360,
                num_accounts: 20,
                daemon_port: Some(_),
                ..
            }))
        ));
        let balance = parse(&format!(
            "client get-balance --public-key {KEY} --rest-server 3085"
        ));
        assert!(matches!(
            balance,
            Some(MinaCommand::Client(ClientCommand::GetBalance { .. }))
        ));
        let unlock = parse(&format!("accounts unlock --public-key {KEY}"));
        assert!(matches!(unlock, Some(MinaCommand::Accounts(_))));
        let payment = parse(&format!(
            "client send-payment --sender {KEY} --receiver {KEY} --amount 1.500000000 --fee \
             0.002000000 --memo rotation"
        ));
        let Some(MinaCommand::Client(ClientCommand::SendPayment { amount, fee, .. })) = payment
        else {
            panic!("no payment: {payment:?}");
        };
        assert_eq!(
            (amount.nanomina(), fee.nanomina()),
            (1_500_000_000, 2_000_000)
        );
        assert!(Mina::try_parse_from(["--version"]).unwrap().version);
    }
}
