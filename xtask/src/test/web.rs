//! The dashboard's page: its own checks, and that what is checked in is what it builds.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::steps::{Done, first_line};
use crate::process;
use crate::workspace::Workspace;

/// What the page's build tool asks for.
const NODE_MIN: (u32, u32) = (20, 19);

/// Where the browser tests look for a browser, unless `CHROMIUM` says where it is.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Time for installing the packages of one lock file.
const INSTALL_LIMIT: Duration = Duration::from_mins(5);

/// Installs the packages of the lock files and runs all checks of `web/`. Where Node.js is missing
/// or too old, or packages cannot be had, nothing is checked: the page is in the repository as it
/// was built.
pub(super) fn check(workspace: &Workspace) -> Result<Done> {
    if let Some(reason) = missing_node() {
        return Ok(Done::Skipped(reason));
    }
    let web = workspace.root().join("web");
    let tools = ["tools/openapi", "tools/graphiql"].map(|folder| web.join(folder));
    for folder in [web.clone()].into_iter().chain(tools) {
        let mut install = npm(&folder);
        install.args(["ci", "--no-audit", "--no-fund"]);
        if let Err(error) = process::run_within(&mut install, INSTALL_LIMIT) {
            let reason = first_line(&error.to_string());
            return Ok(Done::Skipped(format!(
                "the page's packages cannot be installed: {reason}"
            )));
        }
    }
    process::run(npm(&web).args(["run", "test:all"]))?;
    // The browser tests skip themselves where there is no browser.
    let without = |reason| Done::PassedExcept(format!("browser tests SKIPPED: {reason}"));
    Ok(missing_browser(&browser()).map_or(Done::Passed, without))
}

/// What tests in a browser miss here.
pub(super) fn missing(workspace: &Workspace) -> Option<String> {
    let is_installed = workspace.root().join("web/node_modules").is_dir();
    missing_node()
        .or_else(|| missing_browser(&browser()))
        .or_else(|| (!is_installed).then(|| "the page's packages are not installed".to_owned()))
}

fn missing_node() -> Option<String> {
    let node = process::output(Command::new("node").arg("--version"));
    let version = node.as_deref().ok().and_then(version);
    let (major, minor) = NODE_MIN;
    version.is_none_or(|version| version < NODE_MIN).then(|| {
        let found = node.map_or_else(|_| "none".to_owned(), |text| text.trim().to_owned());
        format!("the page is checked with Node.js {major}.{minor} or newer; found: {found}")
    })
}

fn browser() -> PathBuf {
    env::var_os("CHROMIUM")
        .unwrap_or_else(|| CHROMIUM.into())
        .into()
}

fn missing_browser(browser: &Path) -> Option<String> {
    (!browser.exists()).then(|| format!("there is no {}", browser.display()))
}

fn npm(folder: &Path) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(folder);
    npm
}

/// The first two numbers of `v20.19.4`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.');
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next()?.parse().ok()?;
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_browser_its_tests_are_said_to_be_skipped() {
        assert_eq!(
            missing_browser(Path::new("/no/such/browser")).as_deref(),
            Some("there is no /no/such/browser")
        );
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(missing_browser(here), None);
        // Both look at the same place.
        let run = include_str!("../../../web/tests/browser/run.mjs");
        let place = format!("process.env.CHROMIUM ?? \"{CHROMIUM}\"");
        assert!(run.contains(&place), "{place}");
    }

    #[test]
    fn versions_of_node_are_compared_as_numbers() {
        assert_eq!(version("v20.19.4\n"), Some((20, 19)));
        assert!(version("v20.9.0") < Some(NODE_MIN));
        assert!(version("v24.0.0") > Some(NODE_MIN));
        assert_eq!(version("20.19.4"), None);
        assert_eq!(version("v20"), None);
    }
}
