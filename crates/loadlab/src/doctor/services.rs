//! The services on this machine: their settings, keys and ports, and whether they are ready.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use service::BindError;
use url::Url;

use super::finding::{Check, Finding};
use super::http::{Readiness, readiness};
use crate::services::{
    Neighbours, Parsed, Service, ServiceArguments, ServiceConfig, VariablesTaken, from_here,
};
use crate::settings::Settings;

/// A service as flags, variables and settings file have it.
pub(super) struct Configured {
    service: Service,
    address: SocketAddr,
    /// None if it lacks something.
    arguments: Option<ServiceArguments>,
}

/// All services; what is wrong with their settings becomes a finding.
pub(super) fn configured(settings: &Settings, findings: &mut Vec<Finding>) -> Vec<Configured> {
    let mut all = Vec::new();
    let mut neighbours = Neighbours::default();
    for service in Service::ALL {
        let parsed = ServiceArguments::parse(service, [], settings, VariablesTaken::All);
        let mut one = Configured {
            service,
            address: ServiceArguments::address_of(service, settings),
            arguments: None,
        };
        match parsed {
            Ok(Parsed::Arguments(mut arguments)) => {
                arguments.use_neighbours(&neighbours);
                match arguments.missing() {
                    None => one.arguments = Some(arguments),
                    Some(why) => findings.push(not_configured(service, why)),
                }
            }
            Ok(Parsed::NotConfigured(why)) => findings.push(not_configured(service, &why)),
            Err(error) => findings.push(wrong(service, &format!("{error:#}"))),
        }
        if service == Service::UptimeBackend {
            // As `up` does: nodes are found by the uptime backend of this machine.
            let base = from_here(one.address);
            neighbours.online_url = one
                .arguments
                .is_some()
                .then(|| format!("http://{base}{}", service.page()));
        }
        all.push(one);
    }
    all
}

fn not_configured(service: Service, why: &str) -> Finding {
    let message = format!("the {service} is not configured here: {why}");
    Finding::ok(Check::Settings, message)
}

fn wrong(service: Service, error: &str) -> Finding {
    Finding::error(
        Check::Settings,
        format!("the {service} cannot start: {error}"),
        "correct the setting; `loadlab config show` says where each comes from",
    )
}

/// Each port: free, or who holds it, and whether that is ready.
pub(super) async fn ports(all: &[Configured]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for one in all {
        findings.push(port(one.service, one.address).await);
    }
    findings
}

async fn port(service: Service, address: SocketAddr) -> Finding {
    let holder = match service::bind(address, service.port_setting()).await {
        Ok(_) => {
            let message = format!("{address} is free: the {service} does not run here");
            return Finding::ok(Check::Ports, message);
        }
        Err(BindError::InUse { holder, .. }) => holder,
        Err(error) => {
            let advice = format!("choose another address or port: {}", service.port_setting());
            return Finding::error(Check::Ports, error.to_string(), advice);
        }
    };
    let taken = format!("{address} is taken by {holder}");
    match readiness(&format!("http://{}", from_here(address))).await {
        Readiness::Ready => Finding::ok(Check::Ports, format!("{taken}: the {service} is ready")),
        Readiness::NotReady(why) => Finding::error(
            Check::Ports,
            format!("{taken}: the {service} is not ready: {why}"),
            "it recovers by itself when that is over; its log says more",
        ),
        Readiness::Stranger => Finding::error(
            Check::Ports,
            format!("{taken}, which is no service of loadlab"),
            format!(
                "stop it, or choose another port: {}",
                service.port_setting()
            ),
        ),
        Readiness::Silent(why) => Finding::error(
            Check::Ports,
            format!("{taken}, which does not answer: {why}"),
            "restart it",
        ),
    }
}

/// Services that were named, such as further log fetchers.
pub(super) async fn others(urls: &[Url]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for url in urls {
        let check = Check::Services;
        findings.push(match readiness(url.as_str()).await {
            Readiness::Ready => Finding::ok(check, format!("{url} is ready")),
            Readiness::NotReady(why) => Finding::error(
                check,
                format!("{url} is not ready: {why}"),
                "it recovers by itself when that is over; its log says more",
            ),
            Readiness::Stranger => Finding::error(
                check,
                format!("what answers at {url} is no service of loadlab"),
                "correct the URL",
            ),
            Readiness::Silent(why) => Finding::error(
                check,
                format!("{url} does not answer: {why}"),
                "start it, or look at firewalls and proxies between",
            ),
        });
    }
    findings
}

/// Files with secrets that are not for everybody on the machine.
pub(super) fn keys(all: &[Configured]) -> Vec<Finding> {
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    for one in all {
        let name = one.service;
        match &one.arguments {
            Some(ServiceArguments::LogFetcher(arguments)) => {
                files.push((
                    format!("key of the {name}"),
                    arguments.key_file().to_owned(),
                ));
            }
            Some(ServiceArguments::Orchestrator(arguments)) => {
                let file = arguments.config_file().to_owned();
                files.push((format!("key of the {name}"), file));
            }
            _ => {}
        }
    }
    files
        .iter()
        .map(|(name, path)| secret_file(name, path))
        .collect()
}

fn secret_file(name: &str, path: &Path) -> Finding {
    let shown = path.display();
    match fs::metadata(path) {
        Err(error) => Finding::error(
            Check::Keys,
            format!("the {name} cannot be found at {shown}: {error}"),
            "put the file there, or name another one",
        ),
        Ok(found) if found.permissions().mode() & 0o077 != 0 => Finding::warning(
            Check::Keys,
            format!("others on this machine may read the {name}, {shown}"),
            format!("chmod 600 {shown}"),
        ),
        Ok(_) => Finding::ok(Check::Keys, format!("the {name}, {shown}")),
    }
}

/// Reads the files of all services, and gives the configuration of the log fetcher.
pub(super) fn fetcher(
    all: Vec<Configured>,
    findings: &mut Vec<Finding>,
) -> Option<log_fetcher::Config> {
    let mut fetcher = None;
    for one in all {
        let Some(arguments) = one.arguments else {
            continue;
        };
        match arguments.config() {
            Ok(ServiceConfig::LogFetcher(config)) => {
                let public = config.key.verifying_key();
                findings.push(Finding::ok(
                    Check::Keys,
                    format!("nodes have to permit {public} (--itn-keys) for the log fetcher"),
                ));
                fetcher = Some(*config);
            }
            Ok(ServiceConfig::Orchestrator(config)) => {
                let public = config.network.key.verifying_key();
                findings.push(Finding::ok(
                    Check::Keys,
                    format!("nodes have to permit {public} (--itn-keys) for the orchestrator"),
                ));
            }
            Ok(_) => {}
            Err(error) => findings.push(wrong(one.service, &format!("{error:#}"))),
        }
    }
    fetcher
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn a_key_that_others_may_read_is_a_warning_and_none_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert_eq!(secret_file("key", &path).level, Level::Error);
        for (mode, level) in [
            (0o600, Level::Ok),
            (0o400, Level::Ok),
            (0o640, Level::Warning),
            (0o644, Level::Warning),
        ] {
            fs::write(&path, "s3cret").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let finding = secret_file("key", &path);
            assert_eq!(finding.level, level, "{mode:o}");
            assert!(!format!("{finding:?}").contains("s3cret"));
            fs::remove_file(&path).unwrap();
        }
    }
}
