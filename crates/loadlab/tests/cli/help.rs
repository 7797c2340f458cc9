//! Help, version, and wrong arguments.

use crate::program::{Said, loadlab};

#[test]
fn every_command_explains_itself() {
    for (arguments, words) in [
        (
            vec!["--help"],
            vec!["trace", "log-api", "db", "demo", "loadlab trace import"],
        ),
        (
            vec!["trace", "import", "--help"],
            vec![
                "--node",
                "--deployment",
                "--format",
                "gzip or zstd",
                "standard",
                "--database-url",
            ],
        ),
        (
            vec!["trace", "show", "--help"],
            vec!["State hash", "--node"],
        ),
        (
            vec!["log-api", "--help"],
            vec!["9080", "--host", "--data-dir"],
        ),
        (vec!["db", "--help"], vec!["migrate", "url", "psql"]),
    ] {
        let help = Said::of(&mut loadlab(&arguments)).success();
        for word in words {
            assert!(
                help.contains(word),
                "{arguments:?} does not mention {word}:\n{help}"
            );
        }
    }
    let version = Said::of(&mut loadlab(["--version"])).success();
    let number = env!("CARGO_PKG_VERSION");
    assert!(
        version.starts_with(&format!("loadlab {number} (commit ")),
        "{version}"
    );
    assert!(
        version
            .trim_end()
            .ends_with(&format!(", schema {})", store::survey::schema_version()))
    );
    assert_eq!(Said::of(&mut loadlab(["version"])).success(), version);
    let json = Said::of(&mut loadlab(["version", "--format", "json"])).success();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["version"], number);
    assert_eq!(json["schema"], store::survey::schema_version());
    assert!(json["commit"].is_string());
}

#[test]
fn help_never_shows_the_password_of_the_environment() {
    for arguments in [vec!["--help"], vec!["trace", "import", "--help"]] {
        let mut command = loadlab(&arguments);
        command.env("DATABASE_URL", "postgres://lab:s3cret@127.0.0.1:1/logs");
        assert!(!Said::of(&mut command).success().contains("s3cret"));
    }
}

#[test]
fn wrong_arguments_are_named() {
    for (arguments, message) in [
        (vec!["trace", "import", "--node", "n"], "<FILE>..."),
        (vec!["trace", "import", "t.jsonl"], "--node <NAME>"),
        (
            vec!["trace", "import", "t", "--node", "n", "--format", "xml"],
            "text, json",
        ),
        (
            vec!["trace", "import", "t", "--node", "n", "--deployment", "x"],
            "invalid value 'x'",
        ),
        (vec!["trace"], "Usage"),
    ] {
        let said = Said::of(&mut loadlab(&arguments));
        assert_eq!(said.code, Some(2), "{arguments:?}");
        assert!(said.err.contains(message), "{arguments:?}: {}", said.err);
        assert_eq!(said.out, "");
    }
}
