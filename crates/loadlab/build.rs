//! Says which commit the program is built from: the variable `LOADLAB_COMMIT`, as packages and
//! images set it, else what git says. Development builds have none, so that a commit does not make
//! the whole program be built anew.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=LOADLAB_COMMIT");
    let given = env::var("LOADLAB_COMMIT")
        .ok()
        .filter(|text| !text.is_empty());
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = given.or_else(|| is_release.then(of_git).flatten());
    let commit = commit.unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=LOADLAB_BUILT_FROM={commit}");
}

/// The commit that is checked out.
fn of_git() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    // A new commit changes one of these.
    for name in [
        "HEAD",
        "packed-refs",
        &git(&["symbolic-ref", "HEAD"]).unwrap_or_default(),
    ] {
        if let Some(path) =
            git(&["rev-parse", "--git-path", name]).filter(|path| Path::new(path).exists())
        {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}
