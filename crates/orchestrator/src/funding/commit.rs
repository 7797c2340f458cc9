//! Whether the mina executable is of the build that the network runs: a client of another build
//! hangs when it makes accounts, instead of failing.

use store::Database;

use super::executable;
use crate::network::Network;

/// What the executable says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Client {
    /// It is of this commit.
    Commit(String),
    /// It runs, but names no commit.
    NoCommit,
    /// It does not run: the reason.
    DoesNotRun(String),
}

/// Whether the executable may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ClientGate {
    /// Yes.
    Use,
    /// Yes, but this has to be told.
    UseWithWarning(String),
    /// No.
    Refuse(String),
}

/// Decides. `release` is what the newest deployment says; a network of which nothing is known is
/// trusted to match, with a warning.
pub(crate) fn gate(client: &Client, release: Option<&str>, allow_unverified: bool) -> ClientGate {
    let commit = match client {
        Client::DoesNotRun(why) => {
            return ClientGate::Refuse(format!(
                "accounts cannot be funded: {why}. Configure `minaExec`, or nodes that make \
                 accounts with `fundItnNodes`. Refusing to run"
            ));
        }
        Client::NoCommit => None,
        Client::Commit(commit) => Some(commit.as_str()),
    };
    let Some(release) = release else {
        return ClientGate::UseWithWarning(
            "the newest deployment names no release, so that the mina executable cannot be \
             compared with it"
                .to_owned(),
        );
    };
    let wanted = commit_of_release(release);
    let problem = match (commit, wanted) {
        (Some(commit), Some(wanted)) if commit.starts_with(wanted) => return ClientGate::Use,
        (Some(commit), Some(wanted)) => {
            format!("the mina executable is of commit {commit}, the network of {wanted}")
        }
        (None, _) => "the mina executable names no commit".to_owned(),
        (_, None) => format!("the release {release} names no commit"),
    };
    if allow_unverified {
        ClientGate::UseWithWarning(problem)
    } else {
        ClientGate::Refuse(format!(
            "{problem}. Refusing to run (allowUnverifiedMinaExec permits it)"
        ))
    }
}

/// Asks the executable.
pub(crate) async fn client(network: &Network) -> Client {
    match executable::version(&network.mina_exec).await {
        Err(why) => Client::DoesNotRun(why),
        Ok(text) => match commit_of_version(&text) {
            Some(commit) => Client::Commit(commit.to_owned()),
            None => Client::NoCommit,
        },
    }
}

/// Whether accounts can be funded at all, and what has to be told.
pub(crate) async fn check(network: &Network, database: Option<&Database>) -> ClientGate {
    if !network.fund_itn_nodes.is_empty() {
        return ClientGate::Use;
    }
    let release = match database {
        Some(database) => database.newest_release().await.ok().flatten(),
        None => None,
    };
    gate(
        &client(network).await,
        release.as_deref(),
        network.allow_unverified_mina_exec,
    )
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
        let full = "83b4654000000000000000000000000000000000";
        assert_eq!(
            commit_of_version(&format!("Mina 4 (commit {full})\n")),
            Some(full)
        );
        assert_eq!(commit_of_version("Mina 4 (commit 83b4654)"), None);
        assert_eq!(commit_of_version("mina"), None);
    }

    #[test]
    fn a_client_of_another_build_is_refused_unless_permitted() {
        let full = "83b4654000000000000000000000000000000000".to_owned();
        let known = Client::Commit(full);
        assert_eq!(
            gate(&known, Some("4.0.0-rc1-83b4654"), false),
            ClientGate::Use
        );
        for (client, release) in [
            (&known, "4.0.0-rc1-90ff48c"),
            (&known, "4.0.0-rc1"),
            (&Client::NoCommit, "4.0.0-rc1-83b4654"),
        ] {
            let refused = gate(client, Some(release), false);
            assert!(
                matches!(&refused, ClientGate::Refuse(text) if text.contains("Refusing to run")),
                "{refused:?}"
            );
            let permitted = gate(client, Some(release), true);
            assert!(matches!(permitted, ClientGate::UseWithWarning(_)));
        }
        assert!(matches!(
            gate(&known, None, false),
            ClientGate::UseWithWarning(_)
        ));
        let gone = Client::DoesNotRun("cannot run mina".to_owned());
        assert!(matches!(gate(&gone, None, true), ClientGate::Refuse(_)));
    }
}
