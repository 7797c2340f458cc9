//! Who may depend on whom, and where versions and lints are set.

use super::Finding;
use super::tree::Tree;

/// Every crate and the crates of this workspace it may depend on, tests included. Dependencies
/// point downwards only: the binary, then services, then what they share, then pure crates.
/// Services do not know each other.
const ALLOWED: [(&str, Allowed); 23] = [
    ("mina", Allowed::Only(&[])),
    ("trace", Allowed::Only(&[])),
    ("results", Allowed::Only(&[])),
    ("durable", Allowed::Only(&[])),
    ("parent-death", Allowed::Only(&[])),
    ("text-file", Allowed::Only(&[])),
    ("service", Allowed::Only(&["text-file"])),
    (
        "store",
        Allowed::Only(&["durable", "mina", "parent-death", "results", "trace"]),
    ),
    ("itn", Allowed::Only(&["mina", "trace"])),
    ("discovery", Allowed::Only(&["service"])),
    ("simulation", Allowed::Only(&["mina", "trace"])),
    // its tests let a simulated network spend what a plan gives
    (
        "experiment",
        Allowed::Only(&["mina", "results", "simulation"]),
    ),
    (
        "simnet",
        Allowed::Only(&[
            "durable",
            "itn",
            "mina",
            "service",
            "simulation",
            "text-file",
            "trace",
        ]),
    ),
    (
        "trace-import",
        Allowed::Only(&["store", "text-file", "trace"]),
    ),
    (
        "log-fetcher",
        // its tests fetch from a simulated network
        Allowed::Only(&[
            "discovery",
            "itn",
            "mina",
            "service",
            "simnet",
            "store",
            "trace",
        ]),
    ),
    (
        "orchestrator",
        // its tests command a simulated network
        Allowed::Only(&[
            "discovery",
            "durable",
            "experiment",
            "itn",
            "mina",
            "service",
            "simnet",
            "store",
            "text-file",
        ]),
    ),
    (
        "experiments-api",
        Allowed::Only(&["results", "service", "store"]),
    ),
    // it knows services by HTTP only
    ("dashboard", Allowed::Only(&["service"])),
    (
        "log-api",
        // its tests answer from an imported trace
        Allowed::Only(&["mina", "service", "store", "trace", "trace-import"]),
    ),
    (
        "uptime-backend",
        Allowed::Only(&["mina", "service", "store", "text-file"]),
    ),
    ("loadlab", Allowed::All),
    ("bench", Allowed::All),
    ("xtask", Allowed::Only(&[])),
];

enum Allowed {
    All,
    Only(&'static [&'static str]),
}

/// The one crate that needs `unsafe`: it calls the operating system directly.
const UNSAFE_CRATE: &str = "parent-death";

const TABLE: &str = "the table in xtask/src/tidy/dependencies.rs";

/// Crates depend on each other only as the table says.
pub(super) fn direction(tree: &Tree) -> Vec<Finding> {
    let names: Vec<&str> = tree.crates().map(|(_, name)| name).collect();
    let mut findings = Vec::new();
    for (manifest, name) in tree.crates() {
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            findings.push(Finding {
                path: manifest.path.clone(),
                line: 1,
                problem: format!("nothing says which crates `{name}` may depend on"),
                remedy: format!("add it to {TABLE} and to ARCHITECTURE.md"),
            });
            continue;
        };
        let Allowed::Only(allowed) = allowed else {
            continue;
        };
        for entry in manifest.dependencies() {
            let dependency = entry.dependency();
            let is_ours = names.contains(&dependency) && dependency != name;
            if is_ours && !allowed.contains(&dependency) {
                findings.push(Finding {
                    path: manifest.path.clone(),
                    line: entry.line,
                    problem: format!(
                        "`{name}` must not depend on `{dependency}`: dependencies point downwards \
                         only, so that each crate can be understood and tested without those above"
                    ),
                    remedy: format!(
                        "move what is shared to a lower crate, or change {TABLE} and \
                         ARCHITECTURE.md if the design has changed"
                    ),
                });
            }
        }
    }
    findings
}

/// Versions and paths of dependencies stand in the workspace's manifest only.
pub(super) fn versions_in_the_root_only(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (manifest, name) in tree.crates() {
        for entry in manifest.dependencies() {
            // a crate's tests may depend on the crate itself, to turn a feature on
            if !entry.is_inherited() && entry.dependency() != name {
                findings.push(Finding {
                    path: manifest.path.clone(),
                    line: entry.line,
                    problem: format!(
                        "`{}` does not come from the workspace: two crates could drift to two \
                         versions of it",
                        entry.dependency()
                    ),
                    remedy: "declare it in [workspace.dependencies] of the root Cargo.toml and \
                             write `name.workspace = true` here"
                        .to_owned(),
                });
            }
        }
    }
    findings
}

/// Every crate takes the workspace's lints, but for the one that needs `unsafe`.
pub(super) fn workspace_lints(tree: &Tree) -> Vec<Finding> {
    tree.crates()
        .filter(|(manifest, name)| {
            *name != UNSAFE_CRATE && !manifest.has("lints", "workspace", "true")
        })
        .map(|(manifest, name)| Finding {
            path: manifest.path.clone(),
            line: 1,
            problem: format!(
                "`{name}` does not take the workspace's lints, among them the ban on unsafe code \
                 outside crates/{UNSAFE_CRATE}"
            ),
            remedy: "add a table [lints] with `workspace = true`".to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::places;

    #[test]
    fn a_dependency_that_points_upwards_is_found_in_tests_too() {
        let files = [
            (
                "crates/store/Cargo.toml",
                "[dependencies]\ntrace.workspace = true\n",
            ),
            (
                "crates/mina/Cargo.toml",
                "[dev-dependencies]\nmina = { path = \".\", features = [\"testing\"] }\n",
            ),
            (
                "crates/trace/Cargo.toml",
                "[dependencies]\nserde.workspace = true\n[dev-dependencies]\n\
                 store = { workspace = true }\n",
            ),
        ];
        assert_eq!(places(direction, &files), ["crates/trace/Cargo.toml:4"]);
    }

    #[test]
    fn a_crate_that_is_not_in_the_table_is_found() {
        let files = [("crates/newcomer/Cargo.toml", "[package]\n")];
        assert_eq!(places(direction, &files), ["crates/newcomer/Cargo.toml:1"]);
    }

    #[test]
    fn a_version_or_path_outside_the_root_is_found() {
        let files = [
            ("Cargo.toml", "[workspace.dependencies]\nserde = \"1\"\n"),
            (
                "crates/mina/Cargo.toml",
                "[dependencies]\nserde = \"1\"\nsha2.workspace = true\n\
                 bs58 = { version = \"0.5\", features = [\"check\"] }\n\
                 tokio = { workspace = true, features = [\"fs\"] }\n\
                 trace = { path = \"../trace\" }\n",
            ),
        ];
        assert_eq!(
            places(versions_in_the_root_only, &files),
            [
                "crates/mina/Cargo.toml:2",
                "crates/mina/Cargo.toml:4",
                "crates/mina/Cargo.toml:6"
            ]
        );
    }

    #[test]
    fn a_crate_with_lints_of_its_own_is_found_except_the_unsafe_one() {
        let own = "[lints.rust]\nunsafe_code = \"allow\"\n";
        let files = [
            ("crates/mina/Cargo.toml", own),
            ("crates/parent-death/Cargo.toml", own),
            ("crates/trace/Cargo.toml", "[lints]\nworkspace = true\n"),
        ];
        assert_eq!(
            places(workspace_lints, &files),
            ["crates/mina/Cargo.toml:1"]
        );
    }
}
