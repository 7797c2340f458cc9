//! `loadlab uptime-backend`: its arguments.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use mina::NetworkId;
use uptime_backend::{Config, IpNet, Settings, SettingsError};

/// Arguments of `uptime-backend`.
#[derive(Debug, Args)]
pub(crate) struct UptimeBackendArguments {
    /// The address to listen on. Other machines can connect only if it is not a
    /// loopback address.
    #[arg(long, env = "UPTIME_BACKEND_HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on.
    #[arg(long, env = "UPTIME_BACKEND_PORT", default_value_t = uptime_backend::DEFAULT_PORT)]
    port: u16,
    /// The JSON configuration of the original service: `in_memory` or `aws`, and
    /// one of `whitelist`, `whitelist_file` and `gsheet_id`.
    #[arg(long, env = "CONFIG_FILE", value_name = "FILE")]
    config_file: Option<PathBuf>,
    /// A file with a public key at the beginning of each line: who may submit.
    /// It is read again when it changes.
    #[arg(long, env = "UPTIME_WHITELIST_FILE", value_name = "FILE")]
    whitelist_file: Option<PathBuf>,
    /// A published table as CSV with the public keys in its first column. It is
    /// read again every ten minutes.
    #[arg(long, env = "UPTIME_WHITELIST_URL", value_name = "URL")]
    whitelist_url: Option<String>,
    /// The id of a Google sheet, readable for everybody with the link, instead
    /// of a whitelist URL. Ignored with a configuration file.
    #[arg(long, env = "CONFIG_GSHEET_ID", value_name = "ID")]
    gsheet_id: Option<String>,
    /// Which signatures are valid: 1 for mainnet, 0 for all other networks.
    /// Default: 1 if the variable NETWORK is empty or not set, else 0.
    #[arg(long, value_name = "0|1", value_parser = parse_network_id)]
    network_id: Option<NetworkId>,
    /// The network's name; only whether it is empty counts.
    #[arg(long, env = "NETWORK", value_name = "NAME", hide = true)]
    network: Option<String>,
    /// A proxy whose `X-Forwarded-For` is believed: an address or a network such
    /// as 10.0.0.0/8. May be given several times.
    #[arg(
        long = "trusted-proxy",
        env = "UPTIME_TRUSTED_PROXIES",
        value_delimiter = ',',
        value_name = "CIDR",
        value_parser = uptime_backend::parse_proxy
    )]
    trusted_proxies: Vec<IpNet>,
    /// Refuse submissions that were made longer ago than this number of seconds.
    /// Default: any age is accepted, as by the original, so that a copy of a
    /// submission can be sent again.
    #[arg(long, env = "UPTIME_SUBMISSION_AGE_MAX", value_name = "SECONDS")]
    submission_age_max: Option<u64>,
    /// Submissions of one key that are accepted in any period of an hour.
    #[arg(
        long,
        env = "UPTIME_SUBMISSIONS_PER_HOUR",
        default_value_t = uptime_backend::SUBMISSIONS_PER_HOUR,
        value_name = "COUNT"
    )]
    submissions_per_hour: u32,
    /// How many days the database keeps submissions.
    #[arg(
        long,
        env = "UPTIME_KEEP_DAYS",
        default_value_t = 7,
        value_name = "DAYS",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    keep_days: u32,
    /// A folder to store whole submissions in, besides the database.
    #[arg(long, env = "UPTIME_SUBMISSIONS_DIR", value_name = "DIR")]
    submissions_dir: Option<PathBuf>,
    /// The AWS account whose bucket `<id>-block-producers-uptime` takes whole
    /// submissions, besides the database. Ignored with a configuration file.
    #[arg(long, env = "CONFIG_AWS_ACCOUNT_ID", value_name = "ID")]
    aws_account_id: Option<String>,
    /// The AWS region of the bucket. Ignored with a configuration file.
    #[arg(long, env = "CONFIG_AWS_REGION", value_name = "REGION")]
    aws_region: Option<String>,
    /// First part of the names in the bucket. Ignored with a configuration file.
    #[arg(long, env = "CONFIG_AWS_PREFIX", value_name = "PREFIX")]
    aws_prefix: Option<String>,
    /// JSON with `access_key_id` and `secret_access_key`. Default: the usual
    /// variables of AWS.
    #[arg(long, env = "AWS_CREDENTIALS_FILE", value_name = "FILE")]
    aws_credentials_file: Option<PathBuf>,
}

fn parse_network_id(text: &str) -> Result<NetworkId, String> {
    match text {
        "0" => Ok(NetworkId::Testnet),
        "1" => Ok(NetworkId::Mainnet),
        _ => Err("the network id is 1 for mainnet and 0 for all other networks".to_owned()),
    }
}

impl From<UptimeBackendArguments> for Settings {
    fn from(arguments: UptimeBackendArguments) -> Self {
        let keep_days = u64::from(arguments.keep_days);
        let address = arguments.address();
        Self {
            config_file: arguments.config_file,
            whitelist_file: arguments.whitelist_file,
            whitelist_url: arguments.whitelist_url,
            gsheet_id: arguments.gsheet_id,
            aws_prefix: arguments.aws_prefix,
            aws_region: arguments.aws_region,
            aws_account_id: arguments.aws_account_id,
            aws_credentials_file: arguments.aws_credentials_file,
            submissions_dir: arguments.submissions_dir,
            network: arguments.network,
            network_id: arguments.network_id,
            trusted_proxies: arguments.trusted_proxies,
            address: Some(address),
            submission_age_max: arguments.submission_age_max.map(Duration::from_secs),
            submissions_per_hour: Some(arguments.submissions_per_hour),
            keep: Some(Duration::from_secs(keep_days * 24 * 60 * 60)),
        }
    }
}

impl UptimeBackendArguments {
    /// Where it is to listen.
    pub(crate) const fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    /// What has to be given before it can run, if anything.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        let files = [&self.config_file, &self.whitelist_file];
        let texts = [&self.whitelist_url, &self.gsheet_id];
        let has_file = files
            .into_iter()
            .flatten()
            .any(|file| !file.as_os_str().is_empty());
        let has_text = texts.into_iter().flatten().any(|text| !text.is_empty());
        (!has_file && !has_text).then_some(
            "set CONFIG_FILE or UPTIME_WHITELIST_FILE (who may submit: a file with public keys)",
        )
    }

    /// Reads the files that are named; the error lists every problem.
    pub(crate) fn config(self) -> Result<Config, SettingsError> {
        Settings::from(self).resolve()
    }
}
