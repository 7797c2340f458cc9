//! Whether the mina executable is of the build that the network runs: a client of another build
//! hangs when it makes accounts, instead of failing.

use std::path::{Path, PathBuf};

use store::Database;

use super::executable::{self, VersionError};
use super::image::{Credentials, ImageSource, cache_folder, codename};
use crate::network::CommandedNetwork;
use crate::paths::Paths;
use service::error_chain;

/// What the configured executable says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Client {
    /// It is of this commit.
    Commit(String),
    /// It runs, but names no commit: the reason.
    NoCommit(String),
    /// There is none that can be started: the reason.
    Missing(String),
}

/// Whether the configured executable may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Gate {
    Use,
    /// It may, but this has to be told.
    UseWithWarning(String),
    /// It may not: why.
    Refuse(String),
}

/// The executable of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) executable: PathBuf,
    /// What has to be told of it.
    pub(super) warning: Option<String>,
}

/// Decides whether the configured executable may be used. `release` is what the newest deployment
/// says, or why that is not known; `failure` why there is no executable out of its image, if one
/// was to be had.
fn gate(
    client: &Client,
    release: Result<&str, &str>,
    failure: Option<&str>,
    allow_unverified: bool,
) -> Gate {
    let wanted = release.map(commit_of_release);
    let problem = match (client, wanted) {
        (Client::Missing(why), _) => {
            return Gate::Refuse(format!(
                "accounts cannot be funded: {}. Configure `minaExec`, or nodes that make accounts \
                 with `fundItnNodes`. Refusing to run",
                with_failure(why, failure)
            ));
        }
        (Client::Commit(commit), Ok(Some(wanted))) if commit.starts_with(wanted) => {
            return match failure {
                None => Gate::Use,
                Some(failure) => Gate::UseWithWarning(format!(
                    "the configured mina executable, which is of the network's build, is used: \
                     {failure}"
                )),
            };
        }
        (Client::Commit(commit), Ok(Some(wanted))) => {
            format!("the mina executable is of commit {commit}, the network of {wanted}")
        }
        (Client::NoCommit(why), _) => why.clone(),
        (_, Ok(None)) => format!(
            "the release {} names no commit",
            release.unwrap_or_default()
        ),
        (_, Err(why)) => format!("{why}, so that the mina executable cannot be compared with it"),
    };
    let problem = with_failure(&problem, failure);
    if allow_unverified {
        Gate::UseWithWarning(problem)
    } else {
        Gate::Refuse(format!(
            "{problem}. Refusing to run (allowUnverifiedMinaExec permits it)"
        ))
    }
}

fn with_failure(problem: &str, failure: Option<&str>) -> String {
    match failure {
        Some(failure) => format!("{problem}; {failure}"),
        None => problem.to_owned(),
    }
}

/// Asks an executable.
async fn client(executable: &Path) -> Client {
    match executable::version(executable).await {
        Ok(text) => match commit_of_version(&text) {
            Some(commit) => Client::Commit(commit.to_owned()),
            None => Client::NoCommit("the mina executable names no commit".to_owned()),
        },
        Err(VersionError::Missing(why)) => Client::Missing(why),
        Err(VersionError::Untold(why)) => Client::NoCommit(why),
    }
}

/// Whether accounts can be funded at all, as far as that can be told at once: an executable that
/// comes out of an image is looked for when the run begins.
pub(crate) async fn check(network: &CommandedNetwork, database: &Database) -> Result<(), String> {
    if !network.fund_itn_nodes.is_empty() || network.mina_image_registry.is_some() {
        return Ok(());
    }
    choose(network, &Paths::default(), Some(database))
        .await
        .map(|_| ())
}

