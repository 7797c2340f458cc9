//! From flags, variables and files to a [`Config`], with all problems at once.

pub(crate) mod config_file;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use mina::NetworkId;
use url::Url;

use crate::config::Config;
use crate::object_sink::{ObjectStorage, S3Credentials};
use crate::whitelist_source::WhitelistSource;
use config_file::ConfigFile;

/// Longest configuration file: a whitelist of some 70,000 keys.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What the user says, unchecked. Empty texts of variables count as absent.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The configuration file of the original. With one, `gsheet_id` and the
    /// `aws_…` texts here are ignored, as by the original.
    pub config_file: Option<PathBuf>,
    /// A file with the keys that may submit.
    pub whitelist_file: Option<PathBuf>,
    /// A published table as CSV, with the keys in its first column.
    pub whitelist_url: Option<String>,
    /// The id of a published Google sheet with the keys.
    pub gsheet_id: Option<String>,
    /// First part of the names of stored submissions.
    pub aws_prefix: Option<String>,
    /// The AWS region of the bucket.
    pub aws_region: Option<String>,
    /// The AWS account of the bucket.
    pub aws_account_id: Option<String>,
    /// JSON with `access_key_id` and `secret_access_key`.
    pub aws_credentials_file: Option<PathBuf>,
    /// A folder for whole submissions.
    pub submissions_dir: Option<PathBuf>,
    /// The variable `NETWORK`: absent or empty for mainnet signatures, anything
    /// else for those of test networks.
    pub network: Option<String>,
    /// Overrides `network`.
    pub network_id: Option<NetworkId>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Where to listen.
    pub address: Option<SocketAddr>,
    /// Refuse submissions that were made longer ago.
    pub submission_age_max: Option<Duration>,
    /// Accepted submissions per key and sliding hour.
    pub submissions_per_hour: Option<u32>,
    /// How long the database keeps submissions.
    pub keep: Option<Duration>,
}

/// Everything that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    /// A sentence for each problem.
    pub problems: Vec<String>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the settings cannot be used:")?;
        for problem in &self.problems {
            write!(formatter, "\n- {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsError {}

/// Reads a network such as `10.0.0.0/8`, or a single address.
pub fn parse_proxy(text: &str) -> Result<IpNet, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.into());
    }
    text.parse()
        .map_err(|_| format!("`{text}` is neither an IP address nor a network like 10.0.0.0/8"))
}

impl Settings {
    /// Reads the files that are named and puts everything together.
    pub fn resolve(self) -> Result<Config, SettingsError> {
        let mut problems = Vec::new();
        let file = self.read_config_file(&mut problems);
        let credentials = self.read_credentials(&mut problems);
        let whitelist = self.whitelist(file.as_ref(), &mut problems);
        let object_storage = self.object_storage(file.as_ref(), credentials, &mut problems);
        let Some(whitelist) = whitelist.filter(|_| problems.is_empty()) else {
            return Err(SettingsError { problems });
        };
        let defaults = Config::new(whitelist);
        Ok(Config {
            address: self.address.unwrap_or(defaults.address),
            network: self.network_id.unwrap_or_else(|| {
                let network = self.network.as_deref().unwrap_or_default();
                if network.is_empty() {
                    NetworkId::Mainnet
                } else {
                    NetworkId::Testnet
                }
            }),
            trusted_proxies: self.trusted_proxies,
            submission_age_max: self.submission_age_max,
            submissions_per_hour: self
                .submissions_per_hour
                .unwrap_or(defaults.submissions_per_hour),
            object_storage,
            keep: self.keep.unwrap_or(defaults.keep),
            ..defaults
        })
    }

    /// None without a file or with a problem.
    fn read_config_file(&self, problems: &mut Vec<String>) -> Option<ConfigFile> {
        let path = self.config_file.as_deref().filter(|path| !is_empty(path))?;
        let read = read_text(path).and_then(|text| ConfigFile::parse(&text));
        match read {
            Ok((file, mut found)) => {
                let name = path.display();
                problems.extend(found.drain(..).map(|problem| format!("{name}: {problem}")));
                if self.has_ignored_variables() {
                    tracing::warn!(
                        "CONFIG_GSHEET_ID and CONFIG_AWS_… are ignored, because there is a \
                         configuration file"
                    );
                }
                Some(file)
            }
            Err(problem) => {
                problems.push(format!("{}: {problem}", path.display()));
                None
            }
        }
    }

    fn has_ignored_variables(&self) -> bool {
        [
            &self.gsheet_id,
            &self.aws_prefix,
            &self.aws_region,
            &self.aws_account_id,
        ]
        .into_iter()
        .any(|value| given(value.as_ref()).is_some())
    }