/// The executable that a run uses, or why there is none. A run from the command line has no
/// database that names a release: there it is the configured one.
pub(super) async fn choose(
    network: &CommandedNetwork,
    paths: &Paths,
    database: Option<&Database>,
) -> Result<Chosen, String> {
    let configured = |warning| Chosen {
        executable: network.mina_exec.clone(),
        warning,
    };
    let Some(database) = database else {
        return match client(&network.mina_exec).await {
            Client::Missing(why) => Err(format!("accounts cannot be funded: {why}")),
            Client::Commit(_) | Client::NoCommit(_) => Ok(configured(None)),
        };
    };
    let release = match database.newest_release().await {
        Ok(Some(release)) => Ok(release),
        Ok(None) => Err("no release found in deployment metadata".to_owned()),
        Err(error) => Err(format!("failed to query deployment release: {error}")),
    };
    let mut failure = None;
    if let Some(registry) = &network.mina_image_registry {
        let source = ImageSource {
            registry: registry.clone(),
            codename: network.mina_image_codename.clone().or_else(codename),
            credentials: Credentials::of_environment(&network.mina_image_token_registries),
            cache: paths.path(&cache_folder().to_string_lossy()),
        };
        let extracted = match &release {
            Ok(release) => source
                .executable(release)
                .await
                .map_err(|error| error_chain(&error)),
            Err(why) => Err(why.clone()),
        };
        match extracted {
            Ok(executable) => {
                return match executable::version(&executable).await {
                    Ok(_) => Ok(Chosen {
                        executable,
                        warning: None,
                    }),
                    Err(VersionError::Missing(why) | VersionError::Untold(why)) => Err(format!(
                        "the mina executable out of the daemon's image does not report a version \
                         on this machine: {why}. Refusing to run"
                    )),
                };
            }
            Err(error) => {
                failure = Some(format!(
                    "there is no mina executable out of the daemon's image: {error}"
                ));
            }
        }
    }
    let gate = gate(
        &client(&network.mina_exec).await,
        release.as_deref().map_err(String::as_str),
        failure.as_deref(),
        network.allow_unverified_mina_exec,
    );
    match gate {
        Gate::Use => Ok(configured(None)),
        Gate::UseWithWarning(warning) => Ok(configured(Some(warning))),
        Gate::Refuse(why) => Err(why),
    }
}

/// The commit in `Mina <version> (commit <40 hexadecimal digits>)`.
fn commit_of_version(text: &str) -> Option<&str> {
    let after = text.split("(commit ").nth(1)?;
    let commit = after.split(')').next()?.trim();
    let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_commit.then_some(commit)
}

/// The part of a release that is an abbreviated commit: the last one of 7 or more hexadecimal
/// digits with a digit among them.
fn commit_of_release(release: &str) -> Option<&str> {
    release.split('-').rev().find(|part| {
        (7..=40).contains(&part.len())
            && part
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
            && part.bytes().any(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = "83b4654000000000000000000000000000000000";

    #[test]
    fn commits_are_found_in_releases_and_versions() {
        for (release, commit) in [
            ("4.0.0-rc1-83b4654", Some("83b4654")),
            (
                "3.3.0-alpha1-compatible-90ff48c-jammy-devnet",
                Some("90ff48c"),
            ),
            (
                "3.4.0-alpha1-mesa-mut-prefork-cac0e3e-jammy-mesa-mut-generic",
                Some("cac0e3e"),
            ),
            ("3.3.0-compatible-jammy", None),
            ("", None),
        ] {
            assert_eq!(commit_of_release(release), commit, "{release}");
        }
        assert_eq!(
            commit_of_version(&format!("Mina 4 (commit {FULL})\n")),
            Some(FULL)
        );
        assert_eq!(commit_of_version("Mina 4 (commit 83b4654)"), None);
        assert_eq!(commit_of_version("mina"), None);
    }

    #[test]
    fn a_client_of_another_build_is_refused_unless_permitted() {
        let known = Client::Commit(FULL.to_owned());
        let unknown = Client::NoCommit("the mina executable names no commit".to_owned());
        let same = Ok("4.0.0-rc1-83b4654");
        assert_eq!(gate(&known, same, None, false), Gate::Use);
        for (client, release) in [
            (&known, Ok("4.0.0-rc1-90ff48c")),
            (&known, Ok("4.0.0-rc1")),
            (&known, Err("no release found in deployment metadata")),
            (&unknown, same),
            (&unknown, Err("failed to query deployment release")),
        ] {
            let refused = gate(client, release, None, false);
            assert!(
                matches!(&refused, Gate::Refuse(text) if text.contains("Refusing to run")),
                "{refused:?}"
            );
            let permitted = gate(client, release, None, true);
            assert!(matches!(permitted, Gate::UseWithWarning(_)));
        }
        let gone = Client::Missing("cannot run mina".to_owned());
        assert!(matches!(gate(&gone, same, None, true), Gate::Refuse(_)));
    }

    #[test]
    fn that_there_is_none_out_of_the_image_is_told() {
        let known = Client::Commit(FULL.to_owned());
        let failure = Some("the image is gone");
        let matching = gate(&known, Ok("4.0.0-rc1-83b4654"), failure, false);
        assert!(
            matches!(&matching, Gate::UseWithWarning(text) if text.ends_with("the image is gone"))
        );
        let refused = gate(&known, Ok("4.0.0-rc1-90ff48c"), failure, false);
        assert!(
            matches!(&refused, Gate::Refuse(text) if text.contains("the image is gone")),
            "{refused:?}"
        );
    }
}