    fn read_credentials(&self, problems: &mut Vec<String>) -> Option<S3Credentials> {
        let path = self
            .aws_credentials_file
            .as_deref()
            .filter(|path| !is_empty(path))?;
        let read = read_text(path).and_then(|text| {
            if text.trim().is_empty() {
                return Err("the file is empty".to_owned());
            }
            // Not the parser's words, which may hold a part of the secret.
            serde_json::from_str(&text).map_err(|_| {
                "not a JSON object with `access_key_id` and `secret_access_key`".to_owned()
            })
        });
        read.map_err(|problem| problems.push(format!("{}: {problem}", path.display())))
            .ok()
    }

    fn whitelist(
        &self,
        file: Option<&ConfigFile>,
        problems: &mut Vec<String>,
    ) -> Option<WhitelistSource> {
        let mut found = Vec::new();
        let mut sheet_id = None;
        match file {
            Some(file) => {
                if let (Some(_), Some(path)) = (&file.whitelist, &self.config_file) {
                    found.push(("`whitelist`", WhitelistSource::ConfigFile(path.clone())));
                }
                if let Some(path) = &file.whitelist_file {
                    found.push(("`whitelist_file`", WhitelistSource::File(path.clone())));
                }
                sheet_id = file.gsheet_id.as_deref().map(|id| ("`gsheet_id`", id));
            }
            // What is in an unreadable file cannot be known.
            None if !problems.is_empty() && self.config_file.is_some() => {}
            None => sheet_id = given(self.gsheet_id.as_ref()).map(|id| ("CONFIG_GSHEET_ID", id)),
        }
        if let Some((name, id)) = sheet_id {
            match WhitelistSource::google_sheet(id) {
                Some(source) => found.push((name, source)),
                None => problems.push(format!("{name} is not the id of a sheet")),
            }
        }
        if let Some(path) = &self.whitelist_file {
            found.push(("--whitelist-file", WhitelistSource::File(path.clone())));
        }
        if let Some(url) = given(self.whitelist_url.as_ref()) {
            match Url::parse(url) {
                Ok(url) if matches!(url.scheme(), "http" | "https") => {
                    found.push(("--whitelist-url", WhitelistSource::Sheet(url)));
                }
                _ => problems.push("--whitelist-url is not an http or https URL".to_owned()),
            }
        }
        if found.len() > 1 {
            let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
            problems.push(format!(
                "more than one whitelist is given ({}); keep one",
                names.join(", ")
            ));
        }
        if found.is_empty() && problems.is_empty() {
            problems.push(
                "no whitelist is given: name a file with --whitelist-file, a published table \
                 with --whitelist-url or CONFIG_GSHEET_ID, or list the keys in the configuration \
                 file as `whitelist`"
                    .to_owned(),
            );
        }
        found.pop().map(|(_, source)| source)
    }

    fn object_storage(
        &self,
        file: Option<&ConfigFile>,
        credentials: Option<S3Credentials>,
        problems: &mut Vec<String>,
    ) -> Option<ObjectStorage> {
        let s3 = if let Some(file) = file {
            file.aws.as_ref().map(|aws| {
                let parts = [&aws.account_id, &aws.region, &aws.prefix];
                parts.map(|part| (!part.is_empty()).then(|| part.clone()))
            })
        } else {
            let parts = [&self.aws_account_id, &self.aws_region, &self.aws_prefix];
            let parts = parts.map(|part| given(part.as_ref()).map(str::to_owned));
            parts.iter().any(Option::is_some).then_some(parts)
        };
        let s3 = match s3 {
            None => None,
            Some([Some(account_id), Some(region), Some(prefix)]) => Some(ObjectStorage::S3 {
                account_id,
                region,
                prefix,
                credentials,
            }),
            Some(_) => {
                problems.push(
                    "for S3 all three of account id, region and prefix are needed \
                     (CONFIG_AWS_ACCOUNT_ID, CONFIG_AWS_REGION, CONFIG_AWS_PREFIX, or `aws` in \
                     the configuration file)"
                        .to_owned(),
                );
                None
            }
        };
        let folder = self.submissions_dir.clone().map(ObjectStorage::Folder);
        if s3.is_some() && folder.is_some() {
            problems
                .push("whole submissions go to S3 or to --submissions-dir, not both".to_owned());
        }
        s3.or(folder)
    }
}

fn given(value: Option<&String>) -> Option<&str> {
    value.map(String::as_str).filter(|value| !value.is_empty())
}

fn is_empty(path: &Path) -> bool {
    path.as_os_str().is_empty()
}

fn read_text(path: &Path) -> Result<String, String> {
    text_file::read(path, FILE_BYTES_MAX)
        .map(|mut text| std::mem::take(&mut *text))
        .map_err(|error| format!("cannot be read: {error}"))
}

#[cfg(test)]
mod tests;
